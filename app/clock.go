package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"
)

// mostSkew is how far our clock may be from GitHub's before it is said. GitHub tells seconds,
// and an answer's way takes its time.
const mostSkew = 30 * time.Second

// watchClock says once that our clock is too far from GitHub's, and once that it is right again.
func (a *App) watchClock(ctx context.Context) {
	ahead, measured := a.clients.Skew()
	if off := ahead.Abs() > mostSkew; measured && a.clockOff.CompareAndSwap(!off, off) {
		log := zerolog.Ctx(ctx)
		if off {
			log.Error().Dur("github_ahead_ms", ahead).Msg("our clock differs from GitHub's: set it right, times in the record are by it")
		} else {
			log.Info().Msg("our clock is GitHub's again")
		}
	}
}

// theirs returns what GitHub's clock showed at one of our moments, to the second, as the newest
// answer's Date header tells it; zero: no answer has come yet. A judgement's record has both.
func (a *App) theirs(at time.Time) time.Time {
	ahead, measured := a.clients.Skew()
	if !measured {
		return time.Time{}
	}
	return at.Add(ahead).Truncate(time.Second)
}
