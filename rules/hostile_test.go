package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 44: a policy that is made to cost is refused with a reason, or what it asks is
// not worked out, and blocks. TestParseLimits and TestExprWork hold the rest of it.
func TestHostilePolicies(t *testing.T) {
	expr := func(text string) string {
		return fmt.Sprintf("version: 1\nrules: [{name: heavy, require: {expr: %q}}]", text)
	}
	deep := strings.Repeat("(", 300) + "true" + strings.Repeat(")", 300)
	for _, tt := range []struct{ name, src, want string }{
		{"a regular expression that grows when it is compiled", expr("paths.exists(p, p.matches('((a{100}){100}){100}'))"), "heavy"},
		{"one that is none", expr("paths.exists(p, p.matches('('))"), "matches"},
		{"braces that multiply", "version: 1\nbranches: ['" + strings.Repeat("{a,b,c,d,e,f,g,h}", 8) + "']\nrules: [{name: a, require: {approvals: 1}}]", "more than 64 patterns"},
		{"an expression that is nested deeply", expr(deep), "heavy"},
		{"an expression without end", expr(strings.Repeat("true && ", 5000) + "true"), "limit"},
		{"merge keys", "version: 1\nbase: &b {x: 1}\nrules: [{<<: *b}]", "aliases are not for policies"},
		{"an alias of itself", "version: 1\nrules: &r [*r]", "aliases are not for policies"},
	} {
		_, err := rules.Parse("p.yml", []byte(tt.src))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %.400v, want it refused with %q", tt.name, err, tt.want)
		}
	}

	// What is accepted ends: the patterns that other engines need ages for, on names made for
	// them, and names that are taken for patterns themselves.
	hostile := strings.Repeat("a", 4000) + "!"
	c := rules.Change{Base: "main", Head: "h", Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true}}, TakenAt: noon}
	for i := range 3000 {
		c.Files = append(c.Files, rules.File{Path: fmt.Sprintf("%d%s", i, hostile)}, rules.File{Path: strings.Repeat("(", i%50) + "*{a,b"})
	}
	for _, text := range []string{
		"paths.exists(p, p.matches('^(a+)+$'))",
		"paths.exists(p, p.matches('^(a|aa)*b$'))",
		"paths.exists(p, p.matches('(.*)(.*)(.*)(.*)(.*)x'))",
		"paths.exists(p, p.matches(p))",
		"paths.map(p, p + p + p + p).map(p, p + p + p + p).map(p, p + p + p + p).exists(p, p == '')",
	} {
		l, err := rules.Parse("p.yml", []byte(expr(text)))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		p, err := rules.Compose(l, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v := rules.Evaluate(p, c, noon); v.Outcome == rules.Pass {
			t.Errorf("%s: %s, want that it blocks", text, v.Outcome)
		}
	}
	l := layer(t, "p.yml", "version: 1\nrules: [{name: globs, when: {paths: ['**/*a*a*a*a*a*a*a*a*a*b', '{a,b}*/**/**/**/**/c']}, require: {approvals: 1}}]")
	p, err := rules.Compose(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := rules.Evaluate(p, c, noon); v.Findings[0].Outcome != rules.NotApplicable {
		t.Errorf("globs: %s, want that the rule does not apply", v.Findings[0].Outcome)
	}
}
