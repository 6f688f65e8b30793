package snapshot

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// branchPrefix stands before a branch where GitHub names a ref.
const branchPrefix = "refs/heads/"

// trail is the pushes that made a head.
type trail struct {
	pushes []subject.PushFact // by time
	named  bool               // each of them, from the head back to the base, has a pusher
	thin   bool               // somewhere only the opening of the pull request stands for the pusher
}

// follow walks the pushes back from head to where the branch began: to its creation, to the
// opening of the pull request, or to one of edge, the commits of the base that the change
// rests on. It keeps the pull request's own, those walked, those of a commit of the change,
// and those since the pull request was opened; earlier ones of a branch that is used again
// and again are of changes that have landed.
func follow(all []subject.PushFact, head string, inside map[string][]string, edge []string, opened time.Time) trail {
	all = slices.DeleteFunc(slices.Clone(all), func(p subject.PushFact) bool { return p.User == 0 })
	to := map[string][]int{}
	for i, p := range all {
		to[p.After] = append(to[p.After], i)
	}
	t := trail{named: true}
	walked := map[int]bool{}
	seen := map[string]bool{}
	for queue := []string{head}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		if len(to[at]) == 0 {
			t.named = false
			continue
		}
		pushed := false // a push, not only the opening of the pull request
		for _, i := range to[at] {
			walked[i] = true
			before := beginning(all[i].Before)
			pushed = pushed || all[i].Ref != "" || before != ""
			if before != "" && !slices.Contains(edge, before) {
				queue = append(queue, before)
			}
		}
		t.thin = t.thin || !pushed
	}
	for i, p := range all {
		_, ours := inside[p.After]
		if p.Number != 0 || walked[i] || ours || !p.At.Before(opened) {
			t.pushes = append(t.pushes, p)
		}
	}
	slices.SortStableFunc(t.pushes, func(a, b subject.PushFact) int { return a.At.Compare(b.At) })
	return t
}

// beginning returns the commit before a push; empty if there was none.
func beginning(commit string) string {
	if strings.Trim(commit, "0") == "" {
		return ""
	}
	return commit
}

// trailOf returns the pushes to the head, and those that brought commits of the change to
// other branches before: somebody pushed what was merged into the head.
func (l *look) trailOf(ctx context.Context, f *facts, edge []string) (trail, error) {
	t, err := l.headTrail(ctx, f, edge)
	if err != nil {
		return trail{}, err
	}
	elsewhere, err := l.Memory.PushesOf(ctx, l.target.Repo, slices.Sorted(maps.Keys(f.parents())))
	if err != nil {
		return trail{}, fmt.Errorf("read pushes of commits: %w", err)
	}
	t.pushes = withFirst(t.pushes, elsewhere)
	return t, nil
}

// withFirst adds to pushes those of elsewhere that were the first to bring their commit.
// Who makes a branch of what somebody else pushed already brings nothing.
func withFirst(pushes, elsewhere []subject.PushFact) []subject.PushFact {
	first := map[string]subject.PushFact{}
	for _, p := range slices.Concat(pushes, elsewhere) {
		if was, known := first[p.After]; p.User != 0 && (!known || p.At.Before(was.At)) {
			first[p.After] = p
		}
	}
	for _, p := range elsewhere {
		if first[p.After] == p && !slices.Contains(pushes, p) {
			pushes = append(pushes, p)
		}
	}
	slices.SortStableFunc(pushes, func(a, b subject.PushFact) int { return a.At.Compare(b.At) })
	return pushes
}

