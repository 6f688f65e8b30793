package app

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/deploy"
)

// gateWords are the words about deployments.
var gateWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"environment": cmdEnvironment,
	"deploy":      cmdDeploy,
	"rerun":       cmdRerun,
	"informs":     cmdInforms,
	"ends":        cmdEnds,
	"posts":       cmdPosts,
	"reviews":     cmdReviews,
	"gate":        cmdGate,
	"reasons":     cmdReasons,
	"reports":     cmdReports,
	"until":       cmdUntil,
	"decisions":   cmdDecisions,
}

const deployWorkflow = ".github/workflows/deploy.yml"

// environment NAME [gate] [LOGIN...] makes an environment: with our gate, and with GitHub's
// own reviewers.
func cmdEnvironment(ts *testscript.TestScript, _ bool, args []string) {
	e := githubsim.Environment{}
	for _, a := range args[1:] {
		if a == "gate" {
			e.Gate = true
		} else {
			e.Reviewers = append(e.Reviewers, a)
		}
	}
	ts.Check(of(ts).sim.SetEnvironment(of(ts).repo, args[0], e))
}

// deploy LOGIN BRANCH ENVIRONMENT [EVENT] lets a job of a new run enter an environment; with
// the same run as before if EVENT is "same".
func cmdDeploy(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	actions := w.sim.AsApp("github-actions")
	run, event := w.runs["run"], cmp.Or(strings.Join(args[3:], ""), "push")
	if event != "same" {
		var err error
		run, err = actions.RunWorkflow(w.repo, args[0], args[1], deployWorkflow, event)
		ts.Check(err)
	}
	w.enter(ts, run, args[2])
}

func (w *world) enter(ts *testscript.TestScript, run int64, environment string) {
	id, err := w.sim.AsApp("github-actions").StartJob(w.repo, run, "deploy to "+environment, environment)
	ts.Check(err)
	key := strings.ToLower(environment)
	w.runs["run"], w.runs["deploy/"+key], w.runs["deployment/"+key] = run, run, id
}

// rerun LOGIN ENVIRONMENT [NAME] runs the last run there once more, or the one that was saved.
func cmdRerun(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	run := w.runs["deploy/"+strings.ToLower(args[1])]
	if len(args) > 2 {
		run = w.runs["saved/"+args[2]]
	}
	ts.Check(w.sim.AsApp("github-actions").RerunWorkflow(w.repo, args[0], run))
	w.enter(ts, run, args[1])
}

// ends ENVIRONMENT CONCLUSION [NAME] ends the job that entered it last, and saves its run.
func cmdEnds(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	ts.Check(w.sim.AsApp("github-actions").EndJob(w.repo, w.runs["deployment/"+strings.ToLower(args[0])], args[1]))
	if len(args) > 2 {
		w.runs["saved/"+args[2]] = w.runs["deploy/"+strings.ToLower(args[0])]
	}
}

// posts LOGIN|token COMMIT ENVIRONMENT posts a deployment through the API, and that it
// succeeded; COMMIT "last": a status of the deployment that entered last.
func cmdPosts(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	actions, who := w.sim.AsApp("github-actions"), w.sim.As(args[0])
	id := w.runs["deployment/"+args[2]]
	if args[1] != "last" {
		sha, err := w.commit(args[1])
		ts.Check(err)
		if args[0] == "token" {
			id, err = actions.PostDeployment(w.repo, sha, args[2])
		} else {
			id, err = who.PostDeployment(w.repo, sha, args[2])
		}
		ts.Check(err)
	}
	if args[0] == "token" {
		ts.Check(actions.PostDeploymentStatus(w.repo, id, "success"))
		return
	}
	ts.Check(who.PostDeploymentStatus(w.repo, id, "success"))
}

// reviews LOGIN ENVIRONMENT is GitHub's own review of the job that waits there.
func cmdReviews(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	ts.Check(w.sim.As(args[0]).ReviewDeployment(w.repo, w.runs["deploy/"+strings.ToLower(args[1])], args[1]))
}

