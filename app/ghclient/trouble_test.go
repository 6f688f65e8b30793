package ghclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"
)

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

// reset is a header value some time after noon.
func reset(after time.Duration) string { return fmt.Sprint(noon.Add(after).Unix()) }

const secondaryText = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`

// TestDiagnoseAnswers holds what each answer of GitHub means, over a real connection.
func TestDiagnoseAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   Trouble
	}{
		{"well", answer(200, `{"id":1}`), Trouble{}},
		{"will be done", answer(202, `{}`), Trouble{}},
		{"will be done, in no words", answer(202, ``), Trouble{}},
		{"bad gateway, no JSON", answer(502, `<html>`), Trouble{Kind: Transient}},
		{"unavailable, with a time", answer(503, ``, "Retry-After", "30"), Trouble{Kind: Transient, RetryAfter: 30 * time.Second}},
		{"internal error that used up the limit", answer(500, ``, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(time.Hour)), Trouble{Kind: Transient}},
		{"primary limit", answer(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(10*time.Minute)), Trouble{Kind: Limited, RetryAfter: 10 * time.Minute}},
		{"primary limit by 429", answer(429, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(10*time.Minute)), Trouble{Kind: Limited, RetryAfter: 10 * time.Minute}},
		{"primary limit whose reset has passed", answer(403, ``, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(-time.Minute)), Trouble{Kind: Limited, RetryAfter: time.Second}},
		{"primary limit of a clock far ahead", answer(403, ``, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(1000*time.Hour)), Trouble{Kind: Limited, RetryAfter: time.Hour}},
		{"primary limit without a reset", answer(403, ``, "X-RateLimit-Remaining", "0"), Trouble{Kind: Limited, RetryAfter: time.Minute}},
		{"both limits: the nearer word", answer(403, secondaryText, "Retry-After", "90", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(30*time.Minute)), Trouble{Kind: Limited, RetryAfter: 90 * time.Second}},
		{"secondary limit", answer(403, secondaryText, "Retry-After", "90"), Trouble{Kind: Limited, RetryAfter: 90 * time.Second}},
		{"secondary limit without a time: not until the primary's reset", answer(403, secondaryText, "X-RateLimit-Remaining", "4114", "X-RateLimit-Reset", reset(50*time.Minute)), Trouble{Kind: Limited, RetryAfter: time.Minute}},
		{"secondary limit by 429", answer(429, secondaryText), Trouble{Kind: Limited, RetryAfter: time.Minute}},
		{"secondary limit without its address", answer(403, `{"message":"You have exceeded a secondary rate limit"}`, "Retry-After", "45"), Trouble{Kind: Limited, RetryAfter: 45 * time.Second}},
		{"429 of somebody in between", answer(429, `slow down`), Trouble{Kind: Limited, RetryAfter: time.Minute}},
		{"429 until a date", answer(429, `slow down`, "Retry-After", noon.Add(5*time.Minute).Format(http.TimeFormat)), Trouble{Kind: Limited, RetryAfter: 5 * time.Minute}},
		{"429 for ever", answer(429, `slow down`, "Retry-After", "99999999"), Trouble{Kind: Limited, RetryAfter: time.Hour}},
		{"429 for no time that can be read", answer(429, `slow down`, "Retry-After", "a while"), Trouble{Kind: Limited, RetryAfter: time.Minute}},
		{"no permission", answer(403, `{"message":"Resource not accessible by integration"}`, "X-RateLimit-Remaining", "4000"), Trouble{Kind: Denied}},
		{"for legal reasons", answer(451, `{"message":"Repository access blocked"}`), Trouble{Kind: Denied}},
		{"one-time password", answer(401, ``, "X-GitHub-OTP", "required; app"), Trouble{Kind: Denied}},
		{"not found", answer(404, `{"message":"Not Found"}`), Trouble{Kind: Gone}},
		{"gone", answer(410, ``), Trouble{Kind: Gone}},
		{"refused", answer(422, `{"message":"Validation Failed","errors":[{"code":"custom"}]}`), Trouble{Kind: Invalid}},
		{"conflict", answer(409, `{"message":"Git Repository is empty."}`), Trouble{Kind: Invalid}},
		{"no JSON", answer(200, `<html>`), Trouble{Kind: Transient}},
		{"cut off", answer(200, `{"id":1`), Trouble{Kind: Transient}},
		{"nothing at all", answer(200, ``), Trouble{Kind: Transient}},
		{"another shape", answer(200, `{"id":"one"}`), Trouble{Kind: Invalid}},
		{"connection broken", func(w http.ResponseWriter, _ *http.Request) { breakOff(t, w) }, Trouble{Kind: Transient}},
		{"answer broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"id":1`))
			panic(http.ErrAbortHandler)
		}, Trouble{Kind: Transient}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, "", tt.answer)
			_, _, err := f.clients(t).Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
			if diff := cmp.Diff(tt.want, Diagnose(err, noon)); diff != "" {
				t.Errorf("Diagnose(%v) (-want +got):\n%s", err, diff)
			}
		})
	}
}

