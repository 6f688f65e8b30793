package snapshot

import (
	"context"
	"fmt"
	"path"
	"strconv"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/rules"
)

// actionsSlug is GitHub Actions, in whose name any job can post check runs.
const actionsSlug = "github-actions"

// readJobs finds out which check runs of GitHub Actions are jobs, and of which attempt: those
// that share their name in a suite, and those of a workflow that the policy names. Nothing
// else about a check run can be relied on: a job's token chooses all of what it posts, and
// GitHub puts it into the suite of whatever workflow ran there.
func (l *look) readJobs(ctx context.Context, f *facts, p rules.Policy) error {
	for i, s := range f.checks.suites {
		if s.App == nil || s.App.Slug != actionsSlug || s.WorkflowRun == nil || s.WorkflowRun.DatabaseID == 0 {
			continue
		}
		runs := f.checks.runs[i]
		named := s.WorkflowRun.File != nil && p.NamesWorkflow(s.WorkflowRun.File.Path)
		if !named && !shared(runs) {
			continue
		}
		attempts, err := l.attempts(ctx, s.WorkflowRun.DatabaseID, runs)
		if err != nil {
			return fmt.Errorf("read jobs of workflow run %d: %w", s.WorkflowRun.DatabaseID, err)
		}
		for k := range runs {
			runs[k].attempt = attempts[runs[k].DatabaseID]
		}
	}
	return nil
}

// shared reports whether two of the runs have one name.
func shared(runs []run) bool {
	seen := map[string]bool{}
	for _, r := range runs {
		if seen[r.Name] {
			return true
		}
		seen[r.Name] = true
	}
	return false
}

// attempts returns the attempt of each job of a workflow run, by its check run. A job stays
// one; what is none is asked about each time, since GitHub may be behind.
func (l *look) attempts(ctx context.Context, workflowRun int64, runs []run) (map[int64]int, error) {
	key := fmt.Sprintf("%d/%d/", l.target.Repo, workflowRun)
	known := map[int64]int{}
	if _, _, err := l.recall(ctx, jobMemory, key, &known); err != nil {
		return nil, err
	}
	missing := false
	for _, r := range runs {
		missing = missing || known[r.DatabaseID] == 0
	}
	if !missing {
		return known, nil
	}
	before := len(known)
	o := &github.ListWorkflowJobsOptions{Filter: "all", ListOptions: github.ListOptions{PerPage: 100}}
	for read := 0; read < l.limits.runs; {
		page, resp, err := l.client.Actions.ListWorkflowJobs(ctx, l.target.Owner, l.target.Name, workflowRun, o)
		if err != nil && l.absent(err) {
			break // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, j := range page.Jobs {
			if id, err := strconv.ParseInt(path.Base(j.GetCheckRunURL()), 10, 64); err == nil {
				known[id] = max(int(j.GetRunAttempt()), 1) // an old GitHub Enterprise Server does not count them
			}
		}
		read += len(page.Jobs)
		if o.Page = resp.NextPage; o.Page == 0 {
			break
		}
	}
	if len(known) == before {
		return known, nil
	}
	return known, l.remember(ctx, jobMemory, key, known, resultLife)
}
