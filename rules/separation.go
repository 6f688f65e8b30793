package rules

import (
	"cmp"
	"slices"
	"time"
)

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

// DutyFacts is who has which duty, change by change, and what keeps a requirement that
// they be different people from being met.
type DutyFacts struct {
	Duties   []Duty     `json:"duties"`
	Seats    []DutySeat `json:"seats,omitempty"`    // those that somebody sits on; past two hundred none
	Together []Together `json:"together,omitempty"` // duties that fall together
	Vacant   []Vacancy  `json:"vacant,omitempty"`   // duties that are nobody's, and have to be somebody's
	Could    []UserID   `json:"could,omitempty"`    // of those whom the facts name: who could start the deployment in the deployer's place
	Other    bool       `json:"other,omitempty"`    // it would be met if somebody else started the deployment
}

// DutySeat is a duty and who sits there.
type DutySeat struct {
	Duty Duty   `json:"duty"`
	Pull int64  `json:"pull,omitempty"`
	By   UserID `json:"by"`
}

// Together are duties of one change that one person has.
type Together struct {
	Pull   int64  `json:"pull,omitempty"`
	By     UserID `json:"by"`
	Duties []Duty `json:"duties"` // two, as the policy's language orders them
}

// Vacancy is a duty that no person is known to have.
type Vacancy struct {
	Duty Duty       `json:"duty"`
	Pull int64      `json:"pull,omitempty"` // 0: the deployer's, who is the same for all
	Why  VacancyWhy `json:"why"`
}

// VacancyWhy is why a duty is nobody's.
type VacancyWhy string

// Why a duty is nobody's.
const (
	VacantBot     VacancyWhy = "bot"     // or a schedule: who stands behind it nobody says
	VacantOpen    VacancyWhy = "open"    // nobody has taken it
	VacantUnknown VacancyWhy = "unknown" // who has it cannot be told
)

// holding is who has which duty in one change. A person stands once under a duty.
type holding struct {
	pull    int64
	had     map[Duty][]UserID
	missing map[Duty]VacancyWhy // duties that have to be somebody's, or that more people may have
}

// separation asks that no person has two of the duties, in each change for itself. Every
// contributor, every declarer, the merger, the deployer and the reviewer have a seat of their
// own, for they did what they did; of those who approved one has to be left for the
// approver's. So the seats can be filled or not, and as many as can be are (see seating).
//
// What nobody can tell is Indeterminate. What a bot or a schedule does is nobody's, which is
// not somebody else's. A duty that nobody has in this change, such as that of declaring an
// emergency where there is none, has no seat.
func (j *judge) separation(asked []Duty) Reason {
	facts := &DutyFacts{Duties: asked}
	all := j.holdings()
	for _, h := range all {
		seats, empty := seatDuties(asked, h)
		for _, s := range seats {
			if s.by != 0 {
				facts.Seats = append(facts.Seats, DutySeat{Duty: Duty(s.rule), Pull: h.pull, By: s.by})
			}
		}
		facts.Together = append(facts.Together, together(h.pull, seats, empty)...)
		for _, d := range duties {
			if why := h.missing[d]; why != "" && slices.Contains(asked, d) {
				v := Vacancy{Duty: d, Pull: h.pull, Why: why}
				if d == DutyDeployer {
					v.Pull = 0
				}
				if !slices.Contains(facts.Vacant, v) {
					facts.Vacant = append(facts.Vacant, v)
				}
			}
		}
	}
	if len(facts.Seats) > maxListed {
		facts.Seats = nil
	}
	slices.SortStableFunc(facts.Seats, func(a, b DutySeat) int {
		return cmp.Or(cmp.Compare(a.Pull, b.Pull), slices.Index(duties, a.Duty)-slices.Index(duties, b.Duty))
	})
	return j.separated(facts, all)
}

// separated says what the facts come to, and who could start the deployment instead.
func (j *judge) separated(facts *DutyFacts, all []holding) Reason {
	r := Reason{Duties: facts}
	switch {
	case slices.ContainsFunc(facts.Vacant, func(v Vacancy) bool { return v.Why == VacantUnknown }):
		r.Outcome, r.Code = Indeterminate, SeparationUnknown
		return r
	case len(facts.Together) > 0:
		r.Code = SeparationTogether
	case len(facts.Vacant) > 0:
		r.Code = SeparationVacant
	default:
		r.Outcome, r.Code = Pass, SeparationKept
		return r
	}
	if j.shipment == nil { // an approval may come, a declaration be withdrawn
		r.Outcome = Pending
		return r
	}
	const stranger = UserID(-1) // an id that nobody has
	r.Outcome = Fail
	if facts.Other = slices.Contains(facts.Duties, DutyDeployer) && parts(facts.Duties, all, stranger); facts.Other {
		r.Outcome = Pending
		facts.Could = j.couldDeploy(facts.Duties, all)
	}
	return r
}

