package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
