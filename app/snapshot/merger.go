package snapshot

import (
	"context"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// mergeQueueLogin is the account in whose name GitHub merges what its merge queue lets through.
const mergeQueueLogin = "github-merge-queue[bot]"

// Merger reads who merged a pull request of the target's repository, by the target's number, or
// put it into the merge queue that did. Nobody: it is not merged, or the account is gone. It
// costs one query.
func (r *Reader) Merger(ctx context.Context, c *ghclient.Client, t Target) (subject.Person, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	return l.merger(ctx, t.Number)
}

// merger remembers for a day whom GitHub named: it stays who it was, but for an account that
// goes.
func (l *look) merger(ctx context.Context, number int64) (subject.Person, error) {
	const memory = "merger"
	key := fmt.Sprintf("%d/%d", l.target.Repo, number)
	var by subject.Person
	if _, found, err := l.recall(ctx, memory, key, &by); err != nil || found {
		return by, err
	}
	var out struct {
		Repository *struct {
			DatabaseID  int64
			PullRequest *struct {
				MergedBy      *actor
				TimelineItems struct {
					Nodes []struct{ Enqueuer *actor }
				}
			}
		}
	}
	err := query(ctx, l.client, mergerQuery, map[string]any{"owner": l.target.Owner, "name": l.target.Name, "number": number}, &out)
	switch {
	case err != nil:
		return by, fmt.Errorf("read who merged %s/%s#%d: %w", l.target.Owner, l.target.Name, number, err)
	case out.Repository == nil || out.Repository.DatabaseID != l.target.Repo || out.Repository.PullRequest == nil:
		return by, fmt.Errorf("read who merged %s/%s#%d: %w", l.target.Owner, l.target.Name, number, ErrGone)
	}
	pull := out.Repository.PullRequest
	by = pull.MergedBy.person()
	if by.Bot && by.Login == mergeQueueLogin {
		for _, e := range pull.TimelineItems.Nodes {
			if e.Enqueuer != nil {
				by = e.Enqueuer.person()
			}
		}
	}
	if by.User == 0 { // GitHub may say so later
		return by, nil
	}
	return by, l.remember(ctx, memory, key, by, loginLife)
}

// mergers names whoever merged the pull requests that GitHub names with the commits, so that it
// is read what they are.
func (l *look) mergers(ctx context.Context, merges map[string][]Merged) (map[int64]int64, error) {
	var pulls []int64
	for _, all := range merges {
		for _, m := range all {
			pulls = append(pulls, m.Number)
		}
	}
	slices.Sort(pulls)
	by := map[int64]int64{}
	for _, number := range slices.Compact(pulls) {
		p, err := l.merger(ctx, number)
		if err != nil {
			return nil, err
		}
		by[number] = l.cast.add(p)
	}
	return by, nil
}
