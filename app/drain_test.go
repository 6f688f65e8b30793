package app

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/store"
)

// Behaviour 26, a stop that GitHub holds up: when the time for it is over, looks under way
// are cut and given back. The next server takes them up, and looks before it writes.
func TestDrainIsBounded(t *testing.T) {
	w := newWorldTest(t, t.Cleanup)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.begin([]byte(shop), t.TempDir(), nil))
	must(w.settle())
	w.app.o.Drain = time.Millisecond
	arrived, release := w.sim.PauseNext(githubsim.OfKind("POST /repos/{owner}/{repo}/statuses/{sha}"))
	_, err := w.sim.As("bob").Approve(w.repo, 1)
	must(err)
	must(w.sim.Settle(t.Context()))
	<-arrived
	w.stop()
	release()
	if !strings.Contains(w.log.String(), "looks cut short") {
		t.Errorf("it does not say that it cut a look short:\n%s", w.log)
	}
	db, err := store.OpenReadOnly(t.Context(), "sqlite://"+filepath.Join(w.dir, "data", "test.db"))
	must(err)
	if leased, err := db.Leased(t.Context()); err != nil || len(leased) > 0 {
		t.Errorf("leases stay behind: %v, %v", leased, err)
	}
	must(db.Close())
	must(w.start(nil))
	w.clock.turn(time.Minute)
	must(w.settle())
	sha, err := w.sim.Head(w.repo, 1)
	must(err)
	shown, err := w.show(sha)
	must(err)
	if !strings.Contains(shown.Summary, "bob") {
		t.Errorf("the review is not counted: %s", plain(shown.Summary))
	}
}
