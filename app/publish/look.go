package publish

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

// look reads what stands at the head after a write whose answer is not known. It costs two
// requests, more only where a head has over a hundred contexts.
func (p Publisher) look(ctx context.Context, c *ghclient.Client, t Target, w Wanted, s Said) (Said, error) {
	seen := Said{AnnotatedKey: s.AnnotatedKey}
	run, err := p.newestRun(ctx, c, t)
	if err != nil {
		return s, fmt.Errorf("list check runs of %s: %w", t, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	if run != nil {
		seen.RunID, seen.RunURL, seen.RunAt = run.GetID(), run.GetHTMLURL(), run.GetStartedAt().UTC()
		seen.RunStatus, seen.Conclusion, seen.Digest = run.GetStatus(), run.GetConclusion(), run.GetExternalID()
		seen.Actions = true // GitHub does not tell
		// The annotations rode in the request that gave the run this digest.
		if seen.Digest == w.Digest && run.GetOutput().GetAnnotationsCount() > 0 {
			seen.AnnotatedKey = w.AnnotatedKey
		}
		// The digest says what we wrote; GitHub itself may have closed the run since.
		if seen.Digest == w.Digest && (seen.RunStatus != w.RunStatus || seen.Conclusion != w.Conclusion) {
			seen.Digest = ""
		}
	}
	status, err := newestStatus(ctx, c, t)
	if err != nil {
		return s, fmt.Errorf("get status of %s: %w", t, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	if status != nil {
		seen.State, seen.StatusID = status.GetState(), status.GetID()
		// Everybody with write access can post a copy of ours, word for word, which a required
		// check that is bound to the app does not take. GitHub does not tell here whose it is:
		// one that is not known to be ours is written over, at the cost of a write after a crash.
		if seen.StatusID == s.StatusID {
			seen.Description = status.GetDescription()
		}
	}
	return seen, nil
}

// newestRun returns our newest run at the head, or nil.
func (p Publisher) newestRun(ctx context.Context, c *ghclient.Client, t Target) (*github.CheckRun, error) {
	var newest *github.CheckRun
	o := &github.ListCheckRunsOptions{
		CheckName: new(RunName), AppID: &p.App, Filter: new("latest"),
		ListOptions: github.ListOptions{PerPage: 100},
	}
	for {
		list, answer, err := c.Checks.ListCheckRunsForRef(ctx, t.Owner, t.Name, t.SHA, o)
		if err != nil {
			return nil, err
		}
		for _, r := range list.CheckRuns {
			if r.GetApp().GetID() == p.App && r.GetName() == RunName && r.GetID() > newest.GetID() {
				newest = r
			}
		}
		if o.Page = answer.NextPage; o.Page == 0 {
			return newest, nil
		}
	}
}

// newestStatus returns the status that stands in our context, whoever posted it, or nil.
func newestStatus(ctx context.Context, c *ghclient.Client, t Target) (*github.RepoStatus, error) {
	o := &github.ListOptions{PerPage: 100}
	for {
		combined, answer, err := c.Repositories.GetCombinedStatus(ctx, t.Owner, t.Name, t.SHA, o)
		if err != nil {
			return nil, err
		}
		for _, s := range combined.Statuses {
			if strings.EqualFold(s.GetContext(), Context) {
				return s, nil
			}
		}
		if o.Page = answer.NextPage; o.Page == 0 {
			return nil, nil
		}
	}
}
