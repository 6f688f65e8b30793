package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settle is how long nothing new may have appeared on a head before "all checks" is an
// answer: a workflow that another one starts needs a moment to show.
const settle = 30 * time.Second

// GitHub's words that these rules know. Every other conclusion of a completed run is a
// failure: failure, timed_out, cancelled, startup_failure, stale, and action_required,
// which waits for a person, but is concluded and turns GitHub's own summary red too.
const (
	completed = "completed"
	success   = "success"
	neutral   = "neutral"
	skipped   = "skipped"
	pending   = "pending"
	expected  = "expected"
)

// Own reports whether a name is one of the two that this app reports under: they are never
// facts that it judges by.
func Own(name string) bool {
	return strings.EqualFold(name, "change-management") || strings.EqualFold(name, "Change Management")
}

// Informs reports whether a commit status is in a context in which this app says what it answered
// about an environment: information, whoever posted it, and never a fact.
func Informs(context string) bool {
	return strings.HasPrefix(strings.ToLower(context), "change-management/")
}

// result is a check run or commit status that somebody else reported on the head.
type result struct {
	name  string
	app   int64  // 0: a status
	slug  string // of the app
	flow  string // path of the workflow whose suite it is in; empty: none, or a status
	job   bool   // it is a job of that workflow
	suite int64  // 0: a status
	state resultState
	word  string // GitHub's, for a conclusion
}

type resultState int

const (
	running resultState = iota
	passed
	failed
	idle    // skipped or neutral
	claimed // a success that a contributor posted
	hearsay // a success that a bot posted which is a contributor
)

// results returns what counts of the head's check runs and statuses, by name.
func results(c Change, j *judge) []result {
	var out []result
	for _, r := range standing(c) {
		res := result{
			name: r.Name, app: r.App, slug: strings.ToLower(r.AppSlug), flow: r.Workflow, job: r.Attempt > 0, suite: r.Suite, word: r.Conclusion,
		}
		switch {
		case r.Status != completed || r.Conclusion == "":
			res.state = running
		case r.Conclusion == success:
			res.state = passed
		case r.Conclusion == skipped || r.Conclusion == neutral:
			res.state = idle
		default:
			res.state = failed
		}
		out = append(out, res)
	}
	doubted := map[string]bool{} // contexts whose newest status proves nothing against what stood there
	for _, s := range c.Status {
		if !Own(s.Context) && !s.Hidden {
			state := j.statusState(s)
			doubted[strings.ToLower(s.Context)] = state == claimed || state == hearsay || state == passed && s.Token
			out = append(out, result{name: s.Context, state: state, word: s.State})
		}
	}
	for _, s := range c.Status {
		state := j.statusState(s)
		if s.Hidden && doubted[strings.ToLower(s.Context)] && (state == failed || state == running) {
			out = append(out, result{name: s.Context, state: state, word: s.State})
		}
	}
	slices.SortFunc(out, func(a, b result) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.app, b.app), cmp.Compare(a.suite, b.suite))
	})
	return out
}

// actionsSlug is GitHub Actions, in whose name each job of each workflow can post check runs.
const actionsSlug = "github-actions"

// standing returns the check runs that no re-run has replaced, but for our own. Those of
// different apps or suites never replace each other. Of any other app's runs in one suite
// and of one name the newest counts alone: the app alone can post there, and its word is
// what is asked for. GitHub Actions lends its name to every job, so there only a job
// replaces a job: one of a later attempt that has as many of the name.
func standing(c Change) []CheckRun {
	type job struct {
		app, suite int64
		name       string
	}
	groups := map[job][]CheckRun{}
	for _, r := range c.Runs {
		if r.App != c.OwnApp {
			k := job{r.App, r.Suite, r.Name}
			groups[k] = append(groups[k], r)
		}
	}
	var out []CheckRun
	for _, runs := range groups {
		if !strings.EqualFold(runs[0].AppSlug, actionsSlug) {
			out = append(out, slices.MaxFunc(runs, func(a, b CheckRun) int { return cmp.Compare(a.ID, b.ID) }))
			continue
		}
		jobs := map[int]int{} // how many there are, by attempt
		for _, r := range runs {
			jobs[r.Attempt]++
		}
		for _, r := range runs {
			replaced := false
			for attempt, n := range jobs {
				replaced = replaced || r.Attempt > 0 && attempt > r.Attempt && n >= jobs[r.Attempt]
			}
			if !replaced {
				out = append(out, r)
			}
		}
	}
	return out
}

