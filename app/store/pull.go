package store

import (
	"context"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Pull is a pull request as it stood when it was last told of or read.
type Pull struct {
	Repo      int64
	Number    int64
	Title     string
	Head      string // commit
	HeadRepo  int64  // 0: the fork was deleted
	HeadRef   string // branch in HeadRepo
	Base      string // branch
	Author    int64  // GitHub's user id; 0: ghost
	Open      bool
	Merged    bool
	Draft     bool
	UpdatedAt time.Time // GitHub's updated_at: whole seconds

	HeadSeen   time.Time // when this head was first seen; zero in PutPull: at UpdatedAt
	Governed   bool      // the policy governs Base; true as long as nobody looked
	JudgedBase string    // base of the last verdict; empty: none
	Facts      []byte    // JSON rules.Change of the last look; nil: none, or closed
}

// Subject is the pull request on the worklist.
func (p Pull) Subject() subject.Subject {
	return subject.Subject{Kind: subject.PullRequest, Repo: p.Repo, Number: p.Number}
}

const (
	pullColumns = `repo, number, title, head, head_repo, head_ref, base, author, open, merged, draft, updated_at, head_seen_at, governed, judged_base`
	selectPull  = `select ` + pullColumns + `, facts from pulls `
	// Facts are large: what a delivery is measured against does without them.
	selectPullOnly = `select ` + pullColumns + `, null from pulls `
)

func scanPull(s scan) (p Pull, err error) {
	var updated, seen int64
	err = s(&p.Repo, &p.Number, &p.Title, &p.Head, &p.HeadRepo, &p.HeadRef, &p.Base, &p.Author, &p.Open, &p.Merged, &p.Draft,
		&updated, &seen, &p.Governed, &p.JudgedBase, &p.Facts)
	p.UpdatedAt, p.HeadSeen = moment(updated), moment(seen)
	return p, err
}

func (r reader) pull(repo, number int64) (Pull, bool, error) {
	p, found, err := one(r, scanPull, selectPull+`where repo = $1 and number = $2`, repo, number)
	return p, found, wrap(err, "read pull request %d#%d", repo, number)
}

func (r reader) pullsByHead(repo int64, sha string) ([]Pull, error) {
	all, err := list(r, scanPull, selectPull+`where repo = $1 and head = $2 and open order by number`, repo, sha)
	return all, wrap(err, "list pull requests with head %s in repository %d", sha, repo)
}

// Pull returns one pull request.
func (s *Store) Pull(ctx context.Context, repo, number int64) (Pull, bool, error) {
	return s.reader(ctx).pull(repo, number)
}

// PullsByHead returns the open pull requests of a repository that have this head, by number.
func (s *Store) PullsByHead(ctx context.Context, repo int64, sha string) ([]Pull, error) {
	return s.reader(ctx).pullsByHead(repo, sha)
}

// OpenPulls returns the open pull requests of a repository, by number, without Facts.
func (s *Store) OpenPulls(ctx context.Context, repo int64) ([]Pull, error) {
	all, err := list(s.reader(ctx), scanPull, selectPullOnly+`where repo = $1 and open order by number`, repo)
	return all, wrap(err, "list open pull requests of repository %d", repo)
}

// OpenPulls is Store.OpenPulls as the transaction sees it.
func (tx *Tx) OpenPulls(repo int64) ([]Pull, error) {
	all, err := list(tx.reader(), scanPull, selectPullOnly+`where repo = $1 and open order by number`, repo)
	return all, wrap(err, "list open pull requests of repository %d", repo)
}

// Pull is Store.Pull, with the row locked.
func (tx *Tx) Pull(repo, number int64) (Pull, bool, error) { return tx.locking().pull(repo, number) }

// PullsByHead is Store.PullsByHead as the transaction sees it. The rows are not locked: who
// composes what a head should show locks the head, with Publication.
func (tx *Tx) PullsByHead(repo int64, sha string) ([]Pull, error) {
	return tx.reader().pullsByHead(repo, sha)
}

// PutPull stores what a look at GitHub said and found. If a delivery told something newer
// meanwhile, that stays, and has made the pull request due again; what the look found
// (Governed, JudgedBase, Facts) is still taken while head and base are the same. A check that
// was reported on the head before the store knew that this pull request has it makes it due.
func (tx *Tx) PutPull(p Pull) error {
	err := tx.putPull(p)
	return wrap(err, "store pull request %d#%d", p.Repo, p.Number)
}

func (tx *Tx) putPull(p Pull) error {
	was, found, err := tx.pullOnly(p.Repo, p.Number)
	if err != nil {
		return err
	}
	if found && p.UpdatedAt.Before(was.UpdatedAt) {
		if p.Head != was.Head || p.Base != was.Base {
			return nil
		}
		was.Governed, was.JudgedBase, was.Facts = p.Governed, p.JudgedBase, p.Facts
		p = was
	}
	if found && p.Head == was.Head {
		p.HeadSeen = was.HeadSeen
	} else if p.HeadSeen.IsZero() {
		p.HeadSeen = p.UpdatedAt
	}
	if err := tx.savePull(p); err != nil {
		return err
	}
	if p.Open {
		err := tx.exec(`update pulls set facts = $3 where repo = $1 and number = $2`, p.Repo, p.Number, p.Facts)
		if err != nil {
			return err
		}
	}
	if !p.Open || found && was.Open && was.Head == p.Head {
		return nil
	}
	if err := tx.lockHead(p.Repo, p.Head); err != nil { // selectByHead takes it before it calls a check stray
		return err
	}
	strays, err := list(tx.reader(), column[int64], `select at from strays where repo = $1 and sha = $2`, p.Repo, p.Head)
	if err != nil || len(strays) == 0 {
		return err
	}
	return tx.Raise(moment(strays[0]), Due{Subject: p.Subject()})
}

// pullFact applies what a delivery says. GitHub's clock has whole seconds, so of two facts of
// one second nobody knows which is newer. The one that arrives later is taken, with one
// exception: a pull request that either calls open stays open. If it is closed after all, a
// look too many finds that out; if it were taken for closed, the results of its checks would
// be dropped. What is merged is never open again.
func (tx *Tx) pullFact(f subject.PullFact, at time.Time) error {
	was, found, err := tx.pullOnly(f.Repo, f.Number)
	if err != nil || found && f.UpdatedAt.Before(was.UpdatedAt) {
		return err
	}
	p := Pull{
		Repo: f.Repo, Number: f.Number, Title: f.Title, Head: f.Head, HeadRepo: f.HeadRepo, HeadRef: f.HeadRef,
		Base: f.Base, Author: f.Author, Open: f.Open && !f.Merged, Merged: f.Merged, Draft: f.Draft, UpdatedAt: f.UpdatedAt,
		HeadSeen: at, Governed: true,
	}
	if found {
		if was.Head == p.Head {
			p.HeadSeen = was.HeadSeen
		}
		p.JudgedBase = was.JudgedBase
		p.Governed = was.Governed || was.Base != p.Base
		if f.UpdatedAt.Equal(was.UpdatedAt) {
			p.Merged = p.Merged || was.Merged
			p.Open = (p.Open || was.Open) && !p.Merged
		}
	}
	return tx.savePull(p)
}

// pullOnly locks the row, or the place of those that the repository does not have yet: one
// lock for all of them, because a sweep can find thousands.
func (tx *Tx) pullOnly(repo, number int64) (p Pull, found bool, err error) {
	for range 2 {
		p, found, err = one(tx.locking(), scanPull, selectPullOnly+`where repo = $1 and number = $2`, repo, number)
		if err != nil || found || !tx.s.d.shared {
			return p, found, err
		}
		if err := tx.lock("pulls/%d", repo); err != nil {
			return Pull{}, false, err
		}
	}
	return Pull{}, false, nil
}

// savePull writes all but the facts, which a pull request loses as it closes.
func (tx *Tx) savePull(p Pull) error {
	err := tx.exec(`
insert into pulls (`+pullColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (repo, number) do update set
	title = excluded.title, head = excluded.head, head_repo = excluded.head_repo, head_ref = excluded.head_ref, base = excluded.base,
	author = excluded.author, open = excluded.open, merged = excluded.merged, draft = excluded.draft, updated_at = excluded.updated_at,
	head_seen_at = excluded.head_seen_at, governed = excluded.governed, judged_base = excluded.judged_base,
	facts = case when excluded.open then pulls.facts else null end`,
		p.Repo, p.Number, p.Title, p.Head, p.HeadRepo, p.HeadRef, p.Base, p.Author, p.Open, p.Merged, p.Draft,
		micros(p.UpdatedAt), micros(p.HeadSeen), p.Governed, p.JudgedBase)
	if err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}
