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
// and the pages of files, a base that moved its tree, and what leaves the head alone the query only.
func TestRequests(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"main.go": "package main\n"})
	_, first := w.read()
	w.equal("first look", []string{theQuery, theFiles, theTree, "GET /repos/{owner}/{repo}/collaborators/{username}/permission"}, first)

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
	w.equal("the base moved on, the head is not known", []string{"GraphQL Head", theQuery, theTree}, base)
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
		{Path: "README.md", Status: "modified", Additions: 1, Deletions: 1, FirstLine: 2, Counted: true},
		{Path: "main.go", Status: "modified", Deletions: 2, FirstLine: 1, Counted: true},
	}, c.Files)
	if len(c.Commits) != 2 || c.Commits[0].SHA != first || c.Commits[1].SHA != head {
		t.Fatalf("commits = %+v, want %s and %s", c.Commits, first, head)
	}
	w.equal("authors", []rules.UserID{w.id("bob"), 0}, c.Commits[1].Authors)
	w.equal("co-authored", true, c.Commits[1].CoAuthored)
	w.equal("pushers", []string{"ann", "ann"}, w.logins(c.Pushes[0].By, c.Pushes[1].By))
	w.equal("unnamed", false, c.Unnamed)
	w.equal("states", []rules.ReviewState{rules.Dismissed, rules.Approved}, []rules.ReviewState{c.Reviews[0].State, c.Reviews[1].State})
	w.equal("dismissal", &rules.Dismissal{By: w.id("bob"), Was: rules.ChangesRequested, At: c.Reviews[0].Dismissal.At, First: c.Reviews[0].Dismissal.First}, c.Reviews[0].Dismissal)
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
	w.equal("standing in the first read", again.Change.Reviews[0].First, c.Reviews[0].First)
	w.equal("the dismisser's in the first read", again.Change.Reviews[0].Dismissal.First, c.Reviews[0].Dismissal.First)
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
