package ghclient

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Limits bounds what this process asks of GitHub for one installation. A zero field bounds
// nothing; that GitHub's own limits are obeyed once it names them is not among them.
type Limits struct {
	Concurrent int           // requests at once; GitHub: 100
	Points     int           // in any minute, a read being 1 and a write 5, half of them at once, and as many queries; GitHub: 900 and 2,000
	WriteEvery time.Duration // between writes in the long run, for whoever did not pace them; GitHub: a second
	WriteBurst int           // so many may come at once after a rest
	Reserve    float64       // of the hour's quota, kept from requests that can wait: see Patient
}

// The kinds of Hold.
const (
	HoldPrimary   = "primary"   // the hour's quota is used up
	HoldSecondary = "secondary" // too much at once
	HoldReserve   = "reserve"   // what is left of the hour is kept for people
	HoldPace      = "pace"      // our own Limits
	HoldRefused   = "refused"   // GitHub gives no token: suspended, or gone
)

// Hold is a time for which no request of an installation starts, or with Background none
// that can wait.
type Hold struct {
	Installation int64
	Until        time.Time
	Background   bool
	Kind         string
}

// LimitError is a request that GitHub refused for a limit, or that was not made because a
// Hold lasts: nothing was done either way.
type LimitError struct{ Hold }

func (e *LimitError) Error() string {
	return fmt.Sprintf("GitHub wants installation %d left alone until %s: %s limit", e.Installation, e.Until.UTC().Format(time.RFC3339), e.Kind)
}

type patientKey struct{}

// Patient returns a context whose requests leave the reserve to others.
func Patient(ctx context.Context) context.Context { return context.WithValue(ctx, patientKey{}, true) }

type meterKey struct{}

// Metered returns a context whose requests count is told of.
func Metered(ctx context.Context, count *atomic.Int64) context.Context {
	return context.WithValue(ctx, meterKey{}, count)
}

const (
	// mostWait is how long a request waits for its turn; what would wait longer goes back to
	// the worklist.
	mostWait = 3 * time.Second
	// refusedFor is how long an installation without a token is left alone.
	refusedFor = 10 * time.Minute
	// strikesFor is how long after a secondary limit the next one counts as going on.
	strikesFor = 10 * time.Minute
)

// gate stands before all requests of one installation, those for its tokens included.
type gate struct {
	installation int64
	next         http.RoundTripper
	limits       Limits
	now          func() time.Time
	skew         *skew
	onHold       func(Hold)

	slots   chan struct{} // nil: no bound
	points  *rate.Limiter // of REST
	queries *rate.Limiter
	writes  *rate.Limiter

	mu         sync.Mutex
	held       Hold
	background Hold
	strikes    int
	quotas     map[string]Quota
}

func newGate(installation int64, o Options, next http.RoundTripper, s *skew) *gate {
	g := &gate{
		installation: installation, next: next, limits: o.Limits, now: o.Now, skew: s, onHold: o.OnHold, quotas: map[string]Quota{},
		points: rate.NewLimiter(rate.Inf, 0), queries: rate.NewLimiter(rate.Inf, 0), writes: rate.NewLimiter(rate.Inf, 0),
	}
	if g.onHold == nil {
		g.onHold = func(Hold) {}
	}
	if o.Limits.Concurrent > 0 {
		g.slots = make(chan struct{}, o.Limits.Concurrent)
	}
	if p := o.Limits.Points; p > 0 {
		g.points = rate.NewLimiter(rate.Limit(float64(p)/2/60), max(writePoints, p/2))
		g.queries = rate.NewLimiter(g.points.Limit(), g.points.Burst())
	}
	if o.Limits.WriteEvery > 0 {
		g.writes = rate.NewLimiter(rate.Every(o.Limits.WriteEvery), max(1, o.Limits.WriteBurst))
	}
	return g
}

// RoundTrip implements http.RoundTripper. What GitHub answers to a limit is a *LimitError,
// so that go-github, which keeps to limits of its own making by the process's clock, hears
// of none.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	leave, err := g.enter(req)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // as every RoundTripper has to
		}
		return nil, err
	}
	defer leave()
	if count, ok := req.Context().Value(meterKey{}).(*atomic.Int64); ok && !mints(req) {
		count.Add(1)
	}
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := g.answered(req, resp); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	resp.Header.Set("X-From-Cache", "1") // go-github remembers no quota of such an answer
	return resp, nil
}

