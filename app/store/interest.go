package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/changewarden/changewarden/app/subject"
)

// Interest is who and what the last verdict about a pull request looked at: what an event
// about somebody, or about a check, has to be about to change it.
type Interest struct {
	Users  []int64 // GitHub's user ids: everybody whose permission, team or login was asked for
	Teams  []TeamInterest
	Checks CheckInterest
	Base   bool            // where the base branch stands
	Seen   []subject.Check // the results on the head that the verdict rests on
}

// TeamInterest is a team that a rule in force names, whether it can be seen or not.
type TeamInterest struct {
	Account int64
	Slug    string // lower case
}

// CheckInterest is which results on the head can change the verdict.
type CheckInterest struct {
	All   bool     `json:"all,omitempty"`   // every one
	Names []string `json:"names,omitempty"` // doublestar globs of check run names and status contexts
	Usual string   `json:"usual,omitempty"` // with All: digest of those that were known to be usual
}

// matches says whether a result of this name can change the verdict.
func (i CheckInterest) matches(c subject.Check) bool {
	if i.All || c.Source == subject.CheckSuite {
		return i.All // a suite has no name: it matters where everything does
	}
	return slices.ContainsFunc(i.Names, func(glob string) bool {
		ok, err := doublestar.Match(glob, c.Name)
		return ok || err != nil
	})
}

// SetInterest replaces what the former verdict looked at. Every look that ends calls it, one
// that finds a pull request ungoverned too: without it every event is of interest.
func (tx *Tx) SetInterest(repo, number int64, i Interest) error {
	return wrap(tx.setInterest(repo, number, i), "store interest of pull request %d#%d", repo, number)
}

func (tx *Tx) setInterest(repo, number int64, i Interest) error {
	checks, err := json.Marshal(i.Checks)
	if err != nil {
		return err
	}
	seen, err := json.Marshal(i.Seen)
	if err != nil {
		return err
	}
	err = tx.exec(`
insert into interests (repo, number, checks, seen, base) values ($1, $2, $3, $4, $5)
on conflict (repo, number) do update set checks = excluded.checks, seen = excluded.seen, base = excluded.base`, repo, number, checks, seen, i.Base)
	if err != nil {
		return err
	}
	for _, table := range []string{
		`delete from interest_users where repo = $1 and number = $2`,
		`delete from interest_teams where repo = $1 and number = $2`,
	} {
		if err := tx.exec(table, repo, number); err != nil {
			return err
		}
	}
	for _, user := range i.Users {
		err := tx.exec(`insert into interest_users (repo, number, user_id) values ($1, $2, $3) on conflict do nothing`, repo, number, user)
		if err != nil {
			return err
		}
	}
	for _, team := range i.Teams {
		err := tx.exec(`insert into interest_teams (repo, number, account, slug) values ($1, $2, $3, $4) on conflict do nothing`,
			repo, number, team.Account, team.Slug)
		if err != nil {
			return err
		}
	}
	return nil
}

// checkInterest returns what of an Interest is about checks; false if there is none yet.
func (tx *Tx) checkInterest(repo, number int64) (Interest, bool, error) {
	return one(tx.reader(), func(s scan) (i Interest, err error) {
		var checks, seen []byte
		if err := s(&checks, &seen); err != nil {
			return i, err
		}
		if err := json.Unmarshal(checks, &i.Checks); err != nil {
			return i, fmt.Errorf("read interest: %w", err)
		}
		if err := json.Unmarshal(seen, &i.Seen); err != nil {
			return i, fmt.Errorf("read seen checks: %w", err)
		}
		return i, nil
	}, `select checks, seen from interests where repo = $1 and number = $2`, repo, number)
}
