package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Emergency is a declaration that held at some moment.
type Emergency struct {
	Declared Declared
	Layer    string
	Group    string    // as whose member it was declared
	Until    time.Time // when it is over
	Approved []UserID  // who gave its own approval, for that head; empty: it could waive nothing
	After    PostMortem
}

// Emergencies returns the declarations on a change that held as of that moment, by the time
// of the declaration; one that holds by the path of several layers stands there once.
func Emergencies(p Policy, c Change, at time.Time) []Emergency { return newJudge(c, at).emergencies(p) }

// ShipmentEmergencies is Emergencies for each change of a shipment, with what was known of
// people when it was judged.
func ShipmentEmergencies(p Policy, s Shipment, at time.Time) [][]Emergency {
	j := newShipmentJudge(s, at)
	var out [][]Emergency
	for _, c := range s.Changes {
		out = append(out, j.ofChange(c.Change).emergencies(p))
	}
	return out
}

func (j *judge) emergencies(p Policy) []Emergency {
	var out []Emergency
	for _, d := range j.Declared {
		var first *Emergency
		for _, l := range p.Layers {
			if l.Emergency == nil {
				continue
			}
			role, holds := j.declared(l, d)
			if !holds {
				continue
			}
			e := Emergency{Declared: d, Layer: l.Name, Group: role.group, Until: d.At.Add(l.Emergency.Expires).UTC(), After: l.Emergency.PostMortem}
			if r := j.expedited(l, d); r.Outcome == Pass {
				for _, a := range r.Approvals.Counted {
					e.Approved = append(e.Approved, a.By)
				}
			}
			if first == nil || len(first.Approved) == 0 && len(e.Approved) > 0 {
				first = &e
			}
		}
		if first != nil {
			out = append(out, *first)
		}
	}
	slices.SortStableFunc(out, func(a, b Emergency) int {
		return cmp.Or(a.Declared.At.Compare(b.Declared.At), cmp.Compare(a.Declared.ID, b.Declared.ID))
	})
	return out
}

// ReviewingWhy is why a post-mortem is not complete although its issue was closed; empty: it is.
type ReviewingWhy string

// Why a post-mortem was not completed by closing its issue.
const (
	ReviewingDeclarer    ReviewingWhy = "post_mortem.declarer"
	ReviewingContributor ReviewingWhy = "post_mortem.contributor"
	ReviewingTogether    ReviewingWhy = "post_mortem.separation"   // has a duty that a rule keeps apart from the reviewer's
	ReviewingNotInGroup  ReviewingWhy = "post_mortem.not_in_group" // a bot, or in none of the groups
	ReviewingUnwritten   ReviewingWhy = "post_mortem.unwritten"    // sections have no text
	ReviewingEdited      ReviewingWhy = "post_mortem.edited"       // after it was closed: nobody knows what was reviewed
	ReviewingNotDone     ReviewingWhy = "post_mortem.not_done"     // not as completed, or not by a person
)

// Reviewing is whether somebody can complete a post-mortem, and to whom it may be left.
type Reviewing struct {
	Why   ReviewingWhy
	From  []string // groups whose members can; empty: whoever can write
	Group string   // as whose member they do
}

// Had is who had which duty in what a post-mortem is about, as far as it is on record.
type Had struct {
	Declarers []UserID
	Mergers   []UserID
	Deployers []UserID
}

// WeighReview says whether somebody can complete the post-mortem of an emergency that was
// declared by the path of a layer: neither who declared one for the change nor who contributed
// to it, nor who had a duty that a rule keeps apart from the reviewer's. It goes by the groups
// of the policy as it is now. Where that has no such path any more, whoever can write is enough:
// nothing would else ever complete it.
func WeighReview(p Policy, c Change, layer string, had Had, by UserID, at time.Time) Reviewing {
	j := newJudge(c, at)
	var is Reviewing
	i := slices.IndexFunc(p.Layers, func(l Layer) bool { return l.Name == layer && l.Emergency != nil })
	may := j.people[by].CanWrite
	if i >= 0 {
		is.From = p.Layers[i].Emergency.PostMortem.ReviewedBy
		role, ok := j.seat(p.Layers[i], is.From, by)
		is.Group, may = role.group, ok
	}
	_, contributed := j.who.by[by]
	switch {
	case by == 0 || j.people[by].Bot || !may:
		is.Why = ReviewingNotInGroup
	case slices.Contains(had.Declarers, by):
		is.Why = ReviewingDeclarer
	case contributed:
		is.Why = ReviewingContributor
	case !j.seatsReviewer(p, had, by):
		is.Why = ReviewingTogether
	default:
		return is
	}
	is.Group = ""
	return is
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
	with := holding{had: maps.Clone(h.had)}
	with.had[DutyReviewer] = []UserID{by}
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			if r.Stage == BeforeMerge || r.Until.After(j.at) || !j.holds(l, r.When, &Because{}).may {
				continue
			}
			for _, asked := range r.Require.separations() {
				_, before := seatDuties(asked, h)
				if _, after := seatDuties(asked, with); after > before { // never where no reviewer is asked for
					return false
				}
			}
		}
	}
	return true
}

// Unwritten returns those of the headings below which a text has no words of its own: none
// that stand in the template it was begun with, and none that cannot be seen.
func Unwritten(text, template string, headings []string) []string {
	own, seen := newTemplate([]string{template}), visible(text)
	return slices.DeleteFunc(slices.Clone(headings), func(h string) bool {
		n, found := own.words(seen, h)
		return found && n > 0
	})
}
