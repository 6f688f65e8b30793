package store

import (
	"context"

	"github.com/changewarden/changewarden/app/subject"
)

// EnvironmentStatus is what the gate answered last about a commit and an environment, of which
// GitHub is told for information.
type EnvironmentStatus struct {
	Repo        int64
	SHA         string
	Environment string // lower case
	Name        string // as GitHub or the token writes it
	Answer      string // of the last decision
	Log, Seq    int64  // the record of that decision
	Said        string // the answer that GitHub was told last, or did not take; empty: none
}

// Subject returns what is due while GitHub is to be told.
func (e EnvironmentStatus) Subject() subject.Subject {
	return subject.Subject{Kind: subject.Environment, Repo: e.Repo, SHA: e.SHA, Name: e.Environment}
}

// EnvironmentStatus returns that of a subject.
func (s *Store) EnvironmentStatus(ctx context.Context, sub subject.Subject) (EnvironmentStatus, bool, error) {
	e, found, err := one(s.reader(ctx), func(s scan) (e EnvironmentStatus, err error) {
		return e, s(&e.Repo, &e.SHA, &e.Environment, &e.Name, &e.Answer, &e.Log, &e.Seq, &e.Said)
	}, `select repo, sha, environment, name, answer, log, seq, said from environment_statuses where repo = $1 and sha = $2 and environment = $3`,
		sub.Repo, sub.SHA, sub.Name)
	return e, found, wrap(err, "read what was answered about %s", sub.Key())
}

// WantEnvironmentStatus notes an answer, and reports whether it is another than the last.
func (tx *Tx) WantEnvironmentStatus(e EnvironmentStatus) (changed bool, err error) {
	n, err := tx.affect(`
insert into environment_statuses (repo, sha, environment, name, answer, log, seq) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (repo, sha, environment) do update set name = excluded.name, answer = excluded.answer, log = excluded.log, seq = excluded.seq
where environment_statuses.answer <> excluded.answer`, e.Repo, e.SHA, e.Environment, e.Name, e.Answer, e.Log, e.Seq)
	return n > 0, wrap(err, "note what was answered about %s", e.Subject().Key())
}

// SaidEnvironmentStatus notes that GitHub was told an answer, or did not take it.
func (tx *Tx) SaidEnvironmentStatus(e EnvironmentStatus) error {
	return wrap(tx.exec(`update environment_statuses set said = $4 where repo = $1 and sha = $2 and environment = $3`,
		e.Repo, e.SHA, e.Environment, e.Answer), "note what GitHub was told about %s", e.Subject().Key())
}
