package publish

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

// look reads what stands at the head after a write whose answer is not known, or where something
// is in doubt. It costs two requests, more only where a head has over a hundred contexts.
//
// GitHub's lists can be older than what it did last: they may show what was said once, and is
// wanted again, although something else was said in between. So a run counts as written only if
// its mark is that of the last write. Any other is written over: as it is known to be where every
// write was answered, and else by a new run, since the newest may not be listed yet.
func (p Publisher) look(ctx context.Context, c *ghclient.Client, t Target, w Wanted, s Said) (Said, error) {
	seen := Said{AnnotatedKey: s.AnnotatedKey}
	run, err := p.newestRun(ctx, c, t)
	if err != nil {
		return s, fmt.Errorf("list check runs of %s: %w", t, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	last := s.Mark
	if s.Writing {
		last = t.Attempted
	}
	switch {
	case run != nil && last != "" && run.GetExternalID() == last:
		seen.RunID, seen.RunURL, seen.RunAt = run.GetID(), run.GetHTMLURL(), run.GetStartedAt().UTC()
		seen.RunStatus, seen.Conclusion = run.GetStatus(), run.GetConclusion()
		seen.Mark = last
		seen.Digest, _, _ = strings.Cut(last, "@")
		seen.Actions = true // GitHub does not tell
		// The annotations rode in the request that gave the run this digest.
		if seen.Digest == w.Digest && run.GetOutput().GetAnnotationsCount() > 0 {
			seen.AnnotatedKey = w.AnnotatedKey
		}
		// The digest says what we wrote; GitHub itself may have closed the run since.
		if seen.Digest == w.Digest && (seen.RunStatus != w.RunStatus || seen.Conclusion != w.Conclusion) {
			seen.Digest = ""
		}
	case !s.Writing && run.GetID() <= s.RunID:
		seen.RunID, seen.RunURL, seen.RunAt, seen.RunStatus, seen.Conclusion, seen.Actions = s.RunID, s.RunURL, s.RunAt, s.RunStatus, s.Conclusion, s.Actions
	}
	status, err := newestStatus(ctx, c, t)
	if err != nil {
		return s, fmt.Errorf("get status of %s: %w", t, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	if status != nil {
		seen.State, seen.StatusID = status.GetState(), status.GetID()
		// Everybody with write access can post a copy of ours, word for word, which a required
		// check that is bound to the app does not take. GitHub does not tell here whose it is:
		// one that is not known to be ours is written over, at the cost of a write after a crash,
		// and so is ours where another write may have come after it.
		if seen.StatusID == s.StatusID && !s.Writing {
			seen.Description = status.GetDescription()
		}
	}
	return seen, nil
}

// RunMark is what a run carries as its external_id once it shows what has this digest, by whose
// turn it is.
func RunMark(digest string, turn int64) string { return fmt.Sprintf("%s@%d", digest, turn) }

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
