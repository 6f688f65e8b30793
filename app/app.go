// Package app wires the line together: deliveries come in, subjects become due, one
// evaluation at a time reads and judges them, verdicts and evidence are stored, and GitHub
// is told. It holds the order in which these happen and nothing of how each is done.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/changewarden/changewarden/app/edge"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/identity"
	"github.com/changewarden/changewarden/app/permit"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/webhook"
)

const (
	// requestTimeout bounds each request to GitHub. No write starts unless the lease
	// outlives it, and who takes over a lapsed lease waits that long: see openStore.
	requestTimeout = 10 * time.Second
)

// App is a server that is ready to run.
type App struct {
	o         Options
	now       func() time.Time
	host      string // of GitHub's API, for records
	owner     string // of this process's leases
	poll      time.Duration
	held      io.Closer // the database, for this process alone
	store     *store.Store
	verifier  string // the ledger's verifier key
	clients   *ghclient.Clients
	reader    *snapshot.Reader
	tokens    *identity.Verifier // of jobs that ask through the API; nil: none can
	permits   *permit.Key        // nil: approvals are given without
	publisher publish.Publisher
	metrics   *metrics
	tracer    trace.Tracer
	handler   http.Handler

	clockOff atomic.Bool // as it was said last
	patience time.Duration

	started  time.Time
	knowsBot atomic.Bool // by the one look at everywhere

	textsMu sync.Mutex
	texts   map[string]string // SHA-256 of a policy text to its address in the store, where each process has its own

	clocked time.Time // when the clock was last held to the database's; by work alone
	news    news
}

// New checks the options, opens the store and returns a server that is ready to run. The
// caller closes it.
func New(ctx context.Context, o Options) (_ *App, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	api, err := o.APIURL()
	if err != nil {
		return nil, err
	}
	a := &App{
		o: o, now: o.Now, host: api.Host, tracer: tracerOf(o.Tracer), owner: rand.Text(),
		poll: poll, patience: patience, texts: map[string]string{},
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.now = wholeMicroseconds(a.now)
	a.started = a.now()
	if a.held, err = o.hold(); err != nil {
		return nil, err
	}
	if a.store, a.verifier, err = openStore(ctx, o, a.host); err != nil {
		return nil, errors.Join(err, a.held.Close())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if o.shared() {
		err = a.checkClock(ctx)
	} else {
		err = a.store.Orphan(ctx, a.now()) // hold has seen to it that no other process works
	}
	if err != nil {
		return nil, err
	}
	if err := a.tellRecovery(ctx); err != nil {
		return nil, err
	}
	a.metrics = newMetrics(o.Version)
	a.metrics.registry.MustRegister(pulse{a.store, a.now, o.sqliteFile()})
	a.clients, err = ghclient.New(ghclient.Options{
		API: api, App: o.AppID, Key: o.PrivateKey, Timeout: requestTimeout,
		UserAgent: "changewarden/" + o.Version, Observe: a.metrics.request, Trace: a.request,
		Now: a.now, Limits: o.limits().requests(), OnHold: func(h ghclient.Hold) { a.hold(ctx, h) },
		Transport: o.seams.transport,
	})
	if err != nil {
		return nil, err
	}
	if err := a.recallHolds(ctx); err != nil {
		return nil, err
	}
	a.metrics.watch(a.clients)
	a.reader = snapshot.NewReader(snapshot.Options{Memory: a.store, Floor: o.floor(), App: o.AppID, Now: a.now})
	a.publisher = publish.Publisher{App: o.AppID, Timeout: requestTimeout, Now: time.Now, Age: a.now}
	receiver, err := webhook.New(webhook.Options{
		Secrets: o.WebhookSecrets, Store: intake{a}, Now: a.now, Answered: a.answered,
		Sources: sources{o.TrustedProxies, edge.NewAllowance(refusals, refusalsEach, a.now)},
	})
	if err != nil {
		return nil, err
	}
	if err := a.openGateAPI(); err != nil {
		return nil, err
	}
	a.handler = a.routes(receiver)
	return a, nil
}

// Close releases the store. The App must not be running.
func (a *App) Close() error { return errors.Join(a.store.Close(), a.held.Close()) }

// Handler serves the webhook, health and, with Options.Pages, the pages.
func (a *App) Handler() http.Handler { return a.handler }

// Metrics serves the metrics. They tell how much work there is and whose: they are not for
// everybody who can reach the webhook.
func (a *App) Metrics() http.Handler { return a.metrics.handler() }

func (a *App) routes(receiver http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Handle("/webhook", a.receiving(receiver))
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	r.Method(http.MethodGet, "/readyz", &readiness{a: a})
	a.routeGateAPI(r)
	if a.o.Pages {
		all := web.Handler(pages{a}, web.Options{Version: a.o.Version, Note: a.o.PagesNote})
		r.Mount("/", edge.NewAllowance(views, viewsEach, a.now).Limit(a.o.TrustedProxies, all))
	}
	return r
}

// Run listens, serves and works until ctx ends, then finishes what is under way and returns
// nil. It logs to the logger of ctx. The options must be valid.
func Run(ctx context.Context, o Options) (err error) {
	a, err := New(ctx, o)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", o.Listen, err), a.Close())
	}
	watched := func() {}
	if o.MetricsListen != "" {
		m, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.MetricsListen)
		if err != nil {
			return errors.Join(fmt.Errorf("listen on %s for metrics: %w", o.MetricsListen, err), l.Close(), a.Close())
		}
		watched = a.serveMetrics(ctx, m)
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	defer watched() // until the last evaluation has ended
	return a.Serve(ctx, l)
}

// wholeMicroseconds returns a clock that shows no less: the store keeps no more, and what is to
// be at a moment must not be due before it, over and over.
func wholeMicroseconds(now func() time.Time) func() time.Time {
	return func() time.Time {
		t := now()
		return t.Add(-time.Duration(t.Nanosecond() % 1000)) // Truncate would drop the monotonic clock
	}
}

// serveMetrics serves the metrics on l until what it returns is called.
func (a *App) serveMetrics(ctx context.Context, l net.Listener) (stop func()) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.Metrics())
	server := &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 1 << 16}
	zerolog.Ctx(ctx).Info().Stringer("metrics_address", l.Addr()).Msg("serving metrics")
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			zerolog.Ctx(ctx).Error().Err(err).Msg("metrics are not served any more")
		}
	})
	return func() {
		_ = server.Close()
		serving.Wait()
	}
}

