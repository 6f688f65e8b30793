package githubsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// getRun is GET …/actions/runs/{run_id}.
func getRun(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["run_id"], 10, 64)
	u := c.repo.suiteOfRun(id)
	if u == nil {
		return nil, notFound()
	}
	return c.workflowRunJSON(u), nil
}

// listRuns is GET …/actions/runs, the newest first.
func listRuns(c *call) (any, error) {
	all := slices.DeleteFunc(slices.Clone(c.repo.suites), func(u *suite) bool { return u.job == nil })
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b *suite) int { return b.job.created.Compare(a.job.created) })
	// Asked before the list is gone through: of an empty one too they are modelled. GitHub
	// takes a conclusion for a status here.
	status, event, sha := c.asks("status"), c.asks("event"), c.asks("head_sha")
	bare := c.asks("exclude_pull_requests") && c.query("exclude_pull_requests") == "true"
	all = slices.DeleteFunc(all, func(u *suite) bool {
		return status && c.query("status") != c.repo.runStatus(u) && c.query("status") != u.conclusion ||
			event && c.query("event") != u.job.event || sha && c.query("head_sha") != u.sha
	})
	return obj{"total_count": len(all), "workflow_runs": page(c, all, func(u *suite) any {
		run := c.workflowRunJSON(u)
		if bare {
			run["pull_requests"] = list{}
		}
		return run
	})}, nil
}

// runStatus is the status of a workflow's run: it waits while one of its jobs does, and none
// is at work.
func (r *repository) runStatus(u *suite) string {
	waits := slices.ContainsFunc(r.deployments, func(d *deployment) bool {
		return d.job != nil && d.job.suite == u && d.gate != nil && !d.gate.done && d.state() == "waiting"
	})
	if waits && !slices.ContainsFunc(r.runsOf(u), func(c *run) bool { return c.status == "in_progress" }) {
		return "waiting"
	}
	return u.status
}

// listPendingDeployments is GET …/actions/runs/{run_id}/pending_deployments: the jobs of the
// run that wait at an environment, with GitHub's own rules.
func listPendingDeployments(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["run_id"], 10, 64)
	if c.repo.suiteOfRun(id) == nil {
		return nil, notFound()
	}
	out := list{}
	for _, d := range c.repo.deployments {
		if d.gate == nil || d.gate.run != id || d.gate.done || d.state() != "waiting" {
			continue
		}
		e := c.repo.environment(d.env)
		reviewers := list{}
		if !d.gate.reviewed {
			for _, login := range e.rules.Reviewers {
				if a := c.account(login); a != nil {
					reviewers = append(reviewers, obj{"type": "User", "reviewer": c.userJSON(a)})
				}
			}
		}
		var started any
		if e.rules.Wait > 0 {
			started = stamp(d.created)
		}
		out = append(out, obj{
			"environment": obj{
				"id": e.id, "node_id": nodeID("EN", e.id), "name": e.name, "url": c.repoAPI(c.repo) + "/environments/" + e.name,
				"html_url": c.url + "/" + c.repo.fullName() + "/deployments/activity_log?environments_filter=" + e.name,
			},
			"wait_timer": int(e.rules.Wait / time.Minute), "wait_timer_started_at": started, "current_user_can_approve": false, "reviewers": reviewers,
		})
	}
	return out, nil
}

// listProtectionRules is GET …/environments/{environment_name}/deployment_protection_rules:
// the apps that are asked.
func listProtectionRules(c *call) (any, error) {
	e := c.repo.environment(c.vars["environment_name"])
	if e == nil {
		return nil, notFound()
	}
	out := list{}
	if e.rules.Gate {
		out = append(out, obj{
			"id": e.id, "node_id": nodeID("GA", e.id), "enabled": true, "app": obj{
				"id": c.world.app.id, "node_id": nodeID("A", c.world.app.id), "slug": c.world.app.slug, "integration_url": c.url + "/apps/" + c.world.app.slug,
			},
		})
	}
	return obj{"total_count": len(out), "custom_deployment_protection_rules": out}, nil
}

// listDeployments is GET …/deployments, the newest first.
func listDeployments(c *call) (any, error) {
	all := slices.Clone(c.repo.deployments)
	slices.Reverse(all)
	for key, of := range map[string]func(*deployment) string{
		"sha": func(d *deployment) string { return d.sha }, "ref": func(d *deployment) string { return d.ref },
		"environment": func(d *deployment) string { return d.env },
	} {
		if want := c.query(key); want != "" {
			all = slices.DeleteFunc(all, func(d *deployment) bool { return !strings.EqualFold(of(d), want) })
		}
	}
	return page(c, all, func(d *deployment) any { return c.deploymentJSON(d) }), nil
}

// listDeploymentStatuses is GET …/deployments/{deployment_id}/statuses, the newest first.
func listDeploymentStatuses(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["deployment_id"], 10, 64)
	d := c.repo.deployment(id)
	if d == nil {
		return nil, notFound()
	}
	// WAITING is GraphQL's word; REST has none for it.
	all := slices.DeleteFunc(slices.Clone(d.statuses), func(st *deploymentStatus) bool { return st.state == "waiting" })
	slices.Reverse(all)
	return page(c, all, func(st *deploymentStatus) any { return c.deploymentStatusJSON(d, st) }), nil
}
