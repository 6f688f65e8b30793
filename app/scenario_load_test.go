package app

import (
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/githubsim"
)

// loadWords are the words of pages about what much at once costs.
var loadWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"stack":   cmdStack,
	"results": cmdResults,
	"flips":   cmdFlips,
}

// stack COUNT opens pull requests of ann's, each on top of the one before.
func cmdStack(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	base := "main"
	for i := range count {
		branch := fmt.Sprintf("level-%d", i+1)
		_, err := w.sim.As("ann").ForcePush(w.repo, branch, base, githubsim.Commit{Files: map[string]string{branch + ".go": "package main\n"}})
		ts.Check(err)
		_, err = w.sim.As("ann").OpenPull(w.repo, githubsim.NewPull{Title: branch, Head: branch, Base: base})
		ts.Check(err)
		base = branch
	}
}

// results PULLS COUNT reports so many checks on each of the first pull requests, in turns.
func cmdResults(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	pulls, err := strconv.Atoi(args[0])
	ts.Check(err)
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range pulls * count {
		sha, err := w.sim.Head(w.repo, i%pulls+1)
		ts.Check(err)
		_, err = w.sim.AsApp("octo-ci").Report(w.repo, sha, githubsim.Check{Name: fmt.Sprintf("burst %d", 1000+i/pulls), Conclusion: "success"})
		ts.Check(err)
	}
}

// flips COMMIT CHECKS COUNT lets checks begin on a commit and change their minds, all in all so
// many events.
func cmdFlips(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	checks, err := strconv.Atoi(args[1])
	ts.Check(err)
	count, err := strconv.Atoi(args[2])
	ts.Check(err)
	ci := w.sim.AsApp("octo-ci")
	runs := make([]int64, checks)
	for i := range count {
		if i < checks {
			runs[i], err = ci.Report(w.repo, sha, githubsim.Check{Name: fmt.Sprintf("burst %d", i)})
			ts.Check(err)
			continue
		}
		ts.Check(ci.Conclude(w.repo, runs[i%checks], []string{"failure", "success"}[i/checks%2]))
	}
}
