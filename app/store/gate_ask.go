package store

import (
	"context"
	"time"
)

// GateAsk is a job that asked through the API about the environment that it is in. Nothing of it
// is on the worklist: it is decided when its asker asks again.
type GateAsk struct {
	Ticket      string // SHA-256 of what its asker holds, hexadecimal
	Repo        int64
	Run         int64  // of the workflow
	Suite       int64  // check suite of the run; 0: not read yet
	Environment string // lower case
	Name        string // of the environment, as the token writes it
	SHA         string // commit
	Audience    string // for whom a permit is made
	AskedAt     time.Time
	Until       time.Time // of the ticket

	Answer    string // of the last decision; empty: none
	DecidedAt time.Time
	RecheckAt time.Time // when that could next change by itself; zero: never
	Told      int64     // how often something happened that it may wait for
	Seen      int64     // Told, when the last decision's facts were read
	Digest    string
	Log       int64 // with Seq the record of the last decision
	Seq       int64

	Permit      string // id of the permit that stands; empty: none
	PermitAt    time.Time
	PermitUntil time.Time
	SpentAt     time.Time // when the permit was taken; zero: it was not

	Deployment int64 // GitHub's id of the one that came of it; 0: none yet
}

// askKept is for how long an ask is kept after its ticket has lapsed: a deployment that it
// approved may still be on its way.
const askKept = 30 * 24 * time.Hour

const selectGateAsk = `
select ticket, repo, run, suite, environment, name, sha, audience, asked_at, until, answer, decided_at, recheck_at, told, seen, digest, log, seq,
	permit, permit_at, permit_until, spent_at, deployment from gate_asks `

func scanGateAsk(s scan) (a GateAsk, err error) {
	var asked, until, decided, recheck, permitted, permit, spent int64
	err = s(&a.Ticket, &a.Repo, &a.Run, &a.Suite, &a.Environment, &a.Name, &a.SHA, &a.Audience, &asked, &until, &a.Answer, &decided, &recheck, &a.Told, &a.Seen, &a.Digest, &a.Log, &a.Seq,
		&a.Permit, &permitted, &permit, &spent, &a.Deployment)
	a.AskedAt, a.Until, a.DecidedAt, a.RecheckAt = moment(asked), moment(until), moment(decided), moment(recheck)
	a.PermitAt, a.PermitUntil, a.SpentAt = moment(permitted), moment(permit), moment(spent)
	return a, err
}

// GateAsk returns the ask that a ticket belongs to, by its SHA-256.
func (s *Store) GateAsk(ctx context.Context, ticket string) (GateAsk, bool, error) {
	a, found, err := one(s.reader(ctx), scanGateAsk, selectGateAsk+`where ticket = $1`, ticket)
	return a, found, wrap(err, "read an ask")
}

// GateAsk is Store.GateAsk, with the row locked.
func (tx *Tx) GateAsk(ticket string) (GateAsk, bool, error) {
	a, found, err := one(tx.locking(), scanGateAsk, selectGateAsk+`where ticket = $1`, ticket)
	return a, found, wrap(err, "read an ask")
}

// GateAskOf returns the ask that a permit was made for and stands for, by the permit's id.
func (s *Store) GateAskOf(ctx context.Context, permit string) (GateAsk, bool, error) {
	if permit == "" {
		return GateAsk{}, false, nil
	}
	a, found, err := one(s.reader(ctx), scanGateAsk, selectGateAsk+`where permit = $1`, permit)
	return a, found, wrap(err, "read the ask of a permit")
}

// OpenGateAsks returns the asks about a commit and an environment of which no deployment has come
// yet, the oldest first.
func (s *Store) OpenGateAsks(ctx context.Context, repo int64, environment, sha string) ([]GateAsk, error) {
	all, err := list(s.reader(ctx), scanGateAsk, selectGateAsk+`where repo = $1 and environment = $2 and sha = $3 and deployment = 0 order by asked_at, ticket`,
		repo, environment, sha)
	return all, wrap(err, "list what asked for %s of repository %d", environment, repo)
}

// LiveGateAsks returns up to limit asks that are held and were decided about since then, as those
// are whose askers still ask, the longest-waiting first.
func (s *Store) LiveGateAsks(ctx context.Context, since time.Time, limit int) ([]GateAsk, error) {
	all, err := list(s.reader(ctx), scanGateAsk, selectGateAsk+`where answer = 'hold' and decided_at >= $1 order by asked_at, ticket limit $2`, micros(since), limit)
	return all, wrap(err, "list what asks and is held")
}

// DecidedGateAsks returns up to limit asks that are held no more and of which no deployment has come
// yet, the newest decision first.
func (s *Store) DecidedGateAsks(ctx context.Context, limit int) ([]GateAsk, error) {
	all, err := list(s.reader(ctx), scanGateAsk, selectGateAsk+`where answer not in ('', 'hold') and deployment = 0 order by decided_at desc, ticket limit $1`, limit)
	return all, wrap(err, "list what asked and was decided")
}

// SpendToken notes that a token was shown, until it has lapsed by itself. It is false for one
// that was shown before.
func (tx *Tx) SpendToken(id string, at, until time.Time) (bool, error) {
	if err := tx.exec(`delete from identity_tokens where until < $1`, micros(at)); err != nil {
		return false, wrap(err, "forget lapsed tokens")
	}
	n, err := tx.affect(`insert into identity_tokens (id, until) values ($1, $2) on conflict (id) do nothing`, id, micros(until))
	return n == 1, wrap(err, "spend a token")
}

// AddGateAsk stores a new ask, and forgets those that are of no use any more.
func (tx *Tx) AddGateAsk(a GateAsk) error {
	if err := tx.exec(`delete from gate_asks where until < $1`, micros(a.AskedAt.Add(-askKept))); err != nil {
		return wrap(err, "forget old asks")
	}
	return wrap(tx.exec(`
insert into gate_asks (ticket, repo, run, environment, name, sha, audience, asked_at, until) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.Ticket, a.Repo, a.Run, a.Environment, a.Name, a.SHA, a.Audience, micros(a.AskedAt), micros(a.Until)), "store an ask")
}

// WakeGateAsks notes that something happened that what is held in a repository may wait for;
// with sha of that commit alone.
func (tx *Tx) WakeGateAsks(repo int64, sha string) error {
	return wrap(tx.exec(`update gate_asks set told = told + 1 where repo = $1 and answer = 'hold' and (sha = $2 or $2 = '')`, repo, sha),
		"wake what asked in repository %d", repo)
}

// wakeGateAsksOf is WakeGateAsks for all repositories of an account.
func (tx *Tx) wakeGateAsksOf(account int64) error {
	return wrap(tx.exec(`
update gate_asks set told = told + 1 where answer = 'hold' and repo in (select id from repositories where account = $1)`, account),
		"wake what asked of account %d", account)
}

// PutGateAsk stores what came of an ask. What it asked stays, and what it was told.
func (tx *Tx) PutGateAsk(a GateAsk) error {
	return wrap(tx.exec(`
update gate_asks set suite = $2, answer = $3, decided_at = $4, recheck_at = $5, digest = $6, log = $7, seq = $8,
	permit = $9, permit_at = $10, permit_until = $11, spent_at = $12, deployment = $13, seen = $14
where ticket = $1`,
		a.Ticket, a.Suite, a.Answer, micros(a.DecidedAt), micros(a.RecheckAt), a.Digest, a.Log, a.Seq,
		a.Permit, micros(a.PermitAt), micros(a.PermitUntil), micros(a.SpentAt), a.Deployment, a.Seen), "store what came of an ask")
}
