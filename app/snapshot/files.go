package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/google/go-github/v62/github"
	"golang.org/x/sync/errgroup"

	"github.com/changewarden/changewarden/rules"
)

// diff is what a head changes against its merge base with a branch. It never changes: it is
// remembered by head and merge base key.
type diff struct {
	Files  []rules.File `json:"files"` // by path
	Exact  string       `json:"exact"`
	Landed string       `json:"landed,omitempty"`
	Edge   []string     `json:"edge"` // the parents that made the merge base key
}

func (l *look) diffKey(head, key string) string {
	return fmt.Sprintf("%d/%s/%s/", l.target.Repo, head, key)
}

// recallDiff returns the diff of a head if it is known, else nil. Many reviews are of one head,
// and its diff may be long: a look decodes it once.
func (l *look) recallDiff(ctx context.Context, head, key string) (*diff, error) {
	at := l.diffKey(head, key)
	if d := l.diffs[at]; d != nil {
		return d, nil
	}
	d := new(diff)
	if _, found, err := l.recall(ctx, diffMemory, at, d); err != nil || !found {
		return nil, err
	}
	if l.diffs == nil {
		l.diffs = map[string]*diff{}
	}
	l.diffs[at] = d
	return d, nil
}

// diffOf returns the diff of the head, with the names by which links lead to its files. Links
// are no part of what is remembered of a diff: they stand beside it.
func (l *look) diffOf(ctx context.Context, f *facts, key string, edge []string) (diff, error) {
	d, err := l.knownDiff(ctx, f, key, edge)
	if err != nil {
		return diff{}, err
	}
	links, err := l.linksOf(ctx, f.pull.BaseRef.tip())
	if err != nil {
		return diff{}, err
	}
	d.Files = throughLinks(d.Files, links)
	return d, nil
}

// knownDiff returns the diff of the head, read only if it is not known yet. One that cannot be
// read to its end is a gap, has no fingerprints and is not remembered.
func (l *look) knownDiff(ctx context.Context, f *facts, key string, edge []string) (diff, error) {
	known, err := l.recallDiff(ctx, f.head, key)
	switch {
	case err != nil:
		return diff{}, err
	case known != nil:
		return *known, nil
	}
	entries, err := l.readFiles(ctx, f)
	if err != nil {
		return diff{}, err
	}
	d := diff{Files: make([]rules.File, 0, len(entries)), Edge: edge}
	for _, e := range entries {
		d.Files = append(d.Files, rules.File{
			Path: e.path, Previous: e.previous, Status: rules.FileStatus(e.status),
			Additions: e.additions, Deletions: e.deletions, FirstLine: e.read.firstLine,
		})
	}
	if len(entries) != f.pull.ChangedFiles {
		f.gap(rules.GapFiles, len(entries), f.pull.ChangedFiles)
		// Up to GitHub's limit the two numbers differ only while one of them is old.
		f.stale = f.stale || len(entries) < l.limits.files
		return d, nil
	}
	var trees map[string]sides
	if slices.ContainsFunc(entries, func(e entry) bool { return !e.whole }) {
		if trees, err = l.sidesOf(ctx, f.head, key, edge, d.Files); err != nil {
			return diff{}, err
		}
	}
	for i, e := range entries {
		d.Files[i].Counted = e.counted(trees)
		d.Files[i].Target, d.Files[i].Opaque = e.leads(trees)
	}
	d.Exact, d.Landed = exactFingerprint(entries, trees), landedFingerprint(entries, trees)
	if d.Exact == "" {
		d.Exact = pinnedFingerprint(f.head, key)
	}
	return d, l.remember(ctx, diffMemory, l.diffKey(f.head, key), d, 0)
}

// readFiles lists the changed files by path. GitHub's list does not say of which head it is,
// but each file's address does; none of them may be of another head.
func (l *look) readFiles(ctx context.Context, f *facts) ([]entry, error) {
	first, resp, err := l.filePage(ctx, 1)
	if err != nil {
		return nil, err
	}
	pages := make([][]*github.CommitFile, max(1, min(resp.LastPage, (l.limits.files+filesPage-1)/filesPage)))
	pages[0] = first
	reading, within := errgroup.WithContext(ctx)
	reading.SetLimit(filesAtOnce)
	for i := 1; i < len(pages); i++ {
		reading.Go(func() (err error) {
			pages[i], _, err = l.filePage(within, i+1)
			return err
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	var entries []entry
	proven := false
	for _, file := range slices.Concat(pages...) {
		e := newEntry(file.GetFilename(), file.GetPreviousFilename(), file.GetStatus(), file.GetSHA(),
			file.GetPatch(), file.GetAdditions(), file.GetDeletions())
		// A removed file's address may be the one that it had before.
		switch ref := refOf(file.GetContentsURL()); {
		case ref == f.head:
			proven = true
		case ref != "" && e.status != "removed":
			return nil, ErrMoved
		}
		entries = append(entries, e)
	}
	if len(entries) > 0 && !proven {
		// The list was read after the head was: if that is still the same one, it is the list's.
		if live, err := l.liveHead(ctx); err != nil || live != f.head {
			return nil, cmp.Or(err, ErrMoved)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.path, b.path) })
	return entries, nil
}

const (
	filesPage   = 100
	filesAtOnce = 15 // pages that are read at the same time: 1,500 files take two turns, with that of the first
)

func (l *look) filePage(ctx context.Context, page int) ([]*github.CommitFile, *github.Response, error) {
	list, resp, err := l.client.PullRequests.ListFiles(ctx, l.target.Owner, l.target.Name, int(l.target.Number),
		&github.ListOptions{Page: page, PerPage: filesPage})
	if err != nil {
		return nil, nil, fmt.Errorf("list files, page %d: %w", page, err)
	}
	return list, resp, nil
}

// refOf returns the commit in a file's address, ….?ref=COMMIT.
func refOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("ref")
}

// headKey returns the merge base key under which the pull request last stood at a head;
// empty if it was not seen there.
func (l *look) headKey(ctx context.Context, head string) (key string, err error) {
	_, _, err = l.recall(ctx, headDiffMemory, l.headKeyName(head), &key)
	return key, err
}

// putHeadKey remembers the key of the present head. By pull request: another one has the
// same head against another base.
func (l *look) putHeadKey(ctx context.Context, head, key string) error {
	was, err := l.headKey(ctx, head)
	if err != nil || was == key {
		return err
	}
	return l.remember(ctx, headDiffMemory, l.headKeyName(head), key, 0)
}

func (l *look) headKeyName(head string) string {
	return fmt.Sprintf("%d/%d/%s/", l.target.Repo, l.target.Number, head)
}
