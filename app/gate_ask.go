package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/identity"
	"github.com/changewarden/changewarden/app/permit"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
)

const (
	// ticketLife is for how long an asker may go on asking: GitHub ends a job after five days.
	ticketLife = 5 * 24 * time.Hour
	// askEach is when an ask that nothing happened to is read anew all the same: what it waits
	// for may have come without a delivery. Nothing waits for that: a decision that can change by
	// itself is taken anew at that moment, and after an event with the next question.
	askEach = 10 * time.Minute
	// askPause is how long whoever is held is told to wait before asking again.
	askPause = 30 * time.Second
	// askLag is for how long after it was asked GitHub may not have put a commit and its pull
	// request together yet.
	askLag = 10 * time.Second
	// spokenLooks is how often an ask is read anew because somebody spoke meanwhile.
	spokenLooks = 3
)

// errSpent: the permit of an ask was taken while it was read. What was decided then stands.
var errSpent = errors.New("the permit was taken meanwhile")

// refusedError is everything that is not the asker's to know. Why is for our own log.
type refusedError struct{ why string }

// Error implements error.
func (e refusedError) Error() string { return "refused: " + e.why }

// ticketSum is how a ticket stands in the store: who reads the database cannot ask with it.
func ticketSum(ticket string) string {
	sum := sha256.Sum256([]byte(ticket))
	return hex.EncodeToString(sum[:])
}

// openAsk begins an ask on a token: about its own repository, environment and commit alone, and
// once. The ticket that it returns stands for the token from then on.
func (a *App) openAsk(ctx context.Context, token string, q GateQuestion) (ticket string, ask store.GateAsk, err error) {
	job, err := a.tokens.Verify(ctx, token)
	if e, ok := errors.AsType[*identity.RefusedError](err); ok {
		return "", ask, refusedError{e.Why}
	}
	if err != nil {
		return "", ask, err
	}
	repo, known, err := a.store.Repository(ctx, job.Repo)
	switch {
	case err != nil:
		return "", ask, err
	case !known || !a.serves(repo):
		return "", ask, refusedError{"the repository is not served"}
	case !strings.EqualFold(fullName(repo), q.Repository):
		return "", ask, refusedError{"asked for another repository"}
	case !strings.EqualFold(job.Environment, q.Environment):
		return "", ask, refusedError{"asked for another environment"}
	case job.SHA != q.Commit:
		return "", ask, refusedError{"asked for another commit"}
	}
	at := a.now()
	ticket = rand.Text()
	ask = store.GateAsk{
		Ticket: ticketSum(ticket), Repo: repo.ID, Run: job.Run, Environment: strings.ToLower(job.Environment), Name: job.Environment, SHA: job.SHA,
		Audience: q.Audience, AskedAt: at, Until: at.Add(ticketLife),
	}
	if ask.Audience == "" {
		ask.Audience = a.o.Audience()
	}
	return ticket, ask, a.store.Tx(ctx, func(tx *store.Tx) error {
		fresh, err := tx.SpendToken(job.Token, at, job.Until)
		if err != nil {
			return err
		}
		if !fresh {
			return refusedError{"the token was shown before"}
		}
		return tx.AddGateAsk(ask)
	})
}

// askOf returns the ask that a ticket stands for.
func (a *App) askOf(ctx context.Context, ticket string) (store.GateAsk, error) {
	ask, found, err := a.store.GateAsk(ctx, ticketSum(ticket))
	if err == nil && (!found || !a.now().Before(ask.Until)) {
		err = refusedError{"no such ticket, or it has lapsed"}
	}
	return ask, err
}

// serves says whether anything is decided about a repository.
func (a *App) serves(r store.Repository) bool {
	return !r.Gone && !r.Archived && !r.Suspended && r.Installation != 0 && a.o.allows(r.Account, r.Owner)
}

// askDecided is an ask with its decision.
type askDecided struct {
	ask      store.GateAsk
	repo     store.Repository
	request  deploy.Request
	decision deploy.Decision
}

