package rules

import (
	"slices"
	"strings"
	"time"
)

// SignOffFacts is what a sign-off requirement rests on.
type SignOffFacts struct {
	Name    string           `json:"name"`
	From    []string         `json:"from"` // groups
	Counted []SignOffCounted `json:"counted,omitempty"`
	Dropped []SignOffDropped `json:"dropped,omitempty"`
	Missing []int64          `json:"missing,omitempty"` // pull requests without one; 0: the commit
	Ripe    time.Time        `json:"ripe,omitzero"`     // when the last of them will have had its lead time
	NoTeam  []string         `json:"no_team,omitempty"` // teams that cannot be seen
}

// SignOffCounted is a sign-off that counts, with the role of its giver.
type SignOffCounted struct {
	ID    int64     `json:"id"`
	Pull  int64     `json:"pull"`
	By    UserID    `json:"by"`
	Group string    `json:"group"`
	Team  string    `json:"team,omitempty"`
	At    time.Time `json:"at"`
}

// SignOffDropped is one that does not, and why.
type SignOffDropped struct {
	ID  int64       `json:"id"`
	By  UserID      `json:"by"`
	Why SignOffDrop `json:"why"`
}

// SignOffDrop is why a sign-off does not count.
type SignOffDrop string

// Why a sign-off does not count.
const (
	SignOffContributor SignOffDrop = "contributor"  // of the change
	SignOffBot         SignOffDrop = "bot"          // not a person
	SignOffNotInGroup  SignOffDrop = "not_in_group" //
	SignOffOtherDiff   SignOffDrop = "other_diff"   // given for something else than what landed
	SignOffOtherCommit SignOffDrop = "other_commit" // given for another commit
)

// signOff judges a sign-off: of each change that the rule is about, or of the commit.
func (j *judge) signOff(l Layer, s SignOff) Reason {
	facts := &SignOffFacts{Name: s.Name, From: s.From}
	if s.Of == OfSHA {
		if !j.signed(l, s, facts, nil) {
			facts.Missing = append(facts.Missing, 0)
		}
	} else {
		for i := range j.shipment.Changes {
			c := &j.shipment.Changes[i]
			if !j.signed(l, s, facts, c) {
				facts.Missing = append(facts.Missing, c.Change.Pulls[0].Number)
			}
		}
	}
	r := Reason{Outcome: Pass, Code: SignOffGiven, SignOff: facts}
	switch {
	case len(facts.Missing) > 0:
		facts.NoTeam, _ = j.unseen(l, s.From)
		r.Unread = j.unread(l, s.From)
		r.Outcome, r.Code = Pending, SignOffMissing
		if len(facts.NoTeam) > 0 {
			r.Outcome = Indeterminate
		} else if len(r.Unread) > 0 {
			r.Outcome, r.Code = Indeterminate, FactsUnread
		}
	case facts.Ripe.After(j.at):
		j.again(facts.Ripe)
		r.Outcome, r.Code = Pending, SignOffRipens
	}
	return r
}

// signed looks for a sign-off of the change, or of the commit where that is nil, and adds
// what it found to the facts. One whose lead time is not over counts as given.
func (j *judge) signed(l Layer, s SignOff, facts *SignOffFacts, c *Landed) bool {
	best, ripe := -1, time.Time{}
	var role seat
	for i, one := range j.shipment.SignOffs {
		if !strings.EqualFold(one.Name, s.Name) || one.At.After(j.at) || c != nil && !c.has(one.Pull) {
			continue
		}
		why, as := j.unsigned(l, s, c, one)
		if why != "" {
			d := SignOffDropped{ID: one.ID, By: one.By, Why: why}
			if !slices.Contains(facts.Dropped, d) {
				facts.Dropped = append(facts.Dropped, d)
			}
			continue
		}
		if best < 0 { // the oldest is the first to have had its lead time
			best, ripe, role = i, one.At.Add(s.LeadTime), as
		}
	}
	if best < 0 {
		return false
	}
	one := j.shipment.SignOffs[best]
	facts.Counted = append(facts.Counted, SignOffCounted{
		ID: one.ID, Pull: one.Pull, By: one.By, Group: role.group, Team: role.team.Slug, At: one.At,
	})
	if ripe.After(j.at) && ripe.After(facts.Ripe) {
		facts.Ripe = ripe.UTC()
	}
	return true
}

// unsigned says why a sign-off does not count, or as whose member its giver gave it.
func (j *judge) unsigned(l Layer, s SignOff, c *Landed, one SignedOff) (SignOffDrop, seat) {
	role, ok := j.seat(l, s.From, one.By)
	_, contributed := j.who.by[one.By]
	if c != nil {
		_, contributed = authors(c.Change).by[one.By]
	}
	switch {
	case j.people[one.By].Bot:
		return SignOffBot, seat{}
	case contributed:
		return SignOffContributor, seat{}
	case !ok:
		return SignOffNotInGroup, seat{}
	case c == nil && one.Commit != j.shipment.Commit:
		return SignOffOtherCommit, seat{}
	case c != nil && (c.Diff == "" || one.Landed != c.Diff):
		return SignOffOtherDiff, seat{}
	}
	return "", role
}

// has reports whether the pull request is one of the change's.
func (l Landed) has(pull int64) bool {
	return slices.ContainsFunc(l.Change.Pulls, func(p Pull) bool { return p.Number == pull })
}