// Serve serves on l and works the worklist until ctx ends, then finishes what is under way.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	log := zerolog.Ctx(ctx)
	log.Info().Stringer("address", l.Addr()).Str("ledger_verifier", a.verifier).Msg("listening")
	if err := a.arrive(ctx); err != nil {
		if ctx.Err() != nil {
			err = nil // asked to stop before it began
		}
		return errors.Join(err, l.Close())
	}
	server := a.server(ctx)
	var working sync.WaitGroup
	looks, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	working.Go(func() { a.work(ctx, looks) })
	working.Go(func() { a.beatAlways(ctx) })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve on %s: %w", l.Addr(), err)
		stop()
	}
	a.drain(ctx, server, &working, cut)
	if e := a.beat(context.WithoutCancel(ctx), false); e != nil {
		log.Warn().Err(e).Msg("heartbeat not stored")
	}
	log.Info().Msg("stopped")
	return err
}

// intake is the webhook's store: it works out what a delivery means and stores both in one
// transaction.
type intake struct{ a *App }

// Accept implements webhook.Store. The key of a delivery is our own app's id, not the one
// that a header names: the header is not signed.
func (i intake) Accept(ctx context.Context, d webhook.Delivery) (bool, error) {
	if err := i.a.o.ignores(d.Body); err != nil {
		i.a.metrics.delivery(d.Event, "ignored")
		return false, err
	}
	action, installation, repo := route.Header(d.Event, d.Body)
	result := route.Route(d.Event, d.Body, d.At)
	foreign, err := i.a.store.Foreign(ctx, result)
	if err != nil {
		return false, err
	}
	if foreign {
		zerolog.Ctx(ctx).Error().Str("delivery", d.GUID).Str("event", d.Event).Int64("installation", installation).Int64("repo", repo).
			Msg("delivery means nothing: its installation is not of the account that owns the repository")
		result = subject.Result{}
	}
	ctx, end := i.a.at(ctx, atStore)
	fresh, err := i.a.store.Accept(traced(ctx), store.Delivery{
		App: i.a.o.AppID, GUID: d.GUID, Event: d.Event, Action: action,
		Installation: installation, Repo: repo, At: d.At, Body: d.Body,
	}, result)
	end(err)
	if err != nil {
		return false, err
	}
	i.a.metrics.delivery(d.Event, map[bool]string{true: "stored", false: "known"}[fresh])
	if d.Event == "installation" && fresh {
		i.a.clients.Forget(installation) // its permissions, or its token, are not what they were
		return fresh, i.a.store.Release(ctx, installation)
	}
	return fresh, nil
}
