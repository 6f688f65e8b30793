package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
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

// constants returns the values of the string constants of a type, in the package's order.
func constants(t *testing.T, kind string) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t\w+ +`+kind+` += "([^"]+)"`).FindAllSubmatch(src, -1) {
			values = append(values, string(m[1]))
		}
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s", kind)
	}
	return values
}
