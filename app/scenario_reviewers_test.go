package app

import (
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// reviewerWords are the words about who is asked for a review.
var reviewerWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"reviewers": cmdReviewers,
}

// reviewers NUMBER [WHO...] wants exactly these to be asked for a review of a pull request,
// people by login and teams as org/slug, in any order.
func cmdReviewers(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	got, err := w.sim.Requested(w.repo, number(ts, args[0]))
	ts.Check(err)
	want := slices.Clone(args[1:])
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) == neg {
		ts.Logf("%s", w.log)
		ts.Fatalf("asked for a review of %s: %s", args[0], strings.Join(got, ", "))
	}
}
