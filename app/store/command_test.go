package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// testCommands: a comment is one command, whatever delivers it (behaviour 71), and a waiver
// is one while it is taken, stands, and its giver is known.
func testCommands(t *testing.T, s *Store) {
	ctx := t.Context()
	ann := subject.Person{User: 50, Login: "ann"}
	tell := func(seconds int, facts ...subject.CommandFact) {
		t.Helper()
		accept(t, s, after(seconds), subject.Result{Commands: facts})
	}
	first := subject.CommandFact{Comment: 901, Repo: 1, Number: 5, By: ann, At: noon}
	other := subject.CommandFact{Comment: 900, Repo: 1, Number: 5, By: subject.Person{User: 51, Login: "bob"}, At: noon}
	elsewhere := subject.CommandFact{Comment: 902, Repo: 1, Number: 6, By: ann, At: noon}
	tell(0, first, other, elsewhere)
	again := first
	again.At, again.Number, again.By = after(9), 6, other.By
	tell(9, again) // the first word stays

	told, err := s.Commands(ctx, 1, 5, CommandTold)
	must(t, err)
	if len(told) != 2 || told[0].Comment != 900 || told[1].Comment != 901 || !told[1].ToldAt.Equal(noon) || told[1].GUID == "" {
		t.Fatalf("told: %+v", told)
	}
	ids, err := s.Persons(ctx, []subject.Person{ann})
	must(t, err)
	if told[1].Person != ids[50] {
		t.Errorf("comment 901 is person %d's, want %d", told[1].Person, ids[50])
	}

	want := told[1]
	want.State, want.Text, want.SaidAt, want.Verb, want.Rule = CommandTaken, "address", after(1), "waive", "peer review"
	want.Head, want.Base, want.Exact, want.Why, want.DecidedAt = "b1", "main", "d1", "why", after(2)
	want.Reaction, want.Reply, want.Writing, want.Landed = "+1", "because", true, "l1"
	put := func(c Command) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) error { return tx.PutCommand(c) }))
	}
	put(want)
	must(t, s.Tx(ctx, func(tx *Tx) error {
		got, found, err := tx.Command(901)
		if diff := cmp.Diff(want, got); !found || diff != "" {
			t.Errorf("read back, %t (-want +got):\n%s", found, diff)
		}
		if _, found, err := tx.Command(1); err != nil || found {
			t.Errorf("Command(1) = %t, %v", found, err)
		}
		taken, terr := tx.Commands(1, 5, CommandTaken)
		if diff := cmp.Diff([]Command{want}, taken); terr != nil || diff != "" {
			t.Errorf("taken, %v (-want +got):\n%s", terr, diff)
		}
		return err
	}))

	owed := func(n int) {
		t.Helper()
		all, err := s.CommandsOwed(ctx, 1, 5)
		if err != nil || len(all) != n {
			t.Errorf("CommandsOwed = %+v, %v, want %d", all, err, n)
		}
		for _, c := range all {
			if !c.Owes() {
				t.Errorf("%+v owes nothing", c)
			}
		}
	}
	waivers := func(want ...subject.Waiver) {
		t.Helper()
		got, err := s.Waivers(ctx, 1, 5)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("waivers, %v (-want +got):\n%s", err, diff)
		}
	}
	owed(1)
	given := subject.Waiver{Comment: 901, Number: 5, Rule: "peer review", By: ann, At: after(1), Exact: "d1"}
	waivers(given)
	want.AnsweredAt = after(3)
	put(want)
	owed(0)
	waivers(given)
	want.WithdrawnAt = after(4)
	put(want)
	waivers()
	want.WithdrawnAt, want.State = Command{}.WithdrawnAt, CommandRefused
	put(want)
	waivers()
	want.State = CommandTaken
	put(want)
	must(t, s.Tx(ctx, func(tx *Tx) error {
		return tx.exec(`update persons set user_id = null, login = null where person = $1`, ids[50])
	}))
	waivers()
}

