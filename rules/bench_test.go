package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// manyRules writes a policy with globs, groups and conditions of their own in each rule.
func manyRules(n int) string {
	var text strings.Builder
	text.WriteString("version: 1\ngroups:\n")
	for i := range 40 {
		fmt.Fprintf(&text, "  team %d: {teams: [team-%d]}\n", i, i)
	}
	text.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - name: rule %d\n    when: {paths: [\"services/s%d/**\", \"**/m%d/**/*_test.go\"], not_paths: [\"**/gen%d/**\"]}\n", i, i, i, i)
		fmt.Fprintf(&text, "    require: {approvals: {count: 1, from: team %d}, checks: {names: [\"test %d\"]}}\n", i%40, i)
	}
	return text.String()
}

// manyFiles is a change of 3,000 files, some renamed, with 250 commits.
func manyFiles() rules.Change {
	c := rules.Change{Base: "main", Head: "h", Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true}}, TakenAt: noon}
	for i := range 3000 {
		f := rules.File{Path: fmt.Sprintf("services/s%d/internal/pkg/m%d/file_%d_test.go", i%60, i%70, i), Counted: true}
		if i%10 == 0 {
			f.Previous = fmt.Sprintf("old/s%d/file.x%d", i, i%50)
		}
		c.Files = append(c.Files, f)
	}
	for i := range 250 {
		c.Commits = append(c.Commits, rules.Commit{SHA: fmt.Sprint(i), Authors: []rules.UserID{rules.UserID(i%20 + 1)}, Committer: 1})
	}
	return c
}

// The bound is 120 ms for 3,000 files and 200 rules.
func BenchmarkEvaluate(b *testing.B) {
	p, err := rules.Compose(layer(b, "bench.yml", manyRules(200)), nil)
	if err != nil {
		b.Fatal(err)
	}
	c := manyFiles()
	for b.Loop() {
		rules.Evaluate(p, c, noon)
	}
}

// As many globs as a policy may have.
func BenchmarkEvaluateMostGlobs(b *testing.B) {
	p, err := rules.Compose(layer(b, "bench.yml", manyRules(1000)), nil)
	if err != nil {
		b.Fatal(err)
	}
	c := manyFiles()
	for b.Loop() {
		rules.Evaluate(p, c, noon)
	}
}

// As many expressions as a policy may have, each with as much work as it may do.
func BenchmarkEvaluateMostExpressions(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\nrules:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {name: rule %d, when: {expr: \"paths.all(p, p.matches('^(a|b)*c%d$') || paths.exists(q, q == p + 'x'))\"}, require: {approvals: 1}}\n", i, i)
	}
	p, err := rules.Compose(layer(b, "bench.yml", text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	c := manyFiles()
	for b.Loop() {
		rules.Evaluate(p, c, noon)
	}
}

// Rules of which each asks for fifty different people: two, and as many as a policy may have.
func BenchmarkDistinctSeats(b *testing.B) {
	for _, n := range []int{2, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkDistinctSeats(b, n) })
	}
}

func benchmarkDistinctSeats(b *testing.B, n int) {
	var text strings.Builder
	text.WriteString("version: 1\nrules:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: rule %d, require: {approvals: {count: 50, distinct: true}}}\n", i)
	}
	p, err := rules.Compose(layer(b, "bench.yml", text.String()), nil)
	if err != nil {
		b.Fatal(err)
	}
	c := rules.Change{
		Base: "main", Head: "h", Exact: "d", Pulls: []rules.Pull{{Number: 1, Author: 1000, Writer: true}}, TakenAt: noon,
		Commits: []rules.Commit{{SHA: "h", Authors: []rules.UserID{1000}, Committer: 1000}},
	}
	for i := range rules.UserID(99) {
		c.Reviews = append(c.Reviews, rules.Review{ID: int64(i + 1), Pull: 1, By: i + 1, State: rules.Approved, At: noon, Commit: "h", Exact: "d"})
		c.People = append(c.People, rules.Person{ID: i + 1, CanWrite: true})
	}
	for b.Loop() {
		rules.Evaluate(p, c, noon)
	}
}

// What would unblock the most of a change: forty teams of which each has to approve, as many
// rules as a policy may have, and more distinct seats than are searched.
func BenchmarkUnblock(b *testing.B) {
	policies := map[string]func(*strings.Builder){
		"forty teams": func(w *strings.Builder) {
			for i := range 40 {
				fmt.Fprintf(w, "  - {name: r%d, require: {approvals: {count: %d, from: g%d}}}\n", i, 1+i%2, i)
			}
		},
		"most rules": func(w *strings.Builder) {
			for i := range 1000 {
				fmt.Fprintf(w, "  - {name: r%d, require: {approvals: {count: 50, from: [g%d, g%d]}}}\n", i, i%40, (i+7)%40)
			}
		},
		"most seats": func(w *strings.Builder) {
			for i := range 30 {
				fmt.Fprintf(w, "  - {name: r%d, require: {approvals: {count: 50, distinct: true}}}\n", i)
			}
		},
		"most choices": func(w *strings.Builder) {
			for i := range 30 {
				fmt.Fprintf(w, "  - {name: r%d, require: {any: [{approvals: {count: 1, from: [g%d, g%d]}}, {approvals: {count: 2, from: [g%d, g%d]}}]}}\n", i, i, (i+7)%40, (i+3)%40, (i+11)%40)
			}
		},
	}
	for name, write := range policies {
		b.Run(name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString("version: 1\ngroups:\n")
			c := manyFiles()
			for i := range 40 {
				fmt.Fprintf(&text, "  g%d: {teams: [t%d, t%d]}\n", i, i, (i+3)%40)
				c.Teams = append(c.Teams, rules.Team{Slug: fmt.Sprintf("t%d", i), ID: int64(i + 1)})
			}
			text.WriteString("rules:\n")
			write(&text)
			p, err := rules.Compose(layer(b, "bench.yml", text.String()), nil)
			if err != nil {
				b.Fatal(err)
			}
			v := rules.Evaluate(p, c, noon)
			for b.Loop() {
				rules.Unblock(p, c, v)
			}
		})
	}
}

// The bound is 50 ms for 1,000 rules.
func BenchmarkParse(b *testing.B) {
	src := []byte(manyRules(1000))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := rules.Parse("bench.yml", src); err != nil {
			b.Fatal(err)
		}
	}
}

// As many expressions as a policy may have.
func BenchmarkParseExpressions(b *testing.B) {
	src := []byte("version: 1\nrules:\n" + strings.Repeat("  - {name: rule %d, when: {expr: \"paths.exists(p, p.startsWith('a/') && lines > 10)\"}, require: {approvals: 1}}\n", 100))
	for i := range 100 {
		src = []byte(strings.Replace(string(src), "%d", fmt.Sprint(i), 1))
	}
	for b.Loop() {
		if _, err := rules.Parse("bench.yml", src); err != nil {
			b.Fatal(err)
		}
	}
}
