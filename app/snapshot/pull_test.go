package snapshot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

const (
	theQuery = "GraphQL Change"
	theFiles = "GET /repos/{owner}/{repo}/pulls/{pull_number}/files"
	theTree  = "GET /repos/{owner}/{repo}/git/trees/{tree_sha}"
)

// TestRequests holds the reader to its bounds: with people known a new head costs the query
// and the pages of files, and what leaves the head alone the query only.
func TestRequests(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"main.go": "package main\n"})
	_, first := w.read()
	w.equal("first look", []string{theQuery, theFiles, "GET /repos/{owner}/{repo}/collaborators/{username}/permission"}, first)

	_, err := w.sim.As("bob").Approve(repo, 1)
	w.must(err)
	_, review := w.read()
	w.equal("a review", []string{theQuery}, review)

	w.push("ann", "topic", githubsim.Commit{Message: "more", Files: map[string]string{"README.md": "1\n"}})
	_, push := w.read()
	w.equal("a push", []string{theQuery, theFiles}, push)

	w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
	w.target.Head = ""
	_, base := w.read()
	w.equal("the base moved on, the head is not known", []string{"GraphQL Head", theQuery}, base)
}

// TestChange looks at the facts of a change that has some of each.
func TestChange(t *testing.T) {
	w := newWorld(t, "version: 1\ngroups: {core: {teams: [core, gone]}}\nrules:\n  - {name: peer review, require: {approvals: {count: 1, from: core}}}\n  - {name: tests, require: {checks: all}}\n")
	w.must(w.sim.Protect(repo, "main", &githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "build"}}}))
	first := w.open(map[string]string{"main.go": "package main\n"})
	head := w.push("ann", "topic", githubsim.Commit{
		Message: "more", Files: map[string]string{"README.md": "one\n2\nthree\n"},
		Author: githubsim.Ident{Name: "Bob", Email: "bob@example.com"}, CoAuthors: []githubsim.Ident{{Name: "X", Email: "x@unknown.example"}},
	})
	id, err := w.sim.As("carol").RequestChanges(repo, 1, "no")
	w.must(err)
	w.must(w.sim.As("bob").Dismiss(repo, 1, id, "yes"))
	_, err = w.sim.As("dave").Approve(repo, 1)
	w.must(err)
	_, err = w.sim.AsApp("github-actions").Report(repo, head, githubsim.Check{Name: "build", Conclusion: "success", Workflow: ".github/workflows/ci.yml", Event: "push"})
	w.must(err)
	w.must(w.sim.As("ann").Status(repo, head, "lint", "success", ""))
	w.must(w.sim.As("ann").Retarget(repo, 1, "lax"))
	w.must(w.sim.As("ann").Retarget(repo, 1, "main"))
	w.must(w.sim.As("ann").Label(repo, 1, "high-risk"))

	p, _ := w.read()
	c := p.Change
	w.equal("open, merged, governed, stale", []bool{true, false, true, false}, []bool{p.Open, p.Merged, p.Governed, p.Stale})
	w.equal("head, base, default", []string{head, "main", "main"}, []string{c.Head, c.Base, c.Repo.DefaultBranch})
	w.equal("gaps", 0, len(c.Gaps))
	w.equal("pull", rules.Pull{Number: 1, Author: w.id("ann"), Writer: true, HeadRef: "topic", Labels: []string{"high-risk"}, Opened: c.Pulls[0].Opened}, c.Pulls[0])
	w.equal("files", []rules.File{
		{Path: "README.md", Status: "modified", Additions: 1, Deletions: 1, FirstLine: 2},
		{Path: "main.go", Status: "modified", Deletions: 2, FirstLine: 1},
	}, c.Files)
	if len(c.Commits) != 2 || c.Commits[0].SHA != first || c.Commits[1].SHA != head {
		t.Fatalf("commits = %+v, want %s and %s", c.Commits, first, head)
	}
	w.equal("authors", []rules.UserID{w.id("bob"), 0}, c.Commits[1].Authors)
	w.equal("co-authored", true, c.Commits[1].CoAuthored)
	w.equal("pushers", []string{"ann", "ann"}, w.logins(c.Pushes[0].By, c.Pushes[1].By))
	w.equal("unnamed", false, c.Unnamed)
	w.equal("states", []rules.ReviewState{rules.Dismissed, rules.Approved}, []rules.ReviewState{c.Reviews[0].State, c.Reviews[1].State})
	w.equal("dismissal", &rules.Dismissal{By: w.id("bob"), Was: rules.ChangesRequested, At: c.Reviews[0].Dismissal.At}, c.Reviews[0].Dismissal)
	w.equal("shifts", []string{"main→lax", "lax→main"}, []string{c.Shifts[0].From + "→" + c.Shifts[0].To, c.Shifts[1].From + "→" + c.Shifts[1].To})
	w.equal("run", []string{"build", "completed", "success", ".github/workflows/ci.yml", "github-actions"},
		[]string{c.Runs[0].Name, c.Runs[0].Status, c.Runs[0].Conclusion, c.Runs[0].Workflow, c.Runs[0].AppSlug})
	w.equal("suites", 1, len(c.Suites))
	w.equal("status", rules.Status{Context: "lint", State: "success", By: w.id("ann"), At: c.Status[0].At}, c.Status[0])
	w.equal("required", []string{"build"}, c.Need)
	writers := map[string]bool{}
	for _, person := range c.People {
		writers[w.logins(person.ID)[0]] = person.CanWrite
	}
	w.equal("people who can write", map[string]bool{"ann": true, "bob": true, "carol": true, "dave": false}, writers)
	teams := map[string][]string{}
	for _, team := range c.Teams {
		teams[fmt.Sprint(team.Slug, " missing ", team.Missing)] = w.logins(team.Members...)
	}
	w.equal("teams", map[string][]string{"core missing false": {"bob", "carol"}, "gone missing true": {}}, teams)
	for id, user := range p.Users {
		if int64(id) == user || personID(user) != int64(id) {
			t.Errorf("person %d is user %d", id, user)
		}
	}

	// What was seen once is known from then on, whatever becomes of it.
	w.must(w.sim.As("olga").SetPermission(repo, "carol", "read"))
	again, _ := w.read()
	w.equal("standing at first", &rules.Standing{CanWrite: true, Teams: []string{"core"}}, again.Change.Reviews[0].First)
	w.equal("the dismisser's", &rules.Standing{CanWrite: true, Contributor: true, Teams: []string{"core"}}, again.Change.Reviews[0].Dismissal.First)
	if c.Reviews[0].First != nil || c.Reviews[0].Dismissal.First != nil {
		t.Errorf("standing of a review that was not seen before: %+v", c.Reviews[0])
	}
}