// headTrail returns the pushes to the head. Where a pusher is missing in the base repository,
// GitHub's own list is read, once for a head; forks have none that the app may see.
func (l *look) headTrail(ctx context.Context, f *facts, edge []string) (trail, error) {
	ref := branchPrefix + f.pull.HeadRefName
	var headRepo int64
	if f.pull.HeadRepository != nil {
		headRepo = f.pull.HeadRepository.DatabaseID
	}
	inside := f.parents()
	read := func() (trail, error) {
		all, err := l.Memory.Pushes(ctx, l.target.Repo, l.target.Number, headRepo, ref)
		if err != nil {
			return trail{}, fmt.Errorf("read pushes: %w", err)
		}
		return follow(all, f.head, inside, edge, f.pull.CreatedAt), nil
	}
	t, err := read()
	if err != nil || t.named && !t.thin || headRepo != l.target.Repo || len(f.commits) == 0 {
		return t, err
	}
	key := fmt.Sprintf("%d/%s/%s/", l.target.Repo, f.pull.HeadRefName, f.head)
	var asked bool
	if _, found, err := l.recall(ctx, activityMemory, key, &asked); err != nil || found {
		return t, err
	}
	learned, err := l.activity(ctx, ref)
	if err != nil {
		return trail{}, err
	}
	if len(learned) > 0 {
		if err := l.Memory.AddPushes(ctx, learned); err != nil {
			return trail{}, fmt.Errorf("add pushes: %w", err)
		}
	}
	// The list can be behind the branch: without this head in it, it is asked for again later.
	life := peopleLife
	if slices.ContainsFunc(learned, func(p subject.PushFact) bool { return p.After == f.head }) {
		life = 0
	}
	if err := l.remember(ctx, activityMemory, key, true, life); err != nil {
		return trail{}, err
	}
	return read()
}

// pushesOf returns the pushes as the change has them. Whether one left the diff as it was is
// looked up only where it matters: for a merge that GitHub itself committed.
func (l *look) pushesOf(ctx context.Context, pushes []subject.PushFact, f *facts, now stand) ([]rules.Push, error) {
	merges := map[string]bool{}
	for _, c := range f.commits {
		merges[c.OID] = c.byGitHub() && c.Parents.TotalCount == 2
	}
	var out []rules.Push
	for _, p := range pushes {
		push := rules.Push{By: l.cast.who(p.User), Before: beginning(p.Before), After: p.After, At: p.At.UTC()}
		if slices.ContainsFunc(out, func(o rules.Push) bool {
			return o.By == push.By && o.Before == push.Before && o.After == push.After
		}) {
			continue // told by the push and by the pull request, or by the activity list as well
		}
		if push.Before != "" && merges[push.After] {
			var err error
			if push.Exact, err = l.unmoved(ctx, push, now); err != nil {
				return nil, err
			}
		}
		out = append(out, push)
	}
	return out, nil
}

// unmoved reports whether the diff is known and the same before and after a push.
func (l *look) unmoved(ctx context.Context, p rules.Push, now stand) (bool, error) {
	var ends [2]stand
	for i, head := range []string{p.Before, p.After} {
		s, err := l.standAt(ctx, head, now)
		if err != nil || s.diff.Exact == "" {
			return false, err
		}
		ends[i] = s
	}
	if ends[0].diff.Exact != ends[1].diff.Exact {
		return false, nil
	}
	return l.sameModes(ctx, ends[0], ends[1])
}

// standAt returns where the pull request last stood at a head, without a fingerprint if it
// is not known.
func (l *look) standAt(ctx context.Context, head string, now stand) (stand, error) {
	if head == now.head {
		return now, nil
	}
	key, err := l.headKey(ctx, head)
	if err != nil || key == "" {
		return stand{}, err
	}
	s := stand{head: head, key: key}
	known, err := l.recallDiff(ctx, head, key)
	if known != nil {
		s.diff = *known
	}
	return s, err
}

// activity reads the last pushes to a branch with who made them. go-github has no call for it.
func (l *look) activity(ctx context.Context, ref string) ([]subject.PushFact, error) {
	path := fmt.Sprintf("repos/%s/%s/activity?per_page=100&ref=%s", l.target.Owner, l.target.Name, url.QueryEscape(ref))
	req, err := l.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("read activity of %s: %w", ref, err)
	}
	var list []struct {
		Before, After string
		Ref           string
		Timestamp     time.Time
		Actor         *struct {
			ID    int64
			Login string
			Type  string
		}
	}
	if _, err := l.client.Do(ctx, req, &list); err != nil {
		if l.absent(err) {
			return nil, nil // an old GitHub Enterprise Server
		}
		return nil, fmt.Errorf("read activity of %s: %w", ref, err)
	}
	var out []subject.PushFact
	for _, a := range list {
		if a.Actor == nil || a.Ref != ref || beginning(a.After) == "" {
			continue
		}
		out = append(out, subject.PushFact{
			Repo: l.target.Repo, Ref: ref, Before: beginning(a.Before), After: a.After,
			User: a.Actor.ID, Login: a.Actor.Login, Bot: a.Actor.Type == "Bot", At: a.Timestamp.UTC(),
		})
	}
	return out, nil
}
