package rules_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// An expression over the checks gives one answer, however Go's maps are ordered.
func TestExprInOrder(t *testing.T) {
	p, err := rules.Compose(layer(t, "p", `version: 1
rules:
  - {name: first, require: {expr: "checks.map(c, c)[0] == 'check 0'"}}
  - {name: found, require: {expr: "checks.exists(c, checks[c] == 'failed') && !('check 77' in checks) && checks.size() == 20"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := rules.Change{Base: "main", Head: "h", Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true}}, TakenAt: noon}
	for i := range 20 {
		conclusion := "success"
		if i == 7 {
			conclusion = "failure"
		}
		c.Runs = append(c.Runs, rules.CheckRun{ID: int64(i + 1), App: 5, Name: fmt.Sprintf("check %d", i), Status: "completed", Conclusion: conclusion})
	}
	want := verdictText(t, p, c)
	if v := rules.Evaluate(p, c, noon); v.Outcome != rules.Pass {
		t.Errorf("outcome %s, want pass:\n%s", v.Outcome, want)
	}
	for range 50 {
		if got := verdictText(t, p, c); !bytes.Equal(want, got) {
			t.Fatalf("two verdicts:\n%s\n%s", want, got)
		}
	}
}

// 50: of several results of one name an expression sees the worst, whatever their order.
func TestExprWorstResult(t *testing.T) {
	p, err := rules.Compose(layer(t, "p", `version: 1
rules:
  - {name: failed, require: {expr: "checks['test'] == 'failed'"}}
  - {name: running, require: {expr: "checks['build'] == 'running'"}}
  - {name: skipped, require: {expr: "checks['lint'] == 'skipped'"}}
  - {name: claimed, require: {expr: "checks['scan'] == 'claimed'"}}
  - {name: passed, require: {expr: "checks['docs'] == 'passed'"}}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	results := []struct{ name, status, conclusion string }{
		{"test", "completed", "success"},
		{"test", "completed", "failure"},
		{"test", "in_progress", ""},
		{"build", "completed", "success"},
		{"build", "in_progress", ""},
		{"build", "completed", "skipped"},
		{"lint", "completed", "success"},
		{"lint", "completed", "skipped"},
		{"docs", "completed", "success"},
		{"docs", "completed", "success"},
	}
	c := unblocked()
	c.Status = []rules.Status{{Context: "scan", State: "success", By: 1, At: noon}}
	for _, backwards := range []bool{false, true} {
		c.Runs = nil
		for i, r := range results {
			c.Runs = append(c.Runs, rules.CheckRun{ID: int64(i + 1), Suite: int64(i + 1), App: 5, Name: r.name, Status: r.status, Conclusion: r.conclusion, At: noon})
		}
		if backwards {
			slices.Reverse(c.Runs)
		}
		for _, f := range rules.Evaluate(p, c, noon).Findings {
			if f.Reasons[0].Code != rules.ExprTrue {
				t.Errorf("backwards %v: what %s is not the worst: %s", backwards, f.Rule, f.Reasons[0].Code)
			}
		}
	}
}

// What takes too much work is not worked out, and blocks: one expression, and many that
// each stay below the limit of one.
func TestExprWork(t *testing.T) {
	heavy := layer(t, "p", `version: 1
rules: [{name: heavy, require: {expr: "paths.all(p, paths.all(q, paths.all(r, p + q + r != '')))"}}]`)
	p, err := rules.Compose(heavy, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := manyFiles()
	v := rules.Evaluate(p, c, noon)
	if got := v.Findings[0].Reasons[0].Code; got != rules.ExprUnknown {
		t.Errorf("an expression without end is %s, want %s", got, rules.ExprUnknown)
	}
	text := "version: 1\nrules:\n"
	for i := range 100 {
		text += fmt.Sprintf("  - {name: r%d, require: {expr: \"paths.all(p, p.matches('^[a-z0-9_./]+$') && (p + p).contains('s') && p != '%d')\"}}\n", i, i)
	}
	if p, err = rules.Compose(layer(t, "p", text), nil); err != nil {
		t.Fatal(err)
	}
	known, unknown := 0, 0
	for _, f := range rules.Evaluate(p, c, noon).Findings {
		switch f.Reasons[0].Code {
		case rules.ExprTrue:
			known++
		case rules.ExprUnknown:
			unknown++
		default:
			t.Errorf("%s: %s", f.Rule, f.Reasons[0].Code)
		}
	}
	if known == 0 || unknown == 0 {
		t.Errorf("%d expressions were worked out and %d were not, want some of each", known, unknown)
	}
}
