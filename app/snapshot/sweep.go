package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// OpenPulls is what a sweep finds in a repository.
type OpenPulls struct {
	Repository subject.RepositoryFact // as it stands now; without installation, account and visibility
	Pulls      []subject.PullFact     // open ones, by number

	MergeGroups []subject.MergeGroupFact // those that wait for an answer; none where the app may not see merge queues
	Merged      []MergedPull             // the last merged one first
	Cut         bool                     // more were merged than are listed
}

// MergedPull is a pull request that was merged.
type MergedPull struct {
	Number   int64
	Head     string // commit
	Base     string // branch
	Commit   string // that it became on the base; empty: GitHub does not say
	MergedAt time.Time
}

// mergedPages bounds how many pages of merged pull requests a sweep reads.
const mergedPages = 10

// OpenPulls lists every open pull request of a repository and those that were merged since a
// moment, none if it is zero, by one query for each hundred of either. Of the target it takes
// repository and name. Errors are those of Pull.
func (r *Reader) OpenPulls(ctx context.Context, c *ghclient.Client, t Target, mergedSince time.Time) (OpenPulls, error) {
	out, err := r.openPulls(ctx, c, t, mergedSince)
	if err != nil {
		return OpenPulls{}, fmt.Errorf("list open pull requests of %s/%s: %w", t.Owner, t.Name, err)
	}
	return out, nil
}

// sweptRepository is the shape of the answer; a list that was not asked for is empty.
type sweptRepository struct {
	DatabaseID       int64
	NameWithOwner    string
	IsArchived       bool
	DefaultBranchRef *struct{ Name string }
	PullRequests     connection[openPull]
	Merged           connection[mergedPull]
}

type openPull struct {
	Number         int64
	Title          string
	IsDraft        bool
	UpdatedAt      time.Time
	HeadRefOID     string
	HeadRefName    string
	HeadRepository *struct{ DatabaseID int64 }
	BaseRefName    string
	Author         *actor

	MergeQueueEntry *struct {
		State      string
		HeadCommit *object
	}
}

type mergedPull struct {
	Number      int64
	UpdatedAt   time.Time
	MergedAt    *time.Time
	MergeCommit *object
	HeadRefOID  string
	BaseRefName string
}

func (r *Reader) openPulls(ctx context.Context, c *ghclient.Client, t Target, since time.Time) (OpenPulls, error) {
	read := func(vars map[string]any) (sweptRepository, error) {
		var out struct{ Repository *sweptRepository }
		vars["owner"], vars["name"] = t.Owner, t.Name
		switch err := query(ctx, c, openPullsQuery, vars, &out, ghclient.AllowDenied("repository/pullRequests/nodes/*/mergeQueueEntry")); {
		case err != nil:
			return sweptRepository{}, err
		case out.Repository == nil:
			return sweptRepository{}, ErrGone
		case out.Repository.DatabaseID != t.Repo:
			return sweptRepository{}, fmt.Errorf("repository %d: %w", out.Repository.DatabaseID, ErrOther)
		}
		return *out.Repository, nil
	}
	first, err := read(map[string]any{"open": true, "merged": !since.IsZero()})
	if err != nil {
		return OpenPulls{}, err
	}
	const all = 1 << 30 // a sweep that skips one would not be a net
	pulls, _, err := pages(first.PullRequests, all, func(after string) (connection[openPull], error) {
		next, err := read(map[string]any{"open": true, "after": after, "merged": false})
		return next.PullRequests, err
	})
	if err != nil {
		return OpenPulls{}, err
	}
	out := OpenPulls{Repository: first.fact(r.Now().UTC())}
	for _, p := range pulls {
		fact := subject.PullFact{
			Repo: first.DatabaseID, Number: p.Number, Title: p.Title, Head: p.HeadRefOID, HeadRef: p.HeadRefName,
			Base: p.BaseRefName, Author: p.Author.person().User, Open: true, Draft: p.IsDraft, UpdatedAt: p.UpdatedAt.UTC(),
		}
		if p.HeadRepository != nil {
			fact.HeadRepo = p.HeadRepository.DatabaseID
		}
		out.Pulls = append(out.Pulls, fact)
		// One that is out of the question for GitHub itself waits for nobody.
		if e := p.MergeQueueEntry; e != nil && e.HeadCommit != nil && e.State != "UNMERGEABLE" {
			out.MergeGroups = append(out.MergeGroups, subject.MergeGroupFact{Repo: first.DatabaseID, SHA: e.HeadCommit.OID, Base: p.BaseRefName})
		}
	}
	if since.IsZero() {
		return out, nil
	}
	out.Merged, out.Cut, err = mergedSince(first.Merged, since, func(after string) (connection[mergedPull], error) {
		next, err := read(map[string]any{"open": false, "merged": true, "mergedAfter": after})
		return next.Merged, err
	})
	return out, err
}

