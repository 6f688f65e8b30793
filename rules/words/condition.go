package words

import (
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Condition returns a condition as words that follow "a change": "of class infrastructure",
// "that touches docs/** and is labelled urgent". It is empty for the one that always holds.
func (s Style) Condition(c rules.Condition) string {
	var parts []string
	add := func(present bool, text string) {
		if present {
			parts = append(parts, text)
		}
	}
	add(len(c.Class) > 0, "of class "+join(s.names(c.Class), "or"))
	add(len(c.Branches) > 0, "into "+join(s.codes(c.Branches), "or"))
	add(len(c.HeadBranches) > 0, "from "+plural(len(c.HeadBranches), "branch ", "a branch of ")+join(s.codes(c.HeadBranches), "or"))
	if touched := s.touched(c); touched != "" {
		parts = append(parts, touched)
	}
	add(len(c.OnlyPaths) > 0, "that touches nothing but "+join(s.codes(c.OnlyPaths), "and"))
	labelled := "labelled " + join(s.codes(c.Labels), "or")
	if len(c.SetBy) > 0 {
		labelled += " by somebody of " + join(s.names(c.SetBy), "or")
	}
	add(len(c.Labels) > 0, labelled)
	add(len(c.Authors) > 0, "that somebody of "+join(s.names(c.Authors), "or")+" contributed to")
	add(len(c.Title) > 0, "whose title matches "+join(s.codes(texts(c.Title)), "or"))
	add(len(c.Body) > 0, "whose description matches "+join(s.codes(texts(c.Body)), "or"))
	add(c.Files.Op != "", "that touches "+compared(c.Files)+" files")
	add(c.Lines.Op != "", "that changes "+compared(c.Lines)+" lines")
	add(len(c.Repositories) > 0, "in repository "+join(s.codes(c.Repositories), "or"))
	if c.Draft != nil {
		parts = append(parts, map[bool]string{true: "that is a draft", false: "that is ready for review"}[*c.Draft])
	}
	if len(c.Any) > 0 {
		var any []string
		for _, one := range c.Any {
			any = append(any, s.Condition(one))
		}
		if len(any) == 1 {
			parts = append(parts, any[0])
		} else {
			parts = append(parts, "(either "+strings.Join(any, "; or ")+")")
		}
	}
	if c.Not != nil {
		parts = append(parts, "that is not one "+s.Condition(*c.Not))
	}
	add(c.Expr.Text != "", "for which "+s.Code(c.Expr.Text)+" is true")
	return join(parts, "and")
}

func texts(patterns []rules.Pattern) []string {
	var out []string
	for _, p := range patterns {
		out = append(out, p.Text)
	}
	return out
}

// compared writes a comparison in words.
func compared(c rules.Comparison) string {
	word := map[string]string{">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly"}[c.Op]
	return fmt.Sprintf("%s %d", word, c.N)
}

func (s Style) touched(c rules.Condition) string {
	switch {
	case len(c.Paths) > 0 && len(c.NotPaths) > 0:
		return "that touches " + join(s.codes(c.Paths), "or") + " outside of " + join(s.codes(c.NotPaths), "and")
	case len(c.Paths) > 0:
		return "that touches " + join(s.codes(c.Paths), "or")
	case len(c.NotPaths) > 0:
		return "that touches anything outside of " + join(s.codes(c.NotPaths), "and")
	}
	return ""
}
