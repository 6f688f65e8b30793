package words

import (
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Requirement returns a requirement as words that follow "a change": "needs one approval by
// somebody of security who contributed nothing to it".
func (s Style) Requirement(r rules.Requirement) string {
	return "needs " + strings.Join(s.needs(r), ", and needs ")
}

// needs returns what a requirement asks, each as words that follow "needs".
func (s Style) needs(r rules.Requirement) []string {
	var parts []string
	add := func(asked bool, text string) {
		if asked {
			parts = append(parts, text)
		}
	}
	if r.Approvals != nil {
		parts = append(parts, s.approvals(*r.Approvals))
	}
	if r.Checks != nil {
		parts = append(parts, s.checks(*r.Checks))
	}
	if t := r.Ticket; t != nil {
		parts = append(parts, "a ticket such as "+s.Code(t.Pattern.Text)+" in its "+join(places(t.In), "or"))
	}
	if r.Section != nil {
		text := "the heading " + s.Name(r.Section.Heading) + " in its description with text of its own below it"
		if r.Section.MinWords > 1 {
			text += ", " + number(r.Section.MinWords) + " words at least"
		}
		parts = append(parts, text)
	}
	add(r.SignedCommits, "every commit to be signed")
	add(r.ConversationsResolved && !r.ResolvedByOthers, "every conversation on it to be resolved")
	add(r.ResolvedByOthers, "every conversation on it to be resolved by somebody who contributed nothing to it")
	add(r.LinearHistory, "a history without merges")
	add(r.UpToDate, "to hold every commit of its base branch")
	add(r.Expr.Text != "", s.Code(r.Expr.Text)+" to be true")
	parts = append(parts, s.before(r)...)
	if len(r.Separation) > 0 {
		var all []string
		for _, d := range r.Separation {
			all = append(all, dutyWords[d])
		}
		parts = append(parts, "different people as "+join(all, "and"))
	}
	if len(r.Any) > 0 {
		parts = append(parts, "one of these: "+strings.Join(s.each(r.Any), "; or "))
	}
	if len(r.All) > 0 {
		parts = append(parts, "all of these: "+strings.Join(s.each(r.All), "; and "))
	}
	return parts
}

func (s Style) each(all []rules.Requirement) []string {
	var out []string
	for _, r := range all {
		out = append(out, "("+strings.Join(s.needs(r), ", and ")+")")
	}
	return out
}

// dutyWords are what a sentence calls whoever has a duty.
var dutyWords = map[rules.Duty]string{
	rules.DutyAuthor: "those who contributed to it", rules.DutyApprover: "somebody whose approval counted", rules.DutyMerger: "who merged it",
	rules.DutyDeployer: "who starts the deployment", rules.DutyDeclarer: "those who declared its emergency", rules.DutyReviewer: "who reviews its post-mortem",
}

// places are where a ticket may stand, in words.
func places(in []string) []string {
	words := map[string]string{rules.InTitle: "title", rules.InBody: "description", rules.InBranch: "branch", rules.InCommits: "commit messages"}
	var out []string
	for _, p := range in {
		out = append(out, words[p])
	}
	return out
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
	if a.MaxAge > 0 {
		notes = append(notes, "no older than "+span(a.MaxAge))
	}
	if a.Distinct {
		notes = append(notes, "from people who fill no other such seat")
	}
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

// usualGrace is what a policy means that says no other.
const usualGrace = 30 * time.Minute

func (s Style) checks(c rules.Checks) string {
	text := s.conclude(c)
	if c.Grace != 0 && c.Grace != usualGrace {
		text += " (who is expected to report what is missing is named after " + span(c.Grace) + ")"
	}
	return text
}

func (s Style) conclude(c rules.Checks) string {
	if c.All {
		text := "all its checks to have concluded, none with a failure and at least one with success"
		if len(c.Except) > 0 {
			text += " (" + join(s.codes(c.Except), "and") + " aside)"
		}
		return text
	}
	text := plural(len(c.Names), "check ", "the checks ") + join(s.codes(c.Names), "and")
	switch by := []string{"reported by the app " + s.Code(c.App), "run by the workflow " + s.Code(c.Workflow)}; {
	case c.App != "" && c.Workflow != "":
		text += ", " + join(by, "and") + ","
	case c.App != "":
		text += ", " + by[0] + ","
	case c.Workflow != "":
		text += ", " + by[1] + ","
	}
	if len(c.Conclusions) == 1 && c.Conclusions[0] == "success" || len(c.Conclusions) == 0 {
		return text + " to succeed"
	}
	return text + " to conclude with " + join(c.Conclusions, "or")
}