// maxCould is how many people are named who could start a deployment.
const maxCould = 5

// couldDeploy returns who of the people that the facts name could start the deployment: they
// can write, and are no bots. There may be others.
func (j *judge) couldDeploy(asked []Duty, all []holding) []UserID {
	var out []UserID
	for _, p := range j.People[:min(len(j.People), maxListed)] {
		if len(out) < maxCould && p.CanWrite && !p.Bot && parts(asked, all, p.ID) {
			out = append(out, p.ID)
		}
	}
	return out
}

// parts reports whether the duties would be different people's if that one deployed.
func parts(asked []Duty, all []holding, deployer UserID) bool {
	return !slices.ContainsFunc(all, func(h holding) bool {
		for d := range h.missing {
			if d != DutyDeployer && slices.Contains(asked, d) {
				return true
			}
		}
		other := holding{had: map[Duty][]UserID{DutyDeployer: {deployer}}}
		for d, by := range h.had {
			if d != DutyDeployer {
				other.had[d] = by
			}
		}
		_, empty := seatDuties(asked, other)
		return empty > 0
	})
}

// seatDuties fills the seats of one change. The approver's comes last: it is the only one for
// which there may be a choice.
func seatDuties(asked []Duty, h holding) (seats []distinctSeat, empty int) {
	for _, d := range duties {
		if d == DutyApprover || !slices.Contains(asked, d) {
			continue
		}
		for _, id := range h.had[d] {
			seats = append(seats, distinctSeat{rule: string(d), can: []UserID{id}})
		}
	}
	if can := h.had[DutyApprover]; len(can) > 0 && slices.Contains(asked, DutyApprover) {
		seats = append(seats, distinctSeat{rule: string(DutyApprover), can: can})
	}
	s := seating{seats: seats, at: map[UserID]int{}}
	empty = s.fillAll()
	return s.seats, empty
}

// together says of each empty seat who is needed for another one.
func together(pull int64, seats []distinctSeat, empty int) []Together {
	if empty == 0 {
		return nil
	}
	at := map[UserID]Duty{}
	for _, s := range seats {
		if s.by != 0 {
			at[s.by] = Duty(s.rule)
		}
	}
	var out []Together
	for _, s := range seats {
		if s.by != 0 {
			continue
		}
		for _, id := range s.can {
			both := []Duty{at[id], Duty(s.rule)}
			slices.SortFunc(both, func(a, b Duty) int { return slices.Index(duties, a) - slices.Index(duties, b) })
			out = append(out, Together{Pull: pull, By: id, Duties: both})
		}
	}
	return out
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

// Separates reports whether a rule asks who has a duty.
func (p Policy) Separates(d Duty) bool {
	found := false
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			r.Require.each(func(part Requirement) { found = found || slices.Contains(part.Separation, d) })
		}
	}
	return found
}

// Had is who had which duty in what a post-mortem is about, as far as it is on record.
type Had struct {
	Declarers []UserID
	Mergers   []UserID
	Deployers []UserID
}

// seatsReviewer reports whether somebody can review beside those who have the other duties:
// by each rule before an environment that asks for a reviewer and applies to the change. One
// that an emergency waives for the deployment is not waived for what follows it; one that has
// another way is left to that way. Of the duties that fell together already nothing is asked.
func (j *judge) seatsReviewer(p Policy, had Had, by UserID) bool {
	j.policy = p
	merged := newJudge(j.Change, j.TakenAt)
	merged.policy = p
	h := merged.holding(j, merged.who)
	delete(h.had, DutyDeclarer)
	for d, all := range map[Duty][]UserID{DutyDeclarer: had.Declarers, DutyMerger: had.Mergers, DutyDeployer: had.Deployers} {
		for _, id := range all {
			if id != 0 && !j.people[id].Bot {
				h.add(d, id)
			}
		}
	}
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			if r.Stage == BeforeMerge || deferred(r, j.at) || !j.holds(l, r.When, &Because{}).may {
				continue
			}
			for _, asked := range r.Require.separations() {
				if !slices.Contains(asked, DutyReviewer) {
					continue
				}
				_, before := seatDuties(asked, h)
				with := holding{had: map[Duty][]UserID{DutyReviewer: {by}}}
				for d, all := range h.had {
					with.had[d] = all
				}
				if _, after := seatDuties(asked, with); after > before {
					return false
				}
			}
		}
	}
	return true
}

// deferred reports whether a rule is not enforced yet.
func deferred(r Rule, at time.Time) bool { return r.Until.After(at) }

// separations returns the separations of a requirement that no other way leads around.
func (r Requirement) separations() [][]Duty {
	var out [][]Duty
	if len(r.Separation) > 0 {
		out = append(out, r.Separation)
	}
	for _, part := range r.All {
		out = append(out, part.separations()...)
	}
	return out
}
