package snapshot

import (
	"context"
	"errors"
	"fmt"
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
}

// OpenPulls lists every open pull request of a repository, by one query for each hundred.
// Of the target it takes repository and name. Errors are those of Pull.
func (r *Reader) OpenPulls(ctx context.Context, c *ghclient.Client, t Target) (OpenPulls, error) {
	out, err := r.openPulls(ctx, c, t)
	if err != nil {
		return OpenPulls{}, fmt.Errorf("list open pull requests of %s/%s: %w", t.Owner, t.Name, err)
	}
	return out, nil
}

func (r *Reader) openPulls(ctx context.Context, c *ghclient.Client, t Target) (OpenPulls, error) {
	type pull struct {
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
	type listing struct {
		DatabaseID       int64
		NameWithOwner    string
		IsArchived       bool
		DefaultBranchRef *struct{ Name string }
		PullRequests     connection[pull]
	}
	read := func(after any) (listing, error) {
		var out struct{ Repository *listing }
		vars := map[string]any{"owner": t.Owner, "name": t.Name}
		if after != nil {
			vars["after"] = after
		}
		switch err := query(ctx, c, openPullsQuery, vars, &out, ghclient.AllowDenied("repository/pullRequests/nodes/*/mergeQueueEntry")); {
		case err != nil:
			return listing{}, err
		case out.Repository == nil:
			return listing{}, ErrGone
		case out.Repository.DatabaseID != t.Repo:
			return listing{}, fmt.Errorf("repository %d: %w", out.Repository.DatabaseID, ErrOther)
		}
		return *out.Repository, nil
	}
	first, err := read(nil)
	if err != nil {
		return OpenPulls{}, err
	}
	const all = 1 << 30 // a sweep that skips one would not be a net
	pulls, _, err := pages(first.PullRequests, all, func(after string) (connection[pull], error) {
		next, err := read(after)
		return next.PullRequests, err
	})
	if err != nil {
		return OpenPulls{}, err
	}
	owner, name, _ := strings.Cut(first.NameWithOwner, "/")
	out := OpenPulls{Repository: subject.RepositoryFact{ID: first.DatabaseID, Owner: owner, Name: name, Archived: first.IsArchived, At: r.Now().UTC()}}
	if first.DefaultBranchRef != nil {
		out.Repository.DefaultBranch = first.DefaultBranchRef.Name
	}
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
	return out, nil
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