// TestPages reads lists that are longer than a page to their end, and says so where it
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
		theQuery: 1, theFiles: 4, "GraphQL CommitsPage": 2, "GraphQL ReviewsPage": 1, "GraphQL SuitesPage": 1, "GraphQL TimelinePage": 1,
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

// TestCarryOver follows an approval through what happens to the branch afterwards.
func TestCarryOver(t *testing.T) {
	edit := githubsim.Commit{Message: "edit", Files: map[string]string{"run.sh": "echo 1\n"}}
	tests := []struct {
		name  string
		then  func(w *world)
		holds bool
		trees bool // they are read
	}{
		{"nothing happens", func(*world) {}, true, false},
		{"the base moves on elsewhere", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			w.target.Head = ""
		}, true, false},
		{"the branch is updated from the base", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			w.update()
		}, true, true},
		{"the base moved lines of the same file", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"README.md": "zero\none\ntwo\nthree\n"}})
			w.update()
		}, false, false},
		{"more is pushed", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "more", Files: map[string]string{"more": "1\n"}})
		}, false, false},
		{"the same is pushed again", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "empty"})
		}, true, true},
		{"a file is made executable", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "x", Mode: map[string]string{"run.sh": githubsim.ModeExec}})
		}, false, true},
		{"rebased on the base", func(w *world) {
			onto := w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			head, err := w.sim.As("ann").ForcePush(repo, "topic", onto, edit,
				githubsim.Commit{Message: "2", Files: map[string]string{"README.md": "one\n2\nthree\n"}})
			w.must(err)
			w.told("ann", "topic", w.target.Head, head)
		}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, floor)
			w.open(edit.Files)
			w.push("ann", "topic", githubsim.Commit{Message: "2", Files: map[string]string{"README.md": "one\n2\nthree\n"}})
			_, err := w.sim.As("bob").Approve(repo, 1)
			w.must(err)
			w.read()
			tt.then(w)
			p, requests := w.read()
			r := p.Change.Reviews[0]
			if holds := r.Exact != "" && r.Exact == p.Change.Exact; holds != tt.holds || p.Change.Exact == "" {
				t.Errorf("reviewed %q, now %q: holds %t, want %t", r.Exact, p.Change.Exact, holds, tt.holds)
			}
			if trees := slices.Contains(requests, theTree); trees != tt.trees {
				t.Errorf("trees read %t, want %t", trees, tt.trees)
			}
			if _, again := w.read(); !slices.Equal(again, []string{theQuery}) && w.target.Head != "" {
				t.Errorf("the next look asks %q", again)
			}
		})
	}
}

