package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// testPath: what the pages and the timeline ask for is found, in its order, and nothing else.
func testPath(t *testing.T, s *Store) {
	ctx := t.Context()
	accept(t, s, noon, subject.Result{
		Pulls: []subject.PullFact{{Repo: 1, Number: 5, Head: "h1", Base: "main", Open: true, UpdatedAt: noon}},
		Gates: []subject.GateFact{
			{Repo: 1, Run: 71, Deployment: 701, Environment: "Production", Commit: "c2", At: after(2)},
			{Repo: 1, Run: 72, Deployment: 702, Environment: "production", Commit: "c1", At: after(1)},
			{Repo: 2, Run: 73, Deployment: 701, Environment: "production", Commit: "c1", At: noon},
		},
	})
	in(t, s, func(tx *Tx) error {
		must(t, tx.PutLanded(1, 5, Landing{At: after(1), Commit: "c1"}))
		must(t, tx.Carries(Gate{Repo: 1, Deployment: 701, Environment: "production"}, []int64{5, 6}))
		return tx.Carries(Gate{Repo: 2, Deployment: 701, Environment: "production"}, []int64{5})
	})
	landing, err := s.Landing(ctx, 1, 5)
	if diff := cmp.Diff(Landing{At: after(1), Commit: "c1"}, landing); err != nil || diff != "" {
		t.Errorf("landing, %v (-want +got):\n%s", err, diff)
	}
	if nothing, err := s.Landing(ctx, 1, 6); err != nil || nothing != (Landing{}) {
		t.Errorf("landing of one that is not stored: %+v, %v", nothing, err)
	}
	gates := func(what string, want []string) func([]Gate, error) {
		return func(all []Gate, err error) {
			t.Helper()
			var got []string
			for _, g := range all {
				got = append(got, fmt.Sprintf("%d/%d", g.Repo, g.Deployment))
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, %v (-want +got):\n%s", what, err, diff)
			}
		}
	}
	gates("by pull request and commit", []string{"1/702", "1/701"})(s.GatesOf(ctx, 1, 5, "c1"))
	gates("by pull request", []string{"1/701"})(s.GatesOf(ctx, 1, 6, ""))
	gates("of nobody", nil)(s.GatesOf(ctx, 1, 7, ""))
	gates("held", []string{"2/701", "1/702", "1/701"})(s.HeldGates(ctx, 10))
	gates("held longest", []string{"2/701"})(s.HeldGates(ctx, 1))
	gates("decided", nil)(s.DecidedGates(ctx, 10))
	pulls, err := s.GatePulls(ctx, Gate{Repo: 1, Deployment: 701, Environment: "production"})
	if diff := cmp.Diff([]int64{5, 6}, pulls); err != nil || diff != "" {
		t.Errorf("pull requests, %v (-want +got):\n%s", err, diff)
	}
	decide := func(seconds int, g Gate) {
		g.Answer, g.DecidedAt, g.ClosedAt = "approve", after(seconds), after(seconds)
		in(t, s, func(tx *Tx) error { return tx.PutGate(g) })
	}
	decide(8, Gate{Repo: 1, Deployment: 701, Environment: "production"})
	decide(9, Gate{Repo: 1, Deployment: 702, Environment: "production"})
	gates("decided, the newest first", []string{"1/702", "1/701"})(s.DecidedGates(ctx, 10))
	gates("still held", []string{"2/701"})(s.HeldGates(ctx, 10))
	if g, found, err := s.LastDecided(ctx, 1); err != nil || !found || g.Deployment != 702 {
		t.Errorf("decided last: %+v, %v, %v", g, found, err)
	}
	if _, found, err := s.LastDecided(ctx, 2); err != nil || found {
		t.Errorf("nothing was decided: %v, %v", found, err)
	}

	in(t, s, func(tx *Tx) error {
		for i, kind := range []string{"verdict", "command", "publication", "decision", "exception"} {
			if _, _, err := tx.Append(9, kind, after(i), []byte("{}")); err != nil {
				return err
			}
		}
		for i, v := range []Verdict{{Repo: 1, Number: 5, At: after(1), Seq: 1}, {Repo: 1, Number: 6, At: after(3), Seq: 2}, {Repo: 2, Number: 5, At: after(2), Seq: 3}} {
			v.Body, v.Log = []byte("{}"), 9
			if _, err := tx.PutVerdict(v); err != nil {
				return fmt.Errorf("verdict %d: %w", i, err)
			}
		}
		return nil
	})
	records, err := s.RecordsBetween(ctx, 9, after(1), after(3))
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, fmt.Sprintf("%d %s", r.Seq, r.Kind))
	}
	if diff := cmp.Diff([]string{"1 command", "3 decision"}, kinds); err != nil || diff != "" {
		t.Errorf("records, %v (-want +got):\n%s", err, diff)
	}
	last, err := s.LastVerdicts(ctx)
	var newest []int64
	for _, v := range last {
		newest = append(newest, v.Seq)
	}
	if diff := cmp.Diff([]int64{2, 3}, newest); err != nil || diff != "" {
		t.Errorf("newest verdicts, %v (-want +got):\n%s", err, diff)
	}
}

// testDeclaredCommands lists what was declared, the newest first.
func testDeclaredCommands(t *testing.T, s *Store) {
	for i, c := range []Command{
		{Comment: 1, State: CommandTaken, Verb: "emergency"},
		{Comment: 2, State: CommandRefused, Verb: "emergency"},
		{Comment: 3, State: CommandTaken, Verb: "sign-off"},
		{Comment: 4, State: CommandTaken, Verb: "emergency"},
	} {
		accept(t, s, noon, subject.Result{Commands: []subject.CommandFact{{Repo: 1, Number: 5, Comment: c.Comment, By: subject.Person{User: 1, Login: "ann"}, At: noon}}})
		c.DecidedAt = after(i)
		in(t, s, func(tx *Tx) error { return tx.PutCommand(c) })
	}
	all, err := s.DeclaredCommands(t.Context(), 10)
	var got []int64
	for _, c := range all {
		got = append(got, c.Comment)
	}
	if diff := cmp.Diff([]int64{4, 1}, got); err != nil || diff != "" {
		t.Errorf("declared, %v (-want +got):\n%s", err, diff)
	}
	accept(t, s, noon, subject.Result{Pulls: []subject.PullFact{
		{Repo: 1, Number: 5, Head: "h1", Base: "main", Open: true, UpdatedAt: noon},
		{Repo: 1, Number: 6, Head: "h2", Base: "main", Open: true, UpdatedAt: noon},
		{Repo: 2, Number: 5, Head: "h3", Base: "main", Open: true, UpdatedAt: noon},
	}})
	in(t, s, func(tx *Tx) error {
		must(t, tx.PutLanded(1, 5, Landing{At: noon, Commit: "c1"}))
		return tx.PutLanded(2, 5, Landing{At: after(2), Commit: "c2"})
	})
	for _, want := range []struct{ since, merged, declared int }{{0, 2, 2}, {1, 1, 1}, {3, 0, 1}, {4, 0, 0}} {
		merged, declared, err := s.Rate(t.Context(), after(want.since))
		if err != nil || merged != want.merged || declared != want.declared {
			t.Errorf("since %d: %d merged, %d declared, %v; want %+v", want.since, merged, declared, err, want)
		}
	}
}
