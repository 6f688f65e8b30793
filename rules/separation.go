package rules

import (
	"cmp"
	"maps"
	"slices"
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
	// Before a merge whoever is known to count may still approve: what a stranger says makes nothing worse.
	waits := func(v Vacancy) bool { return v.Duty == DutyApprover && j.shipment == nil }
	switch {
	case slices.ContainsFunc(facts.Vacant, func(v Vacancy) bool { return v.Why == VacantUnknown && !waits(v) }):
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
		other := holding{had: maps.Clone(h.had)}
		other.had[DutyDeployer] = []UserID{deployer}
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