// update presses the Update-branch button as carol.
func (w *world) update() {
	w.Helper()
	b, _, err := w.client.Repositories.GetBranch(w.Context(), "octo-org", "app", "topic", 0)
	w.must(err)
	head, err := w.sim.As("carol").UpdateBranch(repo, 1)
	w.must(err)
	w.told("carol", "topic", b.GetCommit().GetSHA(), head)
}

// TestUpdateBranch: who presses the button is seen to have left the diff as it was.
func TestUpdateBranch(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"run.sh": "echo 1\n"})
	w.read()
	w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
	w.update()
	p, _ := w.read()
	c := p.Change
	if n := len(c.Pushes); n != 2 || c.Pushes[0].Exact || !c.Pushes[1].Exact {
		t.Fatalf("pushes = %+v, want the second one to have changed nothing", c.Pushes)
	}
	w.equal("contributors", []string{"ann"}, w.logins(rules.Contributors(c)...))
	w.equal("by GitHub", true, c.Commits[len(c.Commits)-1].ByGitHub)
}

// TestWithoutPatch: what GitHub shows no patch of is told apart by its blobs and modes.
func TestWithoutPatch(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"logo.png": "\x00one"})
	_, err := w.sim.As("bob").Approve(repo, 1)
	w.must(err)
	p, requests := w.read()
	if !slices.Contains(requests, theTree) || p.Change.Exact == "" || p.Change.Landed == "" || p.Change.Reviews[0].Exact != p.Change.Exact {
		t.Errorf("exact %q, landed %q, asked %q", p.Change.Exact, p.Change.Landed, requests)
	}
	w.push("ann", "topic", githubsim.Commit{Message: "other bytes", Files: map[string]string{"logo.png": "\x00two"}})
	p, _ = w.read()
	if p.Change.Reviews[0].Exact == p.Change.Exact {
		t.Error("another image has the fingerprint of the one that was approved")
	}
}

// TestUpdatedBefore: an approval of a branch that had the base merged in before holds over
// the next such merge; which of the bases is the merge base is found out: the change of
// "other" is one of a file that the first of them does not have.
func TestUpdatedBefore(t *testing.T) {
	for n := range 5 { // commit ids decide in which order the bases are looked at
		w := newWorld(t, floor)
		w.open(map[string]string{"run.sh": fmt.Sprintln(n)})
		elsewhere := func(path string) {
			t.Helper()
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{path: "1\n"}})
			w.update()
		}
		elsewhere("other")
		w.push("ann", "topic", githubsim.Commit{Message: "2", Files: map[string]string{"other": "2\n"}})
		_, err := w.sim.As("bob").Approve(repo, 1)
		w.must(err)
		w.read()
		elsewhere("another")
		p, _ := w.read()
		if r := p.Change.Reviews[0]; r.Exact == "" || r.Exact != p.Change.Exact {
			t.Errorf("reviewed %q, now %q", r.Exact, p.Change.Exact)
		}
		_, requests := w.read()
		w.equal("the next look", []string{theQuery}, requests)
	}
}

