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
	Errors  []Remark // for each of which it would not take effect
	Remarks []Remark // on what is hardly meant as it is written
	Preview *Preview // what it changes and would have said; nil: it cannot take effect
}

// Remark is something about a place in a proposed policy.
type Remark struct {
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

// annotations are the errors and the remarks at their places, as many as GitHub takes.
func (p Proposal) annotations() []Annotation {
	var out []Annotation
	add := func(level string, remarks []Remark) {
		for _, r := range remarks[:min(len(remarks), maxAnnotations)] {
			out = append(out, Annotation{
				Path: r.Path, Line: max(r.Line, 1), Column: r.Column, Level: level, Message: cut(say.Visible(r.Message), maxSentence),
			})
		}
	}
	add(levelFailure, p.Errors)
	add(levelWarning, p.Remarks)
	return out[:min(len(out), maxAnnotations)]
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
	case len(p.Remarks) > 0:
		where := "the repository"
		if p.Floor {
			where = "the organization"
		}
		return fmt.Sprintf("⚠️ %s can be read and has %s. Once it is merged, it takes effect for %s. At %s stands what is hardly meant: see the annotations.",
			file, count(p.Rules, "rule"), where, count(len(p.Remarks), "place"))
	case p.Removed && p.Floor:
		return "⚠️ This change takes the organization's policy away. The last one that could be read stays in force."
	case p.Removed:
		return "⚠️ This change takes the repository's policy away. Once it is merged, the policy that stands above it judges alone."
	case p.Floor:
		return fmt.Sprintf("✅ %s can be read: %s. Once it is merged, it judges the changes of every repository of the organization.", file, count(p.Rules, "rule"))
	}
	return fmt.Sprintf("✅ %s can be read: %s, beside those that stand above it. It takes effect once it is merged.", file, count(p.Rules, "rule"))
}
