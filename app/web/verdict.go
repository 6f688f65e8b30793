package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// FromVerdict returns the page of pull request number as far as its verdict and what would
// unblock it tell: the
// caller adds Title, URL, History, Policy and Evidence, which are no part of a verdict.
func FromVerdict(number int64, c rules.Change, v rules.Verdict, unblock []rules.Step, n say.Names) Page {
	p := Page{
		Row: Row{
			Repo: c.Repo.Name, Number: number, Base: c.Base,
			Outcome: v.Outcome, Headline: say.Status(v, c, n), At: v.At,
		},
		Head: c.Head,
		Next: next(c, v, unblock, n),
	}
	for _, pull := range c.Pulls {
		if pull.Number == number {
			p.Author = n[pull.Author]
		} else {
			p.Also = append(p.Also, pull.Number)
		}
	}
	for _, f := range v.Findings {
		p.Rules = append(p.Rules, rule(f, c, n))
	}
	for _, notice := range v.Notices {
		p.Notices = append(p.Notices, say.Notice(notice))
	}
	return p
}

// next is what would unblock the change or, where that is not known, the sentence of the first
// finding that decides the verdict.
func next(c rules.Change, v rules.Verdict, unblock []rules.Step, n say.Names) []string {
	i := slices.IndexFunc(v.Findings, func(f rules.Finding) bool { return f.Outcome == v.Outcome })
	switch {
	case v.Outcome == rules.Pass:
		return nil
	case len(unblock) > 0:
		return say.Steps(unblock, c, n)
	case i < 0:
		return nil
	}
	return []string{sentence(v.Findings[i], c, n)}
}

func rule(f rules.Finding, c rules.Change, n say.Names) Rule {
	r := Rule{Name: f.Rule, Layer: f.Layer, Outcome: f.Outcome, Sentence: sentence(f, c, n), Because: say.Because(f.Because, c, n)}
	for _, reason := range f.Reasons {
		if reason.Approvals != nil {
			r.Approvals = append(r.Approvals, approvals(*reason.Approvals, c, n))
		}
		if reason.Checks != nil {
			r.Checks = append(r.Checks, checks(*reason.Checks))
		}
	}
	return r
}

// sentence says what a finding is and what is next, without the approvals that do not
// count: each has a line of its own.
func sentence(f rules.Finding, c rules.Change, n say.Names) string {
	f.Reasons = slices.Clone(f.Reasons)
	for i, r := range f.Reasons {
		if r.Approvals != nil {
			facts := *r.Approvals
			facts.Dropped = nil
			f.Reasons[i].Approvals = &facts
		}
	}
	return say.Sentence(f, c, n)
}

func approvals(f rules.ApprovalFacts, c rules.Change, n say.Names) Approvals {
	a := Approvals{Need: f.Need, From: strings.Join(f.From, " or ")}
	for _, by := range f.Counted {
		role := by.Group
		if by.Team != "" {
			role += fmt.Sprintf(" (team %s)", by.Team)
		}
		a.Counted = append(a.Counted, Person{n[by.By], role})
	}
	for _, d := range f.Dropped {
		a.Dropped = append(a.Dropped, say.Dropped(d, f.From, c, n))
	}
	for _, o := range f.Objections {
		p := Person{Login: n[o.By]}
		if o.Dismissed {
			p.Note = "dismissed, which lifts nothing"
		}
		a.Objections = append(a.Objections, p)
	}
	return a
}

func checks(f rules.CheckFacts) Checks {
	c := Checks{Settles: f.Settles}
	for _, k := range []CheckKind{
		{"failed", rules.Fail, f.Failed},
		{"reported by another app than the one named", rules.Fail, f.WrongApp},
		{"not reported", rules.Pending, f.Missing},
		{"running", rules.Pending, f.Running},
		{"skipped, which is not enough", rules.Pending, f.Skipped},
		{"claimed by a contributor, which does not count", rules.NotApplicable, f.Claimed},
		{"passed", rules.Pass, f.Passed},
	} {
		if len(k.Names) > 0 {
			c.Kinds = append(c.Kinds, k)
		}
	}
	return c
}
