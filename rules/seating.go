package rules

import "slices"

// seating is who sits where among the requirements whose seats are distinct: nobody on
// two of them. As many seats as can be are filled (a maximum bipartite matching), those of
// rules that block before those that do not, and the floor's before the repository's: a
// seat that was filled stays filled, so no later rule takes from an earlier one.
type seating struct {
	seats []distinctSeat
	at    map[UserID]int // the seat where somebody sits
	tried []UserID       // by the search for one seat
}

type distinctSeat struct {
	of   *Approvals
	rule string
	can  []UserID // who could sit here, in the order of their reviews
	by   UserID   // 0: nobody
}

// seat fills the seats of the rules that apply, in that order.
func (j *judge) seatAll(order []*judged) {
	j.seated.at = map[UserID]int{}
	for _, r := range order {
		r.rule.Require.each(func(part Requirement) {
			if a := part.Approvals; a != nil && a.Distinct {
				j.addSeats(r, a)
			}
		})
	}
	j.seated.fillAll()
}

// fillAll fills as many seats as can be, the first before the others, and returns how many
// stay empty.
func (s *seating) fillAll() (empty int) {
	// Whom a search in vain has asked no later one can seat or move either: with fifty
	// thousand seats and a hundred people that is what it takes to come to an end.
	asked := map[UserID]bool{}
	for i := range s.seats {
		s.tried = s.tried[:0]
		if !s.fill(i, asked) {
			empty++
			continue
		}
		for _, id := range s.tried {
			delete(asked, id)
		}
	}
	return empty
}

func (j *judge) addSeats(r *judged, a *Approvals) {
	facts := &ApprovalFacts{}
	for _, review := range j.opinions {
		j.count(r.layer, *a, review, facts)
	}
	var people, all []UserID
	for _, c := range facts.Counted {
		all = append(all, c.By)
		if !j.people[c.By].Bot {
			people = append(people, c.By)
		}
	}
	for i := range j.need(*a) {
		can := all
		if i == 0 {
			can = people // a bot never has the last seat
		}
		j.seated.seats = append(j.seated.seats, distinctSeat{of: a, rule: r.rule.Name, can: can})
	}
}

// fill seats somebody at i, if need be by moving who sits there to another seat. asked
// holds whom it has tried already.
func (s *seating) fill(i int, asked map[UserID]bool) bool {
	for _, id := range s.seats[i].can {
		if asked[id] {
			continue
		}
		asked[id] = true
		s.tried = append(s.tried, id)
		if from, sits := s.at[id]; !sits || s.fill(from, asked) {
			s.at[id], s.seats[i].by = i, id
			return true
		}
	}
	return false
}

// elsewhere returns the rule of another requirement at which somebody sits.
func (s *seating) elsewhere(a *Approvals, id UserID) (rule string, sits bool) {
	i, sits := s.at[id]
	if !sits || s.seats[i].of == a {
		return "", false
	}
	return s.seats[i].rule, true
}

// maxListed is how many distinct seats each finding lists, those of other rules with its own:
// a thousand rules with fifty seats each would list fifty million.
const maxListed = 200

// distinct leaves of who counts those who sit here or nowhere, and lists all the seats, or the
// requirement's own where there are too many.
func (j *judge) distinct(a *Approvals, facts *ApprovalFacts) {
	facts.Counted = slices.DeleteFunc(facts.Counted, func(c Approval) bool {
		rule, sits := j.seated.elsewhere(a, c.By)
		if sits {
			facts.Dropped = append(facts.Dropped, Dropped{By: c.By, Review: c.Review, Why: DropSeated, Rule: rule})
		}
		return sits
	})
	for _, s := range j.seated.seats {
		if s.of == a || len(j.seated.seats) <= maxListed {
			facts.Seats = append(facts.Seats, Seat{Rule: s.rule, From: s.of.From, By: s.by})
		}
	}
}
