package publish

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// maxPeople bounds the people listed for one rule.
const maxPeople = 50

// people are the lines about whose approval counted where, and whose did not and why.
func people(it Item) []string {
	var lines []string
	for _, f := range it.Verdict.Findings {
		for _, r := range f.Reasons {
			if r.Approvals == nil {
				continue
			}
			about := approvals(r.Approvals, it)
			if len(about) == 0 {
				continue
			}
			lines = append(lines, "- "+code(cut(f.Rule, 200))+"\n")
			for _, l := range about {
				lines = append(lines, "  - "+l+"\n")
			}
		}
	}
	return lines
}

// approvals says in a line who counted, and in one for each whose approval did not and why.
func approvals(a *rules.ApprovalFacts, it Item) []string {
	var counted []string
	unnamed := 0
	for _, c := range a.Counted {
		if c.By == 0 { // discreet
			unnamed++
			continue
		}
		s := login(c.By, it.Names)
		if c.Group != "" {
			s += " (" + inert(cut(c.Group, 100)) + ")"
		}
		counted = append(counted, s)
	}
	if unnamed > 0 {
		counted = append(counted, count(unnamed, "approval")+" of "+inert(cut(strings.Join(a.From, " or "), 200)))
	}
	var lines []string
	if len(counted) > 0 {
		lines = append(lines, "Counted: "+strings.Join(atMost(counted, "%d more"), ", "))
	}
	var dropped []string
	for _, d := range a.Dropped {
		dropped = append(dropped, inert(cut(say.Dropped(d, a.From, it.Change, it.Names), maxSentence)))
	}
	return append(lines, atMost(dropped, "%d more approvals do not count.")...)
}

// atMost returns the first of many, and how many there are besides.
func atMost(list []string, more string) []string {
	if n := len(list) - maxPeople; n > 0 {
		return append(slices.Clone(list[:maxPeople]), fmt.Sprintf(more, n))
	}
	return list
}

func login(id rules.UserID, n say.Names) string {
	if name := n[id]; name != "" {
		return code(cut(name, 100))
	}
	return "somebody whose account is gone"
}

// short is a commit as people write it.
func short(commit string) string { return commit[:min(len(commit), 7)] }
