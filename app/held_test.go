package app

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
)

const heldWorld = `
users: [{login: ann}, {login: bob}, {login: olga}]
organizations: [{login: octo-org, owners: [olga]}]
installations: [{account: octo-org}]
repositories:
  - name: octo-org/.github
    files:
      .github/change-management.yml: |
        version: 1
        environments: {production: {match: production}}
        windows: {sunday: {time_zone: Etc/UTC, days: [sun], from: "12:00", to: "20:00"}}
        rules:
          - {name: peer review, require: {approvals: 1}}
          - {name: sunday, before: production, require: {window: sunday}}
`

// heldRepository is one of those that deploy.
const heldRepository = `  - name: %s
    private: true
    users: {ann: write, bob: write}
    files: {main.go: "package main\n", .github/workflows/deploy.yml: "on: push\n"}
`

// heldEach is of how many jobs one repository is: no more checks of a commit are read than a
// thousand.
const heldEach = 100

var heldJobs = flag.Int("held", 40, "how many deployments are held until a window opens")

// Deployments that are held until a window opens cost no request meanwhile. When it does they are
// answered as fast as the limits on writes let, the one that has waited longest first, on a GitHub
// that enforces its own limits; and what is said for information alone comes after all of them.
func TestHeldDeploymentsAreReleasedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		releaseHeld(t, *heldJobs)
		time.Sleep(time.Minute)
	})
}

func releaseHeld(t *testing.T, held int) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	world, repos := heldWorld, make([]string, 1+(held-1)/heldEach)
	for i := range repos {
		repos[i] = fmt.Sprintf("octo-org/app-%d", i)
		world += fmt.Sprintf(heldRepository, repos[i])
	}
	repoOf := func(i int) string { return repos[i%len(repos)] }
	state, err := githubsim.ParseState(strings.NewReader(world))
	must(err)
	dir, err := fresh()
	must(err)
	defer os.RemoveAll(dir)
	var mu sync.Mutex
	log := &strings.Builder{}
	s := &inside{dir: dir, fail: t.Errorf, log: lockedWriter{&mu, log}}
	s.sim, err = githubsim.New(githubsim.Options{
		Now: time.Now, State: &state, URL: "http://127.0.0.1", WebhookURL: "http://127.0.0.1/webhook",
		Client: &http.Client{Transport: s, Timeout: 10 * time.Second},
	})
	must(err)
	must(s.start())
	defer func() { s.stop() }()
	s.process.looks = -1000 * held
	send := func() { must(s.sim.Settle(t.Context())) }
	for _, repo := range repos {
		ann, bob := s.sim.As("ann"), s.sim.As("bob")
		_, err = ann.Push(repo, "topic", githubsim.Commit{Message: "two", Files: map[string]string{"main.go": "two\n"}})
		must(err)
		number, err := ann.OpenPull(repo, githubsim.NewPull{Title: "Two", Head: "topic", Base: "main"})
		must(err)
		_, err = bob.Review(repo, number, githubsim.Review{State: "APPROVE"})
		must(err)
		must(s.settle(send))
		_, err = ann.Merge(repo, number, githubsim.Squash)
		must(err)
		must(s.settle(send))
		must(s.sim.SetEnvironment(repo, "production", githubsim.Environment{Gate: true}))
	}
	s.sim.EnforceSecondary(githubsim.GitHubSecondary)

	opening := time.Date(2000, 1, 2, 12, 0, 0, 0, time.UTC) // a Sunday
	until := func(at time.Time) { time.Sleep(at.Sub(s.app.now())) }
	until(opening.Add(-time.Hour - time.Duration(held)*10*time.Second))
	actions := s.sim.AsApp("github-actions")
	runs := make([]int64, held)
	for i := range runs {
		runs[i], err = actions.RunWorkflow(repoOf(i), "ann", "main", deployWorkflow, "push")
		must(err)
		_, err = actions.StartJob(repoOf(i), runs[i], "deploy", "production")
		must(err)
		send()
		time.Sleep(10 * time.Second)
	}
	until(opening.Add(-30 * time.Minute))
	s.sim.ResetRequests()
	until(opening.Add(-time.Second))
	for _, r := range s.sim.Requests() {
		if !strings.Contains(r, "/hook/deliveries") && !strings.Contains(r, "access_tokens") {
			t.Errorf("asked although nothing can have changed: %s", r)
		}
	}

	s.sim.ResetRequests()
	until(opening)
	var took time.Duration
	for first, informed := 0, 0; first < held; {
		time.Sleep(time.Second)
		send()
		took = s.app.now().Sub(opening)
		approved := func(i int) bool {
			state, said := s.sim.Gate(repoOf(i), runs[i], "production")
			if state != publish.GateApproved && (state != "" || took > 8*time.Hour) {
				mu.Lock()
				t.Fatalf("deployment %d is answered %q %s after the opening: %q\n%s", i, state, took, said, log.String()[max(0, log.Len()-6000):])
			}
			return state == publish.GateApproved
		}
		for first < held && approved(first) {
			first++
		}
		for i := first + DefaultLimits.Concurrent; i < min(held, first+5*DefaultLimits.Concurrent); i++ {
			if approved(i) {
				t.Fatalf("deployment %d was approved before %d, which asked earlier", i, first)
			}
		}
		for _, r := range s.sim.Requests() {
			if strings.Contains(r, "/statuses/") {
				informed++
			}
		}
		s.sim.ResetRequests()
		if first < held && informed > len(repos) { // they may find room in the burst of the first answers
			t.Fatalf("%s after the opening, with %d of %d answered, %d statuses for information", took, first, held, informed)
		}
	}
	limit := DefaultLimits
	most := time.Duration(held/limit.WritesPerHour)*time.Hour + time.Duration(held%limit.WritesPerHour)*limit.WriteEvery + 3*time.Minute
	if took > most {
		t.Errorf("%d answers took %s, and the limits allow them within %s", held, took, most)
	}
	t.Logf("%d answers in %s", held, took)
	for _, what := range s.sim.Tripped() {
		t.Errorf("tripped a limit: %s", what)
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to *strings.Builder
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}