// mints reports whether a request is for a token: the app asks it, not the installation.
func mints(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/access_tokens") }

// writePoints is what GitHub counts a write as.
const writePoints = 5

// enter waits for the request's turn, or refuses it.
func (g *gate) enter(req *http.Request) (leave func(), err error) {
	ctx := req.Context()
	if err := g.holds(ctx); err != nil {
		return nil, err
	}
	leave = func() {}
	if mints(req) {
		return leave, nil
	}
	if g.slots != nil {
		select {
		case g.slots <- struct{}{}:
			leave = func() { <-g.slots }
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch {
	case strings.HasSuffix(req.URL.Path, "/graphql"):
		err = g.turn(ctx, g.queries, 1)
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		err = g.turn(ctx, g.points, 1)
	default:
		if err = g.turn(ctx, g.writes, 1); err == nil {
			err = g.turn(ctx, g.points, writePoints)
		}
	}
	if err == nil {
		err = g.holds(ctx) // one may have come while it waited
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (g *gate) holds(ctx context.Context) error {
	at := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	switch patient, _ := ctx.Value(patientKey{}).(bool); {
	case at.Before(g.held.Until):
		return &LimitError{g.held}
	case patient && at.Before(g.background.Until):
		return &LimitError{g.background}
	}
	return nil
}

// turn waits for n of what a limiter gives.
func (g *gate) turn(ctx context.Context, l *rate.Limiter, n int) error {
	at := g.now()
	place := l.ReserveN(at, n)
	wait := place.DelayFrom(at)
	if wait > mostWait {
		place.CancelAt(at)
		return &LimitError{Hold{Installation: g.installation, Until: at.Add(wait), Kind: HoldPace}}
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		place.CancelAt(g.now())
		return ctx.Err()
	}
}

// answered learns from an answer what GitHub still allows. The error is a *LimitError for
// one that refuses.
func (g *gate) answered(req *http.Request, resp *http.Response) error {
	at := g.now()
	ahead, _ := g.skew.read()
	theirs := at.Add(ahead) // what GitHub's moments are to be compared with
	wait, told := limit(resp.Header, theirs)
	refused := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden && told
	switch {
	case mints(req) && !refused:
		if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound {
			g.hold(Hold{Until: at.Add(refusedFor), Kind: HoldRefused})
		}
		return nil
	case refused && !told:
		return &LimitError{g.strike(at, unknownLimit)}
	case refused && resp.Header.Get("Retry-After") != "":
		return &LimitError{g.strike(at, wait)}
	case refused:
		return &LimitError{g.hold(Hold{Until: at.Add(wait), Kind: HoldPrimary})}
	}
	q, ok := quota(resp.Header)
	if !ok {
		return nil
	}
	q.Installation = g.installation
	g.mu.Lock()
	g.quotas[q.Resource] = q
	g.mu.Unlock()
	switch until := at.Add(clamp(q.Reset.Sub(theirs))); {
	case !q.Reset.After(theirs):
	case q.Remaining <= 0:
		g.hold(Hold{Until: until, Kind: HoldPrimary})
	case float64(q.Remaining) < g.limits.Reserve*float64(q.Limit):
		g.hold(Hold{Until: until, Background: true, Kind: HoldReserve})
	}
	return nil
}

// queried holds for a limit that came as an error in an answer of status 200. A gate that is
// none lets everything pass.
func (g *gate) queried(err *QueryError) error {
	if g == nil {
		return err
	}
	at := g.now()
	t := err.diagnose(at)
	switch {
	case t.Kind != Limited:
		return err
	case err.header.Get("X-RateLimit-Remaining") == "0":
		return &LimitError{g.hold(Hold{Until: at.Add(t.RetryAfter), Kind: HoldPrimary})}
	}
	return &LimitError{g.strike(at, t.RetryAfter)}
}

// strike holds for a secondary limit: as long as GitHub says, and if they go on twice as long
// each time, since GitHub may ban who does not give way.
func (g *gate) strike(at time.Time, wait time.Duration) Hold {
	g.mu.Lock()
	if g.held.Kind != HoldSecondary || at.Sub(g.held.Until) > strikesFor {
		g.strikes = 0
	} else if !at.Before(g.held.Until) {
		g.strikes++
	}
	wait <<= min(g.strikes, 10)
	g.mu.Unlock()
	return g.hold(Hold{Until: at.Add(min(wait, mostLimit)), Kind: HoldSecondary})
}

// hold lasts until h ends, and returns the hold that lasts longest. What tells of it is told
// of those alone that make a difference.
func (g *gate) hold(h Hold) Hold {
	h.Installation = g.installation
	g.mu.Lock()
	standing := &g.held
	if h.Background {
		standing = &g.background
	}
	if longer := h.Until.Sub(standing.Until); longer <= 0 || longer < time.Second && h.Kind == standing.Kind {
		h = *standing
		g.mu.Unlock()
		return h
	}
	*standing = h
	g.mu.Unlock()
	g.onHold(h)
	return h
}

// Quota is what an installation has left of its hour.
type Quota struct {
	Installation     int64
	Resource         string // core or graphql
	Limit, Remaining int
	Reset            time.Time // by GitHub's clock
}

func quota(h http.Header) (q Quota, ok bool) {
	q.Resource = h.Get("X-RateLimit-Resource")
	number := func(name string) int64 {
		n, err := strconv.ParseInt(h.Get(name), 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = q.Resource == "core" || q.Resource == "graphql"
	q.Limit, q.Remaining = int(number("X-RateLimit-Limit")), int(number("X-RateLimit-Remaining"))
	q.Reset = time.Unix(number("X-RateLimit-Reset"), 0)
	return q, ok
}
