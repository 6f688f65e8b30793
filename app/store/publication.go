package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Publication is what one head should show on GitHub, and what it shows as far as we know.
// Wanted and Said belong to whoever publishes; the other fields are what the store must know
// of them to tell our own events from others'.
type Publication struct {
	Repo       int64
	SHA        string
	Generation int64 // of the look behind Wanted

	Wanted       []byte // JSON
	WantedDigest string
	WantedAt     time.Time

	Said          []byte // JSON
	SaidDigest    string
	CheckRun      int64  // our newest run's id; 0: none
	RunStatus     string // GitHub's words, lower case, as the run and the status stand
	RunConclusion string
	StatusState   string // empty: none
	AnnotatedKey  string // for which annotations were sent
	WritingDigest string // set before the first write to GitHub, cleared with its answer: the mark of what may stand there

	// FullStatus: GitHub takes no more statuses of ours on the commit.
	FullStatus bool

	// Doubts counts the events and looks that contradicted Said: a run of ours that is not as we left
	// it, a status in our context that we did not post. Accept and Doubt raise it; PutPublication
	// leaves it alone. Whoever publishes looks at GitHub while it is above Answered, and
	// stores as Answered the Doubts that it read before it looked.
	Doubts   int64
	Answered int64

	// Reruns counts how often somebody asked GitHub to run our check again, and Reran how
	// often we did: the same rules as for Doubts and Answered.
	Reruns int64
	Reran  int64
}

// Rerun says whether somebody waits for our check to run again.
func (p Publication) Rerun() bool { return p.Reruns > p.Reran }

// Doubted says whether an event contradicted Said since it was last made sure of.
func (p Publication) Doubted() bool { return p.Doubts > p.Answered }

// Subject is the head on the worklist.
func (p Publication) Subject() subject.Subject {
	return subject.Subject{Kind: subject.Head, Repo: p.Repo, SHA: p.SHA}
}

func (r reader) publication(repo int64, sha string) (Publication, bool, error) {
	p, found, err := one(r, func(s scan) (Publication, error) {
		p := Publication{Repo: repo, SHA: sha}
		var wantedAt int64
		err := s(&p.Generation, &p.Wanted, &p.WantedDigest, &wantedAt,
			&p.Said, &p.SaidDigest, &p.CheckRun, &p.RunStatus, &p.RunConclusion, &p.StatusState,
			&p.AnnotatedKey, &p.WritingDigest, &p.Doubts, &p.Answered, &p.Reruns, &p.Reran, &p.FullStatus)
		p.WantedAt = moment(wantedAt)
		return p, err
	}, `
select generation, wanted, wanted_digest, wanted_at,
	said, said_digest, check_run, run_status, run_conclusion, status_state,
	annotated_key, writing_digest, doubts, answered, reruns, reran, full_status
from publications where repo = $1 and sha = $2`, repo, sha)
	return p, found, wrap(err, "read publication on %s in repository %d", sha, repo)
}

// Publication returns what is to be shown, and what is, on a head.
func (s *Store) Publication(ctx context.Context, repo int64, sha string) (Publication, bool, error) {
	return s.reader(ctx).publication(repo, sha)
}

// Publication is Store.Publication, with the head locked, whether it has a row or not: who
// composes what it should show sees what others stored of its pull requests before, and they
// see what is stored now.
func (tx *Tx) Publication(repo int64, sha string) (Publication, bool, error) {
	if err := tx.lockHead(repo, sha); err != nil {
		return Publication{}, false, wrap(err, "lock head %s in repository %d", sha, repo)
	}
	return tx.reader().publication(repo, sha)
}

// SeePublication is Publication without the lock, for who only looks.
func (tx *Tx) SeePublication(repo int64, sha string) (Publication, bool, error) {
	return tx.reader().publication(repo, sha)
}

func (tx *Tx) lockHead(repo int64, sha string) error { return tx.lock("head/%d/%s", repo, sha) }

