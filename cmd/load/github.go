package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/changewarden/changewarden/app/githubsim"
)

// github is a simulated GitHub that answers after a time, and keeps what it sees of the server.
type github struct {
	*githubsim.Server

	mu     sync.Mutex
	lag    time.Duration
	slot   func(context.Context) (time.Time, error) // waits for a delivery's turn; nil: it is now
	hosts  []string                                 // of the server's replicas, which take deliveries in turn
	next   int
	acks   []time.Duration
	lost   int       // deliveries that were not answered 2xx
	sent   time.Time // when the first delivery since forget was sent
	last   time.Time // when the last one was answered
	writes []write
	reads  int
}

// write is a publication that arrived.
type write struct {
	kind string
	done time.Time
}

// open makes a GitHub with a world and serves it until close.
func open(ctx context.Context, state githubsim.State, wrap func(http.Handler) http.Handler) (*github, error) {
	g := &github{}
	if wrap == nil {
		wrap = func(h http.Handler) http.Handler { return h }
	}
	var err error
	g.Server, err = githubsim.New(githubsim.Options{
		Now: time.Now, State: &state,
		Middleware: func(h http.Handler) http.Handler { return g.watch(wrap(h)) },
		Client:     &http.Client{Transport: g, Timeout: 10 * time.Second},
	})
	if err != nil {
		return nil, fmt.Errorf("make a simulated GitHub: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the simulated GitHub: %w", err)
	}
	g.Start(l)
	return g, nil
}

// watch lets each request take its time, and notes what it was.
func (g *github) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		lag := g.lag
		g.mu.Unlock()
		time.Sleep(lag)
		next.ServeHTTP(w, r)
		g.mu.Lock()
		defer g.mu.Unlock()
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/access_tokens"):
		case r.Method == http.MethodGet || strings.HasSuffix(path, "/graphql"):
			g.reads++
		case strings.Contains(path, "/check-runs"):
			g.writes = append(g.writes, write{"check run", time.Now()})
		case strings.Contains(path, "/statuses/"):
			g.writes = append(g.writes, write{"status", time.Now()})
		default:
			g.writes = append(g.writes, write{r.Method + " " + path, time.Now()})
		}
	})
}

// transport is shared by all deliveries.
var transport = &http.Transport{MaxIdleConnsPerHost: senders}

// RoundTrip sends a delivery when its turn comes and notes how long the answer took, counted
// from that turn: a server that is slow does not slow down those who wait for it.
func (g *github) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	slot := g.slot
	if g.next++; len(g.hosts) > 1 {
		r = r.Clone(r.Context())
		r.URL.Host = g.hosts[g.next%len(g.hosts)]
	}
	g.mu.Unlock()
	turn := time.Now()
	if slot != nil {
		var err error
		if turn, err = slot(r.Context()); err != nil {
			return nil, err
		}
	}
	resp, err := transport.RoundTrip(r)
	took := time.Since(turn)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sent.IsZero() {
		g.sent = turn
	}
	g.last = turn.Add(took)
	g.acks = append(g.acks, took)
	if err != nil || resp.StatusCode/100 != 2 {
		g.lost++
	}
	return resp, err
}

// paced gives out turns, that many in a second, from now on.
func paced(perSecond int) func(context.Context) (time.Time, error) {
	var mu sync.Mutex
	next, apart := time.Now(), time.Second/time.Duration(perSecond)
	return func(ctx context.Context) (time.Time, error) {
		mu.Lock()
		turn := next
		next = next.Add(apart)
		mu.Unlock()
		timer := time.NewTimer(time.Until(turn))
		defer timer.Stop()
		select {
		case <-timer.C:
			return turn, nil
		case <-ctx.Done():
			return turn, ctx.Err()
		}
	}
}

// spread hands deliveries to the server and those beside it in turn, as a balancer does.
func (g *github) spread(v *server) error {
	var hosts []string
	for _, one := range v.all() {
		at, err := url.Parse(one.at.Server)
		if err != nil {
			return fmt.Errorf("address of the server: %w", err)
		}
		hosts = append(hosts, at.Host)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hosts = hosts
	return nil
}

func (g *github) pace(slot func(context.Context) (time.Time, error)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slot = slot
}

// slow lets each answer take that long from now on.
func (g *github) slow(lag time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lag = lag
}

// forget begins a new count.
func (g *github) forget() {
	g.ResetRequests()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.acks, g.writes, g.lost, g.sent, g.reads = nil, nil, 0, time.Time{}, 0
}

// count is what happened since forget.
type count struct {
	deliveries, lost      int
	reads, runs, statuses int
	acks                  []time.Duration // ascending
	lasted                time.Duration   // from the first delivery to the last answer
	published             time.Duration   // from the first delivery to the last publication
}

func (g *github) count() count {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := count{deliveries: len(g.acks), lost: g.lost, reads: g.reads, lasted: g.last.Sub(g.sent), acks: slices.Sorted(slices.Values(g.acks))}
	for _, w := range g.writes {
		switch w.kind {
		case "check run":
			c.runs++
		case "status":
			c.statuses++
		default:
			continue
		}
		c.published = max(c.published, w.done.Sub(g.sent))
	}
	return c
}

// senders is how many deliveries are on their way at once.
const senders = 32

// play lets things happen and delivers what they mean, as fast as the pace allows, until
// nothing more happens. What happens is never far ahead of what is delivered.
func (g *github) play(ctx context.Context, next func() (more bool, err error)) error {
	var one sync.Mutex
	sending, ctx := errgroup.WithContext(ctx)
	for range senders {
		sending.Go(func() error {
			for {
				if err := g.Settle(ctx); err != nil {
					return fmt.Errorf("deliver: %w", err)
				}
				one.Lock()
				more, err := next()
				one.Unlock()
				if err != nil || !more {
					return errors.Join(err, g.Settle(ctx))
				}
			}
		})
	}
	return sending.Wait()
}

// settle delivers what is queued and waits until the server has nothing left to do.
func (g *github) settle(ctx context.Context, v *server) error {
	for {
		if err := g.Settle(ctx); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		quiet, err := v.rested(ctx)
		if err != nil {
			return fmt.Errorf("wait for the server: %w", err)
		}
		if quiet && !g.queued() {
			return nil
		}
	}
}

func (g *github) queued() bool {
	return slices.ContainsFunc(g.Deliveries(), func(d githubsim.Delivery) bool { return d.Outcome == "queued" })
}
