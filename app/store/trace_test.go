package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// A claim belongs to the trace of what raised it last, and names those of all its deliveries.
func testTraces(t *testing.T, s *Store) {
	accept := func(guid, trace string) {
		t.Helper()
		_, err := s.Accept(Traced(t.Context(), trace), Delivery{App: ownApp, GUID: guid, Event: "pull_request", At: noon}, subject.Result{Subjects: []subject.Subject{pr(1)}})
		must(t, err)
	}
	accept("a", "trace-a")
	accept("b", "")
	accept("c", "trace-c")
	c := claimOne(t, s, after(1))
	if diff := cmp.Diff([]string{"trace-c", "trace-a", "trace-c"}, append([]string{c.Trace}, c.Traces...)); diff != "" {
		t.Errorf("traces of the claim (-want +got):\n%s", diff)
	}

	// One that nobody traces leaves the last; what comes during a look is the next look's.
	must(t, s.Raise(Traced(t.Context(), "trace-d"), after(2), Due{Subject: pr(1)}))
	done(t, s, c, after(3), after(100))
	if c = claimOne(t, s, after(4)); c.Trace != "trace-d" || len(c.Traces) != 0 {
		t.Errorf("claim %+v, want trace-d and no delivery", c)
	}
	done(t, s, c, after(5), after(100))
	if c = claimOne(t, s, after(101)); c.Trace != "" {
		t.Errorf("the timer's look belongs to %q, want no trace", c.Trace)
	}
}
