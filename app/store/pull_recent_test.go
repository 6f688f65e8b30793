package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testRecentPulls(t *testing.T, s *Store) {
	accept(t, s, after(0), subject.Result{Repositories: []subject.RepositoryFact{
		{ID: 1, Installation: 8, Account: 9, Owner: "octo-org", Name: "app", At: after(0)},
		{ID: 2, Installation: 8, Account: 9, Owner: "octo-org", Name: "site", At: after(0)},
		{ID: 3, Installation: 7, Account: 10, Owner: "octo-corp", Name: "app", At: after(0)},
		{ID: 4, Installation: 8, Account: 9, Owner: "octo-org", Name: "gone", Gone: true, At: after(0)},
	}})
	put := func(repo, number int64, updated int, open, merged, governed bool) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			return tx.PutPull(Pull{Repo: repo, Number: number, Head: "a", Base: "main", Open: open, Merged: merged, Governed: governed, UpdatedAt: after(updated)})
		})
	}
	put(1, 1, 10, true, false, true)  // open, however long nothing was heard of it
	put(1, 2, 99, false, true, true)  // merged before
	put(1, 3, 100, false, true, true) // merged since
	put(1, 4, 200, false, false, true)
	put(1, 5, 200, true, false, false) // to a branch that is not governed
	put(1, 6, 300, true, false, true)
	put(2, 1, 250, false, true, true)
	put(3, 1, 400, true, false, true)
	put(4, 1, 400, true, false, true)

	want := func(r Recent, of int, want ...[2]int64) {
		t.Helper()
		r.Account, r.Since = 9, after(100)
		pulls, n, err := s.RecentPulls(t.Context(), r)
		var got [][2]int64
		for _, p := range pulls {
			got = append(got, [2]int64{p.Repo, p.Number})
		}
		if diff := cmp.Diff(want, got); err != nil || n != of || diff != "" {
			t.Errorf("%+v: of %d, %v (-want +got):\n%s", r, n, err, diff)
		}
	}
	want(Recent{Limit: 9}, 4, [2]int64{1, 6}, [2]int64{2, 1}, [2]int64{1, 3}, [2]int64{1, 1})
	want(Recent{Limit: 2}, 4, [2]int64{1, 6}, [2]int64{2, 1})
	want(Recent{Repo: 1, ButRepo: 1, But: 6, Limit: 9}, 2, [2]int64{1, 3}, [2]int64{1, 1})
	want(Recent{ButRepo: 2, But: 1, Limit: 9}, 3, [2]int64{1, 6}, [2]int64{1, 3}, [2]int64{1, 1})
}
