package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

const (
	// gateLooks is how often a job is looked at again that GitHub does not list as waiting,
	// before that is taken for its word: 1 + 2 + 4 + 8 + 16 seconds.
	gateLooks = 5
	// lagLooks is how often commits are looked at again whose pull request GitHub does not
	// name, before they are taken for pushed directly.
	lagLooks = 2
	// gateText is how long what is said of a decision may be, before names are made harmless.
	gateText = 960
	// reporting begins what is noted while a report is on its way.
	reporting = "report:"
	// rolledBack is the answer, in the store alone, that approved by the lane for rollbacks.
	rolledBack = "rollback"
)

// judgeGate decides about the jobs of a run that wait at an environment, stores the decision
// with its evidence, and then tells GitHub. Nothing is polled: what is held is due again by
// its timer, or by an event of what it waits for.
//
// A job that GitHub does not list as waiting any more is closed and recorded, not answered.
// That also tells what became of an answer whose way was cut off.
//
// Answers keep to the pace of what is written to GitHub: one is decided when it is its turn,
// and for that moment.
func (a *App) judgeGate(ctx context.Context, c store.Claim) error {
	l := &gateLook{c: c}
	err := a.lookAtGate(ctx, l)
	if l.c.Slots == 0 || l.wrote {
		return err
	}
	return errors.Join(err, a.store.Tx(ctx, func(tx *store.Tx) error {
		return tx.ChargeWrites(l.c.Installation, a.now(), -l.c.Slots)
	}))
}

func (a *App) lookAtGate(ctx context.Context, l *gateLook) error {
	c := l.c
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	all, err := a.store.Gates(ctx, c.Subject)
	if err != nil {
		return err
	}
	if err := a.followGates(ctx, c, repo, all); err != nil {
		return err
	}
	waiting, found, err := a.stillWaiting(ctx, c, repo, all)
	if err != nil {
		return err
	}
	if !found {
		return a.done(ctx, c)
	}
	l.repo, l.was, l.gate = repo, waiting, waiting
	if waits, err := a.awaitTurn(ctx, l); waits || err != nil {
		return err
	}
	if done, err := a.readGate(ctx, l); done || err != nil {
		return err
	}
	if l.policy, err = a.putPolicies(ctx, l.read.Texts); err != nil {
		return err
	}
	slots := l.c.Slots
	if err := a.stored(ctx, func(ctx context.Context, tx *store.Tx) error { return a.decideGate(ctx, tx, l, slots) }); err != nil {
		l.c.Slots = slots
		return err
	}
	if l.answer == nil {
		return nil
	}
	return a.answerGate(ctx, l)
}

// awaitTurn puts a job back unread for which an answer is to be expected while none can be
// given: one that has not had any, or one among the many that a new policy or a team woke.
// It is read when it is its turn, once.
func (a *App) awaitTurn(ctx context.Context, l *gateLook) (waits bool, err error) {
	if l.c.Slots > 0 || l.gate.Seq != 0 && !l.c.Priority.Waits() {
		return false, nil
	}
	c := l.c
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		l.c = c
		taken, err := tx.TakeSlot(&l.c, a.now())
		if waits = !taken; err != nil || taken {
			return err
		}
		return tx.AwaitSlot(c, l.gate.AskedAt)
	})
	if err != nil {
		l.c = c
	}
	return waits, err
}

// gateLook is one look at a job that waits.
type gateLook struct {
	c      store.Claim
	repo   store.Repository
	was    store.Gate // as it was read
	gate   store.Gate
	read   snapshot.Deployment
	policy []PolicyRef
	api    bool // it asked through the API: GitHub waits for nothing

	request  deploy.Request
	decision deploy.Decision
	answer   *publish.GateAnswer // that GitHub is to be given; nil: none
	wrote    bool                // the claim's slot is used up
}

// readGate reads all about a job that waits; done if there is nothing to decide.
func (a *App) readGate(ctx context.Context, l *gateLook) (done bool, err error) {
	err = a.readDeployment(ctx, l)
	switch {
	case errors.Is(err, snapshot.ErrGone):
		return true, a.closeGate(ctx, l)
	case err != nil:
		return false, err
	case !l.read.Waits && l.gate.Writing == "" && l.gate.Seq == 0 && l.c.Attempt < gateLooks:
		return false, retryError{"GitHub does not list the job as waiting", time.Second << l.c.Attempt}
	case !l.read.Waits, l.gate.Attempt != 0 && l.read.Request.Run.Attempt > l.gate.Attempt:
		// What waits now is another attempt's, whose own request is decided.
		return true, a.closeGate(ctx, l)
	}
	if l.gate.Seq == 0 && l.c.Attempt < lagLooks && l.lags() {
		return false, retryError{"GitHub names no pull request with a commit", time.Second << l.c.Attempt}
	}
	return false, nil
}

