package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
)

// Landing is how a pull request came to its base.
type Landing struct {
	At     time.Time // of the merge; zero: it is not accounted for
	Commit string    // that it became; empty: unknown
}

// Landing returns how a pull request was merged, as far as that is accounted for.
func (s *Store) Landing(ctx context.Context, repo, number int64) (Landing, error) {
	l, _, err := one(s.reader(ctx), func(s scan) (l Landing, err error) {
		var at int64
		err = s(&at, &l.Commit)
		l.At = moment(at)
		return l, err
	}, `select landed_at, landed_as from pulls where repo = $1 and number = $2`, repo, number)
	return l, wrap(err, "look how %d#%d was merged", repo, number)
}

// VerdictBefore is Tx.VerdictBefore, for whoever only reads.
func (s *Store) VerdictBefore(ctx context.Context, repo, number int64, head, base string, at time.Time) (Verdict, bool, error) {
	return s.reader(ctx).verdictBefore(repo, number, head, base, at)
}

// GatesOf returns the jobs that would bring a pull request's merge, or did, and whatever else
// was deployed of the commit that it became; the oldest first.
func (s *Store) GatesOf(ctx context.Context, repo, number int64, commit string) ([]Gate, error) {
	all, err := list(s.reader(ctx), scanGate, selectGate+`
where (repo, deployment, environment) in (select repo, deployment, environment from gate_pulls where repo = $1 and number = $2)
	or repo = $1 and sha = $3 and sha <> ''
order by asked_at, deployment, environment`, repo, number, commit)
	return all, wrap(err, "list deployments of %d#%d", repo, number)
}

// GatePulls returns whose merges a job would bring, by its last decision, ascending.
func (s *Store) GatePulls(ctx context.Context, g Gate) ([]int64, error) {
	all, err := list(s.reader(ctx), column[int64], `
select number from gate_pulls where repo = $1 and deployment = $2 and environment = $3 order by number`, g.Repo, g.Deployment, g.Environment)
	return all, wrap(err, "list what a deployment to %s of repository %d brings", g.Environment, g.Repo)
}

// HeldGates returns up to limit jobs that wait for an answer, the longest-waiting first.
func (s *Store) HeldGates(ctx context.Context, limit int) ([]Gate, error) {
	all, err := list(s.reader(ctx), scanGate, selectGate+`where closed_at = 0 order by asked_at, repo, deployment, environment limit $1`, limit)
	return all, wrap(err, "list what waits at the gates")
}

// DecidedGates returns up to limit jobs about which something was decided and that wait no
// more, the newest decision first.
func (s *Store) DecidedGates(ctx context.Context, limit int) ([]Gate, error) {
	all, err := list(s.reader(ctx), scanGate, selectGate+`
where decided_at <> 0 and closed_at <> 0 order by decided_at desc, repo, deployment, environment limit $1`, limit)
	return all, wrap(err, "list what the gates decided")
}

// LastDecided returns the job of a repository about which something was decided last.
func (s *Store) LastDecided(ctx context.Context, repo int64) (Gate, bool, error) {
	all, err := list(s.reader(ctx), scanGate, selectGate+`
where repo = $1 and decided_at <> 0 order by decided_at desc, deployment, environment limit 1`, repo)
	if err != nil || len(all) == 0 {
		return Gate{}, false, wrap(err, "look what was decided last in repository %d", repo)
	}
	return all[0], true, nil
}

// DeclaredCommands returns up to limit emergencies that were declared, those that were taken
// back among them, the newest first.
func (s *Store) DeclaredCommands(ctx context.Context, limit int) ([]Command, error) {
	all, err := list(s.reader(ctx), scanCommand, selectCommand+`
where verb = 'emergency' and state = 'taken' order by decided_at desc, comment desc limit $1`, limit)
	return all, wrap(err, "list emergencies")
}

// Rate returns how many changes were merged since then, and how many emergencies were declared,
// those that were taken back among them.
func (s *Store) Rate(ctx context.Context, since time.Time) (merged, declared int, err error) {
	type counts struct{ merged, declared int }
	n, _, err := one(s.reader(ctx), func(s scan) (n counts, err error) {
		err = s(&n.merged, &n.declared)
		return n, err
	}, `
select (select count(*) from pulls where landed_at <> 0 and landed_at >= $1),
	(select count(*) from commands where verb = 'emergency' and state = 'taken' and decided_at >= $1)`, micros(since))
	return n.merged, n.declared, wrap(err, "count what was merged, and emergencies")
}

// LastVerdicts returns the newest verdict of each repository, by repository.
func (s *Store) LastVerdicts(ctx context.Context) ([]Verdict, error) {
	all, err := list(s.reader(ctx), scanVerdict, selectVerdict+`
join (select repo as of_repo, max(at) as newest from verdicts group by repo) last on last.of_repo = verdicts.repo and last.newest = verdicts.at
order by repo, seq desc`)
	var out []Verdict
	for _, v := range all {
		if len(out) == 0 || out[len(out)-1].Repo != v.Repo {
			out = append(out, v)
		}
	}
	return out, wrap(err, "list the newest verdicts")
}

// RecordsBetween returns the records of a log from one moment to another, both with it, but
// for verdicts and publications, in their order. They are without their salt.
func (s *Store) RecordsBetween(ctx context.Context, log int64, from, to time.Time) ([]evidence.Record, error) {
	all, err := list(s.reader(ctx), func(s scan) (r evidence.Record, err error) {
		var at int64
		err = s(&r.Log, &r.Seq, &r.Kind, &at, &r.Body)
		r.At = moment(at)
		return r, err
	}, `
select log, seq, kind, at, body from ledger
where log = $1 and at >= $2 and at <= $3 and kind <> 'verdict' and kind <> 'publication' order by seq`, log, micros(from), micros(to))
	return all, wrap(err, "list records of log %d", log)
}