func breakOff(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not a close
	}
	_ = conn.Close()
}

// TestDiagnoseTokens holds what it means that no token is to be had.
func TestDiagnoseTokens(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   Trouble
		says   string
	}{
		{"uninstalled", answer(404, `{"message":"Not Found"}`), Trouble{Kind: Gone, Installation: true}, "Not Found"},
		{"suspended", answer(403, `{"message":"This installation has been suspended"}`), Trouble{Kind: Denied, Installation: true}, "has been suspended"},
		{"wrong key", answer(401, `{"message":"A JSON web token could not be decoded"}`), Trouble{Kind: Denied}, "could not be decoded"},
		{"limited", answer(403, secondaryText), Trouble{Kind: Limited, RetryAfter: time.Minute}, "secondary rate limit"},
		{"down", answer(502, `<html>`), Trouble{Kind: Transient}, "502"},
		{"refused", answer(422, `{"message":"no"}`), Trouble{Kind: Invalid}, "no"},
		{"broken", func(w http.ResponseWriter, _ *http.Request) { breakOff(t, w) }, Trouble{Kind: Transient}, "access_tokens"},
		{"no JSON", answer(201, `<html>`), Trouble{Kind: Transient}, "token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeAlone(t, tt.answer)
			_, _, err := f.clients(t).Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
			if diff := cmp.Diff(tt.want, Diagnose(err, noon)); diff != "" {
				t.Errorf("Diagnose(%v) (-want +got):\n%s", err, diff)
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want %q in it", err, tt.says)
			}
		})
	}
}

func TestDiagnoseErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want Trouble
	}{
		{"none", nil, Trouble{}},
		{"accepted, deep down", fmt.Errorf("redeliver: %w", &github.AcceptedError{}), Trouble{}},
		{"our own deadline", fmt.Errorf("read: %w", context.DeadlineExceeded), Trouble{Kind: Transient}},
		{"stopped", context.Canceled, Trouble{Kind: Transient}},
		{"unknown", errors.New("what?"), Trouble{Kind: Transient}},
		{"too large", fmt.Errorf("read: %w", errTooLarge), Trouble{Kind: Invalid}},
		{"answer without a response", &github.ErrorResponse{}, Trouble{Kind: Transient}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Diagnose(tt.err, noon)); diff != "" {
				t.Errorf("Diagnose(%v) (-want +got):\n%s", tt.err, diff)
			}
		})
	}
}

// TestLimitsAreRemembered holds what go-github does between a limit and its end: it asks
// nothing more, and the trouble is the same.
func TestLimitsAreRemembered(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name        string
		answer      http.HandlerFunc
		least, most time.Duration
	}{
		{"primary", answer(403, `{}`, "X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(now.Add(20*time.Minute).Unix())), 19 * time.Minute, 20 * time.Minute},
		{"secondary, not until the primary's reset", answer(403, secondaryText, "X-RateLimit-Remaining", "4114", "X-RateLimit-Reset", fmt.Sprint(now.Add(20*time.Minute).Unix())), time.Second, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
				asked++
				tt.answer(w, r)
			})
			c := f.clients(t)
			for range 3 {
				_, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
				if got := Diagnose(err, now); got.Kind != Limited || got.RetryAfter < tt.least || got.RetryAfter > tt.most {
					t.Errorf("Diagnose(%v) = %+v, want Limited for %v to %v", err, got, tt.least, tt.most)
				}
			}
			if asked != 1 {
				t.Errorf("%d requests went out, want 1", asked)
			}
			if _, _, err := c.Installation(8).Repositories.Get(t.Context(), "octo-org", "app"); err == nil || asked != 2 {
				t.Errorf("another installation was held up: %d requests, %v", asked, err)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	done := make(chan struct{})
	hang := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}
	answering, minting := newFake(t, "", hang), newFakeAlone(t, hang)
	defer close(done)
	for name, f := range map[string]*fake{"answering": answering, "minting": minting} {
		t.Run(name, func(t *testing.T) {
			o := f.options()
			o.Timeout = 20 * time.Millisecond
			c, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
			if got := Diagnose(err, noon); got.Kind != Transient {
				t.Errorf("Diagnose(%v) = %+v, want Transient", err, got)
			}
		})
	}
}
