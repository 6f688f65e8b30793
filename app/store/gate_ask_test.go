package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testGateAsks: a token counts once, until it has lapsed by itself, and what came of an ask is
// found by its ticket, its permit and its commit (behaviour 68).
func testGateAsks(t *testing.T, s *Store) {
	ctx := t.Context()
	spend := func(id string, at, until time.Time) bool {
		t.Helper()
		fresh := false
		must(t, s.Tx(ctx, func(tx *Tx) (err error) {
			fresh, err = tx.SpendToken(id, at, until)
			return err
		}))
		return fresh
	}
	if !spend("a", noon, after(300)) || spend("a", after(1), after(300)) || spend("a", after(300), after(300)) || !spend("b", noon, after(300)) {
		t.Error("a token counts more than once, or not at all")
	}
	undone := errors.New("undone")
	if err := s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.SpendToken("c", noon, after(300))
		return errors.Join(err, undone)
	}); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if !spend("c", noon, after(300)) {
		t.Error("a token counted that nothing came of")
	}
	if !spend("a", after(301), after(600)) {
		t.Error("a lapsed token is remembered")
	}

	add := func(a GateAsk) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) error { return tx.AddGateAsk(a) }))
	}
	put := func(a GateAsk) {
		t.Helper()
		must(t, s.Tx(ctx, func(tx *Tx) error { return tx.PutGateAsk(a) }))
	}
	one := GateAsk{
		Ticket: "t1", Repo: 1, Run: 7, Environment: "production", Name: "Production", SHA: "b1", Audience: "https://cd.example",
		AskedAt: noon, Until: after(600),
	}
	two := one
	two.Ticket, two.AskedAt = "t2", after(1)
	elsewhere := one
	elsewhere.Ticket, elsewhere.Environment = "t3", "staging"
	add(two)
	add(one)
	add(elsewhere)
	check := func(what string, want GateAsk, got GateAsk, found bool, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
			t.Errorf("%s: %t, %v (-want +got):\n%s", what, found, err, diff)
		}
	}
	got, found, err := s.GateAsk(ctx, "t1")
	check("new", one, got, found, err)
	if _, found, err := s.GateAskOf(ctx, ""); found || err != nil {
		t.Errorf("the ask of no permit: %t, %v", found, err)
	}
	one.Suite, one.Answer, one.DecidedAt, one.RecheckAt, one.Digest, one.Log, one.Seq = 9, "approve", after(2), after(3), "d", 50, 6
	one.Permit, one.PermitAt, one.PermitUntil, one.SpentAt = "p1", after(4), after(5), after(6)
	put(one)
	got, found, err = s.GateAskOf(ctx, "p1")
	check("by its permit", one, got, found, err)
	must(t, s.Tx(ctx, func(tx *Tx) error {
		got, found, err := tx.GateAsk("t1")
		check("in a transaction", one, got, found, err)
		return nil
	}))
	open := func(want ...GateAsk) {
		t.Helper()
		all, err := s.OpenGateAsks(ctx, 1, "production", "b1")
		if diff := cmp.Diff(want, all); err != nil || diff != "" {
			t.Errorf("open, %v (-want +got):\n%s", err, diff)
		}
	}
	open(one, two)
	two.Answer, two.DecidedAt = "hold", after(20)
	put(two)
	for since, want := range map[int][]GateAsk{20: {two}, 21: nil} {
		live, err := s.LiveGateAsks(ctx, after(since), 5)
		if diff := cmp.Diff(want, live); err != nil || diff != "" {
			t.Errorf("held and asking since %d, %v (-want +got):\n%s", since, err, diff)
		}
	}
	decided, err := s.DecidedGateAsks(ctx, 5)
	if diff := cmp.Diff([]GateAsk{one}, decided); err != nil || diff != "" {
		t.Errorf("decided, %v (-want +got):\n%s", err, diff)
	}
	wake := func(do func(*Tx) error, told int64) {
		t.Helper()
		must(t, s.Tx(ctx, do))
		if got, _, err := s.GateAsk(ctx, "t2"); got.Told != told || err != nil {
			t.Errorf("told %d times, %v, want %d", got.Told, err, told)
		}
	}
	wake(func(tx *Tx) error { return tx.WakeGateAsks(1, "other") }, 0)
	wake(func(tx *Tx) error { return tx.WakeGateAsks(2, "") }, 0)
	wake(func(tx *Tx) error { return tx.WakeGateAsks(1, "b1") }, 1)
	wake(func(tx *Tx) error { return tx.WakeGateAsks(1, "") }, 2)
	wake(func(tx *Tx) error { return tx.PutGateAsk(two) }, 2)
	two.Told, two.Seen = 2, 1
	put(two)
	if got, _, err := s.GateAsk(ctx, "t1"); got.Told != 0 || err != nil {
		t.Errorf("what is approved was told something: %+v, %v", got, err)
	}
	one.Deployment = 4711
	put(one)
	open(two)

	old := two
	old.Ticket, old.AskedAt = "t4", after(600).Add(askKept+time.Second)
	old.Until = old.AskedAt.Add(time.Minute)
	add(old)
	if _, found, err := s.GateAsk(ctx, "t1"); found || err != nil {
		t.Errorf("an ask of long ago is kept: %t, %v", found, err)
	}
}
