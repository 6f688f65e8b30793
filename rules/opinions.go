package rules

import (
	"cmp"
	"slices"
)

// latestOpinions returns each person's latest opinion, in the order of the reviews (time,
// then id). A comment is none and withdraws none. What deleted accounts said cannot be
// told apart by person: all of it stands.
func latestOpinions(reviews []Review) []Review {
	sorted := slices.Clone(reviews)
	slices.SortStableFunc(sorted, func(a, b Review) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	latest := map[UserID]int64{}
	for _, r := range sorted {
		if r.opinion() {
			latest[r.By] = r.ID
		}
	}
	return slices.DeleteFunc(sorted, func(r Review) bool {
		return !r.opinion() || r.By != 0 && latest[r.By] != r.ID
	})
}

func (r Review) opinion() bool {
	return r.State == Approved || r.State == ChangesRequested || r.State == Dismissed
}

// objection judges whether an opinion blocks: a request for changes by somebody who was no
// contributor when it was given, and who had the role that the requirement asks for then
// or has it now. It goes on blocking when its author becomes a contributor or loses the
// role, and when somebody dismissed it who cannot lift it. unsure is set if it would
// block by a team that cannot be seen, or a fact that was not read.
func (j *judge) objection(l Layer, from []string, r Review) (o Objection, blocks, unsure bool) {
	o = Objection{By: r.By, Review: r.ID}
	switch r.State {
	case ChangesRequested:
	case Dismissed:
		d := r.Dismissal
		if d != nil && d.Was == Approved || d != nil && j.lifts(l, from, r.By, *d) {
			return o, false, false
		}
		// GitHub does not say who dismissed it, or somebody did who cannot lift it.
		o.Dismissed = true
		if d != nil {
			o.DismissedBy = d.By
		}
	default:
		return o, false, false
	}
	first := j.stood(r)
	if first.Contributor || j.people[r.By].Bot {
		return o, false, false
	}
	if _, ok := j.eligible(l, from, r.By); ok || j.wasEligible(l, from, r.By, first) {
		return o, true, false
	}
	return o, false, j.doubts(l, from) && (j.people[r.By].CanWrite || first.CanWrite)
}

func (j *judge) stood(r Review) Standing {
	if r.First != nil {
		return *r.First
	}
	return j.Stand(r)
}

// lifts reports whether a dismissal takes back a request for changes: by the one who made
// it, or by somebody else whose approval could count for the requirement, now or when the
// dismissal was first seen. A contributor's lifts nothing.
func (j *judge) lifts(l Layer, from []string, objector UserID, d Dismissal) bool {
	if d.By == 0 {
		return false
	}
	if d.By == objector {
		return true
	}
	if _, contributed := j.who.by[d.By]; contributed || d.First != nil && d.First.Contributor {
		return false
	}
	if _, ok := j.eligible(l, from, d.By); ok {
		return true
	}
	return d.First != nil && j.couldLift(l, from, d.By, *d.First)
}

// couldLift reports whether somebody's dismissal could lift a request for changes when it
// was first seen. It asks for more than wasEligible, which says who goes on blocking: the
// team has to be the one that the policy means, and a group that asks for how long people
// have been members takes nobody's word from then.
func (j *judge) couldLift(l Layer, from []string, id UserID, s Standing) bool {
	if j.people[id].Bot {
		return false
	}
	if len(from) == 0 {
		return s.CanWrite
	}
	for _, name := range from {
		g := l.Groups[name]
		if j.lists(g.Users, id) {
			return true
		}
		for _, ref := range g.Teams {
			if t, ok := j.team(ref.Slug); ok && ref.means(t) && g.MinAge == 0 && slices.Contains(s.Teams, ref.Slug) {
				return true
			}
		}
	}
	return false
}
