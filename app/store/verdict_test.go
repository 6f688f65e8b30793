package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testVerdicts(t *testing.T, s *Store) {
	if _, found, err := s.LatestVerdict(t.Context(), 1, 2); found || err != nil {
		t.Fatalf("no verdict yet: %v, %v", found, err)
	}
	want := make([]Verdict, 3)
	in(t, s, func(tx *Tx) error {
		for i := range want {
			v := Verdict{
				Repo: 1, Number: 2, Head: "a1", Base: "main", Generation: 4, At: after(i / 2), Outcome: "pass",
				Body: []byte(`{}`), Snapshot: "abc", Log: 9, Seq: int64(i),
			}
			if i == 1 {
				v.Recheck = after(100)
			}
			id, err := tx.PutVerdict(v)
			if err != nil {
				return err
			}
			if id < 1 || id >= 1<<53 {
				t.Errorf("id %d, want one in [1, 2^53)", id)
			}
			v.ID = id
			want[2-i] = v
		}
		return nil
	})
	got, err := s.Verdicts(t.Context(), 1, 2, 10)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("verdicts, %v, newest first (-want +got):\n%s", err, diff)
	}
	latest, found, err := s.LatestVerdict(t.Context(), 1, 2)
	if diff := cmp.Diff(want[0], latest); err != nil || !found || diff != "" {
		t.Errorf("latest, %v, %v (-want +got):\n%s", found, err, diff)
	}
	if got, err := s.Verdicts(t.Context(), 1, 3, 10); err != nil || len(got) != 0 {
		t.Errorf("verdicts on another pull request: %+v, %v", got, err)
	}
}
