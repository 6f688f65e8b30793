package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// FromVerdict returns the page of pull request number as far as its verdict tells: the
// caller adds Title, URL, History, Policy and Evidence, which are no part of a verdict.
func FromVerdict(number int64, c rules.Change, v rules.Verdict, n say.Names) Page {
	p := Page{
		Row: Row{
			Repo: c.Repo.Name, Number: number, Base: c.Base,
			Outcome: v.Outcome, Headline: say.Headline(v), At: v.At,
		},
		Head: c.Head,
		Next: next(c, v, n),
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

// next is the sentence of the first finding that decides the verdict, or nothing.
func next(c rules.Change, v rules.Verdict, n say.Names) string {
	i := slices.IndexFunc(v.Findings, func(f rules.Finding) bool { return f.Outcome == v.Outcome })
	if i < 0 || v.Outcome == rules.Pass {
		return ""
	}
	return say.Sentence(v.Findings[i], c, n)
}

func rule(f rules.Finding, c rules.Change, n say.Names) Rule {
	r := Rule{Name: f.Rule, Layer: f.Layer, Outcome: f.Outcome, Sentence: say.Sentence(f, c, n), Because: because(f.Because, c, n)}
	for _, reason := range f.Reasons {
		if reason.Approvals != nil {
			r.Approvals = append(r.Approvals, approvals(*reason.Approvals, n))
		}
		if reason.Checks != nil {
			r.Checks = append(r.Checks, checks(*reason.Checks))
		}
	}
	return r
}

func approvals(f rules.ApprovalFacts, n say.Names) Approvals {
	a := Approvals{Need: f.Need, From: strings.Join(f.From, " or ")}
	for _, c := range f.Counted {
		role := c.Group
		if c.Team != "" {
			role += fmt.Sprintf(" (team %s)", c.Team)
		}
		a.Counted = append(a.Counted, Person{n[c.By], role})
	}
	for _, d := range f.Dropped {
		a.Dropped = append(a.Dropped, Person{n[d.By], why(d)})
	}
	for _, o := range f.Objections {
		p := Person{Login: n[o.By]}
		if o.DismissedBy != 0 {
			p.Note = "dismissed by " + n[o.DismissedBy] + ", who contributed to the change and so cannot lift it"
		}
		a.Objections = append(a.Objections, p)
	}
	return a
}

func why(d rules.Dropped) string { return string(d.Why) }

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

// maxPaths is how many paths say why a rule applies.
const maxPaths = 3

// because says why a rule applies.
func because(b *rules.Because, c rules.Change, n say.Names) string {
	if b == nil {
		return ""
	}
	var parts []string
	if len(b.Classes) > 0 {
		parts = append(parts, "it is "+strings.Join(b.Classes, " and "))
	}
	if b.AllFiles {
		parts = append(parts, "the list of files is incomplete, so every path is taken as touched")
	}
	var paths []string
	for _, i := range b.Files {
		if i >= 0 && i < len(c.Files) && len(paths) < maxPaths {
			paths = append(paths, c.Files[i].Path)
		}
	}
	if more := len(b.Files) - len(paths); more > 0 {
		paths = append(paths, fmt.Sprintf("%d more", more))
	}
	if len(paths) > 0 {
		parts = append(parts, "it touches "+strings.Join(paths, ", "))
	}
	if len(b.Labels) > 0 {
		parts = append(parts, "it is labelled "+strings.Join(b.Labels, ", "))
	}
	if b.Branch != "" {
		parts = append(parts, "it aims at "+b.Branch)
	}
	var authors []string
	for _, a := range b.Authors {
		authors = append(authors, n[a])
	}
	if len(authors) > 0 {
		parts = append(parts, strings.Join(authors, ", ")+" contributed")
	}
	return strings.Join(parts, "; ")
}
