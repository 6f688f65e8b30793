package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
)

// publishHead makes a head show on GitHub what it should show. That a write begins is stored
// before the first one, and what GitHub answered after the last, so that a crash in between
// is found: the next try looks at GitHub before it writes.
func (a *App) publishHead(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	var o owed
	if err := a.store.Tx(ctx, func(tx *store.Tx) error { return o.begin(tx, c, a.now(), a.aged) }); err != nil || o.nothing {
		return err
	}
	client, err := a.client(ctx, repo.Installation)
	if err != nil {
		return err
	}
	top, _, _, err := a.store.LedgerHead(ctx, repo.Account)
	if err != nil {
		return err
	}
	// No write starts unless the lease outlives it: whoever takes over a lapsed lease waits
	// for requests that may still be on their way, but for no more.
	c, err = a.store.Extend(ctx, c, a.now().Add(lease))
	if err != nil {
		return err
	}
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	var failed error
	writes, end := a.at(writes, atPublish)
	o.said, failed = a.publisher.Publish(writes, client,
		publish.Target{Owner: repo.Owner, Name: repo.Name, Repo: repo.ID, SHA: c.Subject.SHA, Turn: c.Lease, Attempted: o.pub.WritingDigest, Doubted: o.pub.Doubted(), Fresh: o.pub.Rerun()},
		o.wanted, publish.Ledger{Log: repo.Account, Size: top.Size, Root: top.Root.String()}, o.said)
	end(failed)
	if err := a.stored(ctx, func(ctx context.Context, tx *store.Tx) error { return a.noteAnswer(ctx, tx, c, repo, o, failed) }); err != nil {
		return err
	}
	if errors.Is(failed, publish.ErrFull) {
		return nil // another publication is owed in its place
	}
	if failed == nil && o.pub.WantedDigest != o.pub.SaidDigest {
		a.metrics.published.Observe(a.now().Sub(o.pub.WantedAt).Seconds())
	}
	return failed
}

// owed is what is owed to one head, as it stood when publishing began.
type owed struct {
	pub     store.Publication
	wanted  publish.Wanted
	said    publish.Said
	nothing bool
}

// begin reads what is owed and notes that a write begins, or ends the claim if nothing is.
func (o *owed) begin(tx *store.Tx, c store.Claim, at time.Time, aged func(store.Publication) bool) error {
	var found bool
	var err error
	if o.pub, found, err = tx.Publication(c.Subject.Repo, c.Subject.SHA); err != nil {
		return err
	}
	// What is wanted may have been said before something else began to be written over it.
	said := o.pub.WantedDigest == o.pub.SaidDigest && o.pub.WritingDigest == ""
	if !found || said && !o.pub.Doubted() && !o.pub.Rerun() && !aged(o.pub) {
		o.nothing = true
		if err := tx.ChargeWrites(c.Installation, at, -store.PublicationWrites); err != nil {
			return err
		}
		return tx.Done(c, at, time.Time{})
	}
	if err := decode(o.pub.Wanted, &o.wanted); err != nil {
		return err
	}
	o.said = publish.Said{}
	if err := decode(o.pub.Said, &o.said); err != nil {
		return err
	}
	o.said.Writing = o.said.Writing || o.pub.WritingDigest != ""
	writing := o.pub
	writing.WritingDigest = publish.RunMark(o.wanted.Digest, c.Lease)
	return tx.PutPublication(writing)
}

