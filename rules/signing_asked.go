package rules

import (
	"slices"
	"strings"
	"time"
)

// SignOffsAsked returns the names of the sign-offs that rules before an environment still ask for
// this change by itself, in the policy's order. given are the names of those that were given for
// it; of alternatives one is enough. Those of one commit are left out: that is the merge's. None
// where nobody could give any: what would land, or who contributed, is not known.
func SignOffsAsked(p Policy, c Change, given []string, at time.Time) []string {
	if len(SignOffNames(p)) == 0 || c.Landed == "" || len(c.Pulls) == 0 {
		return nil
	}
	j := newShipmentJudge(Shipment{
		Repo: c.Repo, TakenAt: c.TakenAt, OwnApp: c.OwnApp, Changes: []Landed{{Change: c, Diff: c.Landed}},
		People: c.People, Teams: c.Teams, Owners: c.Owners, Logins: c.Logins, Read: c.Read,
	}, at)
	if len(j.who.unknown) > 0 {
		return nil
	}
	a := asking{given: given}
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			if r.Stage == BeforeMerge || !asksSignOff(r) {
				continue
			}
			if f := j.before(p, l, r); f.Outcome.Blocks() {
				a.add(f.Reasons)
			}
		}
	}
	return a.names
}

// asking gathers the sign-offs that reasons name as missing.
type asking struct {
	given, names []string
}

func (a *asking) add(reasons []Reason) {
	for _, r := range reasons {
		if s := r.SignOff; s != nil && r.Outcome == Pending && r.Code == SignOffMissing && s.Missing[0] != 0 &&
			!a.has(a.given, s.Name) && !a.has(a.names, s.Name) {
			a.names = append(a.names, s.Name)
		}
		if slices.ContainsFunc(r.Any, func(one []Reason) bool {
			return slices.ContainsFunc(one, func(r Reason) bool { return r.SignOff != nil && a.has(a.given, r.SignOff.Name) })
		}) {
			continue
		}
		for _, one := range r.Any {
			a.add(one)
		}
	}
}

func (a *asking) has(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

func asksSignOff(r Rule) bool {
	asks := false
	r.Require.each(func(part Requirement) { asks = asks || part.SignOff != nil })
	return asks
}
