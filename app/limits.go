package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/store"
)

// Limits bounds what is asked of GitHub for one installation, below what GitHub takes. A zero
// field bounds nothing.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
type Limits struct {
	WriteEvery    time.Duration // between two writes in the long run
	WriteBurst    int           // so many writes may come at once after a rest; at least two
	WritesPerHour int           // in any hour, of all processes together

	// Points and Concurrent bound one process: sharing them would cost a transaction for each
	// request, and GitHub's own limits, which are for all of them, are far away.
	Points     int     // in any minute, a read being 1 and a write 5
	Concurrent int     // requests at once
	Reserve    float64 // of the hour's quota, kept from sweeps, new policies and strangers
}

// DefaultLimits keep below what GitHub allows: 80 writes a minute and 500 an hour, 900 points
// a minute, 100 requests at once. Whether statuses and updates of check runs count as writes
// GitHub does not say; here they do.
var DefaultLimits = Limits{
	WriteEvery: time.Second, WriteBurst: 10, WritesPerHour: 480,
	Points: 900, Concurrent: 10, Reserve: 0.25,
}

// replicas is among how many processes on one database the points are split. More of them meet
// GitHub's own limit in the worst case, and then all of them hold.
const replicas = 3

func (o Options) limits() Limits {
	if o.Limits != nil {
		return *o.Limits
	}
	l := DefaultLimits
	if o.sqliteFile() == "" { // which is one process's alone
		l.Points /= replicas
	}
	return l
}

func (l Limits) pace() store.Pace {
	return store.Pace{Every: l.WriteEvery, Burst: l.WriteBurst, Hour: l.WritesPerHour}
}

// requests are the limits of single requests. Heads are paced as they are claimed, for all
// processes; this holds back what would write without.
func (l Limits) requests() ghclient.Limits {
	return ghclient.Limits{
		Concurrent: l.Concurrent, Points: l.Points, Reserve: l.Reserve,
		WriteEvery: l.WriteEvery, WriteBurst: l.WriteBurst + store.PublicationWrites,
	}
}

// hold stores a hold that a request met, so that nothing is claimed for the installation, by
// any process, and none forgets it when it is started anew. Where that fails requests are
// refused all the same, and what was claimed is put back.
func (a *App) hold(ctx context.Context, h ghclient.Hold) {
	a.metrics.held(h.Kind)
	log := zerolog.Ctx(ctx)
	log.Warn().Int64("installation", h.Installation).Str("limit", h.Kind).Bool("background", h.Background).
		Time("retry_at", h.Until).Msg("installation held")
	err := a.store.Hold(context.WithoutCancel(ctx), store.Hold{
		Installation: h.Installation, Until: h.Until, Background: h.Background, Why: h.Kind,
	})
	if err != nil && !errors.Is(err, store.ErrClosed) {
		log.Error().Err(err).Msg("hold not stored")
	}
}

// recallHolds tells the clients what holds at the start.
func (a *App) recallHolds(ctx context.Context) error {
	holds, err := a.store.Holds(ctx, a.now())
	for _, h := range holds {
		a.clients.Hold(ghclient.Hold{Installation: h.Installation, Until: h.Until, Background: h.Background, Kind: h.Why})
	}
	return err
}

// budgeted is the context of a look: its requests are counted, and leave the reserve to others
// if the look can wait.
func (a *App) budgeted(ctx context.Context, c store.Claim, asked *atomic.Int64) context.Context {
	ctx = ghclient.Metered(ctx, asked)
	if c.Priority.Waits() {
		ctx = ghclient.Patient(ctx)
	}
	return ctx
}

// manyRequests is from where on a look's requests count against its subject's share. Nearly
// all take fewer than ten; the count is a transaction of its own.
const manyRequests = 20

func (a *App) spent(ctx context.Context, c store.Claim, requests int) {
	if requests < manyRequests {
		return
	}
	if err := a.store.Spend(ctx, c.Subject, a.now(), requests); err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Msg("requests not counted")
	}
}
