package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/rules"
)

// MergeGroup is a group of a merge queue as GitHub showed it.
type MergeGroup struct {
	Tip     rules.Tip // without Usual
	Members []Queued  // in the order in which they would land; none: GitHub does not say who they are
}

// Queued is a pull request in a merge queue.
type Queued struct {
	Number int64
	Head   string
	Base   string // branch
	Open   bool
}

// queueEntry is an entry of a merge queue. Its commit is made on top of those of the entries
// before it.
type queueEntry struct {
	Position    int
	State       string
	HeadCommit  *object
	PullRequest *struct {
		Number      int64
		State       string
		HeadRefOID  string
		BaseRefName string
	}
}

type mergeQueue struct{ Entries *connection[queueEntry] }

// MergeGroup reads the group of commit t.Head in the merge queue of a branch, by one query if
// no list is longer than a page. Who is in it is what GitHub's queue says, never what a
// branch is called: anybody who can write makes branches. Of the target it takes repository,
// name, Head and SeenAt. Errors are those of Pull; a queue that GitHub does not have, or does
// not show, and a commit that is in none, are a group without members.
func (r *Reader) MergeGroup(ctx context.Context, c *ghclient.Client, t Target, base string) (MergeGroup, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	g, err := l.mergeGroup(ctx, base)
	if err != nil {
		return MergeGroup{}, fmt.Errorf("read merge group %s of %s/%s: %w", t.Head, t.Owner, t.Name, err)
	}
	return g, nil
}

func (l *look) mergeGroup(ctx context.Context, base string) (MergeGroup, error) {
	var out struct {
		Repository *struct {
			DatabaseID int64
			MergeQueue *mergeQueue
			Head       *headCommit
		}
	}
	err := query(ctx, l.client, mergeGroupQuery, l.vars("base", base, "head", l.target.Head), &out,
		ghclient.AllowDenied("repository/mergeQueue", "repository/mergeQueue/entries"))
	switch {
	case err != nil:
		return MergeGroup{}, err
	case out.Repository == nil:
		return MergeGroup{}, ErrGone
	case out.Repository.DatabaseID != l.target.Repo:
		return MergeGroup{}, fmt.Errorf("repository %d: %w", out.Repository.DatabaseID, ErrOther)
	}
	g := MergeGroup{Tip: rules.Tip{Head: l.target.Head, SeenAt: l.target.SeenAt.UTC(), TakenAt: l.at}}
	if g.Members, err = l.queued(ctx, base, out.Repository.MergeQueue); err != nil || len(g.Members) == 0 {
		return g, err
	}
	head := out.Repository.Head
	if head == nil || head.OID != l.target.Head {
		g.Members = nil // a commit that cannot be read has nobody in it
		return g, nil
	}
	f := &facts{}
	if f.checks, err = l.checksOf(ctx, *head); err != nil {
		return MergeGroup{}, err
	}
	if !f.checks.whole {
		f.gap(rules.GapChecks, f.checks.read(), f.checks.of)
	}
	return g, l.putTip(ctx, f, &g.Tip)
}

// putTip writes what was reported on the group's commit into the tip.
func (l *look) putTip(ctx context.Context, f *facts, tip *rules.Tip) error {
	k := l.cast
	for _, s := range f.checks.statuses {
		if !rules.Own(s.Context) {
			k.actor(s.Creator)
		}
	}
	if err := k.resolve(ctx, l.Memory); err != nil {
		return err
	}
	c := rules.Change{OwnApp: l.App}
	f.putChecks(&c, k)
	tip.Gaps, tip.Runs, tip.Suites, tip.Status = f.gaps, c.Runs, c.Suites, c.Status
	for _, user := range k.order {
		tip.People = append(tip.People, rules.Person{ID: k.who(user), Bot: k.people[user].Bot})
	}
	return nil
}

// queued returns who would land with the target's head: the entries of the queue up to the
// last one with that commit. Every entry before it counts, whatever its state, because the
// commit rests on theirs. Those that landed already are part of the base.
func (l *look) queued(ctx context.Context, base string, q *mergeQueue) ([]Queued, error) {
	if q == nil || q.Entries == nil {
		return nil, nil
	}
	entries, whole, err := pages(*q.Entries, l.limits.entries, func(after string) (connection[queueEntry], error) {
		var out struct {
			Repository *struct{ MergeQueue *mergeQueue }
		}
		if err := l.query(ctx, queuePage, l.vars("base", base, "after", after), &out); err != nil {
			return connection[queueEntry]{}, err
		}
		if out.Repository == nil || out.Repository.MergeQueue == nil || out.Repository.MergeQueue.Entries == nil {
			return connection[queueEntry]{}, left("the merge queue")
		}
		return *out.Repository.MergeQueue.Entries, nil
	})
	if err != nil || !whole {
		return nil, err
	}
	slices.SortStableFunc(entries, func(a, b queueEntry) int { return cmp.Compare(a.Position, b.Position) })
	last := -1
	for i, e := range entries {
		if e.HeadCommit != nil && e.HeadCommit.OID == l.target.Head {
			last = entries[i].Position
		}
	}
	var members []Queued
	for _, e := range entries {
		if last < 0 || e.Position > last {
			break
		}
		p := e.PullRequest
		if p == nil {
			return nil, nil // who that is cannot be told
		}
		if p.State != "MERGED" {
			members = append(members, Queued{Number: p.Number, Head: p.HeadRefOID, Base: p.BaseRefName, Open: p.State == "OPEN"})
		}
	}
	return members, nil
}
