package store

import (
	"slices"
	"strings"
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

// What is under way is news to its own job alone; an end may be what others wait for. A check that
// runs is news to none of them.
func testGatesSelected(t *testing.T, s *Store) {
	sha := func(c string) string { return strings.Repeat(c, 40) }
	accept(t, s, noon, subject.Result{Gates: []subject.GateFact{
		{Repo: 1, Run: 71, Deployment: 701, Environment: "production", Commit: sha("1"), At: noon},
		{Repo: 1, Run: 72, Deployment: 702, Environment: "production", Commit: sha("1"), At: noon},
		{Repo: 1, Run: 73, Environment: "production", Commit: sha("2"), At: noon},
		{Repo: 2, Run: 74, Deployment: 701, Environment: "production", Commit: sha("1"), At: noon},
	}})
	check := func(source subject.CheckSource, status, conclusion string) *subject.Check {
		return &subject.Check{Source: source, ID: 1, App: 2, Name: "test", Status: status, Conclusion: conclusion}
	}
	head := func(c *subject.Check) subject.Selector {
		return subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: sha("1"), Check: c, Result: c != nil}
	}
	for _, tt := range []struct {
		name string
		sel  subject.Selector
		want []int64 // runs
	}{
		{"one under way", subject.Selector{Kind: subject.ByGate, Repo: 1, Number: 701, Environment: "production"}, []int64{71, 73}},
		{"one that never asked is under way", subject.Selector{Kind: subject.ByGate, Repo: 1, Number: 709, Environment: "production"}, []int64{73}},
		{"one under way elsewhere", subject.Selector{Kind: subject.ByGate, Repo: 1, Number: 709, Environment: "staging"}, []int64{71, 72, 73}},
		{"one has ended", subject.Selector{Kind: subject.ByGate, Repo: 1}, []int64{71, 72, 73}},
		{"a check runs", head(check(subject.CheckRun, "in_progress", "")), nil},
		{"a suite is asked for", head(check(subject.CheckSuite, "queued", "")), nil},
		{"a status is pending", head(check(subject.CommitStatus, "", "pending")), nil},
		{"a check has ended", head(check(subject.CheckRun, "completed", "success")), []int64{71, 72}},
		{"a status is there", head(check(subject.CommitStatus, "", "success")), []int64{71, 72}},
		{"a check that is not known in full", head(nil), []int64{71, 72}},
	} {
		due := map[subject.Subject]bool{}
		must(t, s.Tx(t.Context(), func(tx *Tx) error { return tx.selected(noon, tt.sel, due) }))
		var got []int64
		for d := range due {
			got = append(got, d.Number)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: runs (-want +got):\n%s", tt.name, diff)
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