// decideAsk decides about an ask, as it stands now; or tells the last decision again, where
// that is settled or was taken a moment ago.
func (a *App) decideAsk(ctx context.Context, ask store.GateAsk) (askDecided, error) {
	at := a.now()
	settled := ask.Answer == string(deploy.Reject) || !ask.SpentAt.IsZero()
	early := ask.Told == ask.Seen && at.Before(ask.DecidedAt.Add(askEach)) && (ask.RecheckAt.IsZero() || at.Before(ask.RecheckAt))
	if ask.Seq != 0 && (settled || early) {
		return a.toldAsk(ctx, ask)
	}
	return a.lookAtAsk(ctx, ask, "")
}

// toldAsk is the last decision about an ask, from its record.
func (a *App) toldAsk(ctx context.Context, ask store.GateAsk) (askDecided, error) {
	d := askDecided{ask: ask}
	var err error
	if d.repo, err = a.servedRepository(ctx, ask); err != nil {
		return d, err
	}
	was, err := readPassage(ctx, a.store, gateOf(ask))
	if err == nil && was.decision.Answer == "" {
		err = fmt.Errorf("read record %d of log %d: it is not there", ask.Seq, ask.Log)
	}
	d.request, d.decision = was.request, was.decision
	return d, err
}

func (a *App) servedRepository(ctx context.Context, ask store.GateAsk) (store.Repository, error) {
	repo, known, err := a.store.Repository(ctx, ask.Repo)
	if err == nil && (!known || !a.serves(repo)) {
		err = refusedError{"the repository is not served any more"}
	}
	return repo, err
}

// lookAtAsk reads all about an ask, decides and records. With the id of a permit it also takes
// that permit, if the decision is still to approve.
func (a *App) lookAtAsk(ctx context.Context, ask store.GateAsk, spend string) (askDecided, error) {
	repo, err := a.servedRepository(ctx, ask)
	if err != nil {
		return askDecided{}, err
	}
	for n := 1; ; n++ {
		l := &gateLook{repo: repo, gate: gateOf(ask), api: true}
		switch err := a.readDeployment(ctx, l); {
		case errors.Is(err, snapshot.ErrGone) || errors.Is(err, snapshot.ErrOther):
			return askDecided{}, refusedError{"GitHub does not have the run"}
		case err != nil:
			return askDecided{}, err
		case l.read.Request.Shipment.Commit != ask.SHA:
			return askDecided{}, refusedError{"the run is on another commit"}
		case l.lags() && a.now().Before(ask.AskedAt.Add(askLag)):
			return askDecided{}, retryError{"GitHub names no pull request with a commit", 2 * time.Second}
		}
		if l.policy, err = a.putPolicies(ctx, l.read.Texts); err != nil {
			return askDecided{}, err
		}
		var decided store.GateAsk
		err = a.stored(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			decided, err = a.settleAsk(ctx, tx, l, ask, spend)
			return err
		})
		switch {
		case errors.Is(err, errSpoken) && n < spokenLooks:
			continue
		case errors.Is(err, errSpent):
			return a.toldAsk(ctx, decided)
		}
		return askDecided{ask: decided, repo: repo, request: l.request, decision: l.decision}, err
	}
}

// gateOf is an ask as what is read and recorded of a gate.
func gateOf(k store.GateAsk) store.Gate {
	return store.Gate{
		Repo: k.Repo, Run: k.Run, Environment: k.Environment, Name: k.Name, SHA: k.SHA, AskedAt: k.AskedAt,
		Answer: k.Answer, DecidedAt: k.DecidedAt, Digest: k.Digest, Log: k.Log, Seq: k.Seq,
	}
}

