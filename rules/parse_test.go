package rules_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/rules"
)

// TestRefused reads each policy of testdata/policies/refused.txtar; behind it, under
// "errors", stands all that is said of it, place by place.
func TestRefused(t *testing.T) {
	const name = "../testdata/policies/refused.txtar"
	page, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(page.Files); i += 2 {
		f := page.Files[i]
		t.Run(f.Name, func(t *testing.T) {
			var got strings.Builder
			_, err := rules.Parse("policy.yml", f.Data)
			var all rules.SyntaxErrors
			if !errors.As(err, &all) {
				t.Fatalf("Parse: %v, want syntax errors", err)
			}
			for _, e := range all {
				fmt.Fprintf(&got, "%d:%d %s\n", e.Line, e.Column, e.Msg)
				lines := strings.Split(string(f.Data), "\n")
				if e.Source != lines[e.Line-1] {
					t.Errorf("line %d reads %q, want %q", e.Line, e.Source, lines[e.Line-1])
				}
			}
			if *update {
				page.Files[i+1].Data = []byte(got.String())
				return
			}
			if diff := cmp.Diff(string(page.Files[i+1].Data), got.String()); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParseLimits(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, c := range []struct{ name, src, want string }{
		{"too large", "version: 1\n#" + strings.Repeat("x", 2<<20), "bytes"},
		{"a million globs", "version: 1\nclasses: {a: {paths: [" + many(900, "'g%d/*.{a,b,c,d,e}',\n") + "]}}", "more than 4000 globs"},
		{"a million workflows", "version: 1\nrules: [" + many(900, "{name: r%d, require: {checks: {names: [x], workflow: '{a,b,c,d,e}.yml'}}},\n") + "]", "more than 4000 globs"},
		{"braces in braces", "version: 1\nclasses: {a: {paths: ['" + strings.Repeat("{a,b}", 20) + "']}}", "more than 64 patterns"},
		{"nested", "version: 1\nclasses: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), ""},
		{"nested in conditions", "version: 1\nclasses: {a: " + strings.Repeat("{not: ", 40) + "{draft: true}" + strings.Repeat("}", 41), "nested too deeply"},
		{"many rules", "version: 1\nrules: [" + many(1100, "{name: r%d, require: {approvals: 1}},\n") + "]", "1100 rules"},
		{"one expression too many", "version: 1\nrules: [" + many(101, "{name: r%d, when: {expr: draft}, require: {approvals: 1}},\n") + "]", "more than 100 expressions"},
		{"many errors", "version: 1\n" + many(900, "k%d: 1\n"), "errors more from here on"},
		{"many keys", "version: 1\n" + many(5000, "k%d: 1\n"), "5001 keys"},
		{"long line", "version: 1\n# " + strings.Repeat("x", 5000), "4000 are the limit"},
		{"many users to store", "version: 1\ngroups:\n" + many(60, "  g%d: {users: ["+strings.ReplaceAll(many(1000, "u%d,\n"), "%", "")+"]}\n"), "too large with its 60000 users"},
		{"alias bomb", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n", "aliases are not for policies"},
		{"too many users to store", "version: 1\ngroups: {a: {users: [" + many(2000, "u%d,\n") + "]}}", "2000 entries"},
		{"bad UTF-8", "version: 1\nbranches: [\"\xff\"]", "not UTF-8"},
		{"UTF-16", "\xff\xfev\x00e\x00r\x00", "not UTF-8"},
	} {
		_, err := rules.Parse("p", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300v, want %q", c.name, err, c.want)
		}
		var all rules.SyntaxErrors
		if !errors.As(err, &all) || len(all) > 101 {
			t.Errorf("%s: %d errors of %T, want at most 101 SyntaxErrors", c.name, len(all), err)
		}
	}
}

func TestParse(t *testing.T) {
	got, err := rules.Parse("p.yml", []byte("\ufeff"+strings.ReplaceAll(`version: 1
procedure: {owner: engineering, last_reviewed: 2025-01-09, review_every: 1 year, frameworks: {SOC 2: CC8.1}}
branches: 'main'
groups:
  owners: {teams: [Core#12, docs, Docs], users: [Ann, bob#7, "#99", '#0']}
classes:
  b: {class: a}
  a: {paths: ["**/*.y{a,}ml"], labels: [x]}
rules:
  - name: one
    before: merge
    when: {class: [b, policy], authors: owners, draft: false, any: [{branches: "release/**"}, {head_branches: "*:*"}]}
    require:
      approvals: {count: 2, from: owners, of: commit, unknown_authors: block}
      checks: {names: ["ci / *"], app: 15368, conclusions: [success, neutral]}
  - {name: two, require: {checks: {all: true, except: ["lint*"]}}}
`, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := rules.Layer{
		File: "p.yml",
		Procedure: &rules.Procedure{
			Owner: "engineering", LastReviewed: "2025-01-09", ReviewEvery: "1 year", Frameworks: map[string][]string{"SOC 2": {"CC8.1"}},
		},
		Branches: []string{"main"},
		Groups: map[string]rules.Group{"owners": {
			Teams: []rules.TeamRef{{Slug: "core", ID: 12}, {Slug: "docs"}},
			Users: []rules.UserRef{{Login: "ann"}, {Login: "bob", GitHub: 7}, {ID: 99}, {}},
		}},
		Classes: map[string]rules.Condition{
			"policy": {Paths: []string{".github/change-management*.y{a,}ml"}},
			"b":      {Class: []string{"a"}},
			"a":      {Paths: []string{"**/*.y{a,}ml"}, Labels: []string{"x"}},
		},
		Rules: []rules.Rule{
			{
				Name: "one", Stage: rules.BeforeMerge,
				When: rules.Condition{
					Class: []string{"b", "policy"}, Authors: []string{"owners"}, Draft: &no,
					Any: []rules.Condition{{Branches: []string{"release/**"}}, {HeadBranches: []string{"*:*"}}},
				},
				Require: rules.Requirement{
					Approvals: &rules.Approvals{Count: 2, From: []string{"owners"}, Of: rules.OfCommit, UnknownAuthors: rules.Block},
					Checks:    &rules.Checks{Names: []string{"ci / *"}, App: "15368", Conclusions: []string{"success", "neutral"}, Grace: 30 * time.Minute},
				},
			},
			{Name: "two", Stage: rules.BeforeMerge, Require: rules.Requirement{Checks: &rules.Checks{All: true, Except: []string{"lint*"}, Grace: 30 * time.Minute}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

// The built-in policy asks for what the control asks for before a merge, and no more.
func TestDefault(t *testing.T) {
	l := rules.Default()
	var got []string
	for _, r := range l.Rules {
		line := r.Name
		if r.Stage != rules.BeforeMerge {
			line += ", before " + string(r.Stage)
		}
		line += ":"
		if len(r.When.Class) > 0 {
			line += " " + strings.Join(r.When.Class, ",")
		}
		if a := r.Require.Approvals; a != nil {
			line += fmt.Sprintf(" %d %s", a.Count, strings.Join(a.From, ","))
		}
		if r.Require.Checks != nil && r.Require.Checks.All {
			line += " all checks"
		}
		got = append(got, line)
	}
	want := []string{
		"peer review: 1 ",
		"infrastructure needs two approvals: infrastructure 2 ",
		"infrastructure needs a senior engineer: infrastructure 1 senior engineers",
		"security review: security 1 security",
		"policy owners approve policy changes: policy 1 policy owners",
		"automated tests pass: all checks",
		"rollback plan: high risk",
		"staging first, before production:",
		"QA sign-off, before production: high risk",
		"standard changes in business hours, before production:",
		"high-risk changes in a maintenance window, before production: high risk",
		"customer notice, before production: high risk",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	again, err := rules.ParseBuiltIn(rules.DefaultFile, []byte(rules.DefaultText()))
	if diff := cmp.Diff(again, l); err != nil || diff != "" {
		t.Errorf("DefaultText parses to something else: %v\n%s", err, diff)
	}
}
