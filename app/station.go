package app

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
)

// station is a place on the line that something takes time at. Each is measured under its
// name, and is a span of that name where somebody traces.
type station string

// The stations, in the order of the line.
const (
	atReceive  station = "receive"  // a request to the webhook, from its first byte to our answer
	atStore    station = "store"    // a transaction: of a delivery with what it makes due, of a look with its verdict
	atWait     station = "wait"     // a due subject, until somebody claims it
	atClaim    station = "claim"    // the claim itself
	atSnapshot station = "snapshot" // reading the facts from GitHub
	atRules    station = "rules"    // judging them
	atPublish  station = "publish"  // telling GitHub
)

var stations = []station{atReceive, atStore, atWait, atClaim, atSnapshot, atRules, atPublish}

// How a stay at a station ends. Again is nobody's fault: what was read does not fit together
// yet, or the lease went to somebody else.
const (
	wentWell  = "ok"
	wentAgain = "again"
	wentWrong = "error"
)

var stationOutcomes = []string{wentWell, wentAgain, wentWrong}

func outcomeOf(err error) string {
	_, again := errors.AsType[retryError](err)
	switch {
	case err == nil:
		return wentWell
	case again, errors.Is(err, snapshot.ErrMoved), errors.Is(err, store.ErrLost):
		return wentAgain
	}
	return wentWrong
}

// at begins a stay at a station; end ends it. Of an error a span tells what kind of trouble
// it is and no more: its text may hold what somebody wrote.
func (a *App) at(ctx context.Context, s station) (_ context.Context, end func(error)) {
	began := a.now()
	ctx, span := a.tracer.Start(ctx, string(s))
	return ctx, func(err error) {
		outcome := outcomeOf(err)
		a.metrics.stayed(s, outcome, a.now().Sub(began))
		if outcome == wentWrong {
			span.SetStatus(codes.Error, string(ghclient.Diagnose(err, a.now()).Kind))
		}
		span.SetAttributes(attribute.String("outcome", outcome))
		span.End()
	}
}

// stored is Store.Tx as a stay at the store.
func (a *App) stored(ctx context.Context, do func(context.Context, *store.Tx) error) error {
	ctx, end := a.at(ctx, atStore)
	err := a.store.Tx(ctx, func(tx *store.Tx) error { return do(ctx, tx) })
	end(err)
	return err
}

// passed notes a stay that is over and had no context of its own.
func (a *App) passed(ctx context.Context, s station, from, to time.Time) {
	a.metrics.stayed(s, wentWell, to.Sub(from))
	_, span := a.tracer.Start(ctx, string(s), trace.WithTimestamp(from))
	span.End(trace.WithTimestamp(to))
}

// tracerOf returns what makes our spans; without a provider they are nothing.
func tracerOf(p trace.TracerProvider) trace.Tracer {
	if p == nil {
		p = noop.NewTracerProvider()
	}
	return p.Tracer("github.com/changewarden/changewarden")
}

// traced lets what ctx's transactions make due belong to the trace of ctx.
func traced(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return store.Traced(ctx, carrier["traceparent"])
}

// looking begins the span of a look. It belongs to the trace of what made the subject due
// last, and links to those of the other deliveries that it answers.
func (a *App) looking(ctx context.Context, c store.Claim) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(
			attribute.String("subject", c.Subject.Key()), attribute.Int64("generation", c.Generation),
			attribute.Int("attempt", c.Attempt), attribute.Int("deliveries", c.Delivered),
		),
	}
	for _, other := range c.Traces {
		if sc := spanContext(other); other != c.Trace && sc.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: sc}))
		}
	}
	ctx = trace.ContextWithRemoteSpanContext(ctx, spanContext(c.Trace))
	ctx, span := a.tracer.Start(ctx, "look", options...)
	return traced(ctx), span
}

// spanContext reads a traceparent; invalid if it is none.
func spanContext(traceparent string) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	return trace.SpanContextFromContext(ctx)
}

// request begins the span of a request to GitHub, by what it asks for: an address holds
// names of branches and people.
func (a *App) request(ctx context.Context, kind string) (end func(status int)) {
	_, span := a.tracer.Start(ctx, kind, trace.WithSpanKind(trace.SpanKindClient))
	return func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status == 0 || status >= 400 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