// PutPublication stores all of p but Doubts and Reruns.
func (tx *Tx) PutPublication(p Publication) error {
	err := tx.exec(`
insert into publications (repo, sha, generation, wanted, wanted_digest, wanted_at,
	said, said_digest, check_run, run_status, run_conclusion, status_state, annotated_key, writing_digest, answered, reran, full_status)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict (repo, sha) do update set
	generation = excluded.generation, wanted = excluded.wanted, wanted_digest = excluded.wanted_digest, wanted_at = excluded.wanted_at,
	said = excluded.said, said_digest = excluded.said_digest, check_run = excluded.check_run, run_status = excluded.run_status,
	run_conclusion = excluded.run_conclusion, status_state = excluded.status_state, annotated_key = excluded.annotated_key,
	writing_digest = excluded.writing_digest, answered = excluded.answered, reran = excluded.reran,
	full_status = excluded.full_status`,
		p.Repo, p.SHA, p.Generation, bytesOf(p.Wanted), p.WantedDigest, micros(p.WantedAt),
		bytesOf(p.Said), p.SaidDigest, p.CheckRun, p.RunStatus, p.RunConclusion, p.StatusState, p.AnnotatedKey, p.WritingDigest, p.Answered, p.Reran,
		p.FullStatus)
	if err != nil {
		return fmt.Errorf("store publication on %s in repository %d: %w", p.SHA, p.Repo, err)
	}
	return nil
}

// own is what an event says about our own publication.
type own string

const (
	notOurs   own = "not ours"
	asSaid    own = "as said"     // nothing to do
	perhaps   own = "perhaps"     // it cannot be told whose it is: look, but believe Said
	notAsSaid own = "not as said" // GitHub shows something else than Said
)

// ownCheck compares a result with what we published on the head. While a publication is
// being written its row says less than GitHub, so runs of ours are taken as said: only our
// app can change them. A status can be anybody's, so its sender decides.
func (tx *Tx) ownCheck(repo int64, sha string, c subject.Check) (own, error) {
	app := tx.s.o.App
	status := c.Source == subject.CommitStatus && strings.EqualFold(c.Name, tx.s.o.StatusContext)
	switch {
	case !status && (app == 0 || c.App != app):
		return notOurs, nil
	case c.Source == subject.CheckSuite:
		return asSaid, nil // the frame that GitHub puts around our runs
	}
	p, found, err := tx.reader().publication(repo, sha)
	if err != nil {
		return "", err
	}
	bot, err := tx.OwnBot()
	if err != nil {
		return "", err
	}
	writing := found && p.WritingDigest != ""
	switch {
	case !status && (writing || found && c.ID == p.CheckRun && c.Status == p.RunStatus && c.Conclusion == p.RunConclusion):
		return asSaid, nil
	case !status:
		return notAsSaid, nil
	}
	same := found && c.Conclusion == p.StatusState
	switch ours := bot != 0 && c.Creator == bot; {
	case ours && (same || writing):
		return asSaid, nil
	case bot == 0 && (same || writing):
		return perhaps, nil
	default:
		return notAsSaid, nil
	}
}

// Doubt notes that GitHub shows something else than Said, and makes the head due.
func (tx *Tx) Doubt(p Publication, at time.Time) error {
	if _, err := tx.doubt(p.Repo, p.SHA); err != nil {
		return wrap(err, "doubt publication on %s in repository %d", p.SHA, p.Repo)
	}
	return tx.Raise(at, Due{Subject: p.Subject(), At: at})
}

// doubt notes that GitHub shows something else than Said; false if nothing was said.
func (tx *Tx) doubt(repo int64, sha string) (bool, error) {
	n, err := tx.affect(`update publications set doubts = doubts + 1 where repo = $1 and sha = $2`, repo, sha)
	return n > 0, err
}

// rerun notes that somebody asked for our check on a head to run again; false if nothing
// was ever to be shown there.
func (tx *Tx) rerun(repo int64, sha string) (bool, error) {
	n, err := tx.affect(`update publications set reruns = reruns + 1 where repo = $1 and sha = $2`, repo, sha)
	return n > 0, err
}
