package rules_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/rules"
)

// Whatever was read of a change is judged without a panic and twice alike; with a list that
// could not be read to its end nothing passes, and without a reason nothing blocks.
func FuzzEvaluate(f *testing.F) {
	pages, err := filepath.Glob("../testdata/verdicts/*.txtar")
	if err != nil || len(pages) == 0 {
		f.Fatalf("no pages: %v", err)
	}
	for _, name := range pages {
		page, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		policy := []byte(rules.DefaultText())
		for _, file := range page.Files {
			switch {
			case file.Name == "policy":
				policy = file.Data
			case strings.HasPrefix(file.Name, "change"):
				f.Add(policy, file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, policy, change []byte) {
		l, err := rules.Parse("p.yml", policy)
		if err != nil {
			return
		}
		p, err := rules.Compose(l, nil)
		if err != nil {
			return
		}
		var c rules.Change
		if json.Unmarshal(change, &c) != nil {
			return
		}
		for _, c := range rules.Unite([]rules.Change{c}) {
			v := rules.Evaluate(p, c, noon)
			if want, got := verdictText(t, p, c), verdictText(t, p, c); !bytes.Equal(want, got) {
				t.Fatalf("two verdicts:\n%s\n%s", want, got)
			}
			if len(c.Gaps) > 0 && v.Outcome != rules.Indeterminate {
				t.Fatalf("%s, and a list could not be read to its end", v.Outcome)
			}
			for _, finding := range v.Findings {
				if len(finding.Reasons) == 0 {
					t.Fatalf("%s is %s without a reason", finding.Rule, finding.Outcome)
				}
			}
		}
	})
}
