package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

const groupHead = "9000000000000000000000000000000000000009"

func tellGroup(t *testing.T, s *Store, seconds int, why string) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *Tx) error {
		return tx.Apply(after(seconds), subject.Result{MergeGroups: []subject.MergeGroupFact{{Repo: 7, SHA: groupHead, Base: "main", Why: why}}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func testMergeGroups(t *testing.T, s *Store) {
	read := func() MergeGroup {
		t.Helper()
		g, found, err := s.MergeGroup(t.Context(), 7, groupHead)
		if err != nil || !found {
			t.Fatalf("found %v, %v", found, err)
		}
		return g
	}
	tellGroup(t, s, 1, "")
	tellGroup(t, s, 2, "") // told twice, as by a sweep
	want := MergeGroup{Repo: 7, SHA: groupHead, Base: "main", SeenAt: after(1)}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("new (-want +got):\n%s", diff)
	}

	want.Members = []MergeGroupMember{{Number: 3, Head: "a", Asked: 1}, {Number: 5, Head: "b", Asked: 2}}
	if err := s.Tx(t.Context(), func(tx *Tx) error { return tx.PutMergeGroup(want) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("looked at, without an answer yet (-want +got):\n%s", diff)
	}
	want.Told, want.Outcome, want.Digest, want.Wanted, want.Checks, want.Log, want.Seq = true, "pass", "d", []byte(`{}`), []string{"build"}, 3, 8
	with := func(number int64) []string {
		t.Helper()
		var out []string
		err := s.Tx(t.Context(), func(tx *Tx) error {
			all, err := tx.MergeGroupsWith(7, number)
			for _, g := range all {
				out = append(out, g.SHA)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err := s.Tx(t.Context(), func(tx *Tx) error { return tx.PutMergeGroup(want) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if got := with(5); len(got) != 1 || len(with(4)) != 0 {
		t.Errorf("groups with #5: %v, with #4: %v", got, with(4))
	}

	// What was taken back may wait again; what landed never does.
	tellGroup(t, s, 3, MergeGroupLeft)
	if g := read(); g.GoneAt.IsZero() || g.Why != MergeGroupLeft || len(with(5)) != 0 {
		t.Errorf("left: %+v", g)
	}
	tellGroup(t, s, 4, "")
	if g := read(); !g.GoneAt.IsZero() || g.Why != "" || len(g.Members) != 0 {
		t.Errorf("listed again: %+v", g)
	}
	if err := s.Tx(t.Context(), func(tx *Tx) error { return tx.PutMergeGroup(want) }); err != nil {
		t.Fatal(err)
	}
	tellGroup(t, s, 4, "dequeued")
	tellGroup(t, s, 5, MergeGroupMerged) // the sooner one is the late delivery
	tellGroup(t, s, 6, "")
	tellGroup(t, s, 7, "invalidated")
	if g := read(); !g.GoneAt.Equal(after(5)) || g.Why != MergeGroupMerged {
		t.Errorf("merged: %+v", g)
	}
	landed, found, err := s.LandedWith(t.Context(), 7, 3)
	if err != nil || !found || landed.SHA != groupHead || len(landed.Members) != 2 {
		t.Errorf("landed with %+v, %v, %v", landed, found, err)
	}
	if _, found, err := s.LandedWith(t.Context(), 7, 4); err != nil || found {
		t.Errorf("a pull request that was in no group: %v, %v", found, err)
	}
	err = s.Tx(t.Context(), func(tx *Tx) error {
		all, err := tx.LandedMergeGroups(7, "main", 10)
		if err == nil && (len(all) != 1 || !cmp.Equal(all[0].Checks, []string{"build"})) {
			t.Errorf("landed on main: %+v", all)
		}
		if all, err := tx.WaitingMergeGroups(7); err != nil || len(all) != 0 {
			t.Errorf("waiting: %+v, %v", all, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A result on a group's commit makes the group due while it waits, but for what we said there
// ourselves.
func testMergeGroupChecks(t *testing.T, s *Store) {
	report := func(seconds int, app int64) []subject.Subject {
		t.Helper()
		_, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: "check " + after(seconds).String(), Event: "check_run", At: after(seconds), Body: fmt.Appendf(nil, `{"n": %d}`, seconds)},
			subject.Result{Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 7, SHA: groupHead, Check: &subject.Check{
				Source: subject.CheckRun, ID: int64(seconds), App: app, Name: "build", Status: "completed", Conclusion: "success",
			}}}})
		if err != nil {
			t.Fatal(err)
		}
		claims, err := s.Claim(t.Context(), after(seconds), "me", 10, grace)
		if err != nil {
			t.Fatal(err)
		}
		var out []subject.Subject
		for _, c := range claims {
			out = append(out, c.Subject)
			if err := s.Tx(t.Context(), func(tx *Tx) error { return tx.Done(c, after(seconds), noon.AddDate(1, 0, 0)) }); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	group := []subject.Subject{{Kind: subject.MergeGroup, Repo: 7, SHA: groupHead}}
	if got := report(1, 5); len(got) != 0 {
		t.Errorf("before it is known: %v", got)
	}
	tellGroup(t, s, 2, "")
	if diff := cmp.Diff(group, report(3, 5)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	err := s.Tx(t.Context(), func(tx *Tx) error {
		return tx.PutPublication(Publication{Repo: 7, SHA: groupHead, CheckRun: 4, RunStatus: "completed", RunConclusion: "success"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := report(4, ownApp); len(got) != 0 {
		t.Errorf("by what we said ourselves: %v", got)
	}
	tellGroup(t, s, 5, "dequeued")
	if got := report(6, 5); len(got) != 0 {
		t.Errorf("after it is gone: %v", got)
	}
}
