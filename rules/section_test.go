package rules_test

import (
	"testing"

	"github.com/changewarden/changewarden/rules"
)

// A section has as many words of its author's own as are asked, down to the next heading of its
// level, whatever stands in code between.
func TestSectionWords(t *testing.T) {
	const policy = "version: 1\nrules: [{name: risk, require: {section: {heading: Risk, min_words: 3}}}]\n"
	p, err := rules.Compose(layer(t, "floor.yml", policy), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, body string
		code       rules.Code
		words      int
	}{
		{"as many as are asked", "## Risk\none two three\n", rules.SectionWritten, 3},
		{"one too few", "## Risk\none two\n", rules.SectionEmpty, 2},
		{"blank lines between", "## Risk\n\none\n\ntwo\n\nthree\n", rules.SectionWritten, 3},
		{"below another one of its level", "## Risk\none\n## Rollback\ntwo three four\n", rules.SectionEmpty, 1},
		{"below a lesser one", "## Risk\none\n### For whom\ntwo three\n", rules.SectionWritten, 3},
		{"behind code", "## Risk\n```\ncode\n```\none two\n", rules.SectionWritten, 3},
		{"behind two pieces of code", "## Risk\n```\na\n```\nb\n~~~\nc\n~~~\n", rules.SectionWritten, 3},
		{"a heading behind code ends it", "## Risk\none\n```\ncode\n```\n## Rollback\ntwo three\n", rules.SectionEmpty, 2},
		{"a heading in code ends nothing", "## Risk\n```\n## Rollback\n```\none two\n", rules.SectionWritten, 3},
		{"a shorter fence ends no code", "## Risk\n````\n```\n## Rollback\n````\none two\n", rules.SectionWritten, 3},
		{"another fence ends no code", "## Risk\n~~~\n```\n## Rollback\n~~~\none two\n", rules.SectionWritten, 3},
		{"in code alone there is no such heading", "```\n## Risk\n```\none two three\n", rules.SectionMissing, 0},
		{"an underlined heading", "Risk\n----\none two three\n", rules.SectionWritten, 3},
		{"the template's own words", "## Risk\nsay what could break: one two\n", rules.SectionEmpty, 2},
		{"beside the template's own words", "## Risk\nsay what could break: one two three\n", rules.SectionWritten, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := unblocked()
			c.Pulls[0].Body, c.Templates = test.body, []string{"## Risk\n\nSay what could break:\n"}
			c.Read = append(c.Read, rules.FactText)
			r := judge(p, c).Findings[0].Reasons[0]
			if r.Code != test.code || r.Text.Words != test.words {
				t.Errorf("%s with %d words, want %s with %d", r.Code, r.Text.Words, test.code, test.words)
			}
		})
	}
	// Of several pull requests the one with the fewest words is told.
	c := unblocked()
	c.Pulls = []rules.Pull{c.Pulls[0], c.Pulls[0], c.Pulls[0]}
	for i, body := range []string{"## Risk\none two three\n", "## Risk\none\n", "## Risk\none two\n"} {
		c.Pulls[i].Number, c.Pulls[i].Body = int64(7+i), body
	}
	if r := judge(p, c).Findings[0].Reasons[0]; r.Code != rules.SectionEmpty || r.Text.Words != 1 || len(r.Text.Pulls) != 2 {
		t.Errorf("%s, %+v: want the two that say too little, and one word", r.Code, r.Text)
	}
}