// statusState judges one commit status. Anybody who can write can post one, in anybody's
// context and over what stood there: a contributor's success proves nothing, and hides
// what a failing test may have said, so it holds the change until somebody else reports.
// A contributing bot reports on its own work all the time; its success is no claim that
// hides a test, and no proof either. What is not a success blocks, whoever says it.
func (j *judge) statusState(s Status) resultState {
	switch s.State {
	case success:
	case pending, expected:
		return running
	default:
		return failed
	}
	_, contributor := j.who.by[s.By]
	switch {
	case contributor && j.people[s.By].Bot:
		return hearsay
	case contributor || s.By == 0:
		return claimed
	}
	return passed
}

// checks judges a checks requirement.
func (j *judge) checks(c Checks) Reason {
	if c.All {
		return j.allChecks(c)
	}
	return j.namedChecks(c)
}

// namedChecks asks each name for at least one result with an allowed conclusion from the
// app named, and lets no other result of the name stand beside it that failed, runs or
// is a contributor's claim, whoever reported it.
func (j *judge) namedChecks(c Checks) Reason {
	facts := &CheckFacts{App: c.App, Workflow: c.Workflow}
	names := map[string]bool{}
	for _, text := range c.Names {
		g, found := compileGlob(text), false
		for _, r := range j.results {
			if g.match(r.name) {
				names[r.name], found = true, true
			}
		}
		if !found {
			facts.Missing = append(facts.Missing, text)
		}
	}
	for name := range names {
		j.namedCheck(c, name, facts)
	}
	return j.checkReason(c, facts, len(facts.Skipped) > 0)
}

func (j *judge) namedCheck(c Checks, name string, facts *CheckFacts) {
	good, open := false, false
	for _, r := range j.results {
		if r.name != name {
			continue
		}
		switch {
		case r.state == running:
			facts.Running, open = append(facts.Running, name), true
		case r.state == failed:
			facts.Failed, open = append(facts.Failed, r.failure()), true
		case r.state == claimed || r.state == hearsay:
			facts.Claimed = append(facts.Claimed, name)
			open = open || r.state == claimed
		case !r.from(c.App):
			facts.WrongApp = append(facts.WrongApp, name)
		case c.Workflow != "" && (!r.job || !workflow(c.Workflow, r.flow)):
			facts.Elsewhere = append(facts.Elsewhere, name)
		case slices.Contains(c.Conclusions, r.word):
			good = true
		case r.state == idle:
			facts.Skipped, open = append(facts.Skipped, name), true
		default:
			facts.Failed, open = append(facts.Failed, r.failure()), true
		}
	}
	switch {
	case good && !open:
		facts.Passed = append(facts.Passed, name)
	case !good && !open:
		facts.Missing = append(facts.Missing, name)
	}
}

// failure is how a result stands among those that failed.
func (r result) failure() string { return r.name + " (" + r.word + ")" }

// from reports whether the app named reported the result. A status has no app.
func (r result) from(app string) bool {
	return app == "" || r.app != 0 && (r.slug == app || strconv.FormatInt(r.app, 10) == app)
}

// workflow reports whether a workflow file is the one that a policy names: by its path or,
// without slashes, by its name in the folder where workflows are.
func workflow(text, path string) bool {
	if !strings.Contains(text, "/") {
		text = ".github/workflows/" + text
	}
	path, _, _ = strings.Cut(path, "@") // GitHub adds the ref that it came from
	return path != "" && compileGlob(text).match(path)
}

