package githubsim

import "fmt"

// deploymentJSON is a deployment.
func (s *Server) deploymentJSON(d *deployment) obj {
	api := fmt.Sprintf("%s/deployments/%d", s.repoAPI(d.repo), d.id)
	var by any
	if d.app != nil {
		app := s.appJSON(d.app)
		delete(app, "client_id") // an integration within a delivery has none
		by = app
	}
	return obj{
		"id": d.id, "node_id": nodeID("DE", d.id), "url": api, "statuses_url": api + "/statuses", "repository_url": s.repoAPI(d.repo),
		"sha": d.sha, "ref": d.ref, "task": "deploy", "environment": d.env, "original_environment": d.env, "description": nil,
		"payload": obj{}, "creator": s.userJSON(d.creator), "created_at": stamp(d.created), "updated_at": stamp(d.created),
		"transient_environment": false, "production_environment": false, "performed_via_github_app": by,
	}
}

func (s *Server) deploymentStatusJSON(d *deployment, st *deploymentStatus) obj {
	api := fmt.Sprintf("%s/deployments/%d", s.repoAPI(d.repo), d.id)
	return obj{
		"id": st.id, "node_id": nodeID("DES", st.id), "url": fmt.Sprintf("%s/statuses/%d", api, st.id), "state": st.state, "description": "",
		"creator": s.userJSON(st.creator), "environment": d.env, "environment_url": "", "log_url": st.log, "target_url": st.log,
		"created_at": stamp(st.created), "updated_at": stamp(st.created), "deployment_url": api, "repository_url": s.repoAPI(d.repo),
		"performed_via_github_app": nil,
	}
}

// simpleDeployment is what a check run says of the deployment that it makes.
func (s *Server) simpleDeployment(d *deployment) obj {
	j := s.deploymentJSON(d)
	for _, key := range []string{"sha", "ref", "payload", "creator"} {
		delete(j, key)
	}
	return j
}

// deploymentOf is the deployment that a job makes.
func (r *repository) deploymentOf(c *run) *deployment {
	for _, d := range r.deployments {
		if d.job == c {
			return d
		}
	}
	return nil
}

func (s *Server) sendDeployment(d *deployment, sender *account) {
	body := obj{"action": "created", "deployment": s.deploymentJSON(d), "workflow": nil, "workflow_run": nil}
	s.emit("deployment", d.repo.owner, d.repo, sender, body)
}

func (s *Server) sendDeploymentStatus(d *deployment, st *deploymentStatus, sender *account) {
	s.emit("deployment_status", d.repo.owner, d.repo, sender, obj{
		"action": "created", "deployment": s.deploymentJSON(d), "deployment_status": s.deploymentStatusJSON(d, st),
		"check_run": nil, "workflow": nil, "workflow_run": nil,
	})
}

// askGate asks the app under test about a job: deployment_protection_rule.requested.
func (s *Server) askGate(d *deployment, u *suite) {
	pulls := list{}
	for _, p := range d.repo.pullsOf(u.sha) {
		pulls = append(pulls, s.pullJSON(p))
	}
	s.emit("deployment_protection_rule", d.repo.owner, d.repo, u.job.by(u), obj{
		"action": "requested", "environment": d.env, "event": u.job.event, "sha": u.sha, "ref": "refs/heads/" + u.branch,
		"deployment_callback_url": fmt.Sprintf("%s/actions/runs/%d/deployment_protection_rule", s.repoAPI(d.repo), u.job.id),
		"pull_requests":           pulls, "deployment": s.deploymentJSON(d),
	})
}

// by is who triggered the newest attempt of a run.
func (j *workflowRun) by(u *suite) *account {
	switch {
	case j.again != nil:
		return j.again
	case j.actor != nil:
		return j.actor
	}
	return u.app.bot
}

func (s *Server) sendDeploymentReview(r *repository, by *account) {
	s.emit("deployment_review", r.owner, r, by, obj{
		"action": "approved", "since": stamp(s.now()), "approver": s.userJSON(by), "comment": "",
		"reviewers": list{}, "workflow_job_runs": list{}, "workflow_run": nil,
	})
}

// workflowRunJSON is a workflow run.
func (s *Server) workflowRunJSON(u *suite) obj {
	j, r := u.job, u.repo
	api, html := fmt.Sprintf("%s/actions/runs/%d", s.repoAPI(r), j.id), fmt.Sprintf("%s/%s/actions/runs/%d", s.url, r.fullName(), j.id)
	first := j.actor
	if first == nil {
		first = u.app.bot
	}
	pulls := list{}
	for _, p := range r.pullsOf(u.sha) {
		pulls = append(pulls, s.pullMinimal(p))
	}
	return obj{
		"id": j.id, "node_id": nodeID("WFR", j.id), "name": j.name, "head_branch": orNil(u.branch), "head_sha": u.sha, "path": j.path,
		"run_number": j.number, "run_attempt": max(j.attempt, 1), "event": j.event, "display_title": j.name, "status": r.runStatus(u), "conclusion": orNil(u.conclusion),
		"workflow_id": j.workflow, "check_suite_id": u.id, "check_suite_node_id": nodeID("CS", u.id), "url": api, "html_url": html,
		"pull_requests": pulls, "created_at": stamp(j.created), "updated_at": stamp(u.updated), "run_started_at": stamp(j.created),
		"actor": s.userJSON(first), "triggering_actor": s.userJSON(j.by(u)),
		"jobs_url": api + "/jobs", "logs_url": api + "/logs", "check_suite_url": fmt.Sprintf("%s/check-suites/%d", s.repoAPI(r), u.id),
		"artifacts_url": api + "/artifacts", "cancel_url": api + "/cancel", "rerun_url": api + "/rerun", "previous_attempt_url": nil,
		"workflow_url": fmt.Sprintf("%s/actions/workflows/%d", s.repoAPI(r), j.workflow), "head_commit": s.simpleCommit(r.objects.commits[u.sha]),
		"repository": s.repoJSON(r), "head_repository": s.repoJSON(r), "referenced_workflows": list{},
	}
}
