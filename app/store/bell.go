package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"time"

	crand "crypto/rand"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

// bell tells the processes that share a PostgreSQL of each other's rises, by NOTIFY. It is a
// convenience: a ring can get lost, and whoever works the worklist looks by himself now and
// then. So it stays outside of the transactions that raise: PostgreSQL lets only one of those
// that notify commit at a time.
type bell struct {
	id     string // whose rings are not for us
	rung   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup
}

const (
	bellChannel = "changewarden"
	// bellPause folds the rings of that time into one.
	bellPause = 20 * time.Millisecond
	// bellTest is how often a connection that brings nothing is asked whether it still stands.
	bellTest = 30 * time.Second
	// bellTimeout is how long an answer of the server may take.
	bellTimeout = 5 * time.Second
	// bellAgain is the longest time between two tries to connect.
	bellAgain = 30 * time.Second
)

// newBell listens on a connection of its own and rings on those of db. heard is called when
// another process rang, and when one could have without our hearing it. It logs to the logger
// of ctx and ends with close, not with ctx.
func newBell(ctx context.Context, config *pgx.ConnConfig, db *sql.DB, heard func()) *bell {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &bell{id: crand.Text(), rung: make(chan struct{}, 1), cancel: cancel}
	config = config.Copy()
	delete(config.RuntimeParams, "idle_in_transaction_session_timeout")
	b.done.Go(func() { b.listen(ctx, config, heard) })
	b.done.Go(func() { b.tell(ctx, db) })
	return b
}

func (b *bell) close() {
	b.cancel()
	b.done.Wait()
}

// ring tells the others that something may have become due, soon.
func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default: // it is about to
	}
}

func (b *bell) tell(ctx context.Context, db *sql.DB) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.rung:
		}
		limited, cancel := context.WithTimeout(ctx, bellTimeout)
		_, _ = db.ExecContext(limited, `select pg_notify($1, $2)`, bellChannel, b.id) // the others look by themselves
		cancel()
		if !pause(ctx, bellPause) {
			return
		}
	}
}

// listen hears until ctx ends, and connects again whenever the connection is lost.
func (b *bell) listen(ctx context.Context, config *pgx.ConnConfig, heard func()) {
	for failures := 0; ; {
		listened, err := b.hear(ctx, config, heard)
		if ctx.Err() != nil {
			return
		}
		if listened {
			failures = 0
		}
		wait := min(bellAgain, time.Second<<min(failures, 10))
		wait += rand.N(wait / 4)
		failures++
		zerolog.Ctx(ctx).Warn().Err(err).Dur("again_in", wait).Msg("other replicas are not heard")
		if !pause(ctx, wait) {
			return
		}
	}
}

// hear hears on one connection until it breaks, and says whether it ever stood.
func (b *bell) hear(ctx context.Context, config *pgx.ConnConfig, heard func()) (listened bool, err error) {
	limited, cancel := context.WithTimeout(ctx, config.ConnectTimeout+bellTimeout)
	defer cancel()
	c, err := pgx.ConnectConfig(limited, config)
	if err != nil {
		return false, err
	}
	defer func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), bellTimeout)
		defer cancel()
		_ = c.Close(bye)
	}()
	if _, err := c.Exec(limited, `listen `+bellChannel); err != nil {
		return false, err
	}
	heard() // of what came while nobody listened
	for {
		if err := b.next(ctx, c, heard); err != nil {
			return true, err
		}
	}
}

// next waits for one ring. A connection on which none comes for long is tested: one that is
// dead says nothing.
func (b *bell) next(ctx context.Context, c *pgx.Conn, heard func()) error {
	wait, cancel := context.WithTimeout(ctx, bellTest)
	n, err := c.WaitForNotification(wait)
	late := wait.Err() != nil && ctx.Err() == nil
	cancel()
	switch {
	case err == nil:
		if n.Payload != b.id {
			heard()
		}
		return nil
	case !late || c.IsClosed():
		return err
	}
	test, cancel := context.WithTimeout(ctx, bellTimeout)
	defer cancel()
	return c.Ping(test)
}

// pause waits, and says whether ctx lasted as long.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
