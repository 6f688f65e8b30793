package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

const steadyWorld = `
users: [{login: ann}, {login: bob}, {login: olga}]
organizations: [{login: octo-org, owners: [olga]}]
repositories: [{name: octo-org/app, users: {ann: write, bob: write}}]
installations: [{account: octo-org}]
`

// Behaviour 25, the other way round: with a GitHub that enforces its limits, a hundred pull
// requests that are opened and approved at once trip none of them, each gets its answer, and
// none is ever red.
func TestSteadyStateTripsNoLimit(t *testing.T) {
	const pulls = 100
	w := newWorldTest(t, t.Cleanup)
	w.limits = nil
	if err := w.begin([]byte(steadyWorld), t.TempDir(), []byte("version: 1\nrules: [{name: peer review, require: {approvals: 1}}]\n")); err != nil {
		t.Fatal(err)
	}
	w.sim.EnforceSecondary(githubsim.GitHubSecondary)
	var heads []string
	for i := range pulls {
		branch := fmt.Sprintf("change-%d", i)
		head, err := w.sim.As("ann").Push(w.repo, branch, githubsim.Commit{Message: "change", Files: map[string]string{branch: "one\n"}})
		if err != nil {
			t.Fatal(err)
		}
		n, err := w.sim.As("ann").OpenPull(w.repo, githubsim.NewPull{Title: branch, Head: branch})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.sim.As("bob").Approve(w.repo, n); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, head)
	}
	began := w.clock.Now()
	green := func() (n int) {
		for _, head := range heads {
			shown, err := w.show(head)
			if err != nil {
				t.Fatal(err)
			}
			for _, state := range shown.States {
				if state == "failure" || state == "error" {
					t.Fatalf("%s showed %v", head, shown.States)
				}
			}
			if shown.State == "success" && shown.Conclusion == "success" {
				n++
			}
		}
		return n
	}
	for n := 0; n < pulls; n = green() {
		if took := w.clock.Now().Sub(began); took > 2*time.Hour {
			t.Fatalf("%d of %d are green after %s", n, pulls, took)
		}
		if err := w.settle(); err != nil {
			t.Fatal(err)
		}
		w.clock.turn(10 * time.Second)
	}
	for _, what := range w.sim.Tripped() {
		t.Errorf("tripped a limit: %s", what)
	}
}
