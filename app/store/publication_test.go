package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testPublications(t *testing.T, s *Store) {
	p := Publication{
		Repo: 1, SHA: "a1", Generation: 3, Wanted: []byte(`{"w":1}`), WantedDigest: "d1", WantedAt: noon,
		Said: []byte(`{"s":1}`), SaidDigest: "d0", CheckRun: 77, RunStatus: "completed", RunConclusion: "success", StatusState: "success",
		AnnotatedKey: "k", WritingDigest: "d1",
	}
	if _, found, err := s.Publication(t.Context(), 1, "a1"); found || err != nil {
		t.Fatalf("no publication yet: %v, %v", found, err)
	}
	in(t, s, func(tx *Tx) error { return tx.PutPublication(p) })
	want := func() {
		t.Helper()
		got, found, err := s.Publication(t.Context(), 1, "a1")
		if diff := cmp.Diff(p, got); err != nil || !found || diff != "" {
			t.Fatalf("publication, %v, %v (-want +got):\n%s", found, err, diff)
		}
	}
	want()
	in(t, s, func(tx *Tx) error {
		if said, err := tx.doubt(1, "a1"); err != nil || !said {
			t.Errorf("doubt = %v, %v", said, err)
		}
		got, _, err := tx.Publication(1, "a1")
		if !got.Doubted() {
			t.Error("not doubted")
		}
		return err
	})
	p.WritingDigest, p.SaidDigest = "", "d1"
	in(t, s, func(tx *Tx) error { return tx.PutPublication(p) }) // it read no doubt, so it answers none
	p.Doubts = 1
	want()
	p.Answered = 1
	in(t, s, func(tx *Tx) error { return tx.PutPublication(p) })
	want()
	if p.Doubted() {
		t.Error("doubted although it was answered")
	}
}

func testOwnChecks(t *testing.T, s *Store) {
	forest(t, s)
	head := subject.Subject{Kind: subject.Head, Repo: 1, SHA: "a5"}.Key()
	looked := keys(5)
	repaired := []string{head, looked[0]}
	run := subject.Check{Source: subject.CheckRun, ID: 77, Suite: 78, App: ownApp, Name: "Change Management", Status: "completed", Conclusion: "success"}
	status := subject.Check{Source: subject.CommitStatus, ID: 80, Name: "change-management", Conclusion: "success", Creator: ownBot}
	with := func(c subject.Check, change func(*subject.Check)) subject.Check { change(&c); return c }
	for _, test := range []struct {
		name    string
		check   subject.Check
		writing bool
		bot     int64
		want    []string
	}{
		{"our run as we left it", run, false, ownBot, nil},
		{"our run, gone stale", with(run, func(c *subject.Check) { c.Conclusion = "stale" }), false, ownBot, repaired},
		{"our run, open again", with(run, func(c *subject.Check) { c.Status, c.Conclusion = "in_progress", "" }), false, ownBot, repaired},
		{"a run of ours that we do not know", with(run, func(c *subject.Check) { c.ID = 1 }), false, ownBot, repaired},
		{"a run of ours while we write", with(run, func(c *subject.Check) { c.ID = 1 }), true, ownBot, nil},
		{"our name, another app", with(run, func(c *subject.Check) { c.App = 15 }), false, ownBot, looked},
		{"our name, another app, while we write", with(run, func(c *subject.Check) { c.App = 15 }), true, ownBot, looked},
		{"our suite", subject.Check{Source: subject.CheckSuite, ID: 78, App: ownApp, Status: "completed", Conclusion: "success"}, false, ownBot, nil},
		{"our status as we left it", status, false, ownBot, nil},
		{"our status in another state", with(status, func(c *subject.Check) { c.Conclusion = "pending" }), false, ownBot, repaired},
		{"our status while we write", with(status, func(c *subject.Check) { c.Conclusion = "pending" }), true, ownBot, nil},
		{"forged", with(status, func(c *subject.Check) { c.Creator = 5 }), false, ownBot, repaired},
		{"forged in other case", with(status, func(c *subject.Check) { c.Creator, c.Name = 5, "Change-Management" }), false, ownBot, repaired},
		{"forged by nobody", with(status, func(c *subject.Check) { c.Creator = 0 }), false, ownBot, repaired},
		{"forged while we write", with(status, func(c *subject.Check) { c.Creator = 5 }), true, ownBot, repaired},
		{"bot unknown, as we left it", status, false, 0, looked},
		{"bot unknown, another state", with(status, func(c *subject.Check) { c.Conclusion = "failure" }), false, 0, repaired},
		{"bot unknown, while we write", with(status, func(c *subject.Check) { c.Conclusion = "failure" }), true, 0, looked},
		{"bot unknown, no creator", with(status, func(c *subject.Check) { c.Creator = 0 }), false, 0, looked},
		{"another context", with(status, func(c *subject.Check) { c.Name = "ci" }), false, ownBot, looked},
	} {
		judge(t, s, 5, Interest{Checks: CheckInterest{All: true}})
		p := Publication{Repo: 1, SHA: "a5", CheckRun: 77, RunStatus: "completed", RunConclusion: "success", StatusState: "success"}
		if test.writing {
			p.WritingDigest = "d"
		}
		in(t, s, func(tx *Tx) error {
			was, _, err := tx.Publication(1, "a5")
			if err != nil {
				return err
			}
			p.Answered = was.Doubts
			return tx.PutPublication(p)
		})
		s.ownBot.Store(test.bot)
		got := selected(t, s, subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a5", Check: &test.check})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		now, _, err := s.Publication(t.Context(), 1, "a5")
		must(t, err)
		if now.Doubted() != (len(test.want) == 2) {
			t.Errorf("%s: doubted %v", test.name, now.Doubted())
		}
	}

	// While the pull request is looked at, our own run still moves nothing.
	s.ownBot.Store(ownBot)
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
	c := claimOne(t, s, noon)
	accept(t, s, noon, subject.Result{Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: "a5", Check: &run}}})
	done(t, s, c, noon, time.Time{})
	claimNone(t, s, after(1))

	// Nothing published, nothing open: our announcement, or a forgery that nobody needs.
	if got := selected(t, s, subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "root", Check: &run}); got != nil {
		t.Errorf("on a head that nobody has: %v", got)
	}
	if got := selected(t, s, subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a1", Check: &status}); !cmp.Equal(got, keys(1, 2, 3)) {
		t.Errorf("before anything was published: %v, want every pull request on the head", got)
	}
}
