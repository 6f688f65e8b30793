package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/githubsim"
)

// BenchmarkAcknowledge is what GitHub waits for: a signed delivery goes over loopback HTTP to
// the real receiver, is routed and stored durably, and is answered 202. Nobody works the
// worklist meanwhile. The median and the 99th of a hundred are reported beside the mean.
func BenchmarkAcknowledge(b *testing.B) {
	body, err := os.ReadFile("../testdata/github/payloads/pull_request.00.json")
	if err != nil {
		b.Fatal(err)
	}
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			sim, err := githubsim.New(githubsim.Options{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			secret := bytes.Repeat([]byte("s"), 32)
			a, err := New(zerolog.Nop().WithContext(b.Context()), Options{
				Listen: "127.0.0.1:0", DatabaseURL: "sqlite://" + filepath.Join(b.TempDir(), "bench.db"),
				GitHubURL: "http://127.0.0.1", GitHubAPIURL: "http://127.0.0.1", AppID: 1,
				PrivateKey: sim.AppKey(), WebhookSecrets: [][]byte{secret},
			})
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			server := httptest.NewServer(a.Handler())
			defer server.Close()
			mac := hmac.New(sha256.New, secret)
			mac.Write(body)
			signature := "sha256=" + hex.EncodeToString(mac.Sum(nil))
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}

			next := make(chan int)
			var mu sync.Mutex
			var took []time.Duration
			var working sync.WaitGroup
			for range callers {
				working.Go(func() {
					for i := range next {
						start := time.Now()
						if err := deliver(b.Context(), client, server.URL+"/webhook", fmt.Sprint(i), signature, body); err != nil {
							b.Error(err)
						}
						mu.Lock()
						took = append(took, time.Since(start))
						mu.Unlock()
					}
				})
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for i := 0; b.Loop(); i++ {
				next <- i
			}
			close(next)
			working.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

func deliver(ctx context.Context, client *http.Client, url, guid, signature string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "X-Github-Event": {"pull_request"},
		"X-Github-Delivery": {guid}, "X-Hub-Signature-256": {signature},
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, answer)
	}
	return err
}
