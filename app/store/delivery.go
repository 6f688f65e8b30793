package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
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
// delivery that is stored already changes nothing: fresh is false. Of one whose very body
// came before as the same event, under another id, only Result.Echo is applied: GitHub gives
// each event one id, and what it signed can be sent again by whoever got hold of it.
//
// Where looks go on meanwhile, in transactions of others, a look that begins after subjects
// were selected, and so is not selected, could still read what the delivery is about to
// change, and nobody would look again. So what looks read from the store is changed first, in
// a transaction of its own. It is true by itself, and harmless if the second never comes: the
// delivery is then as if it had not arrived.
func (s *Store) Accept(ctx context.Context, d Delivery, r subject.Result) (fresh bool, err error) {
	sum := sha256.Sum256(d.Body)
	digest := hex.EncodeToString(sum[:])
	if s.d.shared && len(r.Selectors) > 0 && changesLooks(r) {
		err := s.Tx(ctx, func(tx *Tx) error {
			known, err := list(tx.reader(), column[int64],
				`select 1 from deliveries where app = $1 and (guid = $2 or digest = $3 and event = $4) limit 1`, d.App, d.GUID, digest, d.Event)
			if err != nil || len(known) > 0 {
				return err // an echo changes nothing that looks read
			}
			if err := tx.places(d.At, r); err != nil {
				return err
			}
			return tx.memories(d.At, r)
		})
		if err != nil {
			return false, fmt.Errorf("accept delivery %s: %w", d.GUID, err)
		}
	}
	err = s.Tx(ctx, func(tx *Tx) error {
		if err := tx.lock("delivery/%s", digest); err != nil { // so that one of two echoes sees the other
			return err
		}
		n, err := tx.affect(`
insert into deliveries (app, guid, event, action, installation, repo, at, body, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing`, d.App, d.GUID, d.Event, d.Action, d.Installation, d.Repo, micros(d.At), bytesOf(d.Body), digest)
		if err != nil {
			return err
		}
		fresh = n == 1
		if !fresh {
			return nil
		}
		before, err := list(tx.reader(), column[string],
			`select guid from deliveries where digest = $1 and app = $2 and event = $3 and guid <> $4 limit 1`, digest, d.App, d.Event, d.GUID)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			r = r.Echo()
		}
		return tx.apply(d.At, r, d.GUID)
	})
	if err != nil {
		return false, fmt.Errorf("accept delivery %s: %w", d.GUID, err)
	}
	return fresh, nil
}

// changesLooks says whether r changes what looks read from the store, beside the rows of the
// subjects that it names.
func changesLooks(r subject.Result) bool {
	return len(r.Forget)+len(r.Teams)+len(r.Joins)+len(r.Unasked)+len(r.Pushes) > 0
}

// Apply is what Accept does with a Result, for facts that did not come by a delivery: those
// of a sweep, which asked GitHub itself.
func (tx *Tx) Apply(at time.Time, r subject.Result) error { return tx.apply(at, r, "") }

