package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// BenchmarkEvaluate judges a change of 3,000 files, GitHub's limit, by 50 rules that look
// at paths. Each distinct pattern meets each file once, however many rules write it.
func BenchmarkEvaluate(b *testing.B) {
	const files, ruleCount = 3000, 50
	pattern := func(i int) string {
		return []string{"service-%d/**", "**/pkg-%d/*.go", "**/*.{tf,tfvars,hcl%d}", "docs/%d/**/*.md", "**/Dockerfile*%d"}[i%5]
	}
	for _, kind := range []struct {
		name  string
		write func(rule, n int) string // the n-th of three patterns of a rule
	}{
		{"patterns=150", func(rule, n int) string { return fmt.Sprintf(pattern(rule+n), rule*3+n) }},
		{"patterns=3", func(_, n int) string { return fmt.Sprintf(pattern(n), n) }},
	} {
		b.Run(fmt.Sprintf("files=%d/rules=%d/%s", files, ruleCount, kind.name), func(b *testing.B) {
			var text strings.Builder
			text.WriteString("version: 1\nrules:\n")
			for i := range ruleCount {
				fmt.Fprintf(&text, "  - {name: rule %d, when: {paths: [%q, %q, %q]}, require: {approvals: 1}}\n", i, kind.write(i, 0), kind.write(i, 1), kind.write(i, 2))
			}
			floor, err := rules.Parse("floor.yml", []byte(text.String()))
			if err != nil {
				b.Fatal(err)
			}
			policy, err := rules.Compose(floor, nil)
			if err != nil {
				b.Fatal(err)
			}
			change := rules.Change{
				Repo: rules.Repo{ID: 700, Name: "octo-org/shop", DefaultBranch: "main"}, Base: "main", Head: "bbbb222",
				Pulls: []rules.Pull{{Number: 7, Author: 1, Writer: true}}, SeenAt: noon, TakenAt: noon,
			}
			for i := range files {
				change.Files = append(change.Files, rules.File{
					Path: fmt.Sprintf("service-%d/internal/pkg-%d/handler_%d.go", i%97, i%53, i), Status: "modified", Additions: 1, FirstLine: 1,
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				rules.Evaluate(policy, change, rules.BeforeMerge, noon)
			}
		})
	}
}