// TestPinned: an approval given to an older commit is one of that commit's diff.
func TestPinned(t *testing.T) {
	w := newWorld(t, floor)
	old := w.open(map[string]string{"f": "1\n"})
	was, _ := w.read()
	unseen := w.push("ann", "topic", githubsim.Commit{Message: "2", Files: map[string]string{"f": "2\n"}})
	w.push("ann", "topic", githubsim.Commit{Message: "3", Files: map[string]string{"f": "3\n"}})
	for _, commit := range []string{old, unseen, ""} {
		_, err := w.sim.As("bob").Review(repo, 1, githubsim.Review{State: "APPROVE", Commit: commit})
		w.must(err)
	}
	p, _ := w.read()
	var got []string
	for _, r := range p.Change.Reviews {
		got = append(got, r.Exact)
	}
	w.equal("reviewed", []string{was.Change.Exact, "", p.Change.Exact}, got)
	if was.Change.Exact == p.Change.Exact {
		t.Error("two diffs have one fingerprint")
	}
}

// TestBot: a bot is none of the people, and is called as REST and the deliveries call it.
func TestBot(t *testing.T) {
	w := newWorld(t, floor)
	_, err := w.sim.AddBot("helper")
	w.must(err)
	w.must(w.sim.As("olga").SetPermission(repo, "helper[bot]", "write"))
	w.open(map[string]string{"f": "1\n"})
	_, err = w.sim.As("helper[bot]").Approve(repo, 1)
	w.must(err)
	p, _ := w.read()
	w.equal("reviewer", []string{"helper[bot]"}, w.logins(p.Change.Reviews[0].By))
	for _, person := range p.Change.People {
		w.equal("bot", person.ID == w.id("helper[bot]"), person.Bot)
	}
}

// TestWriter: a permission is that of the user, not of whoever has their login by now.
func TestWriter(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	w.wire.rest = map[string]string{"/permission": `{"permission": "admin", "user": {"id": 7, "login": "ann"}}`}
	p, _ := w.read()
	w.equal("writer", false, p.Change.Pulls[0].Writer)
	w.wire.rest = nil
	w.now = w.now.Add(9 * time.Minute)
	p, _ = w.read()
	w.equal("remembered", false, p.Change.Pulls[0].Writer)
	w.now = w.now.Add(2 * time.Minute)
	p, _ = w.read()
	w.equal("read again", true, p.Change.Pulls[0].Writer)
}

// TestTreesCutShort: without trees a file without a patch is known by its commit alone. What
// was approved is then exactly that commit.
func TestTreesCutShort(t *testing.T) {
	w := newWorld(t, floor)
	w.wire.rest = map[string]string{"/git/trees/": `{"sha": "0", "tree": [], "truncated": true}`}
	w.open(map[string]string{"logo.png": "\x00one"})
	_, err := w.sim.As("bob").Approve(repo, 1)
	w.must(err)
	p, _ := w.read()
	if r := p.Change.Reviews[0]; r.Exact == "" || r.Exact != p.Change.Exact || p.Change.Landed != "" {
		t.Errorf("reviewed %q, now %q, landed %q", r.Exact, p.Change.Exact, p.Change.Landed)
	}
	w.push("ann", "topic", githubsim.Commit{Message: "empty"})
	p, _ = w.read()
	if r := p.Change.Reviews[0]; r.Exact == p.Change.Exact {
		t.Error("an approval of another commit holds, although its image cannot be compared")
	}
}

// TestFilesIncomplete: a list that is not as long as GitHub says is a gap, and is not kept.
func TestFilesIncomplete(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	w.wire.rest = map[string]string{"/pulls/1/files": "[]"}
	p, _ := w.read()
	w.equal("gaps", []rules.Gap{{Fact: rules.GapFiles, Of: 1}}, p.Change.Gaps)
	w.equal("stale, fingerprints", []any{true, ""}, []any{p.Stale, p.Change.Exact + p.Change.Landed})
	w.wire.rest = nil
	p, _ = w.read()
	w.equal("gaps, files, stale", []any{0, 1, false}, []any{len(p.Change.Gaps), len(p.Change.Files), p.Stale})
}