// readDeployment reads all about a deployment that asks. Errors are those of Reader.Deployment.
func (a *App) readDeployment(ctx context.Context, l *gateLook) error {
	good, err := a.store.GoodGates(ctx, l.repo.ID, l.gate.Environment, 1)
	if err != nil {
		return err
	}
	asks := snapshot.Gate{
		Target: targetOf(l.repo, 0), Run: l.gate.Run, Environment: l.gate.Name, AskedAt: l.gate.AskedAt, Inside: l.api,
	}
	for _, g := range good {
		asks.From = deploy.Origin{Commit: g.SHA, Decision: g.Seq, At: g.GoodAt}
	}
	client, err := a.client(ctx, l.repo.Installation)
	if err != nil {
		return err
	}
	reading, end := a.at(ctx, atSnapshot)
	l.read, err = a.reader.Deployment(reading, client, asks)
	end(err)
	if err != nil {
		return err
	}
	before, found, err := a.store.GoodGate(ctx, l.repo.ID, l.gate.Environment, l.read.Request.Shipment.Commit)
	if found {
		l.read.Request.Good = &deploy.Good{Decision: before.Seq, At: before.GoodAt, Bad: !before.BadAt.IsZero()}
	}
	if ahead, measured := a.clients.Skew(); measured {
		l.read.Request.Skew = ahead.Truncate(time.Second)
	}
	return err
}

// lags reports whether there is a commit with which GitHub names no pull request: it may not
// have put them together yet.
func (l *gateLook) lags() bool {
	return slices.ContainsFunc(l.read.Request.Commits, func(c deploy.Commit) bool { return len(l.read.Pulls[c.SHA]) == 0 })
}

// decideGate decides, records the decision where it says anything new, and notes what GitHub
// is to be told. Where it is another's turn to write nothing was decided: that follows when
// GitHub can be told, as of then. slots are those that the claim has by now.
func (a *App) decideGate(ctx context.Context, tx *store.Tx, l *gateLook, slots int) error {
	at := a.now()
	l.gate, l.answer, l.c.Slots = l.was, nil, slots // run again, it begins anew
	g := &l.gate
	if gist, ok := strings.CutPrefix(g.Writing, reporting); ok {
		// A report whose answer was lost is not repeated.
		g.Reported, g.Reports, g.Writing = gist, g.Reports+1, ""
	}
	l.request = l.read.Request
	if err := a.account(tx, l); err != nil {
		return err
	}
	if err := a.hear(tx, l); err != nil {
		return err
	}
	if err := l.overdue(tx); err != nil {
		return err
	}
	_, judged := a.at(ctx, atRules)
	l.decision = deploy.Decide(l.read.Policy, l.request, at)
	judged(nil)
	state := map[deploy.Answer]string{deploy.Approve: publish.GateApproved, deploy.Reject: publish.GateRejected}[l.decision.Answer]
	gist, err := gistOf(l.decision)
	if err != nil {
		return err
	}
	owes := state != "" || gist != g.Reported && g.Reports < publish.MaxGateReports
	if owes {
		if taken, err := tx.TakeSlot(&l.c, at); err != nil || !taken {
			return errors.Join(err, tx.AwaitSlot(l.c, g.AskedAt))
		}
	}
	if err := errors.Join(a.recordDecision(ctx, tx, l), a.informEnvironment(tx, l, at)); err != nil {
		return err
	}
	g.Answer, g.DecidedAt, g.Attempt = string(l.decision.Answer), at, l.request.Run.Attempt
	if l.decision.Rollback && l.decision.Answer == deploy.Approve {
		g.Answer = rolledBack
	}
	if !owes {
		return errors.Join(tx.PutGate(*g), tx.DoneWriting(l.c, at, l.decision.Recheck, g.AskedAt))
	}
	names, err := a.names(ctx, peopleOf(l.request.Shipment)...)
	if err != nil {
		return err
	}
	l.answer = &publish.GateAnswer{
		Owner: l.repo.Owner, Name: l.repo.Name, Run: g.Run, Environment: g.Name, State: state,
		Comment: publish.GateComment(say.GateText(l.decision, l.request.Shipment, names, gateText)),
	}
	g.Writing = cmp.Or(state, reporting+gist)
	return tx.PutGate(*g)
}

