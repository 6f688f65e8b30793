package edge

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// from is the n-th source.
func from(n int) Source { return Source(strconv.Itoa(n)) }

func TestAllowance(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := NewAllowance(2, 10*time.Second, func() time.Time { return at })
	var got []time.Duration
	take := func(after time.Duration, s Source) {
		at = at.Add(after)
		got = append(got, a.Take(s))
	}
	take(0, from(1))
	take(0, from(1))
	take(0, from(1)) // spent
	take(0, from(2)) // another's own
	take(4*time.Second, from(1))
	take(6*time.Second, from(1)) // one came back
	take(0, from(1))
	take(-time.Hour, from(1)) // the clock was put back
	take(time.Hour, from(1))
	take(0, from(1))
	take(0, from(1)) // and no more than the burst came back
	want := []time.Duration{0, 0, 10 * time.Second, 0, 6 * time.Second, 0, 10 * time.Second, 10 * time.Second, 0, 0, 10 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if !a.Spent(from(1)) || a.Spent(from(2)) || a.Spent(from(3)) {
		t.Errorf("spent: %v %v %v, want the first alone", a.Spent(from(1)), a.Spent(from(2)), a.Spent(from(3)))
	}
}

// However many sources there are, so many are remembered; and who keeps asking is not
// forgotten because others come.
func TestAllowanceIsBounded(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := NewAllowance(1, time.Hour, func() time.Time { return at })
	a.Take(from(0))
	for i := 1; i < 10*remembered; i++ {
		a.Take(from(i))
		if n := len(a.recent) + len(a.past); n > 2*remembered {
			t.Fatalf("%d sources are remembered, want at most %d", n, 2*remembered)
		}
		if i%1000 == 0 && !a.Spent(from(0)) {
			t.Fatalf("forgotten after %d others", i)
		}
	}
}

func TestLimit(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := NewAllowance(1, 1500*time.Millisecond, func() time.Time { return at })
	h := a.Limit(nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	type answer struct {
		Code  int
		After string
	}
	var got []answer
	for _, remote := range []string{"203.0.113.9:1", "203.0.113.9:2", "203.0.113.10:1"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		h.ServeHTTP(w, r)
		got = append(got, answer{w.Code, w.Header().Get("Retry-After")})
	}
	if diff := cmp.Diff([]answer{{418, ""}, {429, "2"}, {418, ""}}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
