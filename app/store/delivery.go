package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Delivery is one webhook delivery, as it was received.
type Delivery struct {
	App          int64  // the app that it was sent to; with GUID the key
	GUID         string // X-GitHub-Delivery: a redelivery carries the same
	Event        string // X-GitHub-Event
	Action       string // empty if the event has none
	Installation int64  // 0 if it names none
	Repo         int64  // 0 if it names none
	At           time.Time
	Body         []byte // as signed
}

// Accept stores a delivery and all that it means, in one transaction: facts first, then what
// is to be forgotten, then the subjects that are due, the selected ones among them. A
// delivery that is stored already changes nothing: fresh is false.
func (s *Store) Accept(ctx context.Context, d Delivery, r subject.Result) (fresh bool, err error) {
	err = s.Tx(ctx, func(tx *Tx) error {
		n, err := tx.affect(`
insert into deliveries (app, guid, event, action, installation, repo, at, body) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing`, d.App, d.GUID, d.Event, d.Action, d.Installation, d.Repo, micros(d.At), bytesOf(d.Body))
		if err != nil {
			return err
		}
		fresh = n == 1
		if !fresh {
			return nil
		}
		return tx.apply(d.At, r, d.GUID)
	})
	if err != nil {
		return false, fmt.Errorf("accept delivery %s: %w", d.GUID, err)
	}
	return fresh, nil
}

// Apply is what Accept does with a Result, for facts that did not come by a delivery: those
// of a sweep, which asked GitHub itself.
func (tx *Tx) Apply(at time.Time, r subject.Result) error { return tx.apply(at, r, "") }

// apply raises each subject at most once; guid is remembered with it, unless empty.
func (tx *Tx) apply(at time.Time, r subject.Result, guid string) error {
	if err := tx.facts(at, r); err != nil {
		return err
	}
	for _, key := range r.Forget {
		if err := tx.forget(key, at); err != nil {
			return err
		}
	}
	due := map[subject.Subject]bool{}
	for _, sub := range r.Subjects {
		due[sub] = true
	}
	for _, sel := range r.Selectors {
		if err := tx.selected(at, sel, due); err != nil {
			return fmt.Errorf("select by %s: %w", sel.Kind, err)
		}
	}
	var all []Due
	for sub := range due {
		installation, err := tx.installationOf(sub, r.Installation)
		if err != nil {
			return err
		}
		all = append(all, Due{Subject: sub, Installation: installation, At: at})
	}
	for _, d := range inOrder(all) {
		generation, err := tx.raise(d)
		if err != nil {
			return err
		}
		if guid == "" {
			continue
		}
		err = tx.exec(`insert into subject_deliveries (subject, generation, guid) values ($1, $2, $3)`, d.Subject.Key(), generation, guid)
		if err != nil {
			return fmt.Errorf("note what raised %s: %w", d.Subject.Key(), err)
		}
	}
	return nil
}

func (tx *Tx) facts(at time.Time, r subject.Result) error {
	for _, f := range r.Installations {
		if err := tx.installationFact(f, at); err != nil {
			return fmt.Errorf("note installation %d: %w", f.ID, err)
		}
	}
	for _, f := range r.Repositories {
		if err := tx.repositoryFact(f); err != nil {
			return fmt.Errorf("note repository %d: %w", f.ID, err)
		}
	}
	for _, f := range r.Pulls {
		if err := tx.pullFact(f, at); err != nil {
			return fmt.Errorf("note pull request %d#%d: %w", f.Repo, f.Number, err)
		}
	}
	for _, f := range r.MergeGroups {
		if err := tx.mergeGroupFact(f, at); err != nil {
			return fmt.Errorf("note merge group %s of repository %d: %w", f.SHA, f.Repo, err)
		}
	}
	for _, f := range r.Teams {
		if err := tx.told(subject.TeamMaking, subject.TeamMakingKey(f.Account, f.Team, f.Slug), f.By, f.At); err != nil {
			return fmt.Errorf("note who made team %d: %w", f.Team, err)
		}
	}
	for _, f := range r.Joins {
		if err := tx.told(subject.JoinMemory, subject.JoinKey(f.Account, f.Team, f.User), f.By, f.At); err != nil {
			return fmt.Errorf("note who joined team %d: %w", f.Team, err)
		}
	}
	return tx.pushes(r.Pushes)
}

// told remembers for ever who did something; the last to do so counts.
func (tx *Tx) told(kind, key string, by subject.Person, at time.Time) error {
	body, err := json.Marshal(by)
	if err != nil {
		return err
	}
	return tx.remember(kind, key, body, at, time.Time{})
}

// installationOf prefers what the delivery itself says over what a row remembers.
func (tx *Tx) installationOf(sub subject.Subject, told int64) (int64, error) {
	switch {
	case sub.Kind == subject.Installation:
		return sub.Number, nil
	case told != 0:
		return told, nil
	}
	installation, _, err := one(tx.reader(), column[int64], `select installation from repositories where id = $1`, sub.Repo)
	return installation, wrap(err, "look up installation of repository %d", sub.Repo)
}

// Delivery returns a stored delivery.
func (s *Store) Delivery(ctx context.Context, app int64, guid string) (Delivery, bool, error) {
	d, found, err := one(s.reader(ctx), func(s scan) (Delivery, error) {
		d := Delivery{App: app, GUID: guid}
		var at int64
		err := s(&d.Event, &d.Action, &d.Installation, &d.Repo, &at, &d.Body)
		d.At = moment(at)
		return d, err
	}, `select event, action, installation, repo, at, body from deliveries where app = $1 and guid = $2`, app, guid)
	return d, found, wrap(err, "read delivery %s", guid)
}