// TestMoved: files that are of another head than the one that was read are no facts of it.
func TestMoved(t *testing.T) {
	for _, name := range []string{"changed", "removed"} { // a removed file's address does not say its head
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, floor)
			change := githubsim.Commit{Message: "change", Remove: []string{"run.sh"}}
			if name == "changed" {
				change = githubsim.Commit{Message: "change", Files: map[string]string{"run.sh": "1\n"}}
			}
			head := w.push("ann", "topic", change)
			_, err := w.sim.As("ann").OpenPull(repo, githubsim.NewPull{Title: "A change", Head: "topic", Base: "main"})
			w.must(err)
			arrived, release := w.sim.PauseNext(githubsim.OfKind(theFiles))
			failed := make(chan error)
			go func() {
				_, err := w.reader.Pull(t.Context(), w.client, w.target)
				failed <- err
			}()
			<-arrived
			w.push("ann", "topic", githubsim.Commit{Message: "back", Remove: []string{"main.go"}})
			w.target.Head = head
			release()
			if err := <-failed; !errors.Is(err, snapshot.ErrMoved) {
				t.Errorf("error %v, want %v", err, snapshot.ErrMoved)
			}
			if w.memory.has("diff") {
				t.Error("a diff is remembered under a head that it is not of")
			}
		})
	}
}

// TestGhost: whoever deleted their account is nobody.
func TestGhost(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	_, err := w.sim.As("carol").Approve(repo, 1)
	w.must(err)
	w.must(w.sim.As("carol").DeleteAccount())
	w.must(w.sim.As("ann").DeleteAccount())
	p, _ := w.read()
	w.equal("reviewer, author, writer", []any{rules.UserID(0), rules.UserID(0), false},
		[]any{p.Change.Reviews[0].By, p.Change.Pulls[0].Author, p.Change.Pulls[0].Writer})
}

// TestTeams: a team that the app may not see is named as missing, and so is each of an
// account that has none.
func TestTeams(t *testing.T) {
	const policy = "version: 1\ngroups: {core: {teams: [secret]}}\nrules:\n  - {name: peer review, require: {approvals: {count: 1, from: core}}}\n"
	w := newWorld(t, policy)
	w.open(map[string]string{"f": "1\n"})
	p, requests := w.read()
	w.equal("hidden", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)
	w.equal("asked", true, slices.Contains(requests, "GraphQL Team"))
	w.must(w.sim.Grant("octo-org", "members", ""))
	w.memory.forget("team")
	w.now = w.now.Add(time.Second)
	p, _ = w.read()
	w.equal("without permission", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)

	st, err := githubsim.ParseState(strings.NewReader("repositories: [{name: dave/solo, pulls: [{title: A change, author: dave, branch: topic, files: {f: x}}]}]\ninstallations: [{account: dave}]\n"))
	w.must(err)
	w.must(w.sim.Apply(st))
	own, _, err := w.clients.App().Apps.FindRepositoryInstallation(t.Context(), "dave", "solo")
	w.must(err)
	w.client = w.clients.Installation(own.GetID())
	repository, _, err := w.client.Repositories.Get(t.Context(), "dave", "solo")
	w.must(err)
	w.target = snapshot.Target{Repo: repository.GetID(), Owner: "dave", Name: "solo", Number: 1}
	p, requests = w.read()
	w.equal("of a user", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)
	w.equal("asked", false, slices.Contains(requests, "GraphQL Team"))
}

