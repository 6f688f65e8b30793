package cases_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/cases"
	"github.com/changewarden/changewarden/app/procedure"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

// The policies that the documentation points to parse, are explained, have their procedure,
// and answer as the cases beside them say; each of their rules is in a case. So does the
// policy of this repository.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../testdata/policies/*.test.yml")
	if err != nil || len(files) < 5 {
		t.Fatalf("corpus: %v, %v", files, err)
	}
	for _, file := range append(files, "../../.github/change-management.test.yml") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".test.yml"), func(t *testing.T) {
			f, err := cases.Read(file, read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			text := read(t, strings.TrimSuffix(file, ".test.yml")+".yml")
			if !bytes.HasPrefix(text, []byte("# ")) {
				t.Error("the policy does not begin with a comment that says what it is for")
			}
			p, layer := composed(t, f, text)
			results, err := f.Run(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if len(r.Errors) > 0 {
					t.Errorf("%s: %s", r.Case.Name, strings.Join(r.Errors, "\n"))
				}
			}
			if missing := f.Uncovered(p, layer); len(missing) > 0 {
				t.Errorf("no case expects an answer of: %s", strings.Join(missing, ", "))
			}
			for _, w := range rules.Lint(p, rules.LintFacts{At: time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)}) {
				if w.File == f.Name {
					t.Error(w)
				}
			}
			explained := words.Plain.Explain(p, false)
			var page bytes.Buffer
			if err := procedure.HTML(&page, p, nil, time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
			for _, l := range p.Layers {
				for _, r := range l.Rules {
					if !strings.Contains(explained, words.Plain.Rule(r)) || !strings.Contains(page.String(), words.HTML.Rule(r)) {
						t.Errorf("rule %q is not explained, or not in the procedure", r.Name)
					}
				}
			}
		})
	}
}

// composed sets a policy where its cases say that it stands.
func composed(t *testing.T, f cases.File, text []byte) (p rules.Policy, layer string) {
	t.Helper()
	l, err := rules.Parse(f.Name, text)
	if err != nil {
		t.Fatal(err)
	}
	if f.AsFloor {
		p, err = rules.Compose(l, nil)
		layer = rules.FloorLayer
	} else {
		p, err = rules.Compose(rules.Default(), &l)
		layer = rules.RepositoryLayer
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, layer
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
