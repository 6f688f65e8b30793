package githubsim

import (
	"fmt"
	"slices"
	"strings"
)

// Status posts a commit status: anybody with write permission can, under any context.
func (p *Person) Status(repo, sha, context, state, description string) error {
	return p.in(repo, permWrite, func(me *account, r *repository) error {
		_, err := p.s.addStatus(r, me, status{sha: sha, state: state, context: context, description: description})
		return err
	})
}

// RerequestCheck clicks Re-run at a check run: GitHub resets its suite to queued, leaves
// the run as it is, and asks the app that made it by check_run.rerequested.
func (p *Person) RerequestCheck(repo string, id int64) error {
	return p.in(repo, permWrite, func(me *account, r *repository) error {
		c := r.run(id)
		if c == nil {
			return notFound()
		}
		c.suite.status, c.suite.conclusion = "queued", ""
		p.s.sendRun(c, "rerequested", me)
		return nil
	})
}

// PressButton clicks a button of a check run, which a completed one shows: its app alone is told,
// by check_run.requested_action. Who may is not documented: here whoever can read.
func (p *Person) PressButton(repo string, id int64, label string) error {
	return p.in(repo, permRead, func(me *account, r *repository) error {
		c := r.run(id)
		if c == nil || c.status != "completed" {
			return notFound()
		}
		for _, a := range c.actions {
			if a.Label == label {
				p.s.sendAction(c, a, me)
				return nil
			}
		}
		return refuse(404, "check run %d has no button %q", id, label)
	})
}

// RerequestSuite clicks Re-run all checks: check_suite.rerequested, which is how Re-run
// often arrives.
func (p *Person) RerequestSuite(repo string, id int64) error {
	return p.in(repo, permWrite, func(me *account, r *repository) error {
		i := slices.IndexFunc(r.suites, func(u *suite) bool { return u.id == id })
		if i < 0 {
			return notFound()
		}
		u := r.suites[i]
		u.status, u.conclusion = "queued", ""
		p.s.sendSuite(u, "rerequested", me)
		return nil
	})
}

// DeleteRun deletes a run of a workflow, as anybody with write permission can: what its jobs
// reported is gone, and nothing is told.
func (p *Person) DeleteRun(repo string, runID int64) error {
	return p.in(repo, permWrite, func(_ *account, r *repository) error {
		i := slices.IndexFunc(r.suites, func(u *suite) bool { return u.job != nil && u.job.id == runID })
		if i < 0 {
			return notFound()
		}
		gone := r.suites[i]
		r.suites = slices.Delete(r.suites, i, i+1)
		r.runs = slices.DeleteFunc(r.runs, func(c *run) bool { return c.suite == gone })
		return nil
	})
}

// Integration acts as another GitHub App, or as GitHub Actions.
type Integration struct {
	s    *Server
	slug string
}

// AsApp returns another app by slug; "github-actions" is always there.
func (s *Server) AsApp(slug string) *Integration { return &Integration{s, slug} }

// AddApp makes another app, which may report checks in every repository.
func (s *Server) AddApp(a App) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.appBySlug(a.Slug) != nil {
		return 0, refuse(422, "app %s exists", a.Slug)
	}
	return s.addApp(a).id, nil
}

func (i *Integration) do(repo string, action func(x *app, r *repository) error) error {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	x, r := i.s.appBySlug(i.slug), i.s.repo(repo)
	if x == nil || r == nil {
		return notFound()
	}
	return action(x, r)
}

// Check is a check run to report. An empty Conclusion leaves it running.
type Check struct {
	Name       string
	Conclusion string
	// Workflow and Event make it a job of GitHub Actions: the file, and what started the
	// run. Of Actions only; RunID names a run that StartRun made, zero makes one.
	Workflow string
	Event    string
	RunID    int64
	// Posted makes it one that a job posted with its token, not the job itself: GitHub puts
	// it into a suite of Actions that is there already, whichever workflow that is of.
	Posted bool
}

// Report makes a check run at a commit and returns its id. Under GitHub Actions each run
// of a workflow has a suite of its own: jobs of one run share it by RunID.
func (i *Integration) Report(repo, sha string, c Check) (id int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		if r.objects.commits[sha] == nil {
			return refuse(422, "No commit found for SHA: %s", sha)
		}
		u, err := i.suite(x, r, sha, c)
		if err != nil {
			return err
		}
		made := i.s.addRunIn(u, c.Name)
		if u.job != nil && !c.Posted {
			made.attempt = u.job.attempt
		}
		i.s.conclude(made, "in_progress", c.Conclusion)
		i.s.announce(made, true, *made)
		id = made.id
		return nil
	})
	return id, err
}

