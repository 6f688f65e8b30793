package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testPulse(t *testing.T, s *Store) {
	pulse := func(seconds int, want Pulse) {
		t.Helper()
		got, err := s.Pulse(t.Context(), after(seconds))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("pulse at %d s: %v (-want +got):\n%s", seconds, err, diff)
		}
	}
	pulse(0, Pulse{})
	in(t, s, func(tx *Tx) error {
		return tx.Apply(noon, subject.Result{
			Installations: []subject.InstallationFact{
				{ID: 5, Account: 9},
				{ID: 6, Account: 10, Removed: true},
			},
			Repositories: []subject.RepositoryFact{{ID: 1, Installation: 5, At: noon}, {ID: 2, Installation: 6, At: noon}},
		})
	})
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(1), At: after(10)}, Due{Subject: pr(2), At: after(20)}, Due{Subject: pr(3), At: after(99)}))
	in(t, s, func(tx *Tx) error {
		for _, p := range []Publication{
			{Repo: 1, SHA: "a", WantedDigest: "x", SaidDigest: "x", WantedAt: after(1)},
			{Repo: 1, SHA: "b", WantedDigest: "x", WantedAt: after(3)},
			{Repo: 1, SHA: "c", WantedDigest: "x", SaidDigest: "y", WantedAt: after(2)},
			{Repo: 2, SHA: "d", WantedDigest: "x", WantedAt: after(1)}, // nobody is there to hear it
		} {
			if err := tx.PutPublication(p); err != nil {
				return err
			}
		}
		for _, log := range []int64{9, 10, 10} {
			if _, _, err := tx.Append(log, "verdict", noon, []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	})
	pulse(30, Pulse{
		Due: 2, OldestDue: after(10), Owed: 2, OldestOwed: after(2),
		Ledgers: 2, Records: 3, Largest: []LedgerSize{{10, 2}, {9, 1}},
	})
}

// However many accounts there are, only so many are named.
func TestPulseIsBounded(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	in(t, s, func(tx *Tx) error {
		for log := range int64(MostLedgers + 5) {
			if _, _, err := tx.Append(log+1, "verdict", noon, []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	})
	p, err := s.Pulse(t.Context(), noon)
	if err != nil || len(p.Largest) != MostLedgers || p.Ledgers != MostLedgers+5 {
		t.Errorf("pulse names %d of %d logs, %v, want %d", len(p.Largest), p.Ledgers, err, MostLedgers)
	}
}
