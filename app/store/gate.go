package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Gate is one job that waits, or waited, at an environment, by the deployment that it makes;
// or with Run 0 a deployment that never asked.
type Gate struct {
	Repo        int64
	Deployment  int64  // GitHub's id; below 0: GitHub did not say
	Run         int64  // of the workflow
	Environment string // lower case
	Name        string // of the environment, as GitHub writes it
	SHA         string // commit
	AskedAt     time.Time
	Attempt     int  // of the run; 0: it was not looked at yet
	Swept       bool // a sweep found it: no delivery had told of it until then

	Answer    string // of the last decision; empty: none
	DecidedAt time.Time
	Digest    string // of the last decision
	Log       int64  // with Seq the record of the last decision
	Seq       int64
	Reports   int    // how often GitHub was told why it is held
	Reported  string // digest of what the last report said
	Writing   string // an answer of which it is not known whether GitHub took it
	Said      string // the answer that GitHub took

	ClosedAt  time.Time // zero: GitHub waits for an answer
	ClaimedAt time.Time // when somebody or something first said that it succeeded
	GoodAt    time.Time // it was approved, and when its job had succeeded
	BadAt     time.Time // when it was rolled back from since
	Ungated   bool      // recorded as deployed without an approval
}

// Subject is the gate on the worklist. All jobs of a run that wait at an environment are one.
func (g Gate) Subject() subject.Subject {
	return subject.Subject{Kind: subject.Deployment, Repo: g.Repo, Number: g.Run, Name: g.Environment}
}

const selectGate = `
select repo, deployment, run, environment, name, sha, asked_at, answer, decided_at, digest, log, seq, reports, reported,
	writing, said, closed_at, claimed_at, good_at, bad_at, ungated, attempt, swept from gates `

func scanGate(s scan) (g Gate, err error) {
	var asked, decided, closed, claimed, good, bad int64
	err = s(&g.Repo, &g.Deployment, &g.Run, &g.Environment, &g.Name, &g.SHA, &asked, &g.Answer, &decided, &g.Digest, &g.Log, &g.Seq, &g.Reports, &g.Reported,
		&g.Writing, &g.Said, &closed, &claimed, &good, &bad, &g.Ungated, &g.Attempt, &g.Swept)
	g.AskedAt, g.DecidedAt, g.ClosedAt = moment(asked), moment(decided), moment(closed)
	g.ClaimedAt, g.GoodAt, g.BadAt = moment(claimed), moment(good), moment(bad)
	return g, err
}

// Gates returns the jobs of a run that asked at an environment, the newest first; with run 0
// what was deployed there unasked.
func (s *Store) Gates(ctx context.Context, sub subject.Subject) ([]Gate, error) {
	return s.reader(ctx).gates(sub)
}

// Gates is Store.Gates as the transaction sees it.
func (tx *Tx) Gates(sub subject.Subject) ([]Gate, error) { return tx.reader().gates(sub) }

func (r reader) gates(sub subject.Subject) ([]Gate, error) {
	all, err := list(r, scanGate, selectGate+`where repo = $1 and run = $2 and environment = $3 order by asked_at desc, deployment desc`,
		sub.Repo, sub.Number, sub.Name)
	return all, wrap(err, "list what waits at %s of repository %d", sub.Name, sub.Repo)
}

// OpenGates returns what waits for an answer in a repository.
func (tx *Tx) OpenGates(repo int64) ([]Gate, error) {
	all, err := list(tx.reader(), scanGate, selectGate+`where repo = $1 and closed_at = 0 order by deployment`, repo)
	return all, wrap(err, "list what waits at the gates of repository %d", repo)
}

// GatedRuns returns the runs of a repository of which a job waits for an answer, ascending;
// ever: a job or a deployment of it was heard of at all.
func (s *Store) GatedRuns(ctx context.Context, repo int64) (open []int64, ever bool, err error) {
	known, err := list(s.reader(ctx), column[int64], `select repo from gates where repo = $1 limit 1`, repo)
	if err == nil && len(known) > 0 {
		open, err = list(s.reader(ctx), column[int64], `select distinct run from gates where repo = $1 and closed_at = 0 order by run`, repo)
	}
	return open, len(known) > 0, wrap(err, "list the runs that wait at the gates of repository %d", repo)
}

