package publish

import (
	"fmt"
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
			if l := approvals(r.Approvals, it); l != "" {
				lines = append(lines, "- "+code(cut(f.Rule, 200))+": "+l+"\n")
			}
		}
	}
	return lines
}

func approvals(a *rules.ApprovalFacts, it Item) string {
	var counted, dropped, objections []string
	unnamed := 0
	for _, c := range a.Counted {
		if c.By == 0 {
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
	for _, d := range a.Dropped {
		dropped = append(dropped, login(d.By, it.Names)+" ("+why(d)+")")
	}
	for _, o := range a.Objections {
		s := login(o.By, it.Names)
		if o.By == 0 && len(a.From) > 0 {
			s = "a member of " + inert(cut(strings.Join(a.From, " or "), 200))
		}
		if o.DismissedBy != 0 {
			s += " (dismissed by " + login(o.DismissedBy, it.Names) + ", who contributed to the change and so cannot lift it)"
		}
		objections = append(objections, s)
	}
	var parts []string
	for _, p := range []struct {
		title string
		who   []string
	}{{"counted: ", counted}, {"did not count: ", dropped}, {"asked for changes: ", objections}} {
		if n := len(p.who) - maxPeople; n > 0 {
			p.who = append(p.who[:maxPeople:maxPeople], fmt.Sprintf("%d more", n))
		}
		if len(p.who) > 0 {
			parts = append(parts, p.title+strings.Join(p.who, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func login(id rules.UserID, n say.Names) string {
	if name := n[id]; name != "" {
		return code(cut(name, 100))
	}
	return "somebody whose account is gone"
}

// short is a commit as people write it.
func short(commit string) string { return commit[:min(len(commit), 7)] }

// why says in words why an approval does not count.
func why(d rules.Dropped) string {
	at := ""
	if d.Commit != "" {
		at = " " + code(short(d.Commit))
	}
	switch d.Why {
	case rules.DropAuthor:
		return "opened the pull request"
	case rules.DropCommitter:
		return "wrote or committed" + at
	case rules.DropCoAuthor:
		return "is named as co-author of" + at
	case rules.DropPusher:
		return "pushed" + at
	case rules.DropBot:
		return "is not a person"
	case rules.DropGhost:
		return "the account is gone"
	case rules.DropNoWrite:
		return "cannot write to the repository"
	case rules.DropNotInGroup:
		return "is not in the group that the rule names"
	case rules.DropStale:
		return "approved another content, at" + at
	case rules.DropOtherBase:
		return "approved before the base branch changed"
	case rules.DropDismissed:
		return "the review was dismissed"
	default:
		return inert(cut(string(d.Why), 40))
	}
}
