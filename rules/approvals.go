package rules

import "slices"

// approvals judges an approvals requirement. What blocks by a missing fact weighs more
// than what was said, and that more than what may still come; the facts hold all of it.
func (j *judge) approvals(l Layer, a *Approvals) Reason {
	facts := &ApprovalFacts{Need: j.need(*a), From: a.From, Unknown: j.who.unknown}
	unsure := false
	for _, r := range j.opinions {
		o, blocks, maybe := j.objection(l, a.From, r)
		unsure = unsure || maybe
		if blocks {
			facts.Objections = append(facts.Objections, o)
		}
		j.count(l, *a, r, facts)
	}
	if a.Distinct {
		j.distinct(a, facts)
	}
	j.lastSeat(facts)
	for _, c := range facts.Counted {
		if i := slices.IndexFunc(j.opinions, func(r Review) bool { return r.ID == c.Review }); a.MaxAge > 0 {
			j.again(j.opinions[i].At.Add(a.MaxAge))
		}
	}
	facts.Owners = j.ownersFor(l, a.From)
	for _, team := range facts.Owners {
		if n := (Notice{Code: NoticeOwnersStandIn, File: l.File, Team: team}); !slices.Contains(j.notices, n) {
			j.notices = append(j.notices, n)
		}
	}
	enough := len(facts.Counted) >= facts.Need
	reason := Reason{Approvals: facts}
	facts.Unsure = unsure
	if !enough || unsure {
		facts.NoTeam, facts.OtherTeam = j.unseen(l, a.From)
		reason.Unread = j.unread(l, a.From)
	}
	switch {
	case a.UnknownAuthors == Block && len(j.who.unknown) > 0:
		reason.Outcome, reason.Code = Indeterminate, ApprovalsUnknownAuthors
	case len(facts.NoTeam)+len(facts.OtherTeam) > 0:
		reason.Outcome, reason.Code = Indeterminate, ApprovalsUnknownTeam
	case len(reason.Unread) > 0:
		reason.Outcome, reason.Code = Indeterminate, FactsUnread
	case len(facts.Objections) > 0:
		reason.Outcome, reason.Code = Fail, ApprovalsObjection
	case !enough:
		reason.Outcome, reason.Code = Pending, ApprovalsMissing
	default:
		reason.Outcome, reason.Code = Pass, ApprovalsEnough
	}
	return reason
}

// need returns how many approvals are asked for: one more where authorship is unknown.
func (j *judge) need(a Approvals) int {
	if len(j.who.unknown) > 0 && a.UnknownAuthors != Block {
		return a.Count + 1
	}
	return a.Count
}

// lastSeat takes out bots where nobody else approves: the last seat is a person's.
func (j *judge) lastSeat(facts *ApprovalFacts) {
	person := slices.ContainsFunc(facts.Counted, func(c Approval) bool { return !j.people[c.By].Bot })
	for !person && len(facts.Counted) >= facts.Need {
		last := facts.Counted[len(facts.Counted)-1]
		facts.Counted = facts.Counted[:len(facts.Counted)-1]
		facts.Dropped = append(facts.Dropped, Dropped{By: last.By, Review: last.Review, Why: DropLastSeat})
	}
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
	if d := j.barred(l, a.From, r); d.Why != "" {
		drop(d)
		return
	}
	role, ok := j.eligible(l, a.From, r.By)
	switch {
	case !ok && len(a.From) == 0:
		drop(Dropped{Why: DropNoWrite})
	case !ok && j.newcomer(l, a.From, r.By):
		drop(Dropped{Why: DropNewMember})
	case !ok && j.blind(l, a.From):
		drop(Dropped{Why: DropUnseenTeam})
	case !ok:
		drop(Dropped{Why: DropNotInGroup})
	case j.retargeted(r):
		drop(Dropped{Why: DropOtherBase, Commit: r.Commit})
	case !j.fresh(r, a.Of):
		drop(Dropped{Why: DropStale, Commit: r.Commit})
	case a.MaxAge > 0 && !r.At.Add(a.MaxAge).After(j.at):
		drop(Dropped{Why: DropAged})
	default:
		facts.Counted = append(facts.Counted, Approval{
			By: r.By, Review: r.ID, Group: role.group, Team: role.team.Slug, TeamID: role.team.ID,
			AsOf: role.asOf, Write: role.write, Permission: role.permission, Owner: role.owner, Commit: r.Commit,
		})
	}
}

// barred says why a person's approval of this change cannot count, whatever their role.
func (j *judge) barred(l Layer, from []string, r Review) Dropped {
	if r.By == 0 {
		return Dropped{Why: DropGhost}
	}
	if j.people[r.By].Bot && !j.hasBot(l, from, r.By) {
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
