package route

import (
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// manyCommits is where a push counts as one that may have touched anything. GitHub has
// named 20 commits of a push and 2048 at other times; the rest it leaves out.
const manyCommits = 20

type pushEvent struct {
	Ref, Before, After       string
	Created, Deleted, Forced bool
	Commits                  []struct {
		Added, Modified, Removed []string
	}
}

// push tells who moved a branch, and makes the open pull requests due that are judged by
// another policy, if it may have changed one. A branch that is deleted makes those due that
// aimed at it.
//
// Pull requests that aim at a branch that moves are made due only where their policy asks for
// it: a base that moves leaves their diff alone unless it takes in commits of theirs, their
// verdict is judged again when they move, and a busy base would have every open change read
// again at each merge. One whose head it is gets a synchronize delivery of its own.
func push(d delivery, r *subject.Result) {
	var e pushEvent
	branch, ok := "", false
	if unmarshal(d.body, &e) {
		branch, ok = strings.CutPrefix(e.Ref, "refs/heads/")
	}
	if !ok || branch == "" || d.Repository.ID == 0 {
		return
	}
	if e.Deleted {
		// What aimed at it GitHub closes, or aims at the branch that it was merged into, and
		// of the latter it does not always tell.
		r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByBase, Repo: d.Repository.ID, Branch: branch})
		return
	}
	f := pushFact(d, e.Before, e.After)
	f.Ref = e.Ref
	addPush(r, f)
	if branch == d.Repository.DefaultBranch && e.mayTouchPolicy() {
		r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByRepository, Repo: d.Repository.ID})
		if isPolicyHome(d.Repository.Name) {
			addInstallation(d, r)
		}
		return
	}
	r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByBase, Repo: d.Repository.ID, Branch: branch, Moved: true})
}

// mayTouchPolicy reports whether the push changed a policy file or does not say what it
// changed: it made the branch, threw commits away, is longer than GitHub lists, or holds a
// commit without a file.
func (e pushEvent) mayTouchPolicy() bool {
	if e.Created || e.Forced || !isCommit(e.Before) || len(e.Commits) == 0 || len(e.Commits) >= manyCommits {
		return true
	}
	for _, c := range e.Commits {
		files := slices.Concat(c.Added, c.Modified, c.Removed)
		if len(files) == 0 || slices.ContainsFunc(files, isPolicy) {
			return true
		}
	}
	return false
}

// isPolicyHome reports whether a repository's policy file is its organisation's: then the
// changes of every repository are judged by it. The sweep of the installation makes them due,
// one after the other.
func isPolicyHome(name string) bool { return strings.EqualFold(name, ".github") }

// isPolicy reports whether a path can be a policy file, or what reads like one, or the folder
// of one, which as a link or a submodule would take it away; or a pull request template, whose
// text no rule takes for an answer; or a calendar of holidays.
func isPolicy(path string) bool {
	path = strings.ToLower(path)
	return path == ".github" || strings.HasPrefix(path, ".github/change-management") || strings.HasSuffix(path, ".ics") || strings.Contains(path, "pull_request_template")
}

// pushFact is a push of the delivery's sender. GitHub's sender is who is signed in, a
// pusher's name is text.
func pushFact(d delivery, before, after string) subject.PushFact {
	if !isCommit(before) {
		before = ""
	}
	by := d.sender()
	return subject.PushFact{
		Repo: d.Repository.ID, Before: before, After: after, User: by.User, Login: by.Login, Bot: by.Bot, At: d.at,
	}
}

func addPush(r *subject.Result, f subject.PushFact) {
	if f.User != 0 && isCommit(f.After) {
		r.Pushes = append(r.Pushes, f)
	}
}
