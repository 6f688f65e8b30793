package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

const (
	// lease is for how long a subject is a worker's own; it is renewed at a third of it.
	//
	// It ends by the clock of whoever looks at it, so replicas' clocks count. What has to hold
	// is that nobody takes a subject over while a request of its holder can be on its way. No
	// write starts unless the lease outlives it, a request takes requestTimeout, and the store
	// waits half as long again (openStore): that half, five seconds, is what two clocks may
	// differ by. checkClock holds each to maxAhead of the database's, which is less than half
	// of it. A look that only reads has two thirds of a lease more.
	lease = time.Minute
	// poll is the net under the wake-ups: how long the worker sleeps at most.
	poll = time.Second
	// workers is how many subjects are evaluated at once.
	workers = 8
	// perInstallation leaves some of them to the others, however much one has to do.
	perInstallation = 6
	// maxBackoff is the longest time between two tries of one subject.
	maxBackoff = 10 * time.Minute
)

// work claims what is due until ctx ends and evaluates it until looks does, and returns when
// the last evaluation has. Retries, timers, sweeps and events are all the same thing here: a
// subject that is due.
func (a *App) work(ctx, looks context.Context) {
	slots := make(chan struct{}, workers)
	var running sync.WaitGroup
	defer running.Wait()
	for ctx.Err() == nil {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		began := a.now()
		var claims []store.Claim
		err := a.clockStands(ctx)
		if err == nil {
			claims, err = a.store.Claim(ctx, a.now(), a.owner, 1, lease)
		}
		if err != nil || len(claims) == 0 {
			<-slots
			if err != nil && ctx.Err() == nil {
				zerolog.Ctx(ctx).Error().Err(err).Msg("nothing is taken from the worklist")
			}
			a.sleep(ctx, err)
			continue
		}
		running.Go(func() {
			defer func() { <-slots }()
			a.take(looks, claims[0], began)
		})
	}
}

// sleep waits until something can be claimed: a wake-up, its time, or the poll.
func (a *App) sleep(ctx context.Context, err error) {
	wait := a.poll
	if next, ok, e := a.store.NextClaim(ctx, a.owner); err == nil && e == nil && ok {
		wait = min(a.poll, max(next.Sub(a.now()), time.Millisecond))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-a.store.Wake():
	case <-timer.C:
	}
}

// take evaluates one subject, whose claim began at claimed, and puts it back if that fails.
func (a *App) take(looks context.Context, c store.Claim, claimed time.Time) {
	log := zerolog.Ctx(looks).With().Stringer("subject", key(c.Subject)).Int64("generation", c.Generation).Logger()
	ctx, cancel := context.WithCancel(store.For(log.WithContext(looks), c.Priority))
	defer cancel()
	lost := a.keep(ctx, cancel, c)
	began := a.now()
	a.metrics.looking.Inc()
	defer a.metrics.looking.Dec()
	ctx, span := a.looking(ctx, c)
	defer span.End()
	a.passed(ctx, atWait, c.FirstDue, claimed)
	a.passed(ctx, atClaim, claimed, began)
	var asked atomic.Int64
	ended := a.o.seams.looks(c.Subject)
	err := a.evaluate(a.budgeted(ctx, c, &asked), c)
	ended()
	a.spent(ctx, c, int(asked.Load()))
	a.watchClock(ctx)
	cancel()
	held := <-lost
	a.metrics.evaluated(c, err, a.now().Sub(began))
	switch {
	case err == nil, errors.Is(err, store.ErrLost):
		return
	case !held:
		log.Warn().Err(err).Msg("lease lost, left to its new owner")
		return
	}
	if put := log.WithContext(context.Background()); errors.Is(context.Cause(looks), errCut) {
		a.giveBack(put, c)
	} else {
		a.putBack(put, c, err)
	}
}

// keep renews the lease until ctx ends and cancels it when the lease is lost. What it
// returns yields once: whether the lease was still ours.
func (a *App) keep(ctx context.Context, cancel context.CancelFunc, c store.Claim) <-chan bool {
	held := make(chan bool, 1)
	go func() {
		tick := time.NewTicker(lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				held <- true
				return
			case <-tick.C:
			}
			if _, err := a.store.Extend(ctx, c, a.now().Add(lease)); err != nil && ctx.Err() == nil {
				cancel()
				held <- !errors.Is(err, store.ErrLost)
				return
			}
		}
	}()
	return held
}

// putBack makes a subject due again after a failed evaluation: when GitHub says so, else
// after a time that doubles with each attempt. Where GitHub limits the installation the look
// has not failed, it has yet to begin.
func (a *App) putBack(ctx context.Context, c store.Claim, err error) {
	at := a.now()
	wait, again := backoff(c.Attempt), a.store.Retry
	wait += a.o.seams.spreads(wait / 4)
	if soon, ok := errors.AsType[retryError](err); ok {
		wait = soon.after
	} else {
		trouble := ghclient.Diagnose(err, at)
		a.metrics.trouble(trouble.Kind)
		if trouble.Installation || trouble.Kind == ghclient.Denied && c.Attempt == 0 {
			a.stillInstalled(ctx, c.Installation)
		}
		switch trouble.Kind {
		case ghclient.Limited:
			wait, again = trouble.RetryAfter, a.store.Wait
		case ghclient.Denied, ghclient.Gone, ghclient.Invalid:
			wait = max(wait, time.Minute)
		case ghclient.Transient:
			wait = max(wait, trouble.RetryAfter)
		case ghclient.None:
		}
	}
	zerolog.Ctx(ctx).Warn().Err(err).Int("attempt", c.Attempt).Time("retry_at", at.Add(wait)).Msg("evaluation put back")
	if err := again(ctx, c, at.Add(wait), err.Error()); err != nil && !errors.Is(err, store.ErrLost) {
		zerolog.Ctx(ctx).Error().Err(err).Msg("evaluation not put back, its lease will lapse")
	}
}

// backoff is how long to wait after the attempt-th failure (from 0).
func backoff(attempt int) time.Duration {
	return min(maxBackoff, time.Second<<min(attempt, 10))
}

// retryError asks for another look after a given time, for reasons that are nobody's fault.
type retryError struct {
	why   string
	after time.Duration
}

func (e retryError) Error() string { return e.why }

// evaluate does what a subject's kind asks for. A panic is an error of this subject alone.
func (a *App) evaluate(ctx context.Context, c store.Claim) (err error) {
	defer caught(ctx, &err)
	switch c.Subject.Kind {
	case subject.PullRequest:
		return a.judgePull(ctx, c)
	case subject.Head:
		return a.publishHead(ctx, c)
	case subject.Comments:
		return a.hearComments(ctx, c)
	case subject.Reviewers:
		return a.askReviewers(ctx, c)
	case subject.PostMortem:
		return a.followPostMortems(ctx, c)
	case subject.MergeGroup:
		return a.judgeMergeGroup(ctx, c)
	case subject.Deployment:
		return a.judgeGate(ctx, c)
	case subject.Environment:
		return a.publishEnvironment(ctx, c)
	case subject.Repository:
		return a.sweepRepository(ctx, c)
	case subject.Installation:
		return a.sweepInstallation(ctx, c)
	case subject.Deliveries:
		return a.fetchMissed(ctx, c)
	case subject.Round:
		return a.makeRound(ctx, c)
	}
	return fmt.Errorf("evaluate %s: no such kind", c.Subject.Key())
}

// key lets a subject be logged.
type key subject.Subject

func (k key) String() string { return subject.Subject(k).Key() }