// peopleOf returns changes that name everybody in a shipment.
func peopleOf(s rules.Shipment) []rules.Change {
	out := []rules.Change{{People: s.People}}
	for _, l := range s.Changes {
		out = append(out, l.Change)
		for _, id := range l.Reviewed {
			out = append(out, rules.Change{People: []rules.Person{{ID: id}}})
		}
	}
	return out
}

// account fills in how each commit came to the branch, and the changes that were judged when
// they were merged. A commit belongs to the merge into a governed branch that GitHub names
// with it; how that was judged only our own record says.
func (a *App) account(tx *store.Tx, l *gateLook) error {
	r := &l.request
	seen := map[int64]deploy.Status{}
	for i := range r.Commits {
		commit := &r.Commits[i]
		commit.Status = deploy.Direct
		for _, m := range l.read.Pulls[commit.SHA] {
			if !l.read.Policy.Governs(m.Base, r.Shipment.Repo.DefaultBranch) {
				continue
			}
			commit.Pull = m.Number
			status, known := seen[m.Number]
			if !known {
				var err error
				if status, err = a.merged(tx, l, m, commit.SHA); err != nil {
					return err
				}
				seen[m.Number] = status
			}
			commit.Status = status
			break
		}
	}
	return nil
}

// overdue fills in the post-mortems that are not complete.
func (l *gateLook) overdue(tx *store.Tx) error {
	rows, err := tx.OpenPostMortems(l.repo.ID)
	for _, p := range rows {
		l.request.Overdue = append(l.request.Overdue, deploy.Overdue{Issue: cmp.Or(p.Issue, p.Pull), Due: p.DueAt, Blocks: p.Blocks})
	}
	return err
}

// merged says how a pull request was judged before it was merged, and adds its change to the
// shipment.
func (a *App) merged(tx *store.Tx, l *gateLook, m snapshot.Merged, sha string) (deploy.Status, error) {
	v, found, err := tx.VerdictBefore(l.repo.ID, m.Number, m.Head, m.Base, m.At)
	if err != nil || !found {
		return deploy.Unjudged, err
	}
	facts, found, err := tx.Blob(v.Snapshot)
	if err != nil || !found {
		return deploy.Unjudged, err // erased: nothing can be said of it any more
	}
	var change rules.Change
	if err := decode(facts, &change); err != nil {
		return deploy.Unjudged, err
	}
	var reviewed []rules.UserID
	if l.read.Policy.Separates(rules.DutyReviewer) {
		if reviewed, err = reviewersOf(tx, l.repo.ID, m.Number); err != nil {
			return deploy.Unjudged, err
		}
	}
	l.request.Shipment.Changes = append(l.request.Shipment.Changes, rules.Landed{
		Change: change, Commit: cmp.Or(m.Merge, sha), Diff: change.Landed, MergedBy: l.read.Mergers[m.Number], Reviewed: reviewed,
	})
	if v.Outcome != string(rules.Pass) {
		return deploy.Red, nil
	}
	return deploy.Conforming, nil
}

// recordDecision appends the decision to the ledger, unless the last one said the same about
// the same facts.
func (a *App) recordDecision(ctx context.Context, tx *store.Tx, l *gateLook) error {
	digest, err := decisionDigest(l.request, l.decision, l.read.Texts)
	if err != nil || digest == l.gate.Digest && l.gate.Log == l.repo.Account {
		return err
	}
	facts, err := json.Marshal(l.request)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	address, err := tx.PutBlob(facts)
	if err != nil {
		return err
	}
	decision, err := json.Marshal(l.decision)
	if err != nil {
		return fmt.Errorf("encode decision: %w", err)
	}
	body, err := json.Marshal(DecisionRecord{
		Host: a.host, Repo: l.repo.ID, Run: l.gate.Run, Attempt: l.request.Run.Attempt, Deployment: l.gate.Deployment,
		Environment: l.gate.Name, Commit: l.request.Shipment.Commit, Request: address, Policy: l.policy,
		Evaluator: l.decision.Verdict.Evaluator, At: l.decision.At, Decision: decision, Deliveries: l.c.Deliveries, Delivered: l.c.Delivered,
		API: l.api, Swept: l.gate.Swept,
	})
	if err != nil {
		return fmt.Errorf("encode decision record: %w", err)
	}
	_, seq, err := tx.Append(l.repo.Account, KindDecision, l.decision.At, body)
	if err != nil {
		return err
	}
	l.gate.Digest, l.gate.Log, l.gate.Seq = digest, l.repo.Account, seq
	zerolog.Ctx(ctx).Info().Str("repo", fullName(l.repo)).Int64("run", l.gate.Run).Str("environment", l.gate.Name).Str("sha", l.request.Shipment.Commit).
		Str("outcome", string(l.decision.Answer)).Int64("seq", seq).Strs("deliveries", l.c.Deliveries).Msg("deployment decided")
	return nil
}

