package snapshot_test

import (
	"fmt"
	"testing"
	"time"

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
	open, err := w.reader.OpenPulls(t.Context(), w.client, w.target, time.Time{})
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

// What was merged since a moment comes with the same query, whenever it was touched last.
func TestSweepFindsWhatWasMerged(t *testing.T) {
	w := newWorld(t, floor)
	merge := func(n int, branch string) {
		t.Helper()
		w.push("bob", branch, githubsim.Commit{Message: branch, Files: map[string]string{branch: "1\n"}})
		_, err := w.sim.As("bob").OpenPull(repo, githubsim.NewPull{Title: branch, Head: branch, Base: "main"})
		w.must(err)
		_, err = w.sim.As("bob").Merge(repo, n, githubsim.MergeCommit)
		w.must(err)
	}
	merge(1, "before")
	w.now = w.now.Add(30 * time.Minute)
	since := w.now
	merge(2, "after")
	w.now = w.now.Add(time.Minute)
	merge(3, "later")
	w.must(w.sim.As("bob").EditTitle(repo, 1, "Touched since"))
	w.sim.ResetRequests()
	open, err := w.reader.OpenPulls(t.Context(), w.client, w.target, since)
	w.must(err)
	w.equal("requests", []string{"GraphQL OpenPulls"}, w.sim.Requests())
	var got []int64
	for _, m := range open.Merged {
		got = append(got, m.Number)
		if m.Base != "main" || len(m.Head) != 40 || len(m.Commit) != 40 || m.MergedAt.Before(since.Truncate(time.Second)) {
			t.Errorf("merged: %+v", m)
		}
	}
	w.equal("merged", []int64{3, 2}, got)
	w.equal("cut", false, open.Cut)

	for i := range 101 {
		merge(4+i, fmt.Sprint("b", i))
	}
	w.sim.ResetRequests()
	open, err = w.reader.OpenPulls(t.Context(), w.client, w.target, since)
	w.must(err)
	w.equal("requests", []string{"GraphQL OpenPulls", "GraphQL OpenPulls"}, w.sim.Requests())
	w.equal("merged", 103, len(open.Merged))
}
