package githubsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a check run. https://docs.github.com/en/rest/checks/runs
const (
	maxAnnotations = 50     // in one request
	maxOutput      = 65_535 // characters of summary and of text
	maxActions     = 3
)

// checkInput is what creates or updates a check run; nil is what was not sent.
type checkInput struct {
	Name        *string    `json:"name"`
	HeadSHA     string     `json:"head_sha"`
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	Status      string     `json:"status"`
	Conclusion  string     `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title       *string `json:"title"`
		Summary     *string `json:"summary"`
		Text        *string `json:"text"`
		Annotations []obj   `json:"annotations"`
	} `json:"output"`
	Actions *[]action `json:"actions"` // of an update: those that stand stay if it is not sent
}

func (in *checkInput) validate() error {
	if in.Status != "" && !slices.Contains([]string{"queued", "in_progress", "completed"}, in.Status) {
		return invalid("CheckRun", "status", "is not a status that this app may set")
	}
	if in.Conclusion != "" && (!slices.Contains(heaviest, in.Conclusion) || in.Conclusion == "stale" || in.Conclusion == "startup_failure") {
		return invalid("CheckRun", "conclusion", "is not a conclusion that an app may set")
	}
	if in.Status == "completed" && in.Conclusion == "" {
		return invalid("CheckRun", "conclusion", "is required when the status is completed")
	}
	if in.Actions != nil {
		if len(*in.Actions) > maxActions {
			return invalid("CheckRun", "actions", "no more than 3 actions are allowed")
		}
		for _, a := range *in.Actions {
			if !fits(a.Label, 20) || !fits(a.Description, 40) || !fits(a.Identifier, 20) {
				return invalid("CheckRun", "actions", "is too long or empty")
			}
		}
	}
	if in.Output == nil {
		return nil
	}
	if len(in.Output.Annotations) > maxAnnotations {
		return invalid("CheckRun", "output", "No more than 50 annotations are allowed in one request.")
	}
	for _, text := range []*string{in.Output.Summary, in.Output.Text} {
		if text != nil && utf8.RuneCountInString(*text) > maxOutput {
			return invalid("CheckRun", "output", "Only 65535 characters are allowed")
		}
	}
	for _, a := range in.Output.Annotations {
		for _, field := range []string{"path", "start_line", "end_line", "annotation_level", "message"} {
			if a[field] == nil {
				return invalid("CheckRun", "output", "annotations need a "+field)
			}
		}
		if !slices.Contains([]any{"notice", "warning", "failure"}, a["annotation_level"]) {
			return invalid("CheckRun", "output", "annotation_level is not included in the list")
		}
	}
	return nil
}

// fits reports whether a text is there, of so many characters at most.
func fits(text string, most int) bool {
	n := utf8.RuneCountInString(text)
	return n > 0 && n <= most
}

// createCheckRun is POST …/check-runs.
func createCheckRun(c *call) (any, error) {
	var in checkInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == "" {
		return nil, refuse(422, `Invalid request. "name" and "head_sha" must be supplied.`)
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if c.repo.objects.commits[in.HeadSHA] == nil {
		return nil, refuse(422, "No commit found for SHA: %s", in.HeadSHA)
	}
	if in.Output != nil && (in.Output.Title == nil || in.Output.Summary == nil) {
		return nil, refuse(422, `Invalid request. "output" needs "title" and "summary".`)
	}
	run := c.addRun(c.repo, c.install.app, in.HeadSHA, *in.Name)
	c.fillRun(run, in)
	c.announce(run, true, *run)
	c.status = 201
	return c.checkJSON(run), nil
}

// updateCheckRun is PATCH …/check-runs/{check_run_id}: for the app that made the run only.
// Annotations are added to those that are there.
func updateCheckRun(c *call) (any, error) {
	run, err := c.findRun()
	if err != nil {
		return nil, err
	}
	if run.suite.app != c.install.app {
		return nil, refuse(403, "Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", c.install.app.id)
	}
	var in checkInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	if in.Output != nil && in.Output.Summary == nil {
		return nil, refuse(422, `Invalid request. "output" needs "summary".`)
	}
	was := *run
	c.fillRun(run, in)
	c.announce(run, false, was)
	return c.checkJSON(run), nil
}

func (c *call) fillRun(run *run, in checkInput) {
	for _, f := range []struct{ to, from *string }{{&run.name, in.Name}, {&run.detailsURL, in.DetailsURL}, {&run.externalID, in.ExternalID}} {
		if f.from != nil && *f.from != "" {
			*f.to = *f.from
		}
	}
	if in.StartedAt != nil {
		run.started = *in.StartedAt
	}
	if in.CompletedAt != nil {
		run.completed = *in.CompletedAt
	}
	if in.Actions != nil {
		run.actions = *in.Actions
	}
	c.conclude(run, in.Status, in.Conclusion)
	if in.Output == nil {
		return
	}
	for _, f := range []struct{ to, from *string }{{&run.title, in.Output.Title}, {&run.summary, in.Output.Summary}, {&run.text, in.Output.Text}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	run.annotations = append(run.annotations, in.Output.Annotations...)
}

func (c *call) findRun() (*run, error) {
	id, _ := strconv.ParseInt(c.vars["check_run_id"], 10, 64)
	run := c.repo.run(id)
	if run == nil {
		return nil, notFound()
	}
	return run, nil
}

func getCheckRun(c *call) (any, error) {
	run, err := c.findRun()
	if err != nil {
		return nil, err
	}
	return c.checkJSON(run), nil
}

func listAnnotations(c *call) (any, error) {
	run, err := c.findRun()
	if err != nil {
		return nil, err
	}
	return page(c, run.annotations, func(a obj) any {
		o := obj{"blob_href": c.repoAPI(c.repo) + "/contents/" + escapePath(a["path"].(string)) + "?ref=" + run.suite.sha}
		for _, k := range []string{"path", "start_line", "end_line", "start_column", "end_column", "annotation_level", "title", "message", "raw_details"} {
			o[k] = a[k]
		}
		return o
	}), nil
}

// listCheckRuns is GET …/commits/{ref}/check-runs: the latest of each name and suite
// unless filter=all, newest first.
func listCheckRuns(c *call) (any, error) {
	at, err := c.find(c.vars["ref"])
	if err != nil {
		return nil, err
	}
	return c.showRuns(c.repo.runsAt(at.oid)), nil
}

func listSuiteRuns(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["check_suite_id"], 10, 64)
	for _, u := range c.repo.suites {
		if u.id == id {
			return c.showRuns(c.repo.runsOf(u)), nil
		}
	}
	return nil, notFound()
}

func (c *call) showRuns(runs []*run) any {
	if c.query("filter") != "all" {
		runs = latest(runs)
	}
	// Asked before the list is gone through: of an empty one too they are modelled.
	name, status, app := c.asks("check_name"), c.asks("status"), c.asks("app_id")
	runs = slices.DeleteFunc(runs, func(r *run) bool {
		return name && r.name != c.query("check_name") || status && r.status != c.query("status") ||
			app && strconv.FormatInt(r.suite.app.id, 10) != c.query("app_id")
	})
	return obj{"total_count": len(runs), "check_runs": page(c, runs, func(r *run) any { return c.checkJSON(r) })}
}

func listCheckSuites(c *call) (any, error) {
	at, err := c.find(c.vars["ref"])
	if err != nil {
		return nil, err
	}
	app := c.query("app_id")
	suites := slices.DeleteFunc(slices.Clone(c.repo.suites), func(u *suite) bool {
		return u.sha != at.oid || app != "" && strconv.FormatInt(u.app.id, 10) != app
	})
	return obj{"total_count": len(suites), "check_suites": page(c, suites, func(u *suite) any {
		o := c.suiteJSON(u)
		o["repository"] = c.repoJSON(u.repo)
		return o
	})}, nil
}

// createStatus is POST …/statuses/{sha}.
func createStatus(c *call) (any, error) {
	var in struct {
		State       string `json:"state"`
		TargetURL   string `json:"target_url"`
		Description string `json:"description"`
		Context     string `json:"context"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.TargetURL != "" && !strings.HasPrefix(in.TargetURL, "http://") && !strings.HasPrefix(in.TargetURL, "https://") {
		return nil, invalid("Status", "target_url", "target_url must use http(s) scheme")
	}
	st, err := c.addStatus(c.repo, c.install.app.bot, status{
		sha: c.vars["sha"], state: in.State, context: cmp.Or(in.Context, "default"), description: in.Description, target: in.TargetURL,
	})
	if err != nil {
		return nil, err
	}
	c.status = 201
	return c.statusJSON(st), nil
}

func listStatuses(c *call) (any, error) {
	at, err := c.find(c.vars["ref"])
	if err != nil {
		return nil, err
	}
	return page(c, c.repo.statusesAt(at.oid), func(st *status) any { return c.statusJSON(st) }), nil
}

func getCombinedStatus(c *call) (any, error) {
	at, err := c.find(c.vars["ref"])
	if err != nil {
		return nil, err
	}
	all := c.repo.contextsAt(at.oid)
	return obj{
		"state": combined(all), "sha": at.oid, "total_count": len(all), "repository": c.repoJSON(c.repo),
		"statuses": page(c, all, func(st *status) any {
			o := c.statusJSON(st)
			delete(o, "creator") // not told here
			return o
		}),
		"commit_url": c.repoAPI(c.repo) + "/commits/" + at.oid, "url": c.repoAPI(c.repo) + "/commits/" + at.oid + "/status",
	}, nil
}