// answerGate tells GitHub, and records what it took. What it did not take is tried again by
// the next look, which decides anew.
func (a *App) answerGate(ctx context.Context, l *gateLook) error {
	c, err := a.store.Extend(ctx, l.c, a.now().Add(lease))
	if err != nil {
		return err
	}
	l.wrote = true
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	writes, end := a.at(writes, atPublish)
	maybe, failed := a.publisher.Gate(writes, a.clients.Installation(l.repo.Installation), *l.answer)
	end(failed)
	if failed != nil && maybe {
		return failed
	}
	if l.gate.Swept && l.gate.Reports == 0 && refused(failed, a.now()) {
		return a.refusedGate(ctx, l, failed)
	}
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		if failed != nil {
			g := l.gate
			g.Writing = ""
			return tx.PutGate(g)
		}
		at := a.now()
		if err := a.saidGate(tx, l, maybe, at); err != nil {
			return err
		}
		if l.answer.State != "" {
			return tx.Done(c, at, time.Time{})
		}
		return tx.DoneWriting(c, at, l.decision.Recheck, l.gate.AskedAt)
	})
	return errors.Join(failed, err)
}

// saidGate notes and records an answer that GitHub took.
func (a *App) saidGate(tx *store.Tx, l *gateLook, found bool, at time.Time) error {
	g := l.gate
	record := GateAnswerRecord{
		Host: a.host, Repo: l.repo.ID, Run: g.Run, Deployment: g.Deployment, Environment: g.Name, Decision: g.Seq, Found: found,
	}
	if gist, ok := strings.CutPrefix(g.Writing, reporting); ok {
		g.Reports, g.Reported = g.Reports+1, gist
		record.State, record.Report = "report", g.Reports
	} else {
		g.Said, g.ClosedAt, record.State = g.Writing, at, g.Writing
	}
	g.Writing = ""
	body, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode gate record: %w", err)
	}
	if _, _, err := tx.Append(l.repo.Account, KindGateAnswer, at, body); err != nil {
		return err
	}
	return tx.PutGate(g)
}

// closeGate ends a job that GitHub does not wait for any more. An answer that was on its way
// has arrived. If it is said to have succeeded by now, the next look finds out about that.
func (a *App) closeGate(ctx context.Context, l *gateLook) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		at, next := a.now(), time.Time{}
		if !l.gate.ClaimedAt.IsZero() {
			next = at
		}
		return errors.Join(a.endGate(tx, l, at), tx.Done(l.c, at, next))
	})
}

// endGate notes and records that GitHub does not wait for a job any more.
func (a *App) endGate(tx *store.Tx, l *gateLook, at time.Time) error {
	g := l.gate
	if w := g.Writing; w != "" && !strings.HasPrefix(w, reporting) {
		return a.saidGate(tx, l, true, at)
	}
	body, err := json.Marshal(GateEndRecord{
		Host: a.host, Repo: l.repo.ID, Run: g.Run, Deployment: g.Deployment, Environment: g.Name, Commit: g.SHA,
		Decision: g.Seq, Deliveries: l.c.Deliveries, Swept: g.Swept,
	})
	if err != nil {
		return fmt.Errorf("encode gate record: %w", err)
	}
	if _, _, err := tx.Append(l.repo.Account, KindGateEnd, at, body); err != nil {
		return err
	}
	g.ClosedAt, g.Writing = at, ""
	return tx.PutGate(g)
}

// raiseGates makes due what waits at the gates of a repository.
func (a *App) raiseGates(tx *store.Tx, repo store.Repository, at time.Time) error {
	if err := tx.WakeGateAsks(repo.ID, ""); err != nil {
		return err
	}
	gates, err := tx.OpenGates(repo.ID)
	if err != nil {
		return err
	}
	return tx.Raise(at, dueGates(repo, gates, at)...)
}

func dueGates(repo store.Repository, gates []store.Gate, at time.Time) []store.Due {
	var due []store.Due
	for _, g := range gates {
		due = append(due, store.Due{Subject: g.Subject(), Installation: repo.Installation, At: at})
	}
	return due
}
