package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// BenchmarkEvaluate judges 3,000 files, some renamed, by 50 rules with globs of their own.
func BenchmarkEvaluate(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\nrules:\n")
	for i := range 50 {
		fmt.Fprintf(&text, "  - name: rule %d\n    when: {paths: [\"**/*.{x%d,y%d}\", \"services/s%d/**\", \"**/m%d/**/*_test.go\"], not_paths: [\"**/gen%d/**\"]}\n", i, i, i, i, i, i)
		text.WriteString("    require: {approvals: 1, checks: all}\n")
	}
	p, err := rules.Compose(layer(b, "bench.yml", text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	c := rules.Change{Base: "main", Head: "h", Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true}}, TakenAt: noon}
	for i := range 3000 {
		f := rules.File{Path: fmt.Sprintf("services/s%d/internal/pkg/m%d/file_%d_test.go", i%60, i%70, i)}
		if i%10 == 0 {
			f.Previous = fmt.Sprintf("old/s%d/file.x%d", i, i%50)
		}
		c.Files = append(c.Files, f)
	}
	for i := range 250 {
		c.Commits = append(c.Commits, rules.Commit{SHA: fmt.Sprint(i), Authors: []rules.UserID{rules.UserID(i%20 + 1)}, Committer: 1})
	}
	for b.Loop() {
		rules.Evaluate(p, c, rules.BeforeMerge, noon)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		rules.Default()
	}
}