// suite is where a check of the app belongs.
func (i *Integration) suite(x *app, r *repository, sha string, c Check) (*suite, error) {
	if c.RunID != 0 {
		for _, u := range r.suites {
			if u.app == x && u.job != nil && u.job.id == c.RunID {
				return u, nil
			}
		}
		return nil, refuse(404, "no workflow run %d", c.RunID)
	}
	if c.Posted {
		for _, u := range r.suites {
			if u.app == x && u.sha == sha && u.job != nil {
				return u, nil
			}
		}
	}
	if x.id == ActionsAppID && c.Workflow != "" {
		return i.start(x, r, sha, c.Workflow, c.Event), nil
	}
	if u := i.s.suiteOf(r, x, sha); u != nil {
		return u, nil
	}
	return i.s.addSuite(r, x, sha, r.branchOf(sha), nil), nil
}

// StartRun starts a run of a workflow file at a commit and returns its id, for the jobs
// to be reported into.
func (i *Integration) StartRun(repo, sha, workflow, event string) (runID int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		if x.id != ActionsAppID || r.objects.commits[sha] == nil {
			return refuse(422, "no workflow can run here")
		}
		runID = i.start(x, r, sha, workflow, event).job.id
		return nil
	})
	return runID, err
}

func (i *Integration) start(x *app, r *repository, sha, workflow, event string) *suite {
	if event == "" {
		event = "pull_request"
	}
	file := int64(0)
	n := 1
	for _, u := range r.suites {
		if u.job != nil && u.job.path == workflow {
			file, n = u.job.workflow, n+1
		}
	}
	if file == 0 {
		file = i.s.id(kindJob)
	}
	_, name := splitPath(workflow)
	return i.s.addSuite(r, x, sha, r.branchOf(sha), &workflowRun{
		id: i.s.id(kindWorkflow), workflow: file, path: workflow, name: name, event: event, number: n, attempt: 1, created: i.s.now(),
	})
}

// Conclude completes or changes a run of the app; an empty conclusion sets it running.
func (i *Integration) Conclude(repo string, id int64, conclusion string) error {
	return i.do(repo, func(x *app, r *repository) error {
		c := r.run(id)
		if c == nil || c.suite.app != x {
			return refuse(403, "Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", x.id)
		}
		was := *c
		i.s.conclude(c, "in_progress", conclusion)
		i.s.announce(c, false, was)
		return nil
	})
}

// Rerun runs a job again: a new run of the same name in the same suite, which replaces
// the old one wherever the latest count, and a new attempt of its workflow run. It returns
// the new run's id.
func (i *Integration) Rerun(repo string, id int64, conclusion string) (again int64, err error) {
	err = i.do(repo, func(x *app, r *repository) error {
		c := r.run(id)
		if c == nil || c.suite.app != x {
			return notFound()
		}
		made := i.s.addRunIn(c.suite, c.name)
		if c.attempt > 0 {
			c.suite.job.attempt++
			made.attempt = c.suite.job.attempt
		}
		i.s.conclude(made, "in_progress", conclusion)
		i.s.announce(made, true, *made)
		again = made.id
		return nil
	})
	return again, err
}

// Status posts a commit status as the app's bot.
func (i *Integration) Status(repo, sha, context, state, description string) error {
	return i.do(repo, func(x *app, r *repository) error {
		_, err := i.s.addStatus(r, x.bot, status{sha: sha, state: state, context: context, description: description})
		return err
	})
}

// gate is a job that waits at an environment.
type gate struct {
	run         int64
	environment string
	asked       bool   // the app under test is one of the environment's rules
	state       string // of its answer: approved, rejected; empty: waiting
	comments    []string
	done        bool // the job went on, or was rejected
	reviewed    bool // one of the environment's reviewers has approved
}

// Gate says how the app answered for a run and an environment: approved, rejected, or
// empty while it waits; and what it reported.
func (s *Server) Gate(repo string, runID int64, environment string) (state string, comments []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.repo(repo); r != nil {
		for _, g := range r.gates {
			if g.run == runID && g.environment == environment {
				state, comments = g.state, slices.Clone(g.comments) // of the newest job
			}
		}
	}
	return state, comments
}

// Limits of reports on a gate.
// https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/create-custom-protection-rules
const (
	maxReports = 10
	maxReport  = 1024
)

// reviewDeployment is POST …/actions/runs/{run_id}/deployment_protection_rule: an answer,
// or without a state a report alone.
func reviewDeployment(c *call) (any, error) {
	var in struct {
		Environment string `json:"environment_name"`
		State       string `json:"state"`
		Comment     string `json:"comment"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, g := range c.repo.gates {
		if fmt.Sprint(g.run) != c.vars["run_id"] || !strings.EqualFold(g.environment, in.Environment) || !g.asked || g.done {
			continue
		}
		switch {
		case in.State != "" && in.State != "approved" && in.State != "rejected", in.State == "" && in.Comment == "":
			return nil, refuse(422, "Invalid request.")
		case g.state != "" && in.State != "":
			return nil, refuse(422, "The deployment has been reviewed already.")
		case len(in.Comment) > maxReport, in.State == "" && len(g.comments) >= maxReports:
			return nil, refuse(422, "Validation Failed")
		}
		if in.State != "" {
			g.state = in.State
		}
		c.settleGate(c.repo, g)
		if in.Comment != "" {
			g.comments = append(g.comments, in.Comment)
		}
		c.status = 204
		return nil, nil
	}
	return nil, notFound()
}
