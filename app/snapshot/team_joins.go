package snapshot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// join is since when somebody has been a member of a team, and who added them; 0: not known.
type join struct {
	since time.Time
	by    int64
}

func joinsKey(account, team int64) string { return fmt.Sprintf("%d/%d/", account, team) }

// keepJoins remembers since when each member of a team has been seen in it. GitHub does not
// say, so that on the first look at a team nobody has been in it for longer than that.
func (l *look) keepJoins(ctx context.Context, account int64, t team) error {
	if t.ID == 0 {
		return nil
	}
	seen := map[int64]time.Time{}
	if _, _, err := l.recall(ctx, joinMemory, joinsKey(account, t.ID), &seen); err != nil {
		return err
	}
	now := map[int64]time.Time{}
	for _, user := range t.Members {
		now[user] = l.at
		if since, ok := seen[user]; ok {
			now[user] = since
		}
	}
	if maps.EqualFunc(seen, now, time.Time.Equal) {
		return nil
	}
	return l.remember(ctx, joinMemory, joinsKey(account, t.ID), now, 0)
}

// readJoins adds to each team since when those of its members that the cast names so far are
// in it, and names whoever added them. A delivery knows better when somebody came back.
func (l *look) readJoins(ctx context.Context, account int64, teams map[string]team, k *cast) error {
	named := slices.Clone(k.order)
	for _, slug := range slices.Sorted(maps.Keys(teams)) {
		t := teams[slug]
		if t.ID == 0 {
			continue
		}
		seen := map[int64]time.Time{}
		if _, _, err := l.recall(ctx, joinMemory, joinsKey(account, t.ID), &seen); err != nil {
			return err
		}
		t.joins = map[int64]join{}
		for _, user := range named {
			since, in := seen[user]
			if !in {
				continue
			}
			j := join{since: since.UTC()}
			var by subject.Person
			at, told, err := l.recall(ctx, subject.JoinMemory, subject.JoinKey(account, t.ID, user), &by)
			if err != nil {
				return err
			}
			if told {
				j.by = k.add(by)
				if at.After(j.since) {
					j.since = at.UTC()
				}
			}
			t.joins[user] = j
		}
		teams[slug] = t
	}
	return nil
}
