package rules

import (
	"slices"
	"time"
)

// MergeGroup is what a merge queue would bring to a branch in one step: its own commit, which
// holds the changes of its members. The commit is new, so what was reported on the members'
// heads says nothing of it.
type MergeGroup struct {
	Base    string
	Tip     Tip
	Members []Member // in the order in which they would land; none: nobody could tell who they are
}

// Tip is a group's own commit with what was reported on it. What was not read to its end is
// a Gap.
type Tip struct {
	Head    string       `json:"head"`
	SeenAt  time.Time    `json:"seen_at"`  // when the group was first seen, UTC
	TakenAt time.Time    `json:"taken_at"` // when the facts were read, UTC
	Gaps    []Gap        `json:"gaps,omitempty"`
	Runs    []CheckRun   `json:"runs,omitempty"`     // as in Change
	Suites  []CheckSuite `json:"suites,omitempty"`   // as in Change
	Status  []Status     `json:"statuses,omitempty"` // as in Change
	Usual   []string     `json:"usual,omitempty"`    // what was reported on each of the last groups that landed on the base, by name
	People  []Person     `json:"people,omitempty"`   // who posted Status
}

// Member is a pull request in a group, with the facts and the policy by which it was last
// judged at its own head.
type Member struct {
	Pull   int64
	Head   string // of the pull request, as the queue has it
	Doubt  Code   // GroupMemberUnread or GroupMemberMoved: there are no facts to judge; else empty
	Change Change
	Policy Policy
}

// MergeGroupVerdict is the answer to a group at one moment.
type MergeGroupVerdict struct {
	Outcome   Outcome         `json:"outcome"`
	At        time.Time       `json:"at"`
	Evaluator string          `json:"evaluator"`
	Reasons   []Reason        `json:"reasons,omitempty"` // what is said of no member
	Members   []MemberVerdict `json:"members,omitempty"` // in the group's order
	Recheck   time.Time       `json:"recheck,omitzero"`  // when the verdict could next change by itself; zero: never
}

// MemberVerdict is the answer to one pull request of a group.
type MemberVerdict struct {
	Pull    int64    `json:"pull"`
	Head    string   `json:"head"`
	Outcome Outcome  `json:"outcome"`
	Reasons []Reason `json:"reasons,omitempty"` // why it could not be judged; then there is no verdict
	Own     *Verdict `json:"own,omitempty"`     // at its own head, with what was reported there
	Group   *Verdict `json:"group,omitempty"`   // with what was reported on the group's commit in its place
}

// EvaluateMergeGroup judges a merge group; like Evaluate it is pure. Each member is judged twice,
// by every rule, and the heaviest answer of all stands.
//
// Own judges it at its own head: approvals, texts, labels and the checks that ran there have
// to hold at this moment. Group judges it with the checks of the group's commit in the place
// of its own: a check that the policy names or GitHub requires has to succeed there, whatever
// it said on the pull request, and "all" asks for at least one that did, and for those that
// each of the last groups had. So a check that runs for pull requests alone counts by Own,
// and one that runs for groups as well has to pass in both places. A status on the group's
// commit proves nothing if a contributor of any member posted it.
//
// The queue itself brings the members on top of the base, so none of them is behind it.
//
// What only machines can still bring is waited for. Anything else that is pending fails the
// group: it would hold up everybody behind it for a person's answer.
func EvaluateMergeGroup(g MergeGroup, at time.Time) MergeGroupVerdict {
	v := MergeGroupVerdict{Outcome: Pass, At: at.UTC(), Evaluator: Evaluator}
	if len(g.Members) == 0 {
		v.Outcome, v.Reasons = Indeterminate, []Reason{{Outcome: Indeterminate, Code: GroupUnknown}}
		return v
	}
	wrote := g.contributors()
	for _, m := range g.Members {
		one := MemberVerdict{Pull: m.Pull, Head: m.Head}
		switch m.Doubt {
		case "":
			c := m.Change
			c.Behind = 0
			own := Evaluate(m.Policy, c, at)
			group := Evaluate(m.Policy, g.Tip.under(c, wrote), at)
			one.Own, one.Group, one.Outcome = &own, &group, hurried(own)
			if o := hurried(group); o.Worse(one.Outcome) {
				one.Outcome = o
			}
			v.again(own.Recheck)
			v.again(group.Recheck)
		case GroupMemberUnread:
			one.Outcome, one.Reasons = Pending, []Reason{{Outcome: Pending, Code: m.Doubt}}
		default:
			one.Outcome, one.Reasons = Fail, []Reason{{Outcome: Fail, Code: m.Doubt}}
		}
		if one.Outcome.Worse(v.Outcome) {
			v.Outcome = one.Outcome
		}
		v.Members = append(v.Members, one)
	}
	return v
}

func (v *MergeGroupVerdict) again(at time.Time) {
	if !at.IsZero() && (v.Recheck.IsZero() || at.Before(v.Recheck)) {
		v.Recheck = at
	}
}

// contributors returns who contributed to any of the members.
func (g MergeGroup) contributors() map[UserID]bool {
	all := map[UserID]bool{}
	for _, m := range g.Members {
		if m.Doubt != "" {
			continue
		}
		for _, id := range authors(m.Change).order {
			all[id] = true
		}
	}
	return all
}

// under returns c with the tip's checks in the place of those on its own head.
func (t Tip) under(c Change, contributors map[UserID]bool) Change {
	own := authors(c)
	bots := map[UserID]bool{}
	c.People = slices.Clone(c.People)
	for _, p := range t.People {
		bots[p.ID] = p.Bot
		if !slices.ContainsFunc(c.People, func(have Person) bool { return have.ID == p.ID }) {
			c.People = append(c.People, p)
		}
	}
	c.Gaps = slices.Concat(slices.DeleteFunc(slices.Clone(c.Gaps), func(g Gap) bool { return g.Fact == GapChecks }), t.Gaps)
	c.SeenAt, c.Runs, c.Suites, c.Usual, c.Status = t.SeenAt, t.Runs, t.Suites, t.Usual, nil
	for _, s := range t.Status {
		if _, ours := own.by[s.By]; s.State == success && !ours && contributors[s.By] {
			if bots[s.By] {
				continue // no proof, and no claim that hides a test
			}
			s.By = 0
		}
		c.Status = append(c.Status, s)
	}
	return c
}

// hurried is a verdict's outcome in a queue: pending for machines alone, else a failure.
func hurried(v Verdict) Outcome {
	if v.Outcome != Pending {
		return v.Outcome
	}
	for _, f := range v.Findings {
		if f.Outcome == Pending && !patient(f.Reasons) {
			return Fail
		}
	}
	return Pending
}

// patient reports whether all that these reasons still ask for can come from checks.
func patient(reasons []Reason) bool {
	return !slices.ContainsFunc(reasons, func(r Reason) bool {
		switch {
		case !r.Outcome.Blocks():
			return false
		case r.Outcome != Pending:
			return true
		case r.Code == AnyOpen:
			return !slices.ContainsFunc(r.Any, patient)
		}
		return r.Code != ChecksPending && r.Code != ChecksNone
	})
}
