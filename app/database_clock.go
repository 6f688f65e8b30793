package app

import (
	"context"
	"fmt"
	"time"
)

const (
	// maxAhead is how far the clock may be from that of a database that others share: see lease.
	maxAhead = 2 * time.Second
	// clockEvery is how often that is looked at.
	clockEvery = time.Minute
)

// checkClock says whether this machine's clock is near enough to the database's for leases. A
// clock that was handed in is a test's, and nobody's.
func (a *App) checkClock(ctx context.Context) error {
	if a.o.Now != nil {
		return nil
	}
	before := a.now()
	theirs, shared, err := a.store.Clock(ctx)
	if err != nil || !shared {
		return err
	}
	after := a.now()
	return clockError(before.Add(after.Sub(before) / 2).Sub(theirs))
}

// clockError says what to do about a clock that is ahead of the database's by so much.
func clockError(ahead time.Duration) error {
	if ahead.Abs() <= maxAhead {
		return nil
	}
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	return fmt.Errorf("this machine's clock is %s %s the database's, more than %s: leases on work would not hold; have the time service (NTP) set the clocks of both machines",
		ahead.Abs().Round(time.Millisecond), direction, maxAhead)
}

// clockStands is checkClock now and then.
func (a *App) clockStands(ctx context.Context) error {
	at := a.now()
	if a.o.Now != nil || !a.o.shared() || !a.clocked.IsZero() && at.Sub(a.clocked).Abs() < clockEvery {
		return nil
	}
	if err := a.checkClock(ctx); err != nil {
		return err
	}
	a.clocked = at
	return nil
}