// testSignOffs: behaviour 59, one is there while it was taken, stands, and its giver is known.
func testSignOffs(t *testing.T, s *Store) {
	ctx := t.Context()
	ann := subject.Person{User: 50, Login: "ann"}
	var facts []subject.CommandFact
	for i, number := range []int64{5, 6, 7, 5, 5, 5} {
		facts = append(facts, subject.CommandFact{Comment: int64(900 + i), Repo: 1, Number: number, By: ann, At: noon})
	}
	accept(t, s, noon, subject.Result{Commands: facts})
	must(t, s.Tx(ctx, func(tx *Tx) error {
		for i := range facts {
			c, _, err := tx.Command(int64(900 + i))
			if err != nil {
				return err
			}
			c.State, c.Verb, c.Rule, c.Head, c.Landed, c.SaidAt = CommandTaken, "sign-off", "QA", "b1", "l1", after(10-i)
			switch i {
			case 3:
				c.State = CommandRefused
			case 4:
				c.Verb = "waive"
			case 5:
				c.WithdrawnAt = after(20)
			}
			if err := tx.PutCommand(c); err != nil {
				return err
			}
		}
		return nil
	}))
	given := func(id, pull int64, said int) subject.SignOff {
		return subject.SignOff{Comment: id, Name: "QA", Number: pull, By: ann, At: after(said), Commit: "b1", Landed: "l1"}
	}
	read := func(want []subject.SignOff, repo int64, pulls ...int64) {
		t.Helper()
		got, err := s.SignOffs(ctx, repo, pulls)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("SignOffs(%d, %v), %v (-want +got):\n%s", repo, pulls, err, diff)
		}
	}
	read([]subject.SignOff{given(901, 6, 9), given(900, 5, 10)}, 1, 5, 6, 8)
	read(nil, 1)
	read(nil, 2, 5)
	must(t, s.Tx(ctx, func(tx *Tx) error { return tx.exec(`update persons set user_id = null, login = null`) }))
	read(nil, 1, 5)
}

// testDeclared: an emergency is there while it was taken, stands, and its giver is known.
func testDeclared(t *testing.T, s *Store) {
	ctx := t.Context()
	ann := subject.Person{User: 50, Login: "ann"}
	var facts []subject.CommandFact
	for i := range 4 {
		facts = append(facts, subject.CommandFact{Comment: int64(900 + i), Repo: 1, Number: 5, By: ann, At: noon})
	}
	accept(t, s, noon, subject.Result{Commands: facts})
	must(t, s.Tx(ctx, func(tx *Tx) error {
		for i, verb := range []string{"emergency", "waive", "emergency", "emergency"} {
			c, _, err := tx.Command(int64(900 + i))
			if err != nil {
				return err
			}
			c.State, c.Verb, c.SaidAt = CommandTaken, verb, after(10-i)
			if i == 2 {
				c.WithdrawnAt = after(20)
			}
			if err := tx.PutCommand(c); err != nil {
				return err
			}
		}
		return nil
	}))
	read := func(number int64, want ...subject.Declared) {
		t.Helper()
		got, err := s.Declared(ctx, 1, number)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Declared(%d), %v (-want +got):\n%s", number, err, diff)
		}
	}
	read(5, subject.Declared{Comment: 903, Number: 5, By: ann, At: after(7)}, subject.Declared{Comment: 900, Number: 5, By: ann, At: after(10)})
	read(6)
	must(t, s.Tx(ctx, func(tx *Tx) error { return tx.exec(`update persons set user_id = null, login = null`) }))
	read(5)
}

func testJudgedSince(t *testing.T, s *Store) {
	must(t, s.Tx(t.Context(), func(tx *Tx) error {
		for i, v := range []Verdict{{Head: "b1", Base: "main"}, {Head: "b1", Base: "main"}, {Head: "b2", Base: "main"}} {
			v.Repo, v.Number, v.At = 1, 5, after(10-i)
			if _, err := tx.PutVerdict(v); err != nil {
				return err
			}
		}
		for _, test := range []struct {
			head, base string
			want       int // seconds; 0: never
		}{{"b1", "main", 9}, {"b2", "main", 8}, {"b2", "lax", 0}, {"b3", "main", 0}} {
			at, judged, err := tx.JudgedSince(1, 5, test.head, test.base)
			if err != nil || judged != (test.want > 0) || judged && !at.Equal(after(test.want)) {
				t.Errorf("JudgedSince(%s, %s) = %v, %t, %v, want %d s after noon", test.head, test.base, at, judged, err, test.want)
			}
		}
		return nil
	}))
}
