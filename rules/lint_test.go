package rules_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/rules"
)

// TestLint (behaviour 77 among others) lints each policy of testdata/policies/lint.txtar; behind it, under "warnings",
// stands all that is said of it.
func TestLint(t *testing.T) {
	const name = "../testdata/policies/lint.txtar"
	page, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	facts := rules.LintFacts{
		At: time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC),
		Teams: []rules.Team{
			{Slug: "security", ID: 11, Members: []rules.UserID{1, 2}}, {Slug: "empty", ID: 12}, {Slug: "gone", Missing: true},
			{Slug: "everybody", ID: 13, Members: []rules.UserID{1, 2, 3}}, {Slug: "proposers", ID: 14, Members: []rules.UserID{3}},
			{Slug: "made-anew", ID: 16, Pinned: 15, Members: []rules.UserID{1}},
		},
		Authors: []rules.UserID{3},
	}
	said := map[string]bool{}
	for i := 0; i < len(page.Files); i += 2 {
		f := page.Files[i]
		t.Run(f.Name, func(t *testing.T) {
			p := rules.Policy{Layers: []rules.Layer{layer(t, "policy", string(f.Data))}}
			if strings.HasPrefix(f.Name, "repository") {
				p.Layers[0].Name = rules.RepositoryLayer
			}
			var got strings.Builder
			for _, w := range rules.Lint(p, facts) {
				said[string(w.Code)] = true
				fmt.Fprintf(&got, "%d:%d %s: %s\n", w.Line, w.Column, w.Code, w.Msg)
			}
			if *update {
				page.Files[i+1].Data = []byte(got.String())
				return
			}
			if diff := cmp.Diff(string(page.Files[i+1].Data), got.String()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
	for _, code := range constants(t, "LintCode") {
		if !said[code] {
			t.Errorf("no policy is warned of as %s", code)
		}
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The built-in policy is linted without a word, offline.
func TestLintDefault(t *testing.T) {
	if got := rules.Lint(rules.Policy{Layers: []rules.Layer{rules.Default()}}, rules.LintFacts{}); len(got) > 0 {
		t.Errorf("warnings %v", got)
	}
}
