package publish

import (
	"slices"

	"github.com/changewarden/changewarden/rules"
)

// discreet returns v without what would tell a stranger on a public repository who is in
// which team. Where an approval has to come from a group, the group is named and how many
// count, not whose, and of those passed over only who is so for what anybody can see; where
// it does not, people are named without a group.
func discreet(v rules.Verdict) rules.Verdict {
	return clone(v).Map(func(r rules.Reason) rules.Reason { // of a copy: what it points to is ours
		a := r.Approvals
		if a == nil {
			return r
		}
		for i, c := range a.Counted {
			a.Counted[i] = rules.Approval{By: c.By, Review: c.Review, Commit: c.Commit, Write: c.Write}
		}
		if len(a.From) > 0 {
			clear(a.Counted)
			clear(a.Objections)
			a.Dropped = slices.DeleteFunc(a.Dropped, func(d rules.Dropped) bool { return !plain(d.Why) })
		}
		return r
	})
}

// plain reports whether an approval is passed over for what has nothing to do with groups:
// that is found before anybody's membership is looked at.
func plain(w rules.DropWhy) bool {
	switch w {
	case rules.DropAuthor, rules.DropCommitAuthor, rules.DropCommitter, rules.DropCoAuthor, rules.DropPusher,
		rules.DropBot, rules.DropGhost, rules.DropDismissed:
		return true
	default:
		return false
	}
}