// settleAsk decides about an ask from what was read, records the decision where it says anything
// new, and what becomes of its permit: made with an approval, taken by spend, dead with anything
// else.
func (a *App) settleAsk(ctx context.Context, tx *store.Tx, l *gateLook, read store.GateAsk, spend string) (store.GateAsk, error) {
	ask, found, err := tx.GateAsk(read.Ticket)
	at := a.now()
	switch {
	case err != nil:
		return ask, err
	case !found:
		return ask, refusedError{"the ask is gone"}
	case spend != "" && (ask.Permit != spend || !ask.SpentAt.IsZero() || !at.Before(ask.PermitUntil)):
		return ask, refusedError{"the permit was spent or revoked meanwhile"}
	case !ask.SpentAt.IsZero():
		return ask, errSpent
	}
	l.gate, l.request = gateOf(ask), l.read.Request
	if err := errors.Join(a.account(tx, l), a.hear(tx, l), l.overdue(tx)); err != nil {
		return ask, err
	}
	_, judged := a.at(ctx, atRules)
	l.decision = deploy.Decide(l.read.Policy, l.request, at)
	judged(nil)
	if err := errors.Join(a.recordDecision(ctx, tx, l), a.informEnvironment(tx, l, at)); err != nil {
		return ask, err
	}
	ask.Suite, ask.Answer, ask.DecidedAt, ask.RecheckAt = l.read.Suite, string(l.decision.Answer), at, l.decision.Verdict.Recheck
	if !l.decision.Recheck.IsZero() {
		ask.RecheckAt = l.decision.Recheck
	}
	ask.Seen = read.Told // what happened since may not have been read
	ask.Digest, ask.Log, ask.Seq = l.gate.Digest, l.gate.Log, l.gate.Seq
	approved := l.decision.Answer == deploy.Approve
	if approved && l.decision.Rollback {
		ask.Answer = rolledBack
	}
	switch {
	case approved && spend != "":
		ask.SpentAt = at
		err = a.recordPermit(tx, l, ask, "spent")
	case !approved && ask.Permit != "":
		err = a.recordPermit(tx, l, ask, "revoked")
		ask.Permit, ask.PermitAt, ask.PermitUntil = "", time.Time{}, time.Time{}
	case approved && a.permits != nil && !at.Before(ask.PermitUntil):
		ask.Permit, ask.PermitAt, ask.PermitUntil = rand.Text(), at, permitUntil(l.decision)
		err = a.recordPermit(tx, l, ask, "made")
	}
	return ask, errors.Join(err, tx.PutGateAsk(ask))
}

// permitLife is for how long a permit is good at most.
const permitLife = 15 * time.Minute

// permitUntil is when a permit ends: never later than the approval could change by itself, as
// when its window closes.
func permitUntil(d deploy.Decision) time.Time {
	until := d.At.Add(permitLife)
	if next := d.Verdict.Recheck; !next.IsZero() && next.Before(until) {
		until = next
	}
	return until.Truncate(time.Second)
}

func (a *App) recordPermit(tx *store.Tx, l *gateLook, ask store.GateAsk, state string) error {
	body, err := json.Marshal(PermitRecord{
		Host: a.host, Repo: ask.Repo, Environment: ask.Name, Commit: ask.SHA, Permit: ask.Permit, State: state, Decision: ask.Seq, Expires: ask.PermitUntil,
	})
	if err != nil {
		return fmt.Errorf("encode permit record: %w", err)
	}
	_, _, err = tx.Append(l.repo.Account, KindPermit, a.now(), body)
	return err
}

// permitOf signs the permit that stands for an ask; empty: none does, or it was taken.
func (a *App) permitOf(d askDecided) (string, error) {
	k := d.ask
	if a.permits == nil || k.Permit == "" || !k.SpentAt.IsZero() || !a.now().Before(k.PermitUntil) {
		return "", nil
	}
	return a.permits.Sign(permit.Permit{
		ID: k.Permit, Issuer: a.o.Audience(), Audience: k.Audience, Repo: k.Repo, Repository: fullName(d.repo), Environment: k.Name, Commit: k.SHA,
		Decision: fmt.Sprintf("%d/%d", k.Log, k.Seq), IssuedAt: k.PermitAt, Expires: k.PermitUntil,
	})
}

// spendPermit takes a permit, once, if it was made for just this use and what it rests on still
// stands: the deployment is decided about anew. It is not taken where that is no approval.
func (a *App) spendPermit(ctx context.Context, text string, use permit.Use) (askDecided, error) {
	if a.permits == nil {
		return askDecided{}, refusedError{"this server makes no permits"}
	}
	p, err := permit.Verify(text, a.permits.Keys(), a.now())
	if err == nil {
		err = p.For(use)
	}
	if err != nil {
		return askDecided{}, refusedError{"permit: " + err.Error()}
	}
	ask, found, err := a.store.GateAskOf(ctx, p.ID)
	if err != nil {
		return askDecided{}, err
	}
	if !found || !ask.SpentAt.IsZero() || ask.Repo != p.Repo {
		return askDecided{}, refusedError{"the permit was spent or revoked"}
	}
	return a.lookAtAsk(ctx, ask, p.ID)
}
