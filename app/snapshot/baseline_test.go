package snapshot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestUsual: what every one of the last merges had is usual.
func TestUsual(t *testing.T) {
	w := newWorld(t, "version: 1\nrules:\n  - {name: tests, require: {checks: all}}\n")
	for i := range 3 {
		branch := fmt.Sprint("b", i)
		head := w.push("ann", branch, githubsim.Commit{Message: branch, Files: map[string]string{branch: "1\n"}})
		n, err := w.sim.As("ann").OpenPull(repo, githubsim.NewPull{Title: branch, Head: branch, Base: "main"})
		w.must(err)
		names := []string{"build", "test", fmt.Sprint("only ", i)}
		for _, name := range names {
			_, err := w.sim.AsApp("github-actions").Report(repo, head, githubsim.Check{Name: name, Conclusion: "success"})
			w.must(err)
		}
		_, err = w.sim.AsApp("change-management").Report(repo, head, githubsim.Check{Name: "Change Management", Conclusion: "success"})
		w.must(err)
		w.must(w.sim.As("bob").Status(repo, head, "coverage", "success", ""))
		_, err = w.sim.As("bob").Merge(repo, n, []string{"merge", "squash", "rebase"}[i])
		w.must(err)
	}
	head := w.push("ann", "topic", githubsim.Commit{Message: "change", Files: map[string]string{"f": "1\n"}})
	n, err := w.sim.As("ann").OpenPull(repo, githubsim.NewPull{Title: "A change", Head: "topic", Base: "main"})
	w.must(err)
	w.target.Number, w.target.Head = int64(n), head
	p, requests := w.read()
	w.equal("usual", []string{"build", "coverage", "test"}, p.Change.Usual)
	w.equal("asked", true, slices.Contains(requests, "GraphQL Baseline"))
	_, requests = w.read()
	w.equal("asked again", []string{theQuery}, requests)
	// One that is merged says what is usual since then.
	_, err = w.sim.AsApp("github-actions").Report(repo, head, githubsim.Check{Name: "build", Conclusion: "success"})
	w.must(err)
	w.now = w.now.Add(time.Minute)
	_, err = w.sim.As("bob").Merge(repo, n, "merge")
	w.must(err)
	w.now = w.now.Add(time.Minute)
	p, _ = w.read()
	w.equal("usual since the merge", []string{"build"}, p.Change.Usual)
	_, requests = w.read()
	w.equal("asked again of the merged one", []string{theQuery}, requests)
}
