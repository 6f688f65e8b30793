package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Map reaches the reasons within alternatives, and leaves the verdict that it is given.
func TestMap(t *testing.T) {
	leaf := func(o rules.Outcome) rules.Reason { return rules.Reason{Outcome: o, Code: rules.BaseBehind} }
	made := func(o rules.Outcome) rules.Verdict {
		return rules.Verdict{Findings: []rules.Finding{{Rule: "a", Reasons: []rules.Reason{
			leaf(o), {Outcome: o, Code: rules.AnyOpen, Any: [][]rules.Reason{{leaf(o)}, {{Outcome: o, Code: rules.AnyOpen, Any: [][]rules.Reason{{leaf(o)}}}}}},
		}}}}
	}
	before := made(rules.Pending)
	got := before.Map(func(r rules.Reason) rules.Reason {
		r.Outcome = rules.Pass
		return r
	})
	if diff := cmp.Diff(made(rules.Pass), got); diff != "" {
		t.Errorf("mapped (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(made(rules.Pending), before); diff != "" {
		t.Errorf("the verdict itself changed (-want +got):\n%s", diff)
	}
}