// mergedSince goes through the merged pull requests by when they were touched last: nothing
// that was merged since then was touched before. Cut: there are more than it goes through.
func mergedSince(page connection[mergedPull], since time.Time, next func(after string) (connection[mergedPull], error)) (out []MergedPull, cut bool, err error) {
	for n := 1; ; n++ {
		for _, p := range page.Nodes {
			if p == nil {
				return nil, false, left("a merged pull request")
			}
			if p.UpdatedAt.Before(since) {
				return sortMerged(out), false, nil
			}
			if p.MergedAt == nil || p.MergedAt.Before(since) {
				continue
			}
			m := MergedPull{Number: p.Number, Head: p.HeadRefOID, Base: p.BaseRefName, MergedAt: p.MergedAt.UTC()}
			if p.MergeCommit != nil {
				m.Commit = p.MergeCommit.OID
			}
			out = append(out, m)
		}
		if !page.PageInfo.HasNextPage || n == mergedPages {
			return sortMerged(out), page.PageInfo.HasNextPage, nil
		}
		if page, err = next(page.PageInfo.EndCursor); err != nil {
			return nil, false, err
		}
	}
}

func sortMerged(all []MergedPull) []MergedPull {
	slices.SortFunc(all, func(a, b MergedPull) int {
		return cmp.Or(b.MergedAt.Compare(a.MergedAt), cmp.Compare(b.Number, a.Number))
	})
	return all
}

func (r sweptRepository) fact(at time.Time) subject.RepositoryFact {
	owner, name, _ := strings.Cut(r.NameWithOwner, "/")
	f := subject.RepositoryFact{ID: r.DatabaseID, Owner: owner, Name: name, Archived: r.IsArchived, At: at}
	if r.DefaultBranchRef != nil {
		f.DefaultBranch = r.DefaultBranchRef.Name
	}
	return f
}

// RootCommit returns the first commit of a branch: the oldest without parents. Every branch
// cut from it contains it, so that no pull request can have it as its head.
func (r *Reader) RootCommit(ctx context.Context, c *ghclient.Client, owner, name, branch string) (string, error) {
	sha, err := rootCommit(ctx, c, owner, name, branch)
	if err != nil {
		return "", fmt.Errorf("find the first commit of %s in %s/%s: %w", branch, owner, name, err)
	}
	return sha, nil
}

func rootCommit(ctx context.Context, c *ghclient.Client, owner, name, branch string) (string, error) {
	const tries = 3
	page := 1
	for range tries {
		list, resp, err := c.Repositories.ListCommits(ctx, owner, name, &github.CommitsListOptions{
			SHA: branch, ListOptions: github.ListOptions{Page: page, PerPage: 1},
		})
		if err != nil {
			return "", err
		}
		if len(list) == 1 && len(list[0].Parents) == 0 {
			return list[0].GetSHA(), nil
		}
		// A push in between moves the last page on.
		if resp.LastPage > 0 {
			page = resp.LastPage
		} else if len(list) == 0 {
			break
		} else {
			page++
		}
	}
	return "", errors.New("GitHub lists no commit without parents")
}
