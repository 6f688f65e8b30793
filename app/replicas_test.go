package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

// Behaviour 76, with replicas: three share the work on bursts of deliveries; one of them dies
// in the midst of a look, and then another one in the midst of a publication. What they had
// under way is taken up, and GitHub ends up showing what a single calm look at everything gives.
func TestReplicaDies(t *testing.T) {
	w := newWorldTest(t, t.Cleanup)
	w.database, w.replicas = pgtest.URL(t), 3
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.begin([]byte(shop), t.TempDir(), nil))
	const pulls = 7
	for i := 2; i <= pulls; i++ {
		branch := fmt.Sprintf("more-%d", i)
		_, err := w.sim.As("ann").Push(w.repo, branch, githubsim.Commit{Files: map[string]string{branch: "more"}})
		must(err)
		_, err = w.sim.As("ann").OpenPull(w.repo, githubsim.NewPull{Title: branch, Head: branch, Base: "main"})
		must(err)
	}
	must(w.settle())

	for _, death := range []struct{ reviewer, during string }{
		{"bob", "GraphQL Change"},
		{"carol", "POST /repos/{owner}/{repo}/statuses/{sha}"},
	} {
		asking := make(chan string, 1)
		arrived, release := w.sim.PauseNext(func(r *http.Request) bool {
			if githubsim.Kind(r) != death.during {
				return false
			}
			asking <- r.UserAgent()
			return true
		})
		for i := range pulls {
			_, err := w.sim.As(death.reviewer).Approve(w.repo, i+1)
			must(err)
		}
		must(w.sim.Settle(t.Context()))
		<-arrived
		agent := <-asking
		w.kill(t, func(a *App) bool { return strings.HasSuffix(agent, a.o.Version) })
		release()
		w.clock.turn(lease + 2*requestTimeout)
		must(w.settle())
	}

	shown := w.shownAll(t, pulls)
	for i, s := range shown {
		if text := plain(s.Summary); !strings.Contains(text, "bob") || !strings.Contains(text, "carol") {
			t.Errorf("#%d shows %q (%s), want both approvals counted:\n%s", i+1, s.State, s.Description, text)
		}
	}
	w.stop()
	w.replicas = 1
	must(w.start(nil))
	must(w.settle())
	if diff := cmp.Diff(w.shownAll(t, pulls), shown); diff != "" {
		t.Errorf("what a calm look gives (-want +got):\n%s", diff)
	}
}

// kill ends a server as a crash does: its next word reaches neither the database nor, but for
// the request under way, GitHub, and it gets no more deliveries.
func (w *world) kill(t *testing.T, which func(*App) bool) {
	t.Helper()
	i := slices.IndexFunc(w.turns.all, which)
	if i < 0 {
		t.Fatal("none of the replicas asked")
	}
	dead := w.turns.all[i]
	w.turns.drop(dead)
	w.app = w.turns.all[0]
	if err := dead.store.Close(); err != nil {
		t.Error(err)
	}
}

// shownAll returns what the heads of the first pull requests show.
func (w *world) shownAll(t *testing.T, pulls int) (all []githubsim.Shown) {
	t.Helper()
	for i := range pulls {
		sha, err := w.sim.Head(w.repo, i+1)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.show(sha)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// Behaviour 26, the database: while it is gone the server says that it is not ready and
// refuses deliveries, so that GitHub knows them for failed. When it is back, all goes on
// without a restart, and what was refused is taken once it comes again.
func TestDatabaseGone(t *testing.T) {
	server := pgtest.NewServer(t)
	w := newWorldTest(t, t.Cleanup)
	w.database, w.replicas = server.URL(), 2
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.begin([]byte(shop), t.TempDir(), nil))
	must(w.settle())
	ready := func(want int) {
		t.Helper()
		w.clock.turn(readyFor) // for so long the last answer holds
		resp, err := http.Get(w.url + "/readyz")
		must(err)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("readyz answers %d, want %d", resp.StatusCode, want)
		}
	}
	ready(http.StatusOK)
	server.Crash()
	ready(http.StatusServiceUnavailable)
	for _, who := range []string{"bob", "dave"} {
		_, err := w.sim.As(who).Approve(w.repo, 1)
		must(err)
	}
	if err := w.sim.Settle(t.Context()); err == nil {
		t.Error("deliveries are taken without a database")
	}
	server.Start()
	ready(http.StatusOK)
	ready(http.StatusOK)
	again := 0
	for _, d := range w.sim.Deliveries() {
		if d.Status == http.StatusServiceUnavailable {
			again++
			must(w.sim.Redeliver(d.GUID))
		}
	}
	if again < 2 {
		t.Errorf("%d deliveries were answered 503, want the two reviews at least", again)
	}
	must(w.settle())
	sha, err := w.sim.Head(w.repo, 1)
	must(err)
	shown, err := w.show(sha)
	must(err)
	if !strings.Contains(shown.Summary, "bob") {
		t.Errorf("the review is not counted: %s", plain(shown.Summary))
	}
}
