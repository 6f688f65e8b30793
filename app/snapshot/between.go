package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/deploy"
)

// Merged is a pull request that GitHub names with a commit, and that was merged.
type Merged struct {
	Number int64
	Base   string // branch
	Head   string
	Merge  string // the commit that its merge made, or brought the base to
	At     time.Time
}

// branched finds out whether a governed branch holds the commit: the one that the run is on,
// or the default branch.
func (l *look) branched(ctx context.Context, d *Deployment, branch string, governed bool) error {
	s := d.Request.Shipment
	names := []string{s.Repo.DefaultBranch}
	if governed && branch != s.Repo.DefaultBranch {
		names = append(names, branch)
	}
	for _, name := range names {
		route, _, err := l.compare(ctx, "refs/heads/"+name, s.Commit)
		if err != nil {
			return err
		}
		d.Request.Branched = d.Request.Branched || route == deploy.Behind || route == deploy.Identical
	}
	return nil
}

// compare says how a commit stands to another one, and lists what it has that the other has
// not, the oldest first. What GitHub does not have is Unknown.
func (l *look) compare(ctx context.Context, from, to string) (deploy.Route, []string, error) {
	const most = 20 // pages of 250 commits, GitHub's largest
	var commits []string
	for page := 1; page <= most; page++ {
		got, resp, err := l.client.Repositories.CompareCommits(ctx, l.target.Owner, l.target.Name, from, to, &github.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			if l.absent(err) {
				return deploy.Unknown, nil, nil
			}
			return deploy.Unknown, nil, err
		}
		for _, c := range got.Commits {
			commits = append(commits, c.GetSHA())
		}
		if resp.NextPage == 0 || len(commits) >= got.GetTotalCommits() {
			return deploy.Route(got.GetStatus()), commits, nil
		}
	}
	return deploy.Unknown, nil, nil
}

// between reads the commits since the last good one, and whose merges may have put them there.
func (l *look) between(ctx context.Context, d *Deployment) error {
	r := &d.Request
	if r.From.Commit == "" {
		// Nothing was approved here yet: the commit alone is accounted for.
		r.Route, d.Whole = deploy.Ahead, true
		r.Commits = []deploy.Commit{{SHA: r.Shipment.Commit}}
	} else {
		route, commits, err := l.compare(ctx, r.From.Commit, r.Shipment.Commit)
		if err != nil {
			return err
		}
		r.Route, d.Whole = route, route != deploy.Unknown
		for _, sha := range commits {
			r.Commits = append(r.Commits, deploy.Commit{SHA: sha})
		}
	}
	for _, c := range r.Commits {
		pulls, err := l.mergedWith(ctx, c.SHA)
		if err != nil {
			return err
		}
		d.Pulls[c.SHA] = pulls
	}
	return nil
}

// mergedWith returns the merged pull requests that GitHub names with a commit.
func (l *look) mergedWith(ctx context.Context, sha string) ([]Merged, error) {
	const memory = "commit-pulls" // what merged a commit stays what it was
	key := fmt.Sprintf("%d/%s/", l.target.Repo, sha)
	var out []Merged
	if _, found, err := l.recall(ctx, memory, key, &out); err != nil || found {
		return out, err
	}
	all, _, err := l.client.PullRequests.ListPullRequestsWithCommit(ctx, l.target.Owner, l.target.Name, sha, &github.ListOptions{PerPage: 100})
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.MergedAt == nil || p.GetBase().GetRepo().GetID() != l.target.Repo {
			continue
		}
		out = append(out, Merged{
			Number: int64(p.GetNumber()), Base: p.GetBase().GetRef(), Head: p.GetHead().GetSHA(), Merge: p.GetMergeCommitSHA(), At: p.GetMergedAt().UTC(),
		})
	}
	slices.SortFunc(out, func(a, b Merged) int { return a.At.Compare(b.At) })
	if len(out) == 0 { // GitHub may not have put them together yet
		return nil, nil
	}
	return out, l.remember(ctx, memory, key, out, 0)
}