// apply raises each subject at most once; guid is remembered with it, unless empty.
func (tx *Tx) apply(at time.Time, r subject.Result, guid string) error {
	if err := tx.places(at, r); err != nil {
		return err
	}
	for _, f := range sorted(r.Pulls, func(f subject.PullFact) [2]int64 { return [2]int64{f.Repo, f.Number} }) {
		if err := tx.pullFact(f, at); err != nil {
			return fmt.Errorf("note pull request %d#%d: %w", f.Repo, f.Number, err)
		}
	}
	for _, f := range r.MergeGroups {
		if err := tx.mergeGroupFact(f, at); err != nil {
			return fmt.Errorf("note merge group %s of repository %d: %w", f.SHA, f.Repo, err)
		}
	}
	for _, f := range r.Gates {
		if err := tx.gateFact(f); err != nil {
			return fmt.Errorf("note a job at environment %s of repository %d: %w", f.Environment, f.Repo, err)
		}
	}
	for _, f := range r.Deployed {
		if err := tx.deployedFact(f, r.Installation); err != nil {
			return fmt.Errorf("note deployment %d of repository %d: %w", f.Deployment, f.Repo, err)
		}
	}
	if err := tx.memories(at, r); err != nil {
		return err
	}
	for _, f := range sorted(r.Commands, func(f subject.CommandFact) [2]int64 { return [2]int64{f.Comment} }) {
		if err := tx.commandFact(f, guid); err != nil {
			return fmt.Errorf("note comment %d: %w", f.Comment, err)
		}
	}
	due := map[subject.Subject]Due{}
	for _, sub := range r.Subjects {
		d := Due{Subject: sub}
		if r.Stranger {
			d.Priority = subject.Strangers
		}
		due[sub] = d
	}
	for _, sel := range r.Selectors {
		selected := map[subject.Subject]bool{}
		if err := tx.selected(at, sel, selected); err != nil {
			return fmt.Errorf("select by %s: %w", sel.Kind, err)
		}
		for sub := range selected {
			if _, named := due[sub]; !named {
				due[sub] = Due{Subject: sub, Priority: waits(sel, sub, r.Stranger), Result: sel.Result || sel.Check != nil}
			}
		}
	}
	for sub, d := range due {
		installation, err := tx.installationOf(sub, r.Installation)
		if err != nil {
			return err
		}
		d.Installation, d.At = installation, at
		tx.moves = append(tx.moves, move{key: sub.Key(), do: func() error { return tx.raiseBy(d, guid) }})
	}
	return nil
}

// raiseBy raises a subject and remembers which delivery did, unless guid is empty.
func (tx *Tx) raiseBy(d Due, guid string) error {
	generation, err := tx.raise(d)
	if err != nil || guid == "" {
		return err
	}
	err = tx.exec(`insert into subject_deliveries (subject, generation, guid, trace) values ($1, $2, $3, $4)`, d.Subject.Key(), generation, guid, tx.trace())
	return wrap(err, "note what raised %s", d.Subject.Key())
}

// places notes the facts of installations and repositories.
func (tx *Tx) places(at time.Time, r subject.Result) error {
	for _, f := range sorted(r.Installations, func(f subject.InstallationFact) [2]int64 { return [2]int64{f.ID} }) {
		if err := tx.installationFact(f, at); err != nil {
			return fmt.Errorf("note installation %d: %w", f.ID, err)
		}
	}
	for _, f := range sorted(r.Repositories, func(f subject.RepositoryFact) [2]int64 { return [2]int64{f.ID} }) {
		if err := tx.repositoryFact(f); err != nil {
			return fmt.Errorf("note repository %d: %w", f.ID, err)
		}
	}
	return nil
}

// waits says who waits for a subject that a selector finds; 0: whoever waits for what is raised
// anyway.
func waits(sel subject.Selector, sub subject.Subject, stranger bool) subject.Priority {
	switch {
	case stranger:
		return subject.Strangers
	case sel.Kind == subject.ByRepository || sel.Kind == subject.ByBase:
		return subject.Background
	case sel.Kind == subject.ByTeam || sel.Kind == subject.ByPerson:
		if sub.Kind == subject.Deployment {
			return subject.Background // all that are held, of which it may concern one
		}
		return subject.Timers
	}
	return 0
}

// sorted returns facts in the order of their keys, those of one key as they came.
func sorted[T any](facts []T, key func(T) [2]int64) []T {
	facts = slices.Clone(facts)
	slices.SortStableFunc(facts, func(a, b T) int { x, y := key(a), key(b); return slices.Compare(x[:], y[:]) })
	return facts
}

// memories notes what looks recall, and drops what they must not recall any more.
func (tx *Tx) memories(at time.Time, r subject.Result) error {
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
	if err := tx.pushes(r.Pushes); err != nil {
		return err
	}
	for _, key := range r.Forget {
		if err := tx.forget(key, at); err != nil {
			return err
		}
	}
	for _, f := range r.Unasked {
		if err := tx.told(subject.UnaskedMemory, subject.UnaskedKey(f.Repo, f.Number, f.Team, f.User), f.By, f.At); err != nil {
			return fmt.Errorf("note who is not to be asked on %d#%d: %w", f.Repo, f.Number, err)
		}
	}
	return nil
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
