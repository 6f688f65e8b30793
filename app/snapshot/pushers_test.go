package snapshot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

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