// gate ENVIRONMENT ANSWER wants the last job that asked there to have got an answer:
// approved, rejected or waiting.
func cmdGate(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	state, comments := w.sim.Gate(w.repo, w.runs["deploy/"+strings.ToLower(args[0])], args[0])
	if got := cmp.Or(state, "waiting"); (got != args[1]) != neg {
		ts.Logf("%s", w.log)
		ts.Fatalf("the gate of %s says %s %q", args[0], got, comments)
	}
}

// reasons ENVIRONMENT TEXT... wants each TEXT in what was last said of the last job there.
func cmdReasons(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	_, comments := w.sim.Gate(w.repo, w.runs["deploy/"+strings.ToLower(args[0])], args[0])
	last := ""
	if len(comments) > 0 {
		last = comments[len(comments)-1]
	}
	for _, text := range args[1:] {
		if strings.Contains(last, text) == neg {
			ts.Fatalf("the gate of %s says %q", args[0], comments)
		}
	}
}

// reports ENVIRONMENT COUNT wants so much to have been said of the last job there.
func cmdReports(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	_, comments := w.sim.Gate(w.repo, w.runs["deploy/"+strings.ToLower(args[0])], args[0])
	if want, err := strconv.Atoi(args[1]); err != nil || len(comments) != want {
		ts.Fatalf("the gate of %s says %q", args[0], comments)
	}
}

// until DAY HH:MM[:SS] turns the clock on to the next such moment, UTC, and settles.
func cmdUntil(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	layout := "15:04:05"[:len(args[1])]
	of, err := time.Parse(layout, args[1])
	ts.Check(err)
	now := w.clock.Now()
	at := time.Date(now.Year(), now.Month(), now.Day(), of.Hour(), of.Minute(), of.Second(), 0, time.UTC)
	for !at.After(now) || !strings.EqualFold(at.Weekday().String()[:3], args[0]) {
		at = at.AddDate(0, 0, 1)
	}
	w.clock.turn(at.Sub(now))
	ts.Check(w.settle())
}

// decisions wants decisions in the ledger, each of which can be had again to the byte from
// nothing but what its record names, and that a record which says anything else is found out.
func cmdDecisions(ts *testscript.TestScript, _ bool, _ []string) {
	w, ctx, count := of(ts), context.Background(), 0
	again := func(r evidence.Record, want Agreement) {
		agreement, err := decideAgain(ctx, w.app.store, r)
		ts.Check(err)
		if agreement != want {
			ts.Fatalf("decided again it is %s, want %s:\n%s", agreement, want, r.Body)
		}
	}
	ts.Check(w.app.store.Evidence(ctx, func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			if r.Kind != KindDecision {
				return nil
			}
			count++
			again(r, SameBytes)
			var body DecisionRecord
			ts.Check(json.Unmarshal(r.Body, &body))
			var d deploy.Decision
			ts.Check(json.Unmarshal(body.Decision, &d))
			d.Answer = map[bool]deploy.Answer{true: deploy.Hold, false: deploy.Approve}[d.Answer == deploy.Approve]
			var err error
			body.Decision, err = json.Marshal(d)
			ts.Check(err)
			r.Body, err = json.Marshal(body)
			ts.Check(err)
			again(r, Different)
			body.Evaluator = "changewarden/0"
			r.Body, err = json.Marshal(body)
			ts.Check(err)
			again(r, Different)
			return nil
		})
	}))
	if count == 0 {
		ts.Fatalf("no decision was recorded")
	}
}

// informs COMMIT ENVIRONMENT nothing|STATE... wants the statuses that were ever posted on a commit
// about an environment, the oldest first.
func cmdInforms(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.sim.Show(w.repo, sha, publish.EnvironmentContext(args[1]), "")
	ts.Check(err)
	want := args[2:]
	if want[0] == "nothing" {
		want = nil
	}
	if !slices.Equal(shown.States, want) {
		ts.Logf("%s", w.log)
		ts.Fatalf("statuses about %s: %q, want %q", args[1], shown.States, want)
	}
}
