package publish

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
)

// Proposal is the policy file that a change would put in force.
type Proposal struct {
	Floor   bool // it is the organisation's, not a repository's
	Path    string
	Removed bool // the change takes the file away
	Rules   int
	Errors  []ProposalError
}

// ProposalError is one thing in a proposed policy for which it would not take effect.
type ProposalError struct {
	Path    string
	Line    int // from 1
	Column  int // in characters, from 1; 0: of the whole line
	Message string
}

// proposals returns what the items propose, each once: a head proposes the same whatever base
// it aims at.
func proposals(items []Item) []Proposal {
	var out []Proposal
	for _, it := range items {
		p := it.Proposal
		if p != nil && !slices.ContainsFunc(out, func(q Proposal) bool { return q.Path == p.Path && q.Floor == p.Floor }) {
			out = append(out, *p)
		}
	}
	return out
}

// annotations are the errors at their places, as many as GitHub takes.
func (p Proposal) annotations() []Annotation {
	var out []Annotation
	for _, e := range p.Errors[:min(len(p.Errors), maxAnnotations)] {
		out = append(out, Annotation{
			Path: e.Path, Line: max(e.Line, 1), Column: e.Column, Error: true, Message: cut(say.Visible(e.Message), maxSentence),
		})
	}
	return out
}

// String says in Markdown what would become of the policy.
func (p Proposal) String() string {
	file := "The policy that this change proposes"
	switch {
	case len(p.Errors) > 0:
		stays := "the one before it stays in force"
		lines := []string{}
		for _, e := range p.Errors {
			if line := fmt.Sprint(e.Line); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		if n := len(lines) - 10; n > 0 {
			lines = append(lines[:10], "and more")
		}
		return fmt.Sprintf("❌ %s has %s and would not take effect: %s. See line %s of %s.",
			file, count(len(p.Errors), "error"), stays, strings.Join(lines, ", "), code(cut(p.Errors[0].Path, 200)))
	case p.Removed && p.Floor:
		return "⚠️ This change takes the organization's policy away. The last one that could be read stays in force."
	case p.Removed:
		return "⚠️ This change takes the repository's policy away. Once it is merged, the policy that stands above it judges alone."
	case p.Floor:
		return fmt.Sprintf("✅ %s can be read: %s. Once it is merged, it judges the changes of every repository of the organization.", file, count(p.Rules, "rule"))
	}
	return fmt.Sprintf("✅ %s can be read: %s, beside those that stand above it. It takes effect once it is merged.", file, count(p.Rules, "rule"))
}
