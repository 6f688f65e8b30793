package rules

import "slices"

// approvals judges an approvals requirement. What blocks by a missing fact weighs more
// than what was said, and that more than what may still come; the facts hold all of it.
func (j *judge) approvals(l Layer, a Approvals) Reason {
	facts := &ApprovalFacts{Need: a.Count, From: a.From, Unknown: j.who.unknown}
	if len(j.who.unknown) > 0 && a.UnknownAuthors != Block {
		facts.Need++
	}
	unsure := false
	for _, r := range j.opinions {
		o, blocks, maybe := j.objection(l, a.From, r)
		unsure = unsure || maybe
		if blocks {
			facts.Objections = append(facts.Objections, o)
		}
		j.count(l, a, r, facts)
	}
	enough := len(facts.Counted) >= facts.Need
	if !enough || unsure {
		facts.NoTeam, facts.OtherTeam = j.unseen(l, a.From)
	}
	reason := Reason{Approvals: facts}
	switch {
	case a.UnknownAuthors == Block && len(j.who.unknown) > 0:
		reason.Outcome, reason.Code = Indeterminate, ApprovalsUnknownAuthors
	case len(facts.NoTeam)+len(facts.OtherTeam) > 0:
		reason.Outcome, reason.Code = Indeterminate, ApprovalsUnknownTeam
	case len(facts.Objections) > 0:
		reason.Outcome, reason.Code = Fail, ApprovalsObjection
	case !enough:
		reason.Outcome, reason.Code = Pending, ApprovalsMissing
	default:
		reason.Outcome, reason.Code = Pass, ApprovalsEnough
	}
	return reason
}

// count adds an approval to those that count, or to those that do not and why.
func (j *judge) count(l Layer, a Approvals, r Review, facts *ApprovalFacts) {
	drop := func(d Dropped) {
		d.By, d.Review = r.By, r.ID
		facts.Dropped = append(facts.Dropped, d)
	}
	if r.State == Dismissed && r.Dismissal != nil && r.Dismissal.Was == Approved {
		drop(Dropped{Why: DropDismissed})
		return
	}
	if r.State != Approved {
		return
	}
	if d := j.barred(r); d.Why != "" {
		drop(d)
		return
	}
	role, ok := j.eligible(l, a.From, r.By)
	switch {
	case !ok && len(a.From) == 0:
		drop(Dropped{Why: DropNoWrite})
	case !ok && j.blind(l, a.From):
		drop(Dropped{Why: DropUnseenTeam})
	case !ok:
		drop(Dropped{Why: DropNotInGroup})
	case j.retargeted(r):
		drop(Dropped{Why: DropOtherBase, Commit: r.Commit})
	case !j.fresh(r, a.Of):
		drop(Dropped{Why: DropStale, Commit: r.Commit})
	default:
		facts.Counted = append(facts.Counted, Approval{
			By: r.By, Review: r.ID, Group: role.group, Team: role.team.Slug, TeamID: role.team.ID,
			AsOf: role.asOf, Write: role.write, Commit: r.Commit,
		})
	}
}

// barred says why a person's approval of this change can count for no rule at all.
func (j *judge) barred(r Review) Dropped {
	if r.By == 0 {
		return Dropped{Why: DropGhost}
	}
	if j.people[r.By].Bot {
		return Dropped{Why: DropBot}
	}
	c := j.who.by[r.By]
	return Dropped{Why: c.why, Commit: c.commit, PushedBy: c.pushedBy}
}

// retargeted reports whether the pull request changed its base after the review, or at
// the same instant: the approval was given for another base, though the diff be equal.
func (j *judge) retargeted(r Review) bool {
	return slices.ContainsFunc(j.Shifts, func(s BaseShift) bool { return s.Pull == r.Pull && !r.At.After(s.At) })
}

// fresh reports whether what was reviewed is what would be merged. A fingerprint that is
// not known equals nothing, not even on the head itself.
func (j *judge) fresh(r Review, of Content) bool {
	if of == OfCommit {
		return r.Commit != "" && r.Commit == j.Head
	}
	return r.Exact != "" && r.Exact == j.Exact
}
