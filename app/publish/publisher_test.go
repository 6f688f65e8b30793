package publish

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/rules"
)

var target = Target{Owner: "octo-org", Name: "app", Repo: 5, SHA: head}

func publisher() Publisher {
	return Publisher{App: ownApp, Timeout: 10 * time.Second, Now: func() time.Time { return noon }}
}

// want is a publication of an outcome with a text.
func want(o rules.Outcome, text string) Wanted {
	return fixed(o, text, "summary of "+text)
}

// annotated is w with n annotations under a key.
func annotated(w Wanted, n int, key string) Wanted {
	for i := range n {
		w.Annotations = append(w.Annotations, Annotation{Path: "main.tf", Line: i + 1, Message: "This path needs 2 approvals."})
	}
	w.AnnotatedKey = key
	return w
}

// ordered returns writes as they came where their order is promised, for what lets a change
// through, and otherwise in the order of their names.
func ordered(w Wanted, writes []string) []string {
	if w.StatusState != StateSuccess {
		slices.Sort(writes)
	}
	return writes
}

func TestPublishWrites(t *testing.T) {
	step := func(w Wanted, writes ...string) []any { return []any{w, writes} }
	tests := []struct {
		name  string
		steps [][]any
	}{
		{"first time waiting", [][]any{step(want(rules.Pending, "a"), "new run in_progress", "status pending")}},
		{"first time passing", [][]any{step(want(rules.Pass, "a"), "new run success", "status success")}},
		{"first time failing", [][]any{step(want(rules.Fail, "a"), "new run failure", "status failure")}},
		{"first time unjudgeable", [][]any{step(want(rules.Indeterminate, "a"), "new run action_required", "status error")}},
		{"nothing changed", [][]any{
			step(want(rules.Pending, "a"), "new run in_progress", "status pending"),
			step(want(rules.Pending, "a")),
		}},
		{"waiting to passed", [][]any{
			step(want(rules.Pending, "a"), "new run in_progress", "status pending"),
			step(want(rules.Pass, "b"), "run 1 success", "status success"),
		}},
		{"passed to waiting", [][]any{
			step(want(rules.Pass, "a"), "new run success", "status success"),
			step(want(rules.Pending, "b"), "new run in_progress", "status pending"),
		}},
		{"waiting to failed is a new run", [][]any{
			step(want(rules.Pending, "a"), "new run in_progress", "status pending"),
			step(want(rules.Fail, "b"), "new run failure", "status failure"),
		}},
		{"failed to waiting is a new run", [][]any{
			step(want(rules.Fail, "a"), "new run failure", "status failure"),
			step(want(rules.Pending, "b"), "new run in_progress", "status pending"),
		}},
		{"failed to passed", [][]any{
			step(want(rules.Fail, "a"), "new run failure", "status failure"),
			step(want(rules.Pass, "b"), "run 1 success", "status success"),
		}},
		{"failed to unjudgeable and back", [][]any{
			step(want(rules.Fail, "a"), "new run failure", "status failure"),
			step(want(rules.Indeterminate, "b"), "new run action_required", "status error"),
			step(want(rules.Fail, "a"), "run 2 failure", "status failure"),
		}},
		{"another text of one outcome", [][]any{
			step(want(rules.Pending, "a"), "new run in_progress", "status pending"),
			step(want(rules.Pending, "b"), "run 1 in_progress", "status pending"),
		}},
		{"another summary leaves the status alone", [][]any{
			step(want(rules.Pending, "a"), "new run in_progress", "status pending"),
			step(fixed(rules.Pending, "a", "more"), "run 1 in_progress"),
		}},
		{"annotations are sent once for each head and policy", [][]any{
			step(annotated(want(rules.Pending, "a"), 2, "p1"), "new run in_progress +2", "status pending"),
			step(annotated(want(rules.Pending, "b"), 2, "p1"), "run 1 in_progress", "status pending"),
			step(annotated(want(rules.Fail, "c"), 2, "p1"), "new run failure", "status failure"),
			step(annotated(want(rules.Fail, "d"), 3, "p2"), "run 2 failure +3", "status failure"),
		}},
		{"nothing wanted", [][]any{step(Wanted{})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &fakeGitHub{t: t}
			c, said := g.client(), Said{}
			for i, s := range tt.steps {
				w, writes := s[0].(Wanted), s[1].([]string)
				g.writes = nil
				if owes := publisher().Owes(target, w, said); owes != (len(writes) > 0) {
					t.Errorf("step %d: Owes = %v", i, owes)
				}
				var err error
				if said, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(writes, ordered(w, g.writes)); d != "" {
					t.Errorf("step %d (-want +got):\n%s", i, d)
				}
				if publisher().Owes(target, w, said) {
					t.Errorf("step %d: owes still", i)
				}
			}
			if g.reads != 0 {
				t.Errorf("%d reads, want none", g.reads)
			}
		})
	}
}

