package snapshot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// TestPages (behaviour 15) reads lists that are longer than a page to their end, and says so where it
// stops before.
func TestPages(t *testing.T) {
	w := newWorld(t, floor)
	files := map[string]string{}
	for i := range 310 {
		files[fmt.Sprintf("dir/%03d.txt", i)] = "text\n"
	}
	w.open(files)
	var commits []githubsim.Commit
	for i := range 260 {
		commits = append(commits, githubsim.Commit{Message: fmt.Sprint(i), Files: map[string]string{"n": fmt.Sprintln(i)}})
	}
	head := w.push("ann", "topic", commits...)
	for range 130 {
		_, err := w.sim.As("bob").Review(repo, 1, githubsim.Review{State: "COMMENT", Body: "hm"})
		w.must(err)
	}
	for i := range 130 {
		_, err := w.sim.AsApp("github-actions").Report(repo, head, githubsim.Check{
			Name: fmt.Sprint("job ", i), Conclusion: "success", Workflow: fmt.Sprintf(".github/workflows/%d.yml", i), Event: "push",
		})
		w.must(err)
	}
	for range 60 {
		w.must(w.sim.As("ann").Retarget(repo, 1, "lax"))
		w.must(w.sim.As("ann").Retarget(repo, 1, "main"))
	}
	p, requests := w.read()
	c := p.Change
	w.equal("files, commits, reviews, runs, suites, shifts, gaps", []int{311, 261, 130, 130, 130, 120, 0},
		[]int{len(c.Files), len(c.Commits), len(c.Reviews), len(c.Runs), len(c.Suites), len(c.Shifts), len(c.Gaps)})
	count := map[string]int{}
	for _, r := range requests {
		count[r]++
	}
	delete(count, "GET /repos/{owner}/{repo}/collaborators/{username}/permission")
	w.equal("requests", map[string]int{
		theQuery: 1, theFiles: 4, theTree: 1, "GraphQL CommitsPage": 2, "GraphQL ReviewsPage": 1, "GraphQL SuitesPage": 1, "GraphQL TimelinePage": 1,
	}, count)
	if c.Exact == "" || c.Reviews[0].Exact != c.Exact {
		t.Errorf("fingerprints %q and %q, want them equal", c.Exact, c.Reviews[0].Exact)
	}

	snapshot.SetLimits(w.reader, 100)
	w.memory.forget("diff")
	p, _ = w.read()
	w.equal("gaps", []rules.Gap{
		{Fact: rules.GapReviews, Read: 100, Of: 130},
		{Fact: rules.GapTimeline, Read: 100},
		{Fact: rules.GapCommits, Read: 100, Of: 261},
		{Fact: rules.GapChecks, Read: 99}, // one suite is our own app's, without runs
		{Fact: rules.GapFiles, Of: 311},
	}, p.Change.Gaps)
	w.equal("fingerprints", "", p.Change.Exact+p.Change.Landed+p.Change.Reviews[0].Exact)
	w.equal("files", 0, len(p.Change.Files))
}

// TestRunsPage reads the runs of a suite that has more than a page of them.
func TestRunsPage(t *testing.T) {
	w := newWorld(t, floor)
	head := w.open(map[string]string{"f": "1\n"})
	for i := range 101 {
		_, err := w.sim.AsApp("github-actions").Report(repo, head, githubsim.Check{Name: fmt.Sprint("job ", i), Conclusion: "success"})
		w.must(err)
	}
	w.wire.answers = map[string]string{"RunsPage": `{"data": {"node": {"checkRuns": {"totalCount": 101, "pageInfo": {"hasNextPage": false},
		"nodes": [{"databaseId": 99000000001, "name": "the last", "status": "COMPLETED", "conclusion": "TIMED_OUT", "startedAt": null}]}}}}`}
	p, _ := w.read()
	if n := len(p.Change.Runs); n != 101 {
		t.Fatalf("%d runs, want 101", n)
	}
	last := p.Change.Runs[100]
	w.equal("last run", []any{int64(99000000001), "the last", "timed_out", p.Change.Suites[0].At}, []any{last.ID, last.Name, last.Conclusion, last.At})
	w.equal("gaps", 0, len(p.Change.Gaps))

	w.wire.answers["RunsPage"] = strings.Replace(w.wire.answers["RunsPage"], "99000000001", "null", 1)
	p, _ = w.read()
	w.equal("a run without an id", []rules.Gap{{Fact: rules.GapChecks, Read: 100, Of: 101}}, p.Change.Gaps)
}
