package ghclient

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-cmp/cmp"
)

// turned is a clock that stands until it is turned.
type turned struct {
	mu sync.Mutex
	at time.Time
}

func (c *turned) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *turned) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// gated is a client with limits and a turned clock on a fake that answers with what is next.
type gated struct {
	*Clients
	clock *turned
	next  http.HandlerFunc
	asked int
	holds []Hold
}

// dateless takes the date from answers: the fake's is by the real clock.
type dateless struct{}

func (dateless) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		resp.Header.Del("Date")
	}
	return resp, err
}

func newGated(t *testing.T, l Limits) *gated {
	t.Helper()
	g := &gated{clock: &turned{at: noon}, next: answer(200, `{}`)}
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		g.asked++
		g.next(w, r)
	})
	o := f.options()
	o.Transport = dateless{}
	o.Now, o.Limits, o.OnHold = g.clock.Now, l, func(h Hold) { g.holds = append(g.holds, h) }
	var err error
	if g.Clients, err = New(o); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gated) get(ctx context.Context, installation int64) error {
	_, _, err := g.Installation(installation).Repositories.Get(ctx, "octo-org", "app")
	return err
}

func quotaHeader(left int, reset time.Time) []string {
	return []string{
		"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", fmt.Sprint(left),
		"X-RateLimit-Reset", fmt.Sprint(reset.Unix()), "X-RateLimit-Resource", "core",
	}
}

// Behaviour 25: after a limit nothing is asked for that installation until it ends, by our
// clock and nobody else's, and everything for another one.
func TestLimitHoldsAnInstallation(t *testing.T) {
	reset := noon.Add(20 * time.Minute)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		failed bool // the answer that tells of it is none itself
		kind   string
		lasts  time.Duration
	}{
		{"the hour is used up", answer(403, `{}`, quotaHeader(0, reset)...), true, HoldPrimary, 20 * time.Minute},
		{"the last of the hour", answer(200, `{}`, quotaHeader(0, reset)...), false, HoldPrimary, 20 * time.Minute},
		{"429 with a time", answer(429, `{}`, "Retry-After", "30"), true, HoldSecondary, 30 * time.Second},
		{"429 without", answer(429, `{}`), true, HoldSecondary, time.Minute},
		{"secondary without a time", answer(403, secondaryText, quotaHeader(4114, reset)...), true, HoldSecondary, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGated(t, Limits{})
			g.next = tt.answer
			err := g.get(t.Context(), 7)
			if (err != nil) != tt.failed || tt.failed && Diagnose(err, noon) != (Trouble{Kind: Limited, RetryAfter: tt.lasts}) {
				t.Fatalf("%v: %+v", err, Diagnose(err, noon))
			}
			if diff := cmp.Diff([]Hold{{Installation: 7, Until: noon.Add(tt.lasts), Kind: tt.kind}}, g.holds); diff != "" {
				t.Errorf("holds (-want +got):\n%s", diff)
			}
			g.next = answer(200, `{}`)
			g.clock.turn(tt.lasts - time.Second)
			if err := g.get(t.Context(), 7); Diagnose(err, g.clock.Now()).RetryAfter != time.Second || g.asked != 1 {
				t.Errorf("before it ends: %v, %d requests", err, g.asked)
			}
			if err := g.get(t.Context(), 8); err != nil {
				t.Errorf("another installation: %v", err)
			}
			g.clock.turn(time.Second)
			if err := g.get(t.Context(), 7); err != nil || g.asked != 3 {
				t.Errorf("when it has ended: %v, %d requests", err, g.asked)
			}
		})
	}
}

// GraphQL tells of a secondary limit in an answer of status 200.
func TestLimitOfAQuery(t *testing.T) {
	g := newGated(t, Limits{})
	g.next = answer(200, `{"data":null,"errors":[{"message":"You have exceeded a secondary rate limit."}]}`)
	err := g.Installation(7).Query(t.Context(), "query Q{viewer{login}}", nil, &struct{}{})
	if got := Diagnose(err, noon); got != (Trouble{Kind: Limited, RetryAfter: time.Minute}) || len(g.holds) != 1 {
		t.Errorf("%v: %+v, %v", err, got, g.holds)
	}
	if err := g.get(t.Context(), 7); err == nil || g.asked != 1 {
		t.Errorf("it was asked on: %v", err)
	}
}

