package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/changewarden/changewarden/app/subject"
)

// testGatesWith: who says something about a change finds what waits with it, and nothing else.
func testGatesWith(t *testing.T, s *Store) {
	accept(t, s, noon, subject.Result{Gates: []subject.GateFact{
		{Repo: 1, Run: 71, Deployment: 701, Environment: "Production", Commit: "c1", At: noon},
		{Repo: 1, Run: 72, Deployment: 702, Environment: "production", Commit: "c2", At: noon},
		{Repo: 2, Run: 73, Deployment: 701, Environment: "production", Commit: "c3", At: noon},
	}})
	in := func(do func(tx *Tx) error) { t.Helper(); must(t, s.Tx(t.Context(), do)) }
	first, second, elsewhere := Gate{Repo: 1, Deployment: 701, Environment: "production"}, Gate{Repo: 1, Deployment: 702, Environment: "production"}, Gate{Repo: 2, Deployment: 701, Environment: "production"}
	carries := func(g Gate, pulls ...int64) { t.Helper(); in(func(tx *Tx) error { return tx.Carries(g, pulls) }) }
	with := func(number int64, want ...int64) {
		t.Helper()
		in(func(tx *Tx) error {
			gates, err := tx.GatesWith(1, number)
			var got []int64
			for _, g := range gates {
				got = append(got, g.Deployment)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("GatesWith(%d) (-want +got):\n%s", number, diff)
			}
			return err
		})
	}
	with(5)
	carries(first, 5, 6)
	carries(second, 6)
	carries(elsewhere, 5, 7)
	with(5, 701)
	with(6, 701, 702)
	with(7)
	carries(first, 7)
	with(5)
	with(6, 702)
	with(7, 701)
	in(func(tx *Tx) error {
		gates, err := tx.Gates(subject.Subject{Kind: subject.Deployment, Repo: 1, Number: 71, Name: "production"})
		for _, g := range gates {
			g.ClosedAt = after(1)
			must(t, tx.PutGate(g))
		}
		return err
	})
	with(7)
}

// Behaviour 59: what is held somewhere is looked at when a person's or a team's rights move
// there, after everything else.
func testGatesOfPeople(t *testing.T, s *Store) {
	accept(t, s, noon, subject.Result{Repositories: []subject.RepositoryFact{
		{ID: 1, Installation: 5, Account: 9, Owner: "octo-org", Name: "app", At: noon},
		{ID: 2, Installation: 5, Account: 9, Owner: "octo-org", Name: "site", At: noon},
		{ID: 3, Installation: 6, Account: 10, Owner: "other-org", Name: "app", At: noon},
	}, Gates: []subject.GateFact{
		{Repo: 1, Run: 71, Deployment: 701, Environment: "production", Commit: "c1", At: noon},
		{Repo: 2, Run: 72, Deployment: 702, Environment: "production", Commit: "c2", At: noon},
		{Repo: 3, Run: 73, Deployment: 703, Environment: "production", Commit: "c3", At: noon},
	}})
	one, two, other := "deployment/1/71/production", "deployment/2/72/production", "deployment/3/73/production"
	for _, test := range []struct {
		sel  subject.Selector
		want []string
	}{
		{subject.Selector{Kind: subject.ByPerson, Repo: 1, User: 50}, []string{one}},
		{subject.Selector{Kind: subject.ByPerson, Account: 9, User: 50}, []string{one, two}},
		{subject.Selector{Kind: subject.ByTeam, Account: 9, Team: "qa"}, []string{one, two}},
		{subject.Selector{Kind: subject.ByTeam, Account: 10, Team: "qa"}, []string{other}},
		{subject.Selector{Kind: subject.ByTeam, Account: 11, Team: "qa"}, nil},
	} {
		accept(t, s, after(1), subject.Result{Selectors: []subject.Selector{test.sel}})
		for _, c := range wantClaimed(t, s, after(2), 9, test.want...) {
			if c.Priority != subject.Background {
				t.Errorf("%+v: %s has priority %d, want the background's", test.sel, c.Subject.Key(), c.Priority)
			}
			done(t, s, c, after(2), time.Time{})
		}
	}
}

// testGatedRuns: a sweep asks GitHub what it holds where a job or a deployment was ever heard of,
// and tells a job that it found from one of which a delivery told, whichever came first.
func testGatedRuns(t *testing.T, s *Store) {
	gated := func(repo int64, ever bool, want ...int64) {
		t.Helper()
		open, known, err := s.GatedRuns(t.Context(), repo)
		must(t, err)
		if diff := cmp.Diff(want, open, cmpopts.EquateEmpty()); diff != "" || known != ever {
			t.Errorf("GatedRuns(%d), ever %v (-want +got):\n%s", repo, known, diff)
		}
	}
	gated(1, false)
	told := subject.GateFact{Repo: 1, Run: 71, Deployment: 701, Environment: "Production", Commit: "c1", At: noon}
	found := subject.GateFact{Repo: 1, Run: 72, Deployment: 702, Environment: "Production", Commit: "c2", At: noon, Swept: true}
	accept(t, s, noon, subject.Result{Gates: []subject.GateFact{told, found}})
	accept(t, s, noon, subject.Result{Deployed: []subject.DeployedFact{{Repo: 2, Deployment: 703, Environment: "staging", Commit: "c3", At: noon}}})
	gated(1, true, 71, 72)
	gated(2, true)
	told.Swept, found.Swept = true, false
	accept(t, s, after(1), subject.Result{Gates: []subject.GateFact{told, found}})
	for run, swept := range map[int64]bool{71: false, 72: true} {
		all, err := s.Gates(t.Context(), subject.Subject{Kind: subject.Deployment, Repo: 1, Number: run, Name: "production"})
		must(t, err)
		if len(all) != 1 || all[0].Swept != swept {
			t.Errorf("run %d: %+v, want one, swept %v", run, all, swept)
		}
	}
	must(t, s.Tx(t.Context(), func(tx *Tx) error {
		return tx.PutGate(Gate{Repo: 1, Deployment: 701, Environment: "production", ClosedAt: after(2)})
	}))
	gated(1, true, 72)
}
