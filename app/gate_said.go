package app

import (
	"slices"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

var errSpoken = retryError{"somebody has said something about the deployment since it was read", 0}

// hear fills in what people said of the merges that a deployment brings, as it stands now and
// not as it did when they were merged: their sign-offs, and the emergencies declared
// and the rules waived for them.
// Where somebody spoke since the look began, it has yet to be read what they may: it begins anew.
func (a *App) hear(tx *store.Tx, l *gateLook) error {
	s := &l.request.Shipment
	var pulls []int64
	for _, merges := range l.read.Pulls {
		for _, m := range merges {
			pulls = append(pulls, m.Number)
		}
	}
	slices.Sort(pulls)
	pulls = slices.Compact(pulls)
	if !l.api { // who asked through the API asks again, and is not woken
		if err := tx.Carries(l.gate, pulls); err != nil {
			return err
		}
	}
	given, err := tx.SignOffs(l.repo.ID, pulls)
	if err != nil {
		return err
	}
	declared, err := tx.Declared(l.repo.ID, pulls)
	if err != nil {
		return err
	}
	waived, err := tx.Waivers(l.repo.ID, pulls)
	if err != nil {
		return err
	}
	who := map[int64]rules.UserID{}
	for id, user := range l.read.Users {
		who[user] = id
	}
	s.SignOffs = nil
	for _, g := range given {
		if who[g.By.User] == 0 {
			return errSpoken
		}
		s.SignOffs = append(s.SignOffs, rules.SignedOff{
			ID: g.Comment, Name: g.Name, Pull: g.Number, By: who[g.By.User], At: g.At, Commit: g.Commit, Landed: g.Landed,
		})
	}
	for _, d := range declared {
		if who[d.By.User] == 0 {
			return errSpoken
		}
	}
	for _, w := range waived {
		if who[w.By.User] == 0 {
			return errSpoken
		}
	}
	for i := range s.Changes {
		c := &s.Changes[i].Change
		c.Declared, c.Waivers = nil, nil
		for _, d := range declared {
			if slices.Contains(numbers(*c), d.Number) {
				c.Declared = append(c.Declared, rules.Declared{ID: d.Comment, Pull: d.Number, By: who[d.By.User], At: d.At})
			}
		}
		for _, w := range waived {
			if slices.Contains(numbers(*c), w.Number) {
				c.Waivers = append(c.Waivers, rules.Waiver{ID: w.Comment, Pull: w.Number, Rule: w.Rule, By: who[w.By.User], At: w.At, Exact: w.Exact})
			}
		}
	}
	return nil
}