// GoodGates returns up to limit jobs that were approved for an environment and succeeded, the
// newest first.
func (s *Store) GoodGates(ctx context.Context, repo int64, environment string, limit int) ([]Gate, error) {
	return s.reader(ctx).goodGates(repo, environment, limit)
}

// GoodGates is Store.GoodGates as the transaction sees it.
func (tx *Tx) GoodGates(repo int64, environment string, limit int) ([]Gate, error) {
	return tx.reader().goodGates(repo, environment, limit)
}

func (r reader) goodGates(repo int64, environment string, limit int) ([]Gate, error) {
	all, err := list(r, scanGate, selectGate+`where repo = $1 and environment = $2 and good_at <> 0 order by good_at desc, deployment desc limit $3`,
		repo, environment, limit)
	return all, wrap(err, "list what was good in %s of repository %d", environment, repo)
}

// GoodGate returns the last job that was approved to deploy a commit to an environment and
// succeeded.
func (s *Store) GoodGate(ctx context.Context, repo int64, environment, sha string) (Gate, bool, error) {
	all, err := list(s.reader(ctx), scanGate, selectGate+`
where repo = $1 and environment = $2 and sha = $3 and good_at <> 0 order by good_at desc, deployment desc limit 1`, repo, environment, sha)
	if err != nil || len(all) == 0 {
		return Gate{}, false, wrap(err, "look whether %s was good in %s of repository %d", sha, environment, repo)
	}
	return all[0], true, nil
}

// PutGate stores what came of a look at a gate. What deliveries alone say of it stays.
func (tx *Tx) PutGate(g Gate) error {
	err := tx.exec(`
update gates set answer = $3, decided_at = $4, digest = $5, log = $6, seq = $7, reports = $8, reported = $9, writing = $10,
	said = $11, closed_at = $12, good_at = $13, bad_at = $14, ungated = $15, attempt = $17
where repo = $1 and deployment = $2 and environment = $16`,
		g.Repo, g.Deployment, g.Answer, micros(g.DecidedAt), g.Digest, g.Log, g.Seq, g.Reports, g.Reported, g.Writing,
		g.Said, micros(g.ClosedAt), micros(g.GoodAt), micros(g.BadAt), g.Ungated, g.Environment, g.Attempt)
	return wrap(err, "store what waits at %s of repository %d", g.Environment, g.Repo)
}

// lockGates keeps apart what is decided about the deployments of a repository from what is said
// about its changes: a decision reads what was said, and who says something makes those
// decisions due anew that it is about, so that one of the two sees the other.
func (tx *Tx) lockGates(repo int64) error { return tx.lock("gates/%d", repo) }

// Carries notes whose merges a job would bring. What was said about them until now can be read,
// and nothing else is said before the transaction ends. They are ascending.
func (tx *Tx) Carries(g Gate, pulls []int64) error {
	if err := tx.lockGates(g.Repo); err != nil {
		return err
	}
	was, err := list(tx.reader(), column[int64], `select number from gate_pulls where repo = $1 and deployment = $2 and environment = $3 order by number`,
		g.Repo, g.Deployment, g.Environment)
	if err != nil || slices.Equal(was, pulls) {
		return err
	}
	if err := tx.exec(`delete from gate_pulls where repo = $1 and deployment = $2 and environment = $3`, g.Repo, g.Deployment, g.Environment); err != nil {
		return err
	}
	for _, number := range pulls {
		if err := tx.exec(`insert into gate_pulls (repo, number, environment, deployment) values ($1, $2, $3, $4)`,
			g.Repo, number, g.Environment, g.Deployment); err != nil {
			return wrap(err, "note what a deployment to %s of repository %d brings", g.Environment, g.Repo)
		}
	}
	return nil
}

// GatesWith returns what waits for an answer and would bring a pull request's merge. None is
// decided before the transaction ends; one that was not decided yet is due as it is.
func (tx *Tx) GatesWith(repo, number int64) ([]Gate, error) {
	if err := errors.Join(tx.WakeGateAsks(repo, ""), tx.lockGates(repo)); err != nil {
		return nil, err
	}
	all, err := list(tx.reader(), scanGate, selectGate+`g
where g.repo = $1 and g.closed_at = 0 and exists (
	select 1 from gate_pulls p where p.repo = g.repo and p.number = $2 and p.environment = g.environment and p.deployment = g.deployment)
order by g.deployment`, repo, number)
	return all, wrap(err, "list what waits with %d#%d", repo, number)
}

