package snapshot_test

import (
	"fmt"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestSweep lists what is open, and finds where a branch began.
func TestSweep(t *testing.T) {
	w := newWorld(t, floor)
	first, err := w.reader.RootCommit(t.Context(), w.client, "octo-org", "app", "main")
	w.must(err)
	head := w.open(map[string]string{"f": "1\n"})
	for i := range 120 {
		branch := fmt.Sprint("b", i)
		w.push("bob", branch, githubsim.Commit{Message: branch, Files: map[string]string{branch: "1\n"}})
		_, err := w.sim.As("bob").OpenPull(repo, githubsim.NewPull{Title: branch, Head: branch, Base: "main"})
		w.must(err)
	}
	w.must(w.sim.As("bob").Close(repo, 7))
	w.sim.ResetRequests()
	open, err := w.reader.OpenPulls(t.Context(), w.client, w.target)
	w.must(err)
	w.equal("requests", []string{"GraphQL OpenPulls", "GraphQL OpenPulls"}, w.sim.Requests())
	w.equal("open", 120, len(open.Pulls))
	w.equal("first", []any{int64(1), head, "topic", "main", w.sim.UserID("ann"), true},
		[]any{open.Pulls[0].Number, open.Pulls[0].Head, open.Pulls[0].HeadRef, open.Pulls[0].Base, open.Pulls[0].Author, open.Pulls[0].Open})
	w.equal("repository", []string{"octo-org", "app", "main"}, []string{open.Repository.Owner, open.Repository.Name, open.Repository.DefaultBranch})

	w.push("bob", "main", githubsim.Commit{Message: "more", Files: map[string]string{"x": "1\n"}}, githubsim.Commit{Message: "more", Files: map[string]string{"x": "2\n"}})
	again, err := w.reader.RootCommit(t.Context(), w.client, "octo-org", "app", "main")
	w.must(err)
	w.equal("first commit", first, again)
}