// TestHead: the head that GitHub has is the one that is read, and the caller hears of it.
func TestHead(t *testing.T) {
	w := newWorld(t, floor)
	old := w.open(map[string]string{"f": "1\n"})
	head := w.push("ann", "topic", githubsim.Commit{Message: "more", Files: map[string]string{"f": "2\n"}})
	w.target.Head = old
	p, requests := w.read()
	w.equal("head", head, p.Change.Head)
	w.equal("stale", true, p.Stale)
	w.equal("queries", []string{theQuery, theQuery}, requests[:2])
	w.equal("seen", w.now, p.Change.SeenAt)

	w.target.Head = strings.Repeat("0123456789", 4)
	p, _ = w.read()
	w.equal("head in place of one that is not there", head, p.Change.Head)
	w.equal("stale", true, p.Stale)
}

// TestPushers: who pushed is asked of GitHub where no delivery told it, once.
func TestPushers(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	w.memory.pushes = nil
	const activity = "GET /repos/{owner}/{repo}/activity"
	p, requests := w.read()
	w.equal("asked", true, slices.Contains(requests, activity))
	w.equal("unnamed", false, p.Change.Unnamed)
	w.equal("pusher", []string{"ann"}, w.logins(p.Change.Pushes[0].By))
	_, requests = w.read()
	w.equal("asked again", false, slices.Contains(requests, activity))

	// GitHub's list may be behind the branch: it is asked for again, but not at once.
	w.push("ann", "topic", githubsim.Commit{Message: "2", Files: map[string]string{"f": "2\n"}})
	w.memory.pushes = nil
	w.wire.rest = map[string]string{"/activity": "[]"}
	p, _ = w.read()
	w.equal("unnamed", true, p.Change.Unnamed)
	w.wire.rest = nil
	p, _ = w.read()
	w.equal("unnamed still", true, p.Change.Unnamed)
	w.now = w.now.Add(11 * time.Minute)
	p, _ = w.read()
	w.equal("unnamed at last", false, p.Change.Unnamed)
}

// TestFork: a fork's pushes cannot be asked for, and its branch names its owner.
func TestFork(t *testing.T) {
	w := newWorld(t, floor)
	fork, err := w.sim.As("dave").Fork(repo)
	w.must(err)
	head, err := w.sim.As("dave").Push(fork, "topic", githubsim.Commit{Message: "change", Files: map[string]string{"f": "1\n"}})
	w.must(err)
	_, err = w.sim.As("dave").OpenPull(repo, githubsim.NewPull{Title: "A change", Head: "dave:topic", Base: "main"})
	w.must(err)
	w.target.Head = head
	p, requests := w.read()
	w.equal("head", "dave:topic", p.Change.Pulls[0].HeadRef)
	w.equal("fork, writer, unnamed", []bool{true, false, true}, []bool{p.Change.Pulls[0].Fork, p.Change.Pulls[0].Writer, p.Change.Unnamed})
	w.equal("asked for activity", false, slices.Contains(requests, "GET /repos/{owner}/{repo}/activity"))

	w.must(w.sim.As("dave").DeleteRepository(fork))
	p, _ = w.read()
	w.equal("head of a deleted fork", ":topic", p.Change.Pulls[0].HeadRef)
	w.equal("fork, repository", []any{true, int64(0)}, []any{p.Change.Pulls[0].Fork, p.HeadRepo})
}

