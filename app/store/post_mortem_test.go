package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// testPostMortems: behaviours 37 and 80. One is kept as it was put, an event of its issue
// makes its change due, and each comment is owed once.
func testPostMortems(t *testing.T, s *Store) {
	ctx := t.Context()
	first := PostMortem{Repo: 1, Pull: 5, Declared: 901, Facts: []byte(`{"a":1}`), Layer: "floor", Blocks: true, StartedAt: noon, DueAt: after(60)}
	second := PostMortem{Repo: 1, Pull: 5, Declared: 902, Facts: []byte(`{}`), Layer: "floor", StartedAt: after(9), DueAt: after(50)}
	elsewhere := PostMortem{Repo: 2, Pull: 5, Declared: 903, Facts: []byte(`{}`), StartedAt: noon, DueAt: after(1)}
	put := func(all ...PostMortem) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) error {
			for _, p := range all {
				if err := tx.PutPostMortem(p); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	open := func() (out []PostMortem) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) (err error) {
			out, err = tx.OpenPostMortems(1)
			return err
		}))
		return out
	}
	put(first, second, elsewhere)
	if diff := cmp.Diff([]PostMortem{second, first}, open()); diff != "" {
		t.Errorf("open, by when they are due (-want +got):\n%s", diff)
	}
	for at, want := range map[time.Time]bool{after(59): false, after(60): true} {
		if first.Overdue(at) != want {
			t.Errorf("overdue at %v: %t", at, !want)
		}
	}
	second.CompletedAt, second.Reviewed, second.Changed = after(40), "digest", "gone"
	first.Round, first.Text, first.OpeningAt, first.Writing, first.Issue, first.Reminded, first.OverdueAt = 1, "address", after(1), true, 31, 2, after(61)
	put(first, second)
	all, err := s.PostMortems(ctx, 1, 5)
	must(t, err)
	if diff := cmp.Diff([]PostMortem{first, second}, all); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if got := open(); len(got) != 1 || second.Overdue(after(99)) {
		t.Errorf("one that is complete is not open, nor overdue: %+v", got)
	}

	// An event of issue 31 of that repository, and of no other, is about it.
	for _, sel := range []subject.Selector{{Repo: 1, Number: 32}, {Repo: 2, Number: 31}, {Repo: 1, Number: 31}} {
		sel.Kind = subject.ByIssue
		accept(t, s, after(70), subject.Result{Selectors: []subject.Selector{sel}})
	}
	claims, err := s.Claim(ctx, after(80), "w", 9, time.Minute)
	must(t, err)
	if len(claims) != 1 || claims[0].Subject != first.Subject() || claims[0].Generation != 1 {
		t.Errorf("due: %+v", claims)
	}

	owe := func(n PostMortemNote) (fresh bool) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) (err error) {
			fresh, err = tx.AddPostMortemNote(first, n)
			return err
		}))
		return fresh
	}
	late, early := PostMortemNote{Name: "reminder/2", At: after(3), Body: "soon"}, PostMortemNote{Name: "reminder/1", At: after(2), Body: "half time"}
	if !owe(late) || !owe(early) || owe(PostMortemNote{Name: "reminder/1", At: after(9), Body: "again"}) {
		t.Error("each comment is owed once")
	}
	early.Writing = true
	must(t, s.Tx(ctx, func(tx *Tx) error { return tx.PutPostMortemNote(first, early) }))
	owed, err := s.OwedPostMortemNotes(ctx, first)
	must(t, err)
	if diff := cmp.Diff([]PostMortemNote{early, late}, owed); diff != "" {
		t.Errorf("owed (-want +got):\n%s", diff)
	}
	early.SaidAt = after(4)
	must(t, s.Tx(ctx, func(tx *Tx) error { return tx.PutPostMortemNote(first, early) }))
	owed, err = s.OwedPostMortemNotes(ctx, first)
	must(t, err)
	others, oerr := s.OwedPostMortemNotes(ctx, second)
	must(t, oerr)
	if len(owed) != 1 || len(others) != 0 {
		t.Errorf("left: %+v, of the other: %+v", owed, others)
	}
}