func TestPublishLooksAfterACrash(t *testing.T) {
	pending, pass := want(rules.Pending, "a"), want(rules.Pass, "b")
	tests := []struct {
		name      string
		stands    []Wanted // published, and then forgotten from the second on
		attempted Wanted   // what was to be written last
		behind    int      // by how many writes what is read is behind
		w         Wanted
		writes    []string
	}{
		{"nothing had been written", []Wanted{pending}, pass, 0, pass, []string{"new run success", "status success"}},
		{"everything had been written", []Wanted{pending, pass}, pass, 0, pass, []string{"status success"}},
		{"everything had been written, and cannot be seen yet", []Wanted{pending, pass}, pass, 2, pass, []string{"new run success", "status success"}},
		{"what was written is no longer wanted", []Wanted{pending, pass}, pass, 0, pending, []string{"new run in_progress", "status pending"}},
		{"what was said before is wanted again, and can be seen still", []Wanted{pending, pass}, pass, 2, pending, []string{"new run in_progress", "status pending"}},
		{"nothing stood", nil, pending, 0, pending, []string{"new run in_progress", "status pending"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &fakeGitHub{t: t}
			c, said, at := g.client(), Said{}, target
			for i, w := range tt.stands {
				at.Turn++
				after, err := publisher().Publish(t.Context(), c, at, w, Ledger{}, said)
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					said = after
				}
			}
			g.writes, g.behind, said.Writing = nil, tt.behind, true
			at.Turn, at.Attempted = at.Turn+1, RunMark(tt.attempted.Digest, max(2, at.Turn))
			said, err := publisher().Publish(t.Context(), c, at, tt.w, Ledger{}, said)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.writes, ordered(tt.w, g.writes)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if g.reads != 2 || said.Writing {
				t.Errorf("%d reads, writing %v; want 2 and false", g.reads, said.Writing)
			}
		})
	}
}

