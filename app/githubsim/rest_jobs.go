package githubsim

import (
	"fmt"
	"slices"
	"strconv"
)

// listJobs is GET …/actions/runs/{run_id}/jobs: those of the newest attempt unless
// filter=all. What a job posted with its token is none.
func listJobs(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["run_id"], 10, 64)
	i := slices.IndexFunc(c.repo.suites, func(u *suite) bool { return u.job != nil && u.job.id == id })
	if i < 0 {
		return nil, notFound()
	}
	u := c.repo.suites[i]
	jobs := slices.DeleteFunc(c.repo.runsOf(u), func(r *run) bool {
		return r.attempt == 0 || c.query("filter") != "all" && r.attempt != u.job.attempt
	})
	return obj{"total_count": len(jobs), "jobs": page(c, jobs, func(r *run) any { return c.jobJSON(u, r) })}, nil
}

// jobJSON is a job; its id is that of its check run.
func (c *call) jobJSON(u *suite, r *run) obj {
	api, html := c.repoAPI(c.repo), c.url+"/"+c.repo.fullName()
	return obj{
		"id": r.id, "node_id": nodeID("CR", r.id), "run_id": u.job.id, "run_url": fmt.Sprintf("%s/actions/runs/%d", api, u.job.id),
		"run_attempt": r.attempt, "head_sha": u.sha, "head_branch": orNil(u.branch), "workflow_name": u.job.name, "name": r.name,
		"url":      fmt.Sprintf("%s/actions/jobs/%d", api, r.id),
		"html_url": fmt.Sprintf("%s/actions/runs/%d/job/%d", html, u.job.id, r.id), "check_run_url": fmt.Sprintf("%s/check-runs/%d", api, r.id),
		"status": r.status, "conclusion": orNil(r.conclusion), "created_at": stamp(r.started), "started_at": stamp(r.started), "completed_at": stamp(r.completed),
		"labels": list{}, "steps": list{}, "runner_id": nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil,
	}
}
