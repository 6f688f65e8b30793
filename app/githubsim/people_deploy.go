package githubsim

import (
	"fmt"
	"slices"
	"strings"
)

// RunWorkflow starts a workflow's run on a branch, as the event that a person caused does,
// and returns the run's id. Of GitHub Actions alone.
func (i *Integration) RunWorkflow(repo, actor, branch, workflow, event string) (runID int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		tip, by := r.branches[branch], i.s.account(actor)
		if tip == nil || by == nil {
			return refuse(422, "no branch %s, or nobody is called %s", branch, actor)
		}
		u := i.start(x, r, tip.oid, workflow, event)
		u.branch, u.job.actor = branch, by
		runID = u.job.id
		return nil
	})
	return runID, err
}

// RerunWorkflow is the Re-run button at a run that has ended: another attempt, by whoever clicked.
func (i *Integration) RerunWorkflow(repo, actor string, runID int64) error {
	return i.do(repo, func(_ *app, r *repository) error {
		u, by := r.suiteOfRun(runID), i.s.account(actor)
		if u == nil || by == nil {
			return notFound()
		}
		for _, d := range r.deployments {
			if d.job != nil && d.job.suite == u && !d.ended {
				return refuse(403, "This workflow is already running")
			}
		}
		u.job.attempt, u.job.again = max(u.job.attempt, 1)+1, by
		return nil
	})
}

// StartJob lets a job of a run enter an environment: a deployment by GitHub Actions, which
// waits for the environment's rules. The app under test is asked if it is one of them.
func (i *Integration) StartJob(repo string, runID int64, job, environment string) (deploymentID int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		u := r.suiteOfRun(runID)
		if u == nil {
			return notFound()
		}
		c := i.s.addRunIn(u, job)
		c.attempt = max(u.job.attempt, 1)
		d := i.s.addDeployment(r, &deployment{env: environment, sha: u.sha, ref: u.branch, creator: x.bot, app: x, job: c})
		deploymentID = d.id
		e := r.environment(environment).rules
		if !e.Gate && len(e.Reviewers) == 0 && e.Wait == 0 {
			i.s.enter(d)
			i.s.announce(c, true, *c)
			return nil
		}
		i.s.conclude(c, "queued", "")
		i.s.announce(c, true, *c)
		d.gate = &gate{run: runID, environment: r.environment(environment).name, asked: e.Gate}
		r.gates = append(r.gates, d.gate)
		i.s.addDeploymentStatus(d, x.bot, "waiting", "")
		if e.Gate {
			i.s.askGate(d, u)
		}
		return nil
	})
	return deploymentID, err
}

// enter lets a job go on.
func (s *Server) enter(d *deployment) {
	if d.gate != nil {
		d.gate.done = true
	}
	was := *d.job
	s.conclude(d.job, "in_progress", "")
	s.addDeploymentStatus(d, d.creator, "in_progress", d.log(s))
	if was.status != "queued" {
		s.announce(d.job, false, was)
	}
}

// log is where a deployment's job writes.
func (d *deployment) log(s *Server) string {
	return fmt.Sprintf("%s/%s/actions/runs/%d/job/%d", s.url, d.repo.fullName(), d.job.suite.job.id, d.job.id)
}

// letIn lets jobs go on whose environments' rules are met.
func (s *Server) letIn(r *repository) {
	for _, d := range r.deployments {
		if d.job != nil && !d.ended && d.state() == "waiting" && d.open(s.now()) {
			s.enter(d)
		}
	}
}

// EndJob ends the job of a deployment that may go on. One that waits can be cancelled: of its
// deployment nothing more is said then.
func (i *Integration) EndJob(repo string, deploymentID int64, conclusion string) error {
	return i.do(repo, func(x *app, r *repository) error {
		i.s.letIn(r)
		d := r.deployment(deploymentID)
		if d == nil || d.job == nil {
			return notFound()
		}
		waits := d.state() == "waiting" && conclusion == "cancelled"
		if d.state() != "in_progress" && !waits {
			return refuse(422, "the job waits: the deployment is %s", d.state())
		}
		was := *d.job
		d.ended = true
		i.s.conclude(d.job, "", conclusion)
		i.s.announce(d.job, false, was)
		if waits {
			d.gate.done = true
			return nil
		}
		state := "failure"
		if conclusion == "success" {
			state = "success"
		}
		i.s.addDeploymentStatus(d, x.bot, state, d.log(i.s))
		return nil
	})
}

