// Package cases reads and runs the cases beside a policy: given these facts, expect this
// verdict. A case says in a few short words what a change looks like; what it leaves out is
// an ordinary change (one file, one commit, opened by ann, into main). Nothing is asked of
// GitHub, and the time is the same in every run.
package cases

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// File is a file of cases.
type File struct {
	Name    string
	AsFloor bool                // the policy is an organisation's, and the floor itself
	Teams   map[string][]string // members by slug; what a case says of a team comes instead
	Cases   []Case
}

// Case is one change and what the policy has to say about it.
type Case struct {
	Name   string
	Line   int // of the case in its file
	Given  Given
	Expect Expect
}

// Given is a change in short words. People are logins.
type Given struct {
	Author       string // who opened the pull request and wrote its commit
	Base, Head   string // branches
	Fork         bool   // Head is in a fork of Author's
	Draft        bool
	Files        []GivenFile
	Labels       []string
	Contributors []string // who wrote a commit too
	Unknown      bool     // there is a commit whose author GitHub cannot resolve
	Approvals    []string // of what would be merged
	Stale        []string // approvals of what it was before
	Objections   []string // requests for changes
	Outsiders    []string // who cannot write to the repository; everybody else can
	Bots         []string
	Teams        map[string][]string
	Missing      []string          // teams that cannot be seen
	Checks       map[string]string // conclusion by name; "running" until it has one
	Required     []string          // checks that GitHub requires on the base
	Lines        int               // added, over all files

	Title, Description string
	Template           string            // the repository's pull request template
	Message            string            // of the last commit
	Unsigned           bool              // a commit has no valid signature; else all have
	Conversations      int               // open ones
	Behind             int               // commits of the base that the head does not hold
	Merge              bool              // the last commit is a merge
	LabelsBy           map[string]string // who put a label on; Author, where nobody is named
	Permissions        map[string]string // by login; everybody else has write, outsiders read
	Owners             []string          // of the organisation
	Waivers            map[string]string // rule to who waived it, for what would be merged
	Since              map[string]int    // for how many days somebody has been in their teams; else for years
}

// GivenFile is one changed file.
type GivenFile struct {
	Path string
	From string // the old path of a rename
}

// Expect is what the verdict has to be. What it does not name may be anything.
type Expect struct {
	Outcome  rules.Outcome
	Findings []ExpectFinding // in the file's order
}

// ExpectFinding is what one rule has to answer.
type ExpectFinding struct {
	Rule    string
	Outcome rules.Outcome // or Code
	Code    rules.Code
	Line    int
}

// Result is a case that was run.
type Result struct {
	Case    Case
	Verdict rules.Verdict
	Change  rules.Change
	Names   say.Names
	Errors  []string // how the verdict is not what was expected, in words; none: it is
}

// at is when every case is judged: an hour after the head was first seen, so that checks
// have settled. 2025-03-03 is a Monday.
var at = time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)

// Run judges each case by the policy. The error names people that a policy names only by
// number, and whatever else a case cannot stand for.
func (f File) Run(p rules.Policy) ([]Result, error) {
	var out []Result
	var errs []error
	for _, c := range f.Cases {
		change, names, err := c.Given.change(p, f.Teams)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: case %q: %w", f.Name, c.Line, c.Name, err))
			continue
		}
		r := Result{Case: c, Change: change, Names: names, Verdict: rules.Evaluate(p, change, at)}
		r.compare()
		out = append(out, r)
	}
	return out, errors.Join(errs...)
}

// compare fills Errors.
func (r *Result) compare() {
	want := r.Case.Expect
	if want.Outcome != "" && want.Outcome != r.Verdict.Outcome {
		r.Errors = append(r.Errors, fmt.Sprintf("verdict: want %s, got %s", spaced(want.Outcome), spaced(r.Verdict.Outcome)))
		if len(want.Findings) == 0 {
			r.explainAll()
		}
	}
	for _, w := range want.Findings {
		i := slices.IndexFunc(r.Verdict.Findings, func(f rules.Finding) bool { return f.Rule == w.Rule })
		if i < 0 {
			r.Errors = append(r.Errors, fmt.Sprintf("line %d: no rule is named %q", w.Line, w.Rule))
			continue
		}
		f := r.Verdict.Findings[i]
		if w.Outcome != "" && w.Outcome == f.Outcome || w.Code != "" && slices.ContainsFunc(f.Reasons, func(one rules.Reason) bool { return one.Code == w.Code }) {
			continue
		}
		r.Errors = append(r.Errors, fmt.Sprintf("%s: want %s, got %s", w.Rule, cmp.Or(spaced(w.Outcome), string(w.Code)), answer(f)),
			"    "+say.Visible(say.Sentence(f, r.Change, r.Names)))
	}
}

// explainAll adds what keeps the change from moving on, or that nothing does.
func (r *Result) explainAll() {
	for _, f := range r.Verdict.Findings {
		if f.Outcome.Blocks() {
			r.Errors = append(r.Errors, fmt.Sprintf("%s: %s", cmp.Or(f.Rule, "the change itself"), answer(f)), "    "+say.Visible(say.Sentence(f, r.Change, r.Names)))
		}
	}
}

// answer is a finding's outcome with the codes that it comes from.
func answer(f rules.Finding) string {
	var codes []string
	for _, one := range f.Reasons {
		if !slices.Contains(codes, string(one.Code)) {
			codes = append(codes, string(one.Code))
		}
	}
	return spaced(f.Outcome) + " (" + strings.Join(codes, ", ") + ")"
}

func spaced(o rules.Outcome) string { return strings.ReplaceAll(string(o), "_", " ") }

// Uncovered returns the rules of the policy that no case expects an answer of, in order.
func (f File) Uncovered(p rules.Policy, layer string) []string {
	named := map[string]bool{}
	for _, c := range f.Cases {
		for _, w := range c.Expect.Findings {
			named[w.Rule] = true
		}
	}
	var out []string
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			if l.Name == layer && !named[r.Name] {
				out = append(out, r.Name)
			}
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