// gateFact notes that a job waits. Without a deployment's id, which GitHub sends but does not
// promise, another request of the run is the same one, or one anew if that was answered.
func (tx *Tx) gateFact(f subject.GateFact) error {
	id := f.Deployment
	if id == 0 {
		id = -f.Run
	}
	environment := strings.ToLower(f.Environment)
	if id < 0 {
		if err := tx.exec(`delete from gates where repo = $1 and deployment = $2 and environment = $3 and closed_at <> 0`, f.Repo, id, environment); err != nil {
			return err
		}
	}
	return tx.exec(`
insert into gates (repo, deployment, run, environment, name, sha, asked_at, swept) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (repo, deployment, environment) do update set
	run = excluded.run, asked_at = excluded.asked_at, closed_at = 0, ungated = false, swept = excluded.swept
where gates.run = 0`, f.Repo, id, f.Run, environment, f.Environment, f.Commit, micros(f.At), f.Swept)
}

// deployedFact notes that a deployment is said to have succeeded, and makes it due: whether
// it was approved, and whether it is true, is for a look to find out.
func (tx *Tx) deployedFact(f subject.DeployedFact, installation int64) error {
	environment := strings.ToLower(f.Environment)
	err := tx.exec(`
insert into gates (repo, deployment, run, environment, name, sha, asked_at, closed_at, claimed_at) values ($1, $2, 0, $3, $4, $5, $6, $6, $6)
on conflict (repo, deployment, environment) do update set
	claimed_at = case when gates.claimed_at = 0 then excluded.claimed_at else gates.claimed_at end`,
		f.Repo, f.Deployment, environment, f.Environment, f.Commit, micros(f.At))
	if err != nil {
		return err
	}
	all, err := list(tx.reader(), scanGate, selectGate+`where repo = $1 and deployment = $2 and environment = $3`, f.Repo, f.Deployment, environment)
	if err != nil {
		return err
	}
	for _, g := range all {
		sub := g.Subject()
		if installation, err = tx.installationOf(sub, installation); err != nil {
			return err
		}
		if _, err := tx.raise(Due{Subject: sub, Installation: installation, At: f.At}); err != nil {
			return err
		}
	}
	return nil
}

// selectGates adds the gates of a repository that wait for an answer; with sha those of that
// commit alone.
func (tx *Tx) selectGates(repo int64, sha string, due map[subject.Subject]bool) error {
	if err := tx.WakeGateAsks(repo, sha); err != nil {
		return err
	}
	all, err := list(tx.reader(), scanGate, selectGate+`where repo = $1 and closed_at = 0 and (sha = $2 or $2 = '') order by deployment`, repo, sha)
	for _, g := range all {
		due[g.Subject()] = true
	}
	return wrap(err, "list what waits at the gates of repository %d", repo)
}

// selectGate adds the gate of one deployment, those whose deployment is not known, and those of
// other environments.
func (tx *Tx) selectGate(sel subject.Selector, due map[subject.Subject]bool) error {
	all, err := list(tx.reader(), scanGate, selectGate+`where repo = $1 and closed_at = 0 and (deployment = $2 or deployment < 0 or environment <> $3)`,
		sel.Repo, sel.Number, sel.Environment)
	for _, g := range all {
		due[g.Subject()] = true
	}
	return wrap(err, "list what waits at the gate of deployment %d of repository %d", sel.Number, sel.Repo)
}

// selectGatesOf adds the gates that wait for an answer where a person's or a team's rights
// moved: who gave a sign-off, declared, or deploys, and by which group, counts for any of them.
// Which of them that changes is for their looks to say, in their turn after everything else.
func (tx *Tx) selectGatesOf(sel subject.Selector, due map[subject.Subject]bool) error {
	if sel.Repo != 0 {
		return tx.selectGates(sel.Repo, "", due)
	}
	if err := tx.wakeGateAsksOf(sel.Account); err != nil {
		return err
	}
	all, err := list(tx.reader(), scanGate, selectGate+`
where closed_at = 0 and repo in (select id from repositories where account = $1) order by repo, deployment`, sel.Account)
	for _, g := range all {
		due[g.Subject()] = true
	}
	return wrap(err, "list what waits at the gates of account %d", sel.Account)
}
