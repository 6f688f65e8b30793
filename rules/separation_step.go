package rules

import "slices"

// apart returns what is lacking before a merge for duties to be had by different people: an
// approval by somebody who has none of the others, a declarer who wrote nothing, authors who
// are known.
func (u *unblocker) apart(l Layer, rule string, asked []Duty) []demand {
	reason := u.separation(asked)
	if !reason.Outcome.Blocks() {
		return nil
	}
	var lack []demand
	facts := reason.Duties
	approver := func(d Duty) bool { return d == DutyApprover }
	if slices.ContainsFunc(facts.Vacant, func(v Vacancy) bool { return approver(v.Duty) }) ||
		slices.ContainsFunc(facts.Together, func(t Together) bool { return slices.ContainsFunc(t.Duties, approver) }) {
		// Whoever has a duty already fills no other: that they count says so to the search.
		have := &ApprovalFacts{}
		for _, d := range []Duty{DutyApprover, DutyDeclarer} {
			for _, id := range u.holdings()[0].had[d] {
				have.Counted = append(have.Counted, Approval{By: id})
			}
		}
		have.Need = len(have.Counted) + 1
		lack = append(lack, demand{rule: rule, layer: l, approvals: &Approvals{Count: 1, Of: OfDiff}, reason: Reason{Outcome: Pending, Code: ApprovalsMissing, Approvals: have}})
	}
	if slices.ContainsFunc(facts.Vacant, func(v Vacancy) bool { return v.Duty == DutyAuthor }) {
		lack = append(lack, demand{rule: rule, reason: Reason{Outcome: Indeterminate, Code: SeparationUnknown, Commits: u.who.unknown}})
	}
	if slices.ContainsFunc(facts.Together, func(t Together) bool { return !slices.ContainsFunc(t.Duties, approver) }) {
		lack = append(lack, demand{rule: rule, reason: Reason{Outcome: Pending, Code: SeparationTogether}})
	}
	return lack
}
