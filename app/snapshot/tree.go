package snapshot

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/rules"
)

// maxEdge is how many parents outside of a change are sorted out to find its merge base; a
// branch with more merges from the base than this has none that we know.
const maxEdge = 16

// sidesOf reads mode and blob of both sides of the files from the trees of merge base and
// head. It returns nil if one of them cannot be had: the trees are too large, a commit is
// gone, or history has several merge bases.
func (l *look) sidesOf(ctx context.Context, head, key string, edge []string, files []rules.File) (map[string]sides, error) {
	base, err := l.mergeBase(ctx, key, edge)
	if err != nil || base == "" {
		return nil, err
	}
	var oldPaths, newPaths []string
	for _, f := range files {
		oldPaths = append(oldPaths, before(f))
		newPaths = append(newPaths, f.Path)
	}
	after, err := l.tree(ctx, head, newPaths)
	if err != nil || after == nil {
		return nil, err
	}
	was, err := l.tree(ctx, base, oldPaths)
	if err != nil || was == nil {
		return nil, err
	}
	out := map[string]sides{}
	for _, f := range files {
		s := sides{old: was[before(f)], new: after[f.Path]}
		if (s.old == side{}) != (f.Status == "added") || (s.new == side{}) != (f.Status == "removed") {
			return nil, nil // the trees tell another story than the list
		}
		out[f.Path] = s
	}
	return out, nil
}

func before(f rules.File) string {
	if f.Previous != "" {
		return f.Previous
	}
	return f.Path
}

// tree returns mode and blob of those paths that a commit's tree has; nil if GitHub does
// not have the commit, or cut the tree short before one of the paths.
func (l *look) tree(ctx context.Context, commit string, paths []string) (map[string]side, error) {
	paths = slices.Clone(paths)
	slices.Sort(paths)
	d := newDigest("paths")
	d.add(paths...)
	key := fmt.Sprintf("%d/%s/%s/", l.target.Repo, commit, d.sum())
	var got map[string]side
	if _, found, err := l.recall(ctx, treeMemory, key, &got); err != nil || found {
		return got, err
	}
	t, _, err := l.client.Git.GetTree(ctx, l.target.Owner, l.target.Name, commit, true)
	if err != nil && l.absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", commit, err)
	}
	all := map[string]*github.TreeEntry{}
	for _, e := range t.Entries {
		all[e.GetPath()] = e
	}
	got = map[string]side{}
	for _, p := range paths {
		if e := all[p]; e != nil {
			got[p] = side{Mode: e.GetMode(), Blob: e.GetSHA()}
		} else if t.GetTruncated() {
			return nil, nil
		}
	}
	return got, l.remember(ctx, treeMemory, key, got, 0)
}

// mergeBase returns the merge base that the edge stands for: the one of its commits that
// descends from all others. Empty if there is none, or too many to sort out.
func (l *look) mergeBase(ctx context.Context, key string, edge []string) (string, error) {
	if len(edge) == 0 || len(edge) > maxEdge {
		return "", nil
	}
	best := edge[0]
	if len(edge) == 1 {
		return best, nil
	}
	name := fmt.Sprintf("%d/%s/", l.target.Repo, key)
	var known string
	if _, found, err := l.recall(ctx, baseMemory, name, &known); err != nil || found {
		return known, err
	}
	for _, e := range edge[1:] {
		c, _, err := l.client.Repositories.CompareCommits(ctx, l.target.Owner, l.target.Name, best, e, &github.ListOptions{PerPage: 1})
		if err != nil && l.absent(err) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("compare %s with %s: %w", best, e, err)
		}
		switch c.GetMergeBaseCommit().GetSHA() {
		case best:
			best = e
		case e:
		default:
			return "", l.remember(ctx, baseMemory, name, "", 0)
		}
	}
	return best, l.remember(ctx, baseMemory, name, best, 0)
}

// sameModes reports whether the files have the same modes on both sides of two diffs whose
// patches are equal: a patch does not show them. Not known is no.
func (l *look) sameModes(ctx context.Context, a, b stand) (bool, error) {
	var modes [2]map[string]sides
	for i, s := range []stand{a, b} {
		var err error
		if modes[i], err = l.sidesOf(ctx, s.head, s.key, s.diff.Edge, s.diff.Files); err != nil || modes[i] == nil {
			return false, err
		}
	}
	for path, s := range modes[0] {
		o := modes[1][path]
		if s.old.Mode != o.old.Mode || s.new.Mode != o.new.Mode {
			return false, nil
		}
	}
	return len(modes[0]) == len(modes[1]), nil
}
