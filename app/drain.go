package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
)

// drainTimeout is how long requests and looks under way may take when the process is asked to
// stop: less than the thirty seconds after which most who ask then kill.
const drainTimeout = 20 * time.Second

// errCut ends a look that was still under way when that time was over.
var errCut = errors.New("cut short, because the server was asked to stop")

// drain ends a server in good order: no new delivery or claim is taken, deliveries under way
// are answered and looks under way finished. What is not by the time allowed is cut: a sender
// gets no answer and GitHub keeps the delivery as failed; a lease is given back.
func (a *App) drain(ctx context.Context, server *http.Server, working *sync.WaitGroup, cut context.CancelCauseFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(a.o.Drain, drainTimeout))
	defer cancel()
	zerolog.Ctx(ctx).Info().Msg("stopping: no new work is taken, what is under way is finished")
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
		zerolog.Ctx(ctx).Warn().Msg("connections cut: GitHub is asked for their deliveries again")
	}
	select {
	case <-done:
	case <-ctx.Done():
		zerolog.Ctx(ctx).Warn().Msg("looks cut short: they are given back")
	}
	cut(errCut)
	<-done
}

// giveBack ends the claim of a look that was cut: whoever claims it next waits until no
// request of it can still be on its way.
func (a *App) giveBack(ctx context.Context, c store.Claim) {
	until := a.now().Add(requestTimeout + requestTimeout/2)
	if err := a.store.Retry(ctx, c, until, errCut.Error()); err != nil && !errors.Is(err, store.ErrLost) {
		zerolog.Ctx(ctx).Error().Err(err).Msg("look not given back, its lease will lapse")
	}
}
