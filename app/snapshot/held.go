package snapshot

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
)

// HeldRun is a workflow's run that GitHub shows as waiting.
type HeldRun struct {
	ID    int64
	Suite int64  // its check suite
	SHA   string // commit
}

// HeldJob is a job of a run that waits at an environment, for whatever.
type HeldJob struct {
	Environment string    // as GitHub writes it
	Deployment  int64     // GitHub's id; 0: GitHub shows none with the job
	Since       time.Time // when the deployment was made; zero: GitHub shows none
}

// heldPages bounds how many pages of waiting runs are read, and of the jobs of one.
const heldPages = 3

// HeldRuns lists the runs of a repository that GitHub shows as waiting, the newest first and no
// more than heldPages of a hundred. One that does something else besides may not be among them:
// it will be, when that has ended.
func (r *Reader) HeldRuns(ctx context.Context, c *ghclient.Client, t Target) ([]HeldRun, error) {
	var out []HeldRun
	for page, count := 1, 0; page != 0 && count < heldPages; count++ {
		// Without exclude_pull_requests each would name all that have its commit.
		path := fmt.Sprintf("repos/%s/%s/actions/runs?status=waiting&exclude_pull_requests=true&per_page=100&page=%d", t.Owner, t.Name, page)
		req, err := c.NewRequest("GET", path, nil)
		if err != nil {
			return nil, err
		}
		var list struct {
			WorkflowRuns []struct {
				ID int64
				workflowRun
			} `json:"workflow_runs"`
		}
		resp, err := c.Do(ctx, req, &list)
		if err != nil {
			return nil, fmt.Errorf("list waiting runs of %s/%s: %w", t.Owner, t.Name, err)
		}
		for _, run := range list.WorkflowRuns {
			if run.Repository.ID == t.Repo {
				out = append(out, HeldRun{ID: run.ID, Suite: run.CheckSuiteID, SHA: run.HeadSHA})
			}
		}
		page = resp.NextPage
	}
	return out, nil
}

// HeldJobs reads which jobs of a run wait at an environment. A deployment is the one that
// GitHub Actions' own check run names: everybody who can write can post another like it. A run
// that is not there any more has none.
func (r *Reader) HeldJobs(ctx context.Context, c *ghclient.Client, t Target, run HeldRun) ([]HeldJob, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC()}
	jobs, err := l.heldJobs(ctx, run)
	if err != nil && l.absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what run %d of %s/%s waits for: %w", run.ID, t.Owner, t.Name, err)
	}
	return jobs, nil
}

func (l *look) heldJobs(ctx context.Context, run HeldRun) ([]HeldJob, error) {
	pending, err := l.pendingDeployments(ctx, run.ID)
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	var jobs []HeldJob
	for page, count := 1, 0; page != 0 && count < heldPages; count++ {
		path := fmt.Sprintf("repos/%s/%s/check-suites/%d/check-runs?per_page=100&page=%d", l.target.Owner, l.target.Name, run.Suite, page)
		req, err := l.client.NewRequest("GET", path, nil)
		if err != nil {
			return nil, err
		}
		var list struct {
			CheckRuns []struct { // go-github's lacks the deployment
				Status     string
				App        *struct{ Slug string }
				Deployment *struct {
					ID          int64
					Environment string
					CreatedAt   time.Time `json:"created_at"`
				}
			} `json:"check_runs"`
		}
		resp, err := l.client.Do(ctx, req, &list)
		if err != nil {
			return nil, err
		}
		for _, j := range list.CheckRuns {
			waits := j.Status != "completed" && j.Status != "in_progress"
			if waits && j.Deployment != nil && j.App != nil && j.App.Slug == "github-actions" {
				jobs = append(jobs, HeldJob{Environment: j.Deployment.Environment, Deployment: j.Deployment.ID, Since: j.Deployment.CreatedAt.UTC()})
			}
		}
		page = resp.NextPage
	}
	var out []HeldJob
	for _, p := range pending {
		name := p.Environment.Name
		if name == "" || slices.ContainsFunc(out, func(j HeldJob) bool { return strings.EqualFold(j.Environment, name) }) {
			continue // it is listed once for each job
		}
		before := len(out)
		for _, j := range jobs {
			if strings.EqualFold(j.Environment, name) {
				out = append(out, j)
			}
		}
		if len(out) == before {
			out = append(out, HeldJob{Environment: name})
		}
	}
	return out, nil
}

// Guards reads whether our app is a protection rule of an environment, at work there. GitHub
// does not say of which of the rules a job waits for which.
func (r *Reader) Guards(ctx context.Context, c *ghclient.Client, t Target, environment string) (bool, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC()}
	// go-github does not escape the name.
	path := fmt.Sprintf("repos/%s/%s/environments/%s/deployment_protection_rules", t.Owner, t.Name, url.PathEscape(environment))
	req, err := c.NewRequest("GET", path, nil)
	if err != nil {
		return false, err
	}
	var list struct {
		Rules []struct {
			Enabled bool
			App     struct{ ID int64 }
		} `json:"custom_deployment_protection_rules"`
	}
	if _, err := c.Do(ctx, req, &list); err != nil {
		if l.absent(err) {
			return false, nil
		}
		return false, fmt.Errorf("read the rules of environment %s of %s/%s: %w", environment, t.Owner, t.Name, err)
	}
	for _, rule := range list.Rules {
		if rule.Enabled && rule.App.ID == r.App {
			return true, nil
		}
	}
	return false, nil
}
