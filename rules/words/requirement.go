package words

import (
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Requirement returns a requirement as words that follow "a change": "needs one approval by
// somebody of security who contributed nothing to it".
func (s Style) Requirement(r rules.Requirement) string {
	var parts []string
	if r.Approvals != nil {
		parts = append(parts, "needs "+s.approvals(*r.Approvals))
	}
	if r.Checks != nil {
		parts = append(parts, "needs "+s.checks(*r.Checks))
	}
	return strings.Join(parts, ", and ")
}

func (s Style) approvals(a rules.Approvals) string {
	text := counted(a.Count, "approval by somebody", "approvals by different people")
	if len(a.From) > 0 {
		text += " of " + join(s.names(a.From), "or")
	} else {
		text += " with write access"
	}
	text += " who contributed nothing to it"
	var notes []string
	if a.Of == rules.OfCommit {
		notes = append(notes, "given for the very commit that would be merged")
	}
	if a.UnknownAuthors == rules.Block {
		notes = append(notes, "and nothing in it may be of unknown authorship")
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text
}

func (s Style) checks(c rules.Checks) string {
	if c.All {
		text := "all its checks to have concluded, none with a failure and at least one with success"
		if len(c.Except) > 0 {
			text += " (" + join(s.codes(c.Except), "and") + " aside)"
		}
		return text
	}
	text := plural(len(c.Names), "check ", "the checks ") + join(s.codes(c.Names), "and")
	if c.App != "" {
		text += ", reported by the app " + s.Code(c.App) + ","
	}
	if len(c.Conclusions) == 1 && c.Conclusions[0] == "success" || len(c.Conclusions) == 0 {
		return text + " to succeed"
	}
	return text + " to conclude with " + join(c.Conclusions, "or")
}