// allChecks asks that everything reported has concluded and nothing failed, that what
// GitHub requires and what recent merges had succeeded, that something did, and that the
// head has been quiet for a while.
func (j *judge) allChecks(c Checks) Reason {
	facts := &CheckFacts{}
	except := make([]glob, len(c.Except))
	for i, text := range c.Except {
		except[i] = compileGlob(text)
	}
	excepted := func(name string) bool {
		return slices.ContainsFunc(except, func(g glob) bool { return g.match(name) })
	}
	counted := map[int64]bool{}  // suites with a run that counts
	listed := map[int64]bool{}   // suites with any run
	settled := map[string]bool{} // names that succeeded, or that block already
	for _, r := range j.results {
		listed[r.suite] = true
		if excepted(r.name) {
			continue
		}
		counted[r.suite] = true
		switch r.state {
		case running:
			facts.Running = append(facts.Running, r.name)
			settled[r.name] = true
		case failed:
			facts.Failed = append(facts.Failed, r.failure())
			settled[r.name] = true
		case idle:
			facts.Skipped = append(facts.Skipped, r.name)
		case claimed, hearsay:
			facts.Claimed = append(facts.Claimed, r.name)
		case passed:
			facts.Passed = append(facts.Passed, r.name)
			settled[r.name] = true
		}
	}
	for _, s := range j.Suites {
		if s.App != j.OwnApp && s.Status != completed && (counted[s.ID] || !listed[s.ID]) {
			facts.Running = append(facts.Running, suiteName(s))
		}
	}
	for _, name := range slices.Concat(j.Need, j.Usual) {
		if !Own(name) && !excepted(name) && !settled[name] {
			facts.Missing = append(facts.Missing, name)
		}
	}
	if quiet := j.lastSign().Add(settle); quiet.After(j.at) {
		facts.Settles = quiet.UTC()
	}
	return j.checkReason(c, facts, false)
}

// suiteName says which suite has not completed, for want of a name of its own.
func suiteName(s CheckSuite) string {
	if s.AppSlug != "" {
		return "check suite of " + s.AppSlug
	}
	return "check suite " + strconv.FormatInt(s.ID, 10)
}

// lastSign returns when something last appeared: the head itself, a pull request that
// carries it, a suite, a run, a status. Our own is no sign.
func (j *judge) lastSign() time.Time {
	last := j.SeenAt
	see := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, p := range j.Pulls {
		see(p.Opened)
	}
	for _, s := range j.Suites {
		if s.App != j.OwnApp {
			see(s.At)
		}
	}
	for _, r := range j.Runs {
		if r.App != j.OwnApp {
			see(r.At)
		}
	}
	for _, s := range j.Status {
		if !Own(s.Context) {
			see(s.At)
		}
	}
	return last
}

// checkReason puts the lists in order and finds the outcome. skipFails is set where a
// skipped check is a conclusion that was not allowed, and not just none.
func (j *judge) checkReason(c Checks, f *CheckFacts, skipFails bool) Reason {
	human := slices.ContainsFunc(j.results, func(r result) bool {
		return r.state == claimed && slices.Contains(f.Claimed, r.name)
	})
	for _, list := range []*[]string{&f.Passed, &f.Failed, &f.Running, &f.Missing, &f.Skipped, &f.WrongApp, &f.Claimed, &f.Elsewhere} {
		*list = unique(*list)
	}
	for _, r := range j.results {
		if r.state == failed && slices.Contains(f.Failed, r.failure()) && slices.ContainsFunc(j.results, func(o result) bool {
			return o.name == r.name && (o.state == passed || o.state == claimed || o.state == hearsay)
		}) {
			f.Beside = append(f.Beside, r.name)
		}
	}
	f.Beside = unique(f.Beside)
	if len(f.Missing) > 0 {
		f.Since = j.SeenAt
		late := j.SeenAt.Add(c.Grace)
		f.Overdue = c.Grace > 0 && !late.After(j.at)
		if c.Grace > 0 {
			j.again(late)
		}
	}
	if !f.Overdue {
		f.App, f.Workflow = "", ""
	}
	r := Reason{Checks: f}
	switch {
	case len(f.Failed) > 0 || skipFails:
		r.Outcome, r.Code = Fail, ChecksFailed
	case len(f.Running) > 0 || len(f.Missing) > 0 || human:
		r.Outcome, r.Code = Pending, ChecksPending
	case len(f.Passed) == 0:
		r.Outcome, r.Code = Pending, ChecksNone
	case !f.Settles.IsZero():
		r.Outcome, r.Code = Pending, ChecksPending
		j.again(f.Settles)
	default:
		r.Outcome, r.Code = Pass, ChecksPassed
	}
	return r
}
