package snapshot_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/rules"
)

// TestCarryOver follows an approval through what happens to the branch afterwards.
func TestCarryOver(t *testing.T) {
	edit := githubsim.Commit{Message: "edit", Files: map[string]string{"run.sh": "echo 1\n"}}
	tests := []struct {
		name  string
		then  func(w *world)
		holds bool
		trees int // are read: one for the links of a new base, more for what patches do not show
	}{
		{"nothing happens", func(*world) {}, true, 0},
		{"the base moves on elsewhere", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			w.target.Head = ""
		}, true, 1},
		{"the branch is updated from the base", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			w.update()
		}, true, 5},
		{"the base moved lines of the same file", func(w *world) {
			w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"README.md": "zero\none\ntwo\nthree\n"}})
			w.update()
		}, false, 1},
		{"more is pushed", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "more", Files: map[string]string{"more": "1\n"}})
		}, false, 0},
		{"the same is pushed again", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "empty"})
		}, true, 3},
		{"a file is made executable", func(w *world) {
			w.push("ann", "topic", githubsim.Commit{Message: "x", Mode: map[string]string{"run.sh": githubsim.ModeExec}})
		}, false, 3},
		{"rebased on the base", func(w *world) {
			onto := w.push("bob", "main", githubsim.Commit{Message: "elsewhere", Files: map[string]string{"other": "1\n"}})
			head, err := w.sim.As("ann").ForcePush(repo, "topic", onto, edit,
				githubsim.Commit{Message: "2", Files: map[string]string{"README.md": "one\n2\nthree\n"}})
			w.must(err)
			w.told("ann", "topic", w.target.Head, head)
		}, true, 5},
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
			trees := len(slices.DeleteFunc(requests, func(r string) bool { return r != theTree }))
			if trees != tt.trees {
				t.Errorf("%d trees read, want %d", trees, tt.trees)
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
