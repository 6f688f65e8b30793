package githubsim

import (
	"slices"
	"strings"
	"time"
)

// Environment is a place to deploy to, and who has to let a job in.
type Environment struct {
	Gate      bool          // the app under test is a custom protection rule of it
	Reviewers []string      // logins, one of whom has to approve
	Wait      time.Duration // its wait timer
}

// SetEnvironment makes an environment, or changes its rules. A workflow that names one that
// does not exist makes it, without rules.
func (s *Server) SetEnvironment(repo, name string, e Environment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return notFound()
	}
	env := r.environment(name)
	if env == nil {
		env = s.addEnvironment(r, name)
	}
	env.rules = e
	return nil
}

// environment is one by the name in which it was made; names fold case.
type environment struct {
	id    int64
	name  string
	rules Environment
}

func (r *repository) environment(name string) *environment {
	i := slices.IndexFunc(r.environments, func(e *environment) bool { return strings.EqualFold(e.name, name) })
	if i < 0 {
		return nil
	}
	return r.environments[i]
}

func (s *Server) addEnvironment(r *repository, name string) *environment {
	e := &environment{id: s.id(kindEnvironment), name: name}
	r.environments = append(r.environments, e)
	return e
}

// deployment is one to an environment: of a job, or posted through the API by whoever can
// write, or by a job's token.
type deployment struct {
	id       int64
	repo     *repository
	env      string
	sha, ref string
	creator  *account
	app      *app // by which it was made; nil: by a person
	job      *run // the job that waits for it or made it; nil: it was posted
	statuses []*deploymentStatus
	created  time.Time
	gate     *gate // nil: its environment asks nobody
	ended    bool
}

// state is that of the newest status.
func (d *deployment) state() string {
	if len(d.statuses) == 0 {
		return "pending"
	}
	return d.statuses[len(d.statuses)-1].state
}

type deploymentStatus struct {
	id      int64
	state   string
	creator *account
	log     string
	created time.Time
}

// deploymentStates are GitHub's words for what a status may say.
var deploymentStates = []string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success", "waiting"}

func (s *Server) addDeployment(r *repository, d *deployment) *deployment {
	if r.environment(d.env) == nil {
		s.addEnvironment(r, d.env)
	}
	d.id, d.repo, d.created = s.id(kindDeploy), r, s.now()
	r.deployments = append(r.deployments, d)
	s.sendDeployment(d, d.creator)
	return d
}

// addDeploymentStatus says what became of a deployment. A success makes the environment's
// older ones inactive, as auto_inactive does by default.
func (s *Server) addDeploymentStatus(d *deployment, by *account, state, log string) {
	st := &deploymentStatus{id: s.id(kindDeployStatus), state: state, creator: by, log: log, created: s.now()}
	d.statuses = append(d.statuses, st)
	s.sendDeploymentStatus(d, st, by)
	if state != "success" {
		return
	}
	for _, older := range d.repo.deployments {
		if older != d && strings.EqualFold(older.env, d.env) && older.state() == "success" {
			s.addDeploymentStatus(older, by, "inactive", "")
		}
	}
}

// open reports whether a job may go on: everybody who has to has let it.
func (d *deployment) open(now time.Time) bool {
	g := d.gate
	if g == nil {
		return true
	}
	e := d.repo.environment(d.env).rules
	return (!g.asked || g.state == "approved") && (len(e.Reviewers) == 0 || g.reviewed) && !now.Before(d.created.Add(e.Wait))
}