func TestLookAdoptsOwnRunsAlone(t *testing.T) {
	w := want(rules.Pass, "a")
	g := &fakeGitHub{t: t, runs: []*fakeRun{{ID: 9, App: ownApp + 1, Name: RunName, Status: RunCompleted, Conclusion: ConclusionSuccess, ExternalID: RunMark(w.Digest, 1)}}}
	at := target
	at.Attempted = RunMark(w.Digest, 1)
	if _, err := publisher().Publish(t.Context(), g.client(), at, w, Ledger{}, Said{Writing: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"new run success", "status success"}, g.writes); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Somebody with write access posts a status that says what ours says: it is not ours.
func TestLookWritesOverACopy(t *testing.T) {
	g := &fakeGitHub{t: t}
	c, w := g.client(), want(rules.Pass, "a")
	said, err := publisher().Publish(t.Context(), c, target, w, Ledger{}, Said{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		copied bool
		writes []string
	}{{"ours stands", false, nil}, {"a copy stands", true, []string{"status success"}}} {
		if tt.copied {
			copied := g.statuses[len(g.statuses)-1]
			copied.ID = new(int64(len(g.statuses) + 1))
			g.statuses = append(g.statuses, copied)
		}
		g.writes = nil
		doubted := target
		doubted.Doubted = true
		if said, err = publisher().Publish(t.Context(), c, doubted, w, Ledger{}, said); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.writes, g.writes); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestLookSeesWhatGitHubMadeOfARun(t *testing.T) {
	w := want(rules.Pending, "a")
	g := &fakeGitHub{t: t, runs: []*fakeRun{{ID: 1, App: ownApp, Name: RunName, Status: RunCompleted, Conclusion: "stale", ExternalID: RunMark(w.Digest, 1)}}}
	at := target
	at.Attempted = RunMark(w.Digest, 1)
	if _, err := publisher().Publish(t.Context(), g.client(), at, w, Ledger{}, Said{Writing: true}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"new run in_progress", "status pending"}, ordered(w, g.writes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestPublishAfterItsRunWasDeleted(t *testing.T) {
	g := &fakeGitHub{t: t}
	c := g.client()
	said, err := publisher().Publish(t.Context(), c, target, want(rules.Pending, "a"), Ledger{}, Said{})
	if err != nil {
		t.Fatal(err)
	}
	g.runs, g.writes = nil, nil
	if said, err = publisher().Publish(t.Context(), c, target, want(rules.Pass, "b"), Ledger{}, said); err == nil || !said.Writing {
		t.Fatalf("error %v, writing %v", err, said.Writing)
	}
	if said, err = publisher().Publish(t.Context(), c, target, want(rules.Pass, "b"), Ledger{}, said); err != nil || said.Writing {
		t.Fatalf("error %v, writing %v", err, said.Writing)
	}
	if d := cmp.Diff([]string{"new run success", "run 1 success", "status success"}, slices.Sorted(slices.Values(g.writes))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestPublishRenewsRuns(t *testing.T) {
	pending, pass := want(rules.Pending, "a"), want(rules.Pass, "b")
	tests := []struct {
		name   string
		w      Wanted
		age    time.Duration
		fresh  bool
		writes []string
	}{
		{"a young open run stays", pending, 12 * 24 * time.Hour, false, nil},
		{"an open run is replaced before GitHub calls it stale", pending, 13*24*time.Hour + 1, false, []string{"new run in_progress"}},
		{"a completed run stays for long", pass, 100 * 24 * time.Hour, false, nil},
		{"a completed run is replaced before it is archived", pass, 391 * 24 * time.Hour, false, []string{"new run success"}},
		{"somebody asked for it", pass, 0, true, []string{"new run success"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &fakeGitHub{t: t}
			c := g.client()
			said, err := publisher().Publish(t.Context(), c, target, tt.w, Ledger{}, Said{})
			if err != nil {
				t.Fatal(err)
			}
			g.writes = nil
			p, to := publisher(), target
			p.Now = func() time.Time { return noon.Add(tt.age) }
			to.Fresh = tt.fresh
			if owes := p.Owes(to, tt.w, said); owes != (len(tt.writes) > 0) {
				t.Errorf("Owes = %v", owes)
			}
			if _, err := p.Publish(t.Context(), c, to, tt.w, Ledger{}, said); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.writes, g.writes); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestPublishErrors(t *testing.T) {
	tests := []struct {
		name    string
		on      string // the write that fails
		how     failure
		is      error
		said    Said // what stands besides the addresses
		writing bool
	}{
		{"fork's commit not there yet", "new run in_progress", unknownSHA, ErrNoCommit, Said{State: StatePending}, false},
		{"no permission", "new run in_progress", forbidden, ErrDenied, Said{State: StatePending}, false},
		{"no permission for the second", "status pending", forbidden, ErrDenied, Said{RunID: 1, RunStatus: RunInProgress}, false},
		{"nobody knows", "status pending", before, nil, Said{RunID: 1, RunStatus: RunInProgress}, true},
		{"an answer that cannot be read", "new run in_progress", garbled, nil, Said{State: StatePending}, true},
		{"too many requests", "new run in_progress", limited, nil, Said{State: StatePending}, false},
		{"nobody knows of the first", "new run in_progress", afterwards, nil, Said{State: StatePending}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &fakeGitHub{t: t, fail: func(n string) failure {
				if n == tt.on {
					return tt.how
				}
				return none
			}}
			said, err := publisher().Publish(t.Context(), g.client(), target, want(rules.Pending, "a"), Ledger{}, Said{})
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("error %v, want %v", err, tt.is)
			}
			if said.RunID != tt.said.RunID || said.RunStatus != tt.said.RunStatus || said.State != tt.said.State || said.Writing != tt.writing {
				t.Errorf("said %+v, want %+v and writing %v", said, tt.said, tt.writing)
			}
		})
	}
}

// What lets a change through stands nowhere while GitHub refuses the run that says why.
func TestNoGreenStatusWithoutItsRun(t *testing.T) {
	g := &fakeGitHub{t: t, fail: func(string) failure { return forbidden }}
	_, err := publisher().Publish(t.Context(), g.client(), target, want(rules.Pass, "a"), Ledger{}, Said{})
	if d := cmp.Diff([]string{"new run success"}, g.writes); d != "" || !errors.Is(err, ErrDenied) {
		t.Errorf("error %v (-want +got):\n%s", err, d)
	}
}

func TestBothRefused(t *testing.T) {
	g := &fakeGitHub{t: t, fail: func(write string) failure {
		if write == "status failure" {
			return before
		}
		return limited
	}}
	said, err := publisher().Publish(t.Context(), g.client(), target, want(rules.Fail, "a"), Ledger{}, Said{})
	if trouble := ghclient.Diagnose(err, noon); trouble.Kind != ghclient.Limited || !said.Writing {
		t.Errorf("trouble %+v, writing %v; want to wait for the limit, and to look then", trouble, said.Writing)
	}
}

func TestPublishBeginsNoWriteThatOutlivesTheLease(t *testing.T) {
	g := &fakeGitHub{t: t}
	p := publisher()
	p.Now = time.Now
	ctx, cancel := context.WithTimeout(t.Context(), p.Timeout/2)
	defer cancel()
	said, err := p.Publish(ctx, g.client(), target, want(rules.Pass, "a"), Ledger{}, Said{})
	if !errors.Is(err, ErrLease) || len(g.writes) > 0 {
		t.Fatalf("error %v after %v", err, g.writes)
	}
	if d := cmp.Diff(Said{}, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAddresses(t *testing.T) {
	g := &fakeGitHub{t: t}
	c := g.client()
	w := want(rules.Pass, "a")
	said, err := publisher().Publish(t.Context(), c, target, w, Ledger{}, Said{})
	if err != nil {
		t.Fatal(err)
	}
	w = want(rules.Fail, "b")
	w.ChecksURL = "https://github.test/octo-org/app/pull/12/checks"
	if said, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err != nil {
		t.Fatal(err)
	}
	w = want(rules.Pass, "c")
	w.TargetURL = "https://warden.test/changes/octo-org/app/12"
	if _, err = publisher().Publish(t.Context(), c, target, w, Ledger{}, said); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range g.statuses {
		got = append(got, s.GetTargetURL())
	}
	if d := cmp.Diff([]string{
		"https://github.test/octo-org/app/runs/1",         // the run was there first, for want of another page
		"https://github.test/octo-org/app/pull/12/checks", // it comes beside the status
		"https://warden.test/changes/octo-org/app/12",
	}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// After any publications, each write of which may fail before or after it took effect, and where
// what is read may be older than what was written, repeating the last until there is no error
// makes GitHub show it; no completed run was set
// back, and in between nothing better stood than both what had been wanted and what is.
func TestPublishConverges(t *testing.T) {
	outcomes := []rules.Outcome{rules.Pass, rules.Pending, rules.Fail, rules.Indeterminate}
	rapid.Check(t, func(rt *rapid.T) {
		g := &fakeGitHub{t: t}
		c := clientOver(g)
		said, at := Said{}, target
		for range rapid.IntRange(1, 6).Draw(rt, "publications") {
			o := rapid.SampledFrom(outcomes).Draw(rt, "outcome")
			w := want(o, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "text"))
			floor := min(g.level(), weight(o))
			g.after = func() {
				if g.level() < floor {
					rt.Fatalf("level %d stood between, better than both (%d); writes %v", g.level(), floor, g.writes)
				}
			}
			failures := rapid.SampledFrom([]failure{none, none, before, afterwards})
			for range rapid.IntRange(1, 3).Draw(rt, "tries") {
				g.behind = rapid.IntRange(0, 4).Draw(rt, "behind")
				run, status := failures.Draw(rt, "failure of the run"), failures.Draw(rt, "failure of the status")
				g.fail = func(write string) failure {
					if strings.HasPrefix(write, "status") {
						return status
					}
					return run
				}
				stored := said
				at.Turn++
				at.Doubted = rapid.Bool().Draw(rt, "doubted")
				var err error
				said, err = publisher().Publish(t.Context(), c, at, w, Ledger{}, said)
				at.Attempted = RunMark(w.Digest, at.Turn)
				// The process may die before it stores how far it came.
				if rapid.Bool().Draw(rt, "killed") {
					said = stored
					said.Writing = true
				} else if err == nil {
					break
				}
			}
			if rapid.Bool().Draw(rt, "go on") {
				continue
			}
			at.Turn++
			settle(rt, t, g, c, at, w, &said)
		}
	})
}

func settle(rt *rapid.T, t *testing.T, g *fakeGitHub, c *ghclient.Client, at Target, w Wanted, said *Said) {
	g.fail = nil
	var err error
	if *said, err = publisher().Publish(t.Context(), c, at, w, Ledger{}, *said); err != nil {
		rt.Fatal(err)
	}
	run, status := g.newest(), g.status()
	if run.Status != w.RunStatus || run.Conclusion != w.Conclusion || run.ExternalID != said.Mark || !strings.HasPrefix(said.Mark, w.Digest+"@") ||
		status.GetState() != w.StatusState || status.GetDescription() != w.Description {
		rt.Fatalf("GitHub shows %+v and %v, want %+v; writes %v", run, status, w, g.writes)
	}
	n := len(g.writes)
	at.Doubted = false
	if *said, err = publisher().Publish(t.Context(), c, at, w, Ledger{}, *said); err != nil || len(g.writes) != n {
		rt.Fatalf("again: %v, writes %v", err, g.writes[n:])
	}
	for _, r := range g.runs {
		completed, level := false, 3
		for _, p := range r.Past {
			if completed && (p == RunInProgress || runLevel(RunCompleted, p) > level) {
				rt.Fatalf("run %d was set back: %v", r.ID, r.Past)
			}
			if p != RunInProgress {
				completed, level = true, runLevel(RunCompleted, p)
			}
		}
	}
}
