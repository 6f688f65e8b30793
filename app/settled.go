package app

import (
	"context"
	"time"
)

// Settled waits until nothing is due, leased or under way, and reports whether that was so
// at once: then nothing can have been written meanwhile that somebody has yet to hear of.
// It is for tests and the demo; due times in the future do not count.
func (a *App) Settled(ctx context.Context) (bool, error) {
	const look = 5 * time.Millisecond
	for first := true; ; first = false {
		resting, err := a.store.Resting(ctx, a.now(), a.patience)
		if err != nil || resting {
			return first && resting, err
		}
		timer := time.NewTimer(look)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false, ctx.Err()
		case <-timer.C:
		}
	}
}

// patience is how far ahead Settled looks for retries and gathered events: they belong to
// what is under way; a timer of the policy does not.
const patience = 5 * time.Second
