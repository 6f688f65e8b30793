package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// PostMortem is what has to be written after an emergency, in an issue of the repository.
type PostMortem struct {
	Repo      int64
	Pull      int64  // the change's pull request
	Declared  int64  // comment of the first declaration; with Repo and Pull the key
	Facts     []byte // JSON
	Layer     string // of the policy, whose emergency it is
	Blocks    bool   // overdue it blocks the repository's next standard deployment
	StartedAt time.Time
	DueAt     time.Time

	Round     int       // issues that went before: deleted, or moved
	Text      string    // address of the issue's text as it was to be opened
	OpeningAt time.Time // since when it is to be opened
	Writing   bool      // opening began, and its answer is not known: look before writing
	Issue     int64     // its number; 0: it is not open yet
	Reminded  int       // reminders that are behind it

	OverdueAt   time.Time // when it was found overdue; zero: it was not
	CompletedAt time.Time // when it was closed by somebody who may complete it; zero: it is not complete
	Reviewed    string    // digest of the text that was reviewed
	Changed     string    // what became of it since then; empty: nothing
}

// Subject is the post-mortems of a change on the worklist.
func (p PostMortem) Subject() subject.Subject {
	return subject.Subject{Kind: subject.PostMortem, Repo: p.Repo, Number: p.Pull}
}

// Overdue reports whether it should be complete and is not.
func (p PostMortem) Overdue(at time.Time) bool { return p.CompletedAt.IsZero() && !p.DueAt.After(at) }

const selectPostMortem = `
select repo, pull, declared, facts, layer, blocks, started_at, due_at, round, text, opening_at, writing, issue, reminded, overdue_at,
	completed_at, reviewed, changed from post_mortems `

func scanPostMortem(s scan) (p PostMortem, err error) {
	var started, due, opening, overdue, completed int64
	err = s(&p.Repo, &p.Pull, &p.Declared, &p.Facts, &p.Layer, &p.Blocks, &started, &due, &p.Round, &p.Text, &opening, &p.Writing, &p.Issue, &p.Reminded,
		&overdue, &completed, &p.Reviewed, &p.Changed)
	p.StartedAt, p.DueAt, p.OpeningAt = moment(started), moment(due), moment(opening)
	p.OverdueAt, p.CompletedAt = moment(overdue), moment(completed)
	return p, err
}

// PostMortems returns those of a change, the oldest first.
func (s *Store) PostMortems(ctx context.Context, repo, pull int64) ([]PostMortem, error) {
	return s.reader(ctx).postMortems(repo, pull)
}

// PostMortems is Store.PostMortems, with the rows locked: also those that are not there yet.
func (tx *Tx) PostMortems(repo, pull int64) ([]PostMortem, error) {
	if err := tx.lock("post-mortem/%d/%d", repo, pull); err != nil {
		return nil, err
	}
	return tx.locking().postMortems(repo, pull)
}

// SeePostMortems is Store.PostMortems, for a look that changes none of them.
func (tx *Tx) SeePostMortems(repo, pull int64) ([]PostMortem, error) {
	return tx.reader().postMortems(repo, pull)
}

func (r reader) postMortems(repo, pull int64) ([]PostMortem, error) {
	all, err := list(r, scanPostMortem, selectPostMortem+`where repo = $1 and pull = $2 order by started_at, declared`+r.lock, repo, pull)
	return all, wrap(err, "list post-mortems of %d#%d", repo, pull)
}

// OpenPostMortems returns those of a repository that are not complete, the first to be due
// first.
func (tx *Tx) OpenPostMortems(repo int64) ([]PostMortem, error) {
	all, err := list(tx.reader(), scanPostMortem, selectPostMortem+`
where repo = $1 and completed_at = 0 order by due_at, pull, declared`, repo)
	return all, wrap(err, "list open post-mortems of repository %d", repo)
}

// PutPostMortem stores one.
func (tx *Tx) PutPostMortem(p PostMortem) error {
	err := tx.exec(`
insert into post_mortems (repo, pull, declared, facts, layer, blocks, started_at, due_at, round, text, opening_at, writing, issue,
	reminded, overdue_at, completed_at, reviewed, changed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
on conflict (repo, pull, declared) do update set
	facts = excluded.facts, layer = excluded.layer, blocks = excluded.blocks, started_at = excluded.started_at, due_at = excluded.due_at,
	round = excluded.round, text = excluded.text, opening_at = excluded.opening_at, writing = excluded.writing, issue = excluded.issue,
	reminded = excluded.reminded, overdue_at = excluded.overdue_at, completed_at = excluded.completed_at, reviewed = excluded.reviewed,
	changed = excluded.changed`,
		p.Repo, p.Pull, p.Declared, bytesOf(p.Facts), p.Layer, p.Blocks, micros(p.StartedAt), micros(p.DueAt), p.Round, p.Text, micros(p.OpeningAt), p.Writing,
		p.Issue, p.Reminded, micros(p.OverdueAt), micros(p.CompletedAt), p.Reviewed, p.Changed)
	return wrap(err, "store post-mortem of %d#%d", p.Repo, p.Pull)
}

// PostMortemNote is a comment of ours that is owed on the issue of a post-mortem, or stands
// there.
type PostMortemNote struct {
	Name    string // with the post-mortem the key: it is owed once
	At      time.Time
	Body    string // Markdown
	Writing bool   // as in PostMortem
	SaidAt  time.Time
}

// AddPostMortemNote owes a comment, and reports whether it was not owed before.
func (tx *Tx) AddPostMortemNote(p PostMortem, n PostMortemNote) (bool, error) {
	count, err := tx.affect(`
insert into post_mortem_notes (repo, pull, declared, name, at, body) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
		p.Repo, p.Pull, p.Declared, n.Name, micros(n.At), n.Body)
	return count == 1, wrap(err, "owe a comment on the post-mortem of %d#%d", p.Repo, p.Pull)
}

// PutPostMortemNote stores what became of a comment.
func (tx *Tx) PutPostMortemNote(p PostMortem, n PostMortemNote) error {
	err := tx.exec(`update post_mortem_notes set writing = $5, said_at = $6 where repo = $1 and pull = $2 and declared = $3 and name = $4`,
		p.Repo, p.Pull, p.Declared, n.Name, n.Writing, micros(n.SaidAt))
	return wrap(err, "store a comment on the post-mortem of %d#%d", p.Repo, p.Pull)
}

// OwedPostMortemNotes returns the comments that are owed, the oldest first.
func (s *Store) OwedPostMortemNotes(ctx context.Context, p PostMortem) ([]PostMortemNote, error) {
	all, err := list(s.reader(ctx), func(s scan) (n PostMortemNote, err error) {
		var at int64
		err = s(&n.Name, &at, &n.Body, &n.Writing)
		n.At = moment(at)
		return n, err
	}, `
select name, at, body, writing from post_mortem_notes
where repo = $1 and pull = $2 and declared = $3 and said_at = 0 order by at, name`, p.Repo, p.Pull, p.Declared)
	return all, wrap(err, "list comments owed on the post-mortem of %d#%d", p.Repo, p.Pull)
}

// selectPostMortem adds the change whose post-mortem an issue is.
func (tx *Tx) selectPostMortem(repo, issue int64, due map[subject.Subject]bool) error {
	all, err := list(tx.reader(), scanPostMortem, selectPostMortem+`where repo = $1 and issue = $2`, repo, issue)
	for _, p := range all {
		due[p.Subject()] = true
	}
	return wrap(err, "look up the post-mortem in issue %d of repository %d", issue, repo)
}
