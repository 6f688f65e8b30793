package ghclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A request waits a few seconds for its turn, no more are under way than may be, and who
// gives up takes nobody's place.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var now, most int
		wire := roundTrip(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return &http.Response{StatusCode: 201, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})
		g := newGate(7, Options{Now: time.Now, Limits: Limits{Concurrent: 2, WriteEvery: time.Second, WriteBurst: 2}}, wire, &skew{})
		write := func(ctx context.Context) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.github.com/x", nil)
			if err != nil {
				t.Error(err)
				return err
			}
			resp, err := g.RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			return err
		}
		began := time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := write(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); most != 2 || took != 2100*time.Millisecond {
			t.Errorf("four writes took %s, %d at once; want 2.1s, two at once", took, most)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := write(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who gives up: %v", err)
		}
	})
}
