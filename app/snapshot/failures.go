package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/rules"
)

const (
	// resultLife is how long it is remembered what was reported on a head: GitHub itself takes no
	// result that is older than this for a merge.
	resultLife = 400 * 24 * time.Hour
	// maxFailures is how many are remembered on a head. One is enough to hold it.
	maxFailures = 100
)

// keepFailures adds to the runs of a head those that were seen to fail there and that GitHub
// does not list any more: of a thousand of one name it drops the oldest, and whoever can
// write can delete a run of a workflow with all that its jobs reported. They are judged as if
// they were still there. What is there and failed is remembered.
func (l *look) keepFailures(ctx context.Context, c *rules.Change) error {
	key := fmt.Sprintf("%d/%s/", l.target.Repo, c.Head)
	var was []rules.CheckRun
	if _, _, err := l.recall(ctx, failureMemory, key, &was); err != nil {
		return err
	}
	listed := map[int64]rules.CheckRun{}
	for _, r := range c.Runs {
		listed[r.ID] = r
	}
	// The first to be seen stay: later ones are those that could be made in any number.
	var keep []rules.CheckRun
	known := map[int64]bool{}
	for _, r := range was {
		now, there := listed[r.ID]
		if there && !failedRun(now) {
			continue // its app took it back
		}
		if there {
			r = now
		} else {
			c.Runs = append(c.Runs, r)
		}
		keep, known[r.ID] = append(keep, r), true
	}
	for _, r := range c.Runs {
		if len(keep) < maxFailures && failedRun(r) && !known[r.ID] {
			keep = append(keep, r)
		}
	}
	if slices.Equal(was, keep) {
		return nil
	}
	return l.remember(ctx, failureMemory, key, keep, resultLife)
}

// failedRun reports whether a check run has concluded, and not well.
func failedRun(r rules.CheckRun) bool {
	return r.Status == "completed" && !slices.Contains([]string{"", "success", "neutral", "skipped"}, r.Conclusion)
}
