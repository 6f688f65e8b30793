package rules

import (
	"encoding/json"
	"slices"
)

// Step is one thing to be done so that a change can pass, and who can do it. Like a Reason
// it is a stable code with typed facts. It is never stored: Unblock works it out wherever a
// verdict is shown.
type Step struct {
	Code  StepCode `json:"code"`
	Rules []string `json:"rules,omitempty"` // which it serves, in the policy's order; empty: the change as a whole
	Count int      `json:"count,omitempty"` // of StepApprove: by how many different people; of StepNobody: how many approvals
	From  []string `json:"from,omitempty"`  // groups one of which the person is in; empty: anybody who can write
	Write bool     `json:"write,omitempty"` // of StepApprove: the person has to be able to write, whatever the group
	// People of StepApprove are those who could and reviewed the change already; with
	// Only those who could, and nobody else can. Of StepLift it is who requested changes, nobody for a ghost.
	People   []UserID   `json:"people,omitempty"`
	Only     bool       `json:"only,omitempty"`
	Fills    []string   `json:"fills,omitempty"` // of StepLift: rules of which it fills a seat as well, if it is lifted by approving
	Teams    []string   `json:"teams,omitempty"` // that cannot be seen, as the policy writes them
	Checks   []string   `json:"checks,omitempty"`
	App      string     `json:"app,omitempty"`      // of StepReport: who has to report
	Workflow string     `json:"workflow,omitempty"` // of StepReport: the file that has to run them
	Text     *TextFacts `json:"text,omitempty"`
	Commits  []string   `json:"commits,omitempty"`
	Unread   []Fact     `json:"unread,omitempty"`
	Gaps     []Gap      `json:"gaps,omitempty"`
}

// StepCode is the stable name of a Step.
type StepCode string

// The steps, in the order in which they are listed: what people say first, what comes by
// itself last.
const (
	StepLift    StepCode = "lift"    // who requested changes approves, or somebody who may dismisses the review
	StepApprove StepCode = "approve" // so many approvals
	StepNobody  StepCode = "nobody"  // nobody can give them: an owner of the policy can change who may
	StepApart   StepCode = "apart"   // somebody else has to declare the emergency
	StepTeam    StepCode = "team"    // a team has to be seen before more can be said
	StepName    StepCode = "name"    // commits need an author whom GitHub knows
	StepFix     StepCode = "fix"     // checks failed: a contributor runs them again, or pushes a fix
	StepReport  StepCode = "report"  // checks have to report; no names: some check
	StepTicket  StepCode = "ticket"  // the author names a ticket
	StepSection StepCode = "section" // the author fills a section
	StepSign    StepCode = "sign"    // commits need a signature
	StepResolve StepCode = "resolve" // conversations are open
	StepRebase  StepCode = "rebase"  // the history has merges
	StepUpdate  StepCode = "update"  // the branch is behind its base
	StepPolicy  StepCode = "policy"  // an owner of the policy has to change it
	StepSplit   StepCode = "split"   // there is more of the change than can be read
	StepDiff    StepCode = "diff"    // the diff cannot be told from another, so no approval of it counts: who runs the app can see why
	StepRead    StepCode = "read"    // a fact was not read: who runs the app can see why
	StepWait    StepCode = "wait"    // checks run
	StepSettle  StepCode = "settle"  // nothing new has to appear for a moment
)

var stepOrder = []StepCode{
	StepLift, StepApprove, StepNobody, StepApart, StepTeam, StepName, StepFix, StepReport, StepTicket, StepSection, StepSign,
	StepResolve, StepRebase, StepUpdate, StepPolicy, StepSplit, StepDiff, StepRead, StepWait, StepSettle,
}

// merged returns the steps in order, each once: two that ask for the same are one, which
// serves the rules of both.
func merged(steps []Step, order []string) []Step {
	var out []Step
	at := map[string]int{}
	place := map[string]int{}
	for i, n := range slices.Backward(order) {
		place[n] = i
	}
	for _, s := range steps {
		k := s.key()
		i, have := at[k]
		if !have {
			at[k] = len(out)
			s.Rules, s.Fills = slices.Clone(s.Rules), slices.Clone(s.Fills)
			out = append(out, s)
			continue
		}
		one := &out[i]
		one.Rules = append(one.Rules, s.Rules...)
		one.Fills = append(one.Fills, s.Fills...)
		one.Checks = unique(slices.Concat(one.Checks, s.Checks))
		one.Count += s.Count
		one.Write = one.Write || s.Write
		for _, id := range s.People {
			if !slices.Contains(one.People, id) {
				one.People = append(slices.Clone(one.People), id)
			}
		}
	}
	for i := range out {
		out[i].Rules, out[i].Fills = inPolicyOrder(out[i].Rules, place), inPolicyOrder(out[i].Fills, place)
	}
	slices.SortStableFunc(out, func(a, b Step) int {
		return slices.Index(stepOrder, a.Code) - slices.Index(stepOrder, b.Code)
	})
	return out
}

// key is equal for steps that one step can stand for.
func (s Step) key() string {
	s.Rules, s.Fills, s.Checks, s.Count, s.Write = nil, nil, nil, 0, false
	switch {
	case s.Code == StepLift:
		s.From = nil
	case s.Code == StepApprove && !s.Only:
		s.People = nil
	}
	b, _ := json.Marshal(s) // words and numbers: it encodes
	return string(b)
}

// inPolicyOrder returns the names each once, as the policy has them; others are left out. place
// says where a name stands there.
func inPolicyOrder(names []string, place map[string]int) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := place[n]; return !ok })
	slices.SortFunc(names, func(a, b string) int { return place[a] - place[b] })
	return slices.Compact(names)
}

// cost is how many things have to be done.
func cost(steps []Step) int {
	n := 0
	for _, s := range steps {
		n += max(s.Count, 1)
	}
	return n
}
