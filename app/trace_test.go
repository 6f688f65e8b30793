package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// From a review's delivery to what GitHub shows is one trace, and no span tells what somebody
// wrote.
func TestOneTraceFromReviewToPublication(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	w := watch(t, func(o *Options) { o.Tracer = provider })
	spans.Reset()
	if _, err := w.sim.As("bob").Review(w.repo, 1, githubsim.Review{State: "APPROVE", Body: "planted words"}); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	all := spans.GetSpans()
	byTrace := map[trace.TraceID][]string{}
	for _, s := range all {
		id := s.SpanContext.TraceID()
		byTrace[id] = append(byTrace[id], s.Name)
	}
	var line []string
	for _, names := range byTrace {
		if slices.Contains(names, "publish") {
			if line != nil {
				t.Errorf("two traces publish: %v and %v", line, names)
			}
			line = names
		}
	}
	for _, want := range []string{"receive", "store", "wait", "claim", "look", "snapshot", "rules", "publish", "graphql Change", "POST /repos/{owner}/{repo}/statuses/{sha}"} {
		if !slices.Contains(line, want) {
			t.Errorf("the trace has no span %q: %v", want, line)
		}
	}
	roots := 0
	for _, s := range all {
		if slices.Contains(byTrace[s.SpanContext.TraceID()], "publish") && !s.Parent.IsValid() {
			roots++
			if s.Name != "receive" {
				t.Errorf("the trace begins with %q, want receive", s.Name)
			}
		}
		for _, a := range s.Attributes {
			if v := a.Value.String(); strings.Contains(v, "planted") || strings.Contains(v, w.repo) || strings.Contains(v, string(w.sim.WebhookSecret())) {
				t.Errorf("span %q tells %s=%q", s.Name, a.Key, v)
			}
		}
	}
	if roots != 1 {
		t.Errorf("%d spans have no parent, want the delivery's alone", roots)
	}
}

// Deliveries that fold into one look are linked to it.
func TestFoldedDeliveriesAreLinked(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	w := watch(t, func(o *Options) { o.Tracer = provider })
	spans.Reset()
	var deliveries []trace.SpanContext
	c := store.Claim{Subject: subject.Subject{Kind: subject.PullRequest, Repo: 1, Number: 2}}
	for _, guid := range []string{"one", "two", "three"} {
		_, span := w.app.tracer.Start(t.Context(), guid)
		deliveries = append(deliveries, span.SpanContext())
		span.End()
		c.Trace = fmt.Sprintf("00-%s-%s-01", span.SpanContext().TraceID(), span.SpanContext().SpanID())
		c.Traces = append(c.Traces, c.Trace)
	}
	_, span := w.app.looking(t.Context(), c)
	span.End()
	look := spans.GetSpans()[3]
	var linked []trace.SpanID
	for _, l := range look.Links {
		linked = append(linked, l.SpanContext.SpanID())
	}
	if want := []trace.SpanID{deliveries[0].SpanID(), deliveries[1].SpanID()}; !slices.Equal(linked, want) || look.Parent.SpanID() != deliveries[2].SpanID() {
		t.Errorf("the look is of %s and linked to %v, want %s and %v", look.Parent.SpanID(), linked, deliveries[2].SpanID(), want)
	}
}
