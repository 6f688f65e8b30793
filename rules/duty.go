package rules

import "slices"

// Duty is a part that somebody has in bringing a change to production.
type Duty string

// The duties, in the order in which they are had.
const (
	DutyAuthor   Duty = "author"   // everybody who contributed to the change
	DutyApprover Duty = "approver" // one of those whose approval counted
	DutyMerger   Duty = "merger"
	DutyDeployer Duty = "deployer" // who triggered this attempt of the run
	DutyDeclarer Duty = "declarer" // everybody who declared an emergency that holds for the change
	DutyReviewer Duty = "reviewer" // who completed the post-mortem of its emergency
)

// duties are all of them; early those that somebody can have before the merge.
var (
	duties = []Duty{DutyAuthor, DutyApprover, DutyMerger, DutyDeployer, DutyDeclarer, DutyReviewer}
	early  = []Duty{DutyAuthor, DutyApprover, DutyDeclarer}
)

// holding is who has which duty in one change. A person stands once under a duty.
type holding struct {
	pull    int64
	had     map[Duty][]UserID
	missing map[Duty]VacancyWhy // duties that have to be somebody's, or that more people may have
}

// holdings returns who has which duty in each change, or in the one that is to be merged.
func (j *judge) holdings() []holding {
	if j.held != nil {
		return j.held
	}
	if j.shipment == nil {
		j.held = []holding{j.holding(j, j.who)}
		return j.held
	}
	j.held = []holding{}
	for _, c := range j.shipment.Changes {
		merged := newJudge(c.Change, c.Change.TakenAt) // whose approval counted it did by then
		merged.policy = j.policy
		now := j.ofChange(c.Change)
		now.policy = j.policy
		h := merged.holding(now, merged.who)
		j.again(now.recheck)
		j.someone(&h, DutyMerger, c.MergedBy, VacantUnknown)
		j.someone(&h, DutyDeployer, j.shipment.By, VacantBot)
		for _, id := range c.Reviewed {
			h.add(DutyReviewer, id)
		}
		j.held = append(j.held, h)
	}
	if len(j.held) == 0 { // it brings no change; that a person starts it is asked for all the same
		h := holding{had: map[Duty][]UserID{}, missing: map[Duty]VacancyWhy{}}
		j.someone(&h, DutyDeployer, j.shipment.By, VacantBot)
		j.held = append(j.held, h)
	}
	return j.held
}

// holding returns who has those duties that somebody can have before the merge. now is the
// judge of the same change as of now: an emergency is one that holds.
func (j *judge) holding(now *judge, who authorship) holding {
	h := holding{pull: j.Pulls[0].Number, had: map[Duty][]UserID{}, missing: map[Duty]VacancyWhy{}}
	for _, id := range who.order {
		h.add(DutyAuthor, id)
	}
	if len(who.unknown) > 0 {
		h.missing[DutyAuthor] = VacantUnknown
	}
	approved, blind := j.approvers()
	for _, id := range approved {
		h.add(DutyApprover, id)
	}
	switch {
	case len(approved) > 0:
	case blind:
		h.missing[DutyApprover] = VacantUnknown
	default:
		h.missing[DutyApprover] = VacantOpen
	}
	for _, l := range j.policy.Layers {
		for _, d := range now.Declared {
			if l.Emergency == nil {
				break
			}
			if _, holds := now.declared(l, d); holds {
				h.add(DutyDeclarer, d.By)
				now.again(d.At.Add(l.Emergency.Expires))
			}
		}
	}
	return h
}

// someone adds who has a duty that one person has; nobody is who is missing for that reason.
func (j *judge) someone(h *holding, d Duty, by UserID, nobody VacancyWhy) {
	switch {
	case by == 0:
		h.missing[d] = nobody
	case j.people[by].Bot:
		h.missing[d] = VacantBot
	default:
		h.add(d, by)
	}
}

func (h *holding) add(d Duty, by UserID) {
	if !slices.Contains(h.had[d], by) {
		h.had[d] = append(h.had[d], by)
	}
}

// approvers returns the people whose approval counts for what a rule before the merge asks
// that applies, for an emergency, or as that of somebody who can write; blind, if an approval
// may count of which that cannot be told.
func (j *judge) approvers() (by []UserID, blind bool) {
	facts := &ApprovalFacts{}
	weigh := func(l Layer, a Approvals) {
		for _, r := range j.opinions {
			j.count(l, a, r, facts)
		}
	}
	weigh(Layer{}, Approvals{Count: 1, Of: OfDiff})
	for _, l := range j.policy.Layers {
		for _, r := range l.Rules {
			if r.Stage != BeforeMerge || !j.holds(l, r.When, &Because{}).may {
				continue
			}
			r.Require.each(func(part Requirement) {
				if part.Approvals != nil {
					weigh(l, *part.Approvals)
				}
			})
		}
		if l.Emergency != nil && slices.ContainsFunc(j.Declared, func(d Declared) bool { _, holds := j.declared(l, d); return holds }) {
			own := l.Emergency.Approvals
			own.Of = OfCommit
			weigh(l, own)
		}
	}
	for _, c := range facts.Counted {
		if !j.people[c.By].Bot && !slices.Contains(by, c.By) { // a bot never has the last seat
			by = append(by, c.By)
		}
	}
	return by, slices.ContainsFunc(facts.Dropped, func(d Dropped) bool { return d.Why == DropUnseenTeam })
}
