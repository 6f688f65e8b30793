package app

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// A round is the net under everything else: once a day each repository is looked at for what
// no delivery told, among them those that GitHub never made. It goes by what a list shows, one
// query a repository where nothing was missed, and takes its time.
const (
	roundEvery = 24 * time.Hour
	// roundApart is the time between two repositories of a round, if there is enough of it.
	roundApart = 10 * time.Second
	// sweepOverlap is how far before the last sweep the next one looks for merges: GitHub's
	// clock is another.
	sweepOverlap = 10 * time.Minute
)

// rounds is the subject of the round through all installations.
var rounds = subject.Subject{Kind: subject.Round}

// makeRound makes a round through everything, an installation, or a repository.
func (a *App) makeRound(ctx context.Context, c store.Claim) error {
	if c.Subject.Repo != 0 {
		return a.sweepRepository(ctx, c)
	}
	return a.sweepInstallation(ctx, c)
}

// apartFor is the time between two of n repositories, so that a round ends well before the next.
func apartFor(n int) time.Duration { return min(roundApart, roundEvery/2/time.Duration(max(n, 1))) }