// PostDeployment posts a deployment with a job's token.
func (i *Integration) PostDeployment(repo, sha, environment string) (id int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		id, err = i.s.postDeployment(r, x.bot, x, sha, environment)
		return err
	})
	return id, err
}

// PostDeploymentStatus posts what became of a deployment with a job's token.
func (i *Integration) PostDeploymentStatus(repo string, id int64, state string) error {
	return i.do(repo, func(x *app, r *repository) error { return i.s.postDeploymentStatus(r, x.bot, id, state) })
}

// PostDeployment posts a deployment, as everybody with write permission can.
func (p *Person) PostDeployment(repo, sha, environment string) (id int64, err error) {
	err = p.in(repo, permWrite, func(me *account, r *repository) error {
		id, err = p.s.postDeployment(r, me, nil, sha, environment)
		return err
	})
	return id, err
}

// PostDeploymentStatus posts what became of a deployment.
func (p *Person) PostDeploymentStatus(repo string, id int64, state string) error {
	return p.in(repo, permWrite, func(me *account, r *repository) error { return p.s.postDeploymentStatus(r, me, id, state) })
}

// ReviewDeployment is GitHub's own review of a waiting job, by one of its reviewers.
func (p *Person) ReviewDeployment(repo string, runID int64, environment string) error {
	return p.in(repo, permRead, func(me *account, r *repository) error {
		for _, g := range r.gates {
			e := r.environment(g.environment)
			if g.run == runID && strings.EqualFold(g.environment, environment) &&
				slices.ContainsFunc(e.rules.Reviewers, func(login string) bool { return strings.EqualFold(login, me.login) }) {
				g.reviewed = true
				p.s.sendDeploymentReview(r, me)
				p.s.letIn(r)
				return nil
			}
		}
		return refuse(403, "You are not a reviewer of this environment.")
	})
}

func (s *Server) postDeployment(r *repository, by *account, x *app, sha, environment string) (int64, error) {
	if r.objects.commits[sha] == nil {
		return 0, refuse(422, "No ref found for: %s", sha)
	}
	return s.addDeployment(r, &deployment{env: environment, sha: sha, ref: sha, creator: by, app: x}).id, nil
}

func (s *Server) postDeploymentStatus(r *repository, by *account, id int64, state string) error {
	d := r.deployment(id)
	if d == nil {
		return notFound()
	}
	if !slices.Contains(deploymentStates, state) {
		return refuse(422, "%s is not a state", state)
	}
	s.addDeploymentStatus(d, by, state, "")
	return nil
}

func (r *repository) deployment(id int64) *deployment {
	i := slices.IndexFunc(r.deployments, func(d *deployment) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return r.deployments[i]
}

// suiteOfRun is the suite of a workflow run.
func (r *repository) suiteOfRun(id int64) *suite {
	i := slices.IndexFunc(r.suites, func(u *suite) bool { return u.job != nil && u.job.id == id })
	if i < 0 {
		return nil
	}
	return r.suites[i]
}

// settleGate lets a job go on, or ends it, after an answer.
func (s *Server) settleGate(r *repository, g *gate) {
	if g.state == "approved" {
		s.letIn(r)
	}
	for _, d := range r.deployments {
		if d.gate != g || g.state != "rejected" || d.ended {
			continue
		}
		was := *d.job
		d.ended, g.done = true, true
		s.conclude(d.job, "", "failure")
		s.announce(d.job, false, was)
		s.addDeploymentStatus(d, d.creator, "failure", "")
	}
}
