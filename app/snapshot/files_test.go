package snapshot_test

import (
	"errors"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// TestFilesIncomplete (behaviour 15): a list that is not as long as GitHub says is a gap, and is not kept.
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
