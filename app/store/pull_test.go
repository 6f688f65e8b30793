package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// fact is pull request 1#number on head to main, open.
func fact(number int64, head string, updated int) subject.PullFact {
	return subject.PullFact{
		Repo: 1, Number: number, Title: "title", Head: head, HeadRepo: 1, HeadRef: "topic", Base: "main", Author: 5,
		Open: true, UpdatedAt: after(updated),
	}
}

func tell(t testing.TB, s *Store, seconds int, facts ...subject.PullFact) {
	t.Helper()
	accept(t, s, after(seconds), subject.Result{Pulls: facts})
}

func wantPull(t testing.TB, s *Store, want Pull) {
	t.Helper()
	got, found, err := s.Pull(t.Context(), want.Repo, want.Number)
	if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
		t.Fatalf("pull request, %v, %v (-want +got):\n%s", found, err, diff)
	}
}

func testPullFacts(t *testing.T, s *Store) {
	tell(t, s, 2, fact(1, "a1", 1))
	p := Pull{
		Repo: 1, Number: 1, Title: "title", Head: "a1", HeadRepo: 1, HeadRef: "topic", Base: "main", Author: 5,
		Open: true, UpdatedAt: after(1), HeadSeen: after(2), Governed: true,
	}
	wantPull(t, s, p)

	f := fact(1, "a1", 3)
	f.Title, f.Draft, f.HeadRepo = "other", true, 0
	tell(t, s, 4, f)
	p.Title, p.Draft, p.HeadRepo, p.UpdatedAt = "other", true, 0, after(3) // the head was seen before
	wantPull(t, s, p)
	tell(t, s, 5, fact(1, "a0", 2)) // older
	wantPull(t, s, p)
	tell(t, s, 6, fact(1, "a2", 3)) // same second: the later arrival
	p.Head, p.Title, p.Draft, p.HeadRepo, p.HeadSeen = "a2", "title", false, 1, after(6)
	wantPull(t, s, p)

	same := func(name string, open, merged bool, wantOpen, wantMerged bool) {
		t.Helper()
		f := fact(1, "a2", 3)
		f.Open, f.Merged = open, merged
		tell(t, s, 7, f)
		got, _, err := s.Pull(t.Context(), 1, 1)
		if err != nil || got.Open != wantOpen || got.Merged != wantMerged {
			t.Fatalf("%s in the same second: open %v, merged %v, %v", name, got.Open, got.Merged, err)
		}
	}
	same("closed", false, false, true, false)
	same("merged", false, true, false, true)
	same("open after merged", true, false, false, true)

	f = fact(2, "b1", 10)
	f.Open = false
	tell(t, s, 10, f)
	if got, _, _ := s.Pull(t.Context(), 1, 2); got.Open {
		t.Error("closed, and open in our row")
	}
	tell(t, s, 11, fact(2, "b1", 10)) // reopened in the same second
	if got, _, _ := s.Pull(t.Context(), 1, 2); !got.Open {
		t.Error("reopened in the second of its closing, and closed in our row")
	}
	f.UpdatedAt = after(12)
	tell(t, s, 12, f)
	if got, _, _ := s.Pull(t.Context(), 1, 2); got.Open {
		t.Error("closed later, and open in our row")
	}
}

func testPutPull(t *testing.T, s *Store) {
	tell(t, s, 1, fact(1, "a1", 1), fact(2, "a1", 1))
	put := func(p Pull) {
		t.Helper()
		in(t, s, func(tx *Tx) error { return tx.PutPull(p) })
	}
	p := Pull{
		Repo: 1, Number: 1, Title: "title", Head: "a1", HeadRepo: 1, HeadRef: "topic", Base: "main", Author: 5,
		Open: true, UpdatedAt: after(2), Governed: false, JudgedBase: "main", Facts: []byte(`{"x":1}`),
	}
	put(p)
	p.HeadSeen = after(1)
	wantPull(t, s, p)

	got, err := s.PullsByHead(t.Context(), 1, "a1")
	if err != nil || len(got) != 2 || string(got[0].Facts) != `{"x":1}` || got[1].Facts != nil {
		t.Errorf("pulls by head %+v, %v, want both, the first with facts", got, err)
	}
	open, err := s.OpenPulls(t.Context(), 1)
	if err != nil || len(open) != 2 || open[0].Facts != nil {
		t.Errorf("open pulls %+v, %v, want both, without facts", open, err)
	}
	in(t, s, func(tx *Tx) error {
		locked, err := tx.PullsByHead(1, "a1")
		if len(locked) != 2 {
			t.Errorf("in a transaction %d pulls by head, want 2", len(locked))
		}
		return err
	})

	older := p // a delivery was faster: it stays, and takes what was found about the same head
	older.UpdatedAt, older.Title, older.Open, older.Facts = after(1), "old", false, []byte(`{"x":2}`)
	put(older)
	p.Facts = older.Facts
	wantPull(t, s, p)
	older.Head, older.Facts = "a0", []byte(`{"x":3}`)
	put(older)
	wantPull(t, s, p)
	older.Head, older.Base = "a1", "release"
	put(older)
	wantPull(t, s, p)

	f := fact(1, "a1", 3) // another delivery keeps what was judged
	tell(t, s, 3, f)
	p.UpdatedAt = after(3)
	wantPull(t, s, p)
	f = fact(1, "a1", 4) // a new base is not known to be ungoverned
	f.Base = "release"
	tell(t, s, 4, f)
	p.UpdatedAt, p.Base, p.Governed = after(4), "release", true
	wantPull(t, s, p)

	moved := p
	moved.Head, moved.HeadSeen, moved.UpdatedAt = "a2", time.Time{}, after(5)
	put(moved)
	moved.HeadSeen = after(5)
	wantPull(t, s, moved)

	closed := moved // a read knows better than the delivery of the same second
	closed.Open = false
	put(closed)
	closed.Facts = nil
	wantPull(t, s, closed)
	if got, err := s.PullsByHead(t.Context(), 1, "a2"); err != nil || len(got) != 0 {
		t.Errorf("closed pulls by head: %+v, %v", got, err)
	}
	put(Pull{Repo: 1, Number: 3, Head: "c1", Base: "main", Open: true, UpdatedAt: after(6), HeadSeen: after(4), Governed: true})
	wantPull(t, s, Pull{Repo: 1, Number: 3, Head: "c1", Base: "main", Open: true, UpdatedAt: after(6), HeadSeen: after(4), Governed: true})
	claimNone(t, s, after(1000))
}