// noteAnswer stores what GitHub answered. If it took all of it, the head is done, and one
// that was put to pending for a new base makes its pull requests due.
func (a *App) noteAnswer(ctx context.Context, tx *store.Tx, c store.Claim, repo store.Repository, o owed, failed error) error {
	pub, _, err := tx.Publication(c.Subject.Repo, c.Subject.SHA)
	if err != nil {
		return err
	}
	if pub.Said, err = json.Marshal(o.said); err != nil {
		return fmt.Errorf("encode what GitHub answered: %w", err)
	}
	pub.CheckRun, pub.RunStatus, pub.RunConclusion = o.said.RunID, o.said.RunStatus, o.said.Conclusion
	pub.StatusState, pub.AnnotatedKey = o.said.State, o.said.AnnotatedKey
	if errors.Is(failed, publish.ErrFull) {
		return a.full(tx, c, repo, pub, o.wanted)
	}
	if failed != nil {
		if !o.said.Writing { // it is known what stands, which may be half of what was wanted
			pub.WritingDigest, pub.SaidDigest = "", ""
		}
		return tx.PutPublication(pub)
	}
	pub.WritingDigest, pub.SaidDigest, pub.Answered, pub.Reran = "", o.wanted.Digest, o.pub.Doubts, o.pub.Reruns
	if err := tx.PutPublication(pub); err != nil {
		return err
	}
	at := a.now()
	body, err := json.Marshal(PublicationRecord{
		Host: a.host, Repo: repo.ID, Head: c.Subject.SHA, Digest: o.wanted.Digest, Outcome: string(o.wanted.Outcome),
		CheckRun: o.said.RunID, RunStatus: o.said.RunStatus, Conclusion: o.said.Conclusion, State: o.said.State,
	})
	if err != nil {
		return fmt.Errorf("encode publication record: %w", err)
	}
	_, seq, err := tx.Append(repo.Account, KindPublication, at, body)
	if err != nil {
		return err
	}
	if o.wanted.Digest == publish.Rebased().Digest {
		rows, err := tx.PullsByHead(repo.ID, c.Subject.SHA)
		if err != nil {
			return err
		}
		if err := tx.Raise(at, dueAll(c.Installation, rows, 0, at)...); err != nil {
			return err
		}
	}
	zerolog.Ctx(ctx).Info().Str("repo", fullName(repo)).Str("sha", c.Subject.SHA).Str("outcome", string(o.wanted.Outcome)).
		Int64("check_run", o.said.RunID).Int64("seq", seq).Msg("published")
	return tx.Done(c, at, time.Time{})
}

// full gives the commit status of a head up, for good: from now on the check run holds it.
func (a *App) full(tx *store.Tx, c store.Claim, repo store.Repository, pub store.Publication, wanted publish.Wanted) error {
	pub.FullStatus, pub.WritingDigest = true, ""
	if err := a.note(tx, c, repo, KindStatusLimit, c.Subject.SHA, "hold"); err != nil {
		return err
	}
	if _, err := a.owe(tx, repo.Installation, pub, wanted); err != nil {
		return err
	}
	return tx.Done(c, a.now(), time.Time{})
}

// answer records an answer that no policy gave and owes it to the head, once.
func (a *App) answer(tx *store.Tx, c store.Claim, repo store.Repository, kind, sha string, wanted publish.Wanted) error {
	pub, found, err := tx.Publication(repo.ID, sha)
	if err != nil || found {
		return err
	}
	if err := a.note(tx, c, repo, kind, sha, string(wanted.Outcome)); err != nil {
		return err
	}
	pub.Repo, pub.SHA = repo.ID, sha
	_, err = a.owe(tx, repo.Installation, pub, wanted)
	return err
}

// note appends the record of an answer that no policy gave.
func (a *App) note(tx *store.Tx, c store.Claim, repo store.Repository, kind, sha, outcome string) error {
	body, err := json.Marshal(AnswerRecord{
		Host: a.host, Repo: repo.ID, Subject: c.Subject.Key(), Head: sha, Outcome: outcome, Deliveries: c.Deliveries,
	})
	if err != nil {
		return fmt.Errorf("encode %s record: %w", kind, err)
	}
	_, _, err = tx.Append(repo.Account, kind, a.now(), body)
	return err
}

// aged reports whether our run on a head has to be made anew before GitHub lets go of it.
func (a *App) aged(pub store.Publication) bool {
	var said publish.Said
	return decode(pub.Said, &said) == nil && a.publisher.Aged(said)
}

// decode reads a stored body; nothing stored leaves v as it is.
func decode(body []byte, v any) error {
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("decode stored %T: %w", v, err)
	}
	return nil
}
