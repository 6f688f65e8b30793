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