// TestPolicy follows a repository's file.
func TestPolicy(t *testing.T) {
	const file = ".github/change-management.yml"
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	layers := func(want ...string) snapshot.Pull {
		t.Helper()
		p, _ := w.read()
		got := []string{}
		for _, l := range p.Policy.Layers {
			for _, r := range l.Rules {
				got = append(got, r.Name)
			}
		}
		for _, n := range p.Change.Notices {
			got = append(got, string(n.Code))
		}
		w.equal("rules and notices", want, got)
		if len(p.Texts) != len(p.Policy.Layers) {
			t.Errorf("%d texts of %d layers", len(p.Texts), len(p.Policy.Layers))
		}
		return p
	}
	layers("peer review")

	merge := func(c githubsim.Commit) {
		t.Helper()
		head := w.target.Head
		w.push("bob", "main", c)
		w.target.Head = head
	}
	merge(githubsim.Commit{Message: "policy", Files: map[string]string{file: "version: 1\ngroups: {us: {users: [Bob, \"carol#" +
		fmt.Sprint(w.sim.UserID("carol")) + "\", nobody-has-this, \"#17\"]}}\nrules:\n  - {name: ours, require: {approvals: {count: 1, from: us}}} # by bob\n"}})
	p := layers("peer review", "ours")
	w.equal("users", []rules.UserRef{{ID: w.id("bob")}, {ID: w.id("carol")}, {}, {}}, p.Policy.Layers[1].Groups["us"].Users)
	text := p.Texts[1]
	if strings.Contains(strings.ToLower(string(text.Text)), "bob") || strings.Contains(string(text.Text), "carol") {
		t.Errorf("the text names somebody:\n%s", text.Text)
	}
	again, err := rules.Parse(text.Path, text.Text)
	w.must(err)
	w.equal("the text parsed again", p.Policy.Layers[1].Groups, again.Groups)
	if text.Repo != repo || text.Path != file || len(text.Blob) != 40 || len(text.Commit) != 40 || text.Layer != rules.RepositoryLayer {
		t.Errorf("text of %+v", text)
	}

	merge(githubsim.Commit{Message: "broken", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	p = layers("peer review", "ours", "policy.broken")
	w.equal("the last good one's users", w.id("bob"), p.Policy.Layers[1].Groups["us"].Users[0].ID)
	w.equal("the last good one", text, p.Texts[1])
	merge(githubsim.Commit{Message: "clash", Files: map[string]string{file: "version: 1\nrules: [{name: Peer Review, require: {approvals: 1}}]\n"}})
	layers("peer review", "ours", "policy.broken")
	merge(githubsim.Commit{Message: "link", Files: map[string]string{file: "../elsewhere.yml"}, Mode: map[string]string{file: githubsim.ModeSymlink}})
	layers("peer review", "ours", "policy.not_regular")
	merge(githubsim.Commit{Message: "gone", Remove: []string{file}})
	layers("peer review")
	merge(githubsim.Commit{Message: "broken again", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	layers("peer review", "policy.broken")
}

// TestNotJudged: of what is not judged nothing is read beyond the query.
func TestNotJudged(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	w.must(w.sim.As("ann").Retarget(repo, 1, "lax"))
	p, requests := w.read()
	w.equal("governed", false, p.Governed)
	w.equal("requests", []string{theQuery}, requests)
	w.equal("author", w.id("ann"), p.Change.Pulls[0].Author)
	w.must(w.sim.As("ann").Retarget(repo, 1, "main"))
	w.must(w.sim.As("ann").Close(repo, 1))
	p, requests = w.read()
	w.equal("open, governed", []bool{false, true}, []bool{p.Open, p.Governed})
	w.equal("requests", []string{theQuery}, requests)
}

// TestErrors: what GitHub does not say is an error, and never a fact.
func TestErrors(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	fail := func(what string, want error, words string) {
		t.Helper()
		_, err := w.reader.Pull(t.Context(), w.client, w.target)
		if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), words) {
			t.Errorf("%s: error %v, want %v and %q", what, err, want, words)
		}
	}
	w.target.Number = 99
	fail("no such pull request", snapshot.ErrGone, "octo-org/app#99")
	w.target.Number = 1
	w.target.Name = "nowhere"
	fail("no such repository", snapshot.ErrGone, "")
	w.target.Name = "app"
	w.target.Repo++
	fail("another repository", snapshot.ErrOther, "")
	w.target.Repo--
	w.must(w.sim.Grant("octo-org", "pull_requests", ""))
	fail("without permission", nil, "permission")
	w.must(w.sim.Grant("octo-org", "pull_requests", "read"))
	w.wire.answers = map[string]string{"Change": `{"data": {"repository": null}, "errors": [{"type": "FORBIDDEN", "path": ["repository", "pullRequest", "reviews"], "message": "Resource not accessible by integration"}]}`}
	fail("in part", nil, "lacks the permission Pull requests (read)")
	w.wire.answers["Change"] = `{"data": {"repository": null}, "errors": [{"message": "Something went wrong while executing your query."}]}`
	fail("failed", nil, "Something went wrong")
}

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
}

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