// Secondary limits that go on hold twice as long each time, and once they are over begin anew.
func TestSecondaryLimitsThatGoOn(t *testing.T) {
	g := newGated(t, Limits{})
	g.next = answer(403, secondaryText)
	var got []time.Duration
	for range 8 {
		err := g.get(t.Context(), 7)
		wait := Diagnose(err, g.clock.Now()).RetryAfter
		got = append(got, wait/time.Minute)
		g.clock.turn(wait)
	}
	g.clock.turn(strikesFor + time.Second)
	got = append(got, Diagnose(g.get(t.Context(), 7), g.clock.Now()).RetryAfter/time.Minute)
	if diff := cmp.Diff([]time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 1}, got); diff != "" {
		t.Errorf("minutes (-want +got):\n%s", diff)
	}
}

// The reserve is kept from what can wait alone.
func TestReserve(t *testing.T) {
	g := newGated(t, Limits{Reserve: 0.25})
	g.next = answer(200, `{}`, quotaHeader(1249, noon.Add(time.Minute))...)
	patient := Patient(t.Context())
	for range 2 {
		if err := g.get(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]Hold{{Installation: 7, Until: noon.Add(time.Minute), Background: true, Kind: HoldReserve}}, g.holds); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	if err := g.get(patient, 7); Diagnose(err, noon).Kind != Limited || g.asked != 2 {
		t.Errorf("what can wait: %v, %d requests", err, g.asked)
	}
	g.clock.turn(time.Minute)
	if err := g.get(patient, 7); err != nil {
		t.Error(err)
	}
	quotas := g.Quotas()
	if len(quotas) != 1 || quotas[0].Remaining != 1249 || quotas[0].Installation != 7 {
		t.Errorf("quotas: %+v", quotas)
	}
}

// Points a minute and writes a second are bounded; requests are counted by who asks.
func TestPoints(t *testing.T) {
	g := newGated(t, Limits{Points: 20, Concurrent: 1})
	var count atomic.Int64
	ctx := Metered(t.Context(), &count)
	for i := range 10 {
		if err := g.get(ctx, 7); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	err := g.get(ctx, 7)
	if got := Diagnose(err, noon); got.Kind != Limited || got.RetryAfter != 6*time.Second || len(g.holds) != 0 {
		t.Errorf("the eleventh: %v: %+v, holds %v", err, got, g.holds)
	}
	g.clock.turn(6 * time.Second)
	if err := g.get(ctx, 7); err != nil {
		t.Error(err)
	}
	if count.Load() != 11 {
		t.Errorf("%d requests were counted, want 11: no token, and none that was not made", count.Load())
	}
}

// No token: the installation is left alone until GitHub tells that something changed.
func TestRefusedTokenHolds(t *testing.T) {
	asked := 0
	f := newFakeAlone(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		answer(403, `{"message":"This installation has been suspended"}`)(w, r)
	})
	o := f.options()
	o.Now = (&turned{at: noon}).Now
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
		if got := Diagnose(err, noon); !got.Installation || asked != 1 {
			t.Errorf("%v: %+v, %d requests", err, got, asked)
		}
	}
	c.Forget(7)
	if _, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app"); err == nil || asked != 2 {
		t.Errorf("after news of it: %v, %d requests", err, asked)
	}
}

// Behaviour 79: a token of the app that GitHub refuses for its times is made anew by GitHub's
// clock, once; one that it refuses for something else is not.
func TestTokensAreSignedByGitHubsClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			theirs, asked := noon.Add(ahead), 0
			f := newFakeAlone(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
				var claims jwt.RegisteredClaims
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
					t.Error(err)
				}
				if claims.IssuedAt.After(theirs) || !claims.ExpiresAt.After(theirs) || claims.ExpiresAt.After(theirs.Add(10*time.Minute)) {
					answer(401, `{"message":"'Issued at' claim ('iat') must be an Integer"}`)(w, r)
					return
				}
				answer(200, `{"slug":"change-management"}`)(w, r)
			})
			o := f.options()
			o.Now = (&turned{at: noon}).Now
			c, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, _, err := c.App().Apps.Get(t.Context(), ""); err != nil {
					t.Fatal(err)
				}
			}
			want := 2
			if ahead != 0 {
				want = 3
			}
			if asked != want {
				t.Errorf("%d requests, want %d", asked, want)
			}
			if got, measured := c.Skew(); !measured || got != ahead {
				t.Errorf("Skew() = %s, %v, want %s", got, measured, ahead)
			}
		})
	}
}
