package githubsim

import (
	"slices"
	"strings"
	"time"
)

// suite is a check suite: one for each app and head, but for GitHub Actions one for each
// workflow run.
type suite struct {
	id         int64
	app        *app
	repo       *repository
	sha        string
	branch     string // empty where the head was pushed to a fork
	status     string // queued, in_progress, completed
	conclusion string
	job        *workflowRun // Actions only
	created    time.Time
	updated    time.Time
}

// workflowRun is what GitHub Actions ran.
type workflowRun struct {
	id, workflow int64
	path, name   string
	event        string
	number       int
	attempt      int      // the newest
	actor        *account // who caused the run; nil: the app itself
	again        *account // who ran it again last; nil: nobody
	created      time.Time
}

// run is a check run. A re-run of an Actions job is a new run in the same suite, of the
// workflow run's next attempt.
type run struct {
	id          int64
	attempt     int // of the workflow run whose job it is; 0: no job
	suite       *suite
	name        string
	status      string // queued, in_progress, completed, …
	conclusion  string
	started     time.Time
	completed   time.Time
	externalID  string
	detailsURL  string
	title       string
	summary     string
	text        string
	annotations []obj
	actions     []action
}

// action is a button of a check run.
type action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

func (s *Server) suiteOf(r *repository, x *app, sha string) *suite {
	for _, u := range r.suites {
		if u.app == x && u.sha == sha && u.job == nil {
			return u
		}
	}
	return nil
}

func (s *Server) addSuite(r *repository, x *app, sha, branch string, job *workflowRun) *suite {
	u := &suite{
		id: s.id(kindSuite), app: x, repo: r, sha: sha, branch: branch, status: "queued", job: job,
		created: s.now(), updated: s.now(),
	}
	r.suites = append(r.suites, u)
	return u
}

// branchOf is a branch of r that points at sha, the first by name; empty if none does.
func (r *repository) branchOf(sha string) string {
	found := ""
	for name, c := range r.branches {
		if c.oid == sha && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// addRun makes a check run in its app's suite of that head, and the suite if need be.
func (s *Server) addRun(r *repository, x *app, sha, name string) *run {
	u := s.suiteOf(r, x, sha)
	if u == nil {
		u = s.addSuite(r, x, sha, r.branchOf(sha), nil)
	}
	return s.addRunIn(u, name)
}

func (s *Server) addRunIn(u *suite, name string) *run {
	c := &run{id: s.id(kindRun), suite: u, name: name, status: "queued", started: s.now()}
	if s.staleAt.IsZero() {
		s.staleAt = c.started.Add(staleAfter)
	}
	u.repo.runs = append(u.repo.runs, c)
	return c
}

// conclude sets status and conclusion; a conclusion alone completes a run.
func (s *Server) conclude(c *run, status, conclusion string) {
	if conclusion != "" {
		c.status, c.conclusion = "completed", conclusion
		if c.completed.IsZero() {
			c.completed = s.now()
		}
		return
	}
	if status != "" && status != "completed" {
		c.status, c.conclusion, c.completed = status, "", time.Time{}
	}
}

// announce tells what became of a run: created once, completed whenever it is concluded
// anew; then what that means for its suite.
func (s *Server) announce(c *run, fresh bool, was run) {
	sender := c.suite.app.bot
	if fresh {
		s.sendRun(c, "created", sender)
	}
	if c.status == "completed" && (fresh || was.status != c.status || was.conclusion != c.conclusion) {
		s.sendRun(c, "completed", sender)
	}
	s.settleSuite(c.suite, sender)
}

// heaviest orders conclusions: a suite's is the first of these that one of its runs has.
// https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks
var heaviest = []string{"action_required", "timed_out", "cancelled", "failure", "startup_failure", "stale", "neutral", "success", "skipped"}

// settleSuite derives a suite's state from the latest of its runs.
func (s *Server) settleSuite(u *suite, sender *account) {
	status, conclusion, weight := "completed", "", len(heaviest)
	for _, c := range latest(u.repo.runsOf(u)) {
		if c.status != "completed" {
			status = "in_progress"
			continue
		}
		if w := slices.Index(heaviest, c.conclusion); w >= 0 && w < weight {
			weight, conclusion = w, c.conclusion
		}
	}
	if status != "completed" {
		conclusion = ""
	}
	if u.status == status && u.conclusion == conclusion {
		return
	}
	u.status, u.conclusion, u.updated = status, conclusion, s.now()
	if status == "completed" {
		s.sendSuite(u, "completed", sender)
	}
}

// staleAfter is how long GitHub waits for a run to be completed.
// https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks
const staleAfter = 14 * 24 * time.Hour

// goStale lets go of the runs that were not completed in time. Whether GitHub tells of it is
// not documented: here it does not.
func (s *Server) goStale() {
	now := s.now()
	if s.staleAt.IsZero() || now.Before(s.staleAt) {
		return
	}
	s.staleAt = time.Time{}
	for _, r := range s.world.repos {
		for _, c := range r.runs {
			end := c.started.Add(staleAfter)
			switch {
			case c.status == "completed":
			case !now.Before(end):
				c.status, c.conclusion, c.completed = "completed", "stale", end
			case s.staleAt.IsZero() || end.Before(s.staleAt):
				s.staleAt = end
			}
		}
	}
}

func (r *repository) runsOf(u *suite) []*run {
	return slices.DeleteFunc(slices.Clone(r.runs), func(c *run) bool { return c.suite != u })
}

// runsAt are all check runs of a commit, newest first.
func (r *repository) runsAt(sha string) []*run {
	out := slices.DeleteFunc(slices.Clone(r.runs), func(c *run) bool { return c.suite.sha != sha })
	slices.Reverse(out)
	return out
}

// latest keeps the newest run of each suite and name: only a re-run replaces a run, one
// of the same name in another suite does not.
func latest(runs []*run) []*run {
	newest := map[*suite]map[string]int64{}
	for _, c := range runs {
		if newest[c.suite] == nil {
			newest[c.suite] = map[string]int64{}
		}
		newest[c.suite][c.name] = max(newest[c.suite][c.name], c.id)
	}
	return slices.DeleteFunc(slices.Clone(runs), func(c *run) bool { return newest[c.suite][c.name] != c.id })
}

func (r *repository) run(id int64) *run {
	for _, c := range r.runs {
		if c.id == id {
			return c
		}
	}
	return nil
}

// satisfied says whether a required check has passed at a commit. If a check run and a
// status have the name, both must have; success, neutral and skipped pass.
// https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
func (r *repository) satisfied(sha string, want RequiredCheck) bool {
	seen := false
	for _, c := range latest(r.runsAt(sha)) {
		if c.name != want.Context || want.App != 0 && c.suite.app.id != want.App {
			continue
		}
		seen = true
		if !slices.Contains([]string{"success", "neutral", "skipped"}, c.conclusion) {
			return false
		}
	}
	for _, st := range r.contextsAt(sha) {
		if !strings.EqualFold(st.context, want.Context) || want.App != 0 && !r.byApp(st.creator, want.App) {
			continue
		}
		seen = true
		if st.state != "success" {
			return false
		}
	}
	return seen
}

func (r *repository) byApp(a *account, app int64) bool {
	return slices.ContainsFunc(r.suites, func(u *suite) bool { return u.app.bot == a && u.app.id == app })
}
