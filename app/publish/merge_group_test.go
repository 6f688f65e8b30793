package publish

import (
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// twoInQueue is a group of an application change and a Terraform change: its own tests run
// (Pending), or the second lost its senior's approval (Fail), or nothing is missing.
func twoInQueue(o rules.Outcome) Group {
	passed := func(it Item) *rules.Verdict {
		v := it.Verdict
		v.Outcome = rules.Pass
		return &v
	}
	app, infra := terraform(rules.Pass), terraform(rules.Pass)
	app.Title, app.Change.Pulls = "Faster start", []rules.Pull{{Number: 41, Author: bob, Writer: true}}
	g := Group{Base: "main", Members: []Item{app, infra}, Verdict: rules.MergeGroupVerdict{Outcome: o, At: noon, Members: []rules.MemberVerdict{
		{Pull: 41, Head: head, Outcome: rules.Pass, Own: passed(app), Group: passed(app)},
		{Pull: 42, Head: head, Outcome: o, Own: passed(infra), Group: passed(infra)},
	}}}
	switch o {
	case rules.Pending:
		for i := range g.Verdict.Members {
			m := &g.Verdict.Members[i]
			m.Outcome, m.Group.Outcome = rules.Pending, rules.Pending
			m.Group.Findings = append(m.Group.Findings[:3:3], rules.Finding{Rule: "automated tests pass", Layer: "floor", Outcome: rules.Pending, Reasons: []rules.Reason{{
				Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &rules.CheckFacts{Running: []string{"build"}},
			}}})
		}
	case rules.Fail:
		m := &g.Verdict.Members[1]
		lost := terraform(rules.Pending).Verdict
		m.Own, m.Group = &lost, &lost
	default:
	}
	return g
}

// What is said of a merge group is inert, whatever its members are called.
func TestMergeGroupInert(t *testing.T) {
	for _, text := range []string{"<b>|`x`@ann closes #1 [a](https://evil.test)", "\u202e\n| a | b |\n", strings.Repeat("x|", 5000)} {
		items := hostile(text)
		g := Group{Base: text, Verdict: rules.MergeGroupVerdict{Outcome: rules.Fail, At: noon}, Members: items}
		for i, it := range items {
			v := it.Verdict
			g.Verdict.Members = append(g.Verdict.Members, rules.MemberVerdict{Pull: int64(i + 1), Head: head, Outcome: v.Outcome, Own: &v, Group: &v})
		}
		w := ComposeGroup(g, Options{})
		checkInert(t, w.Summary, -1)
		if len([]rune(w.Description)) > maxDescription || strings.ContainsAny(w.Title+w.Description, "\n\u202e") {
			t.Errorf("title %q, description %q", w.Title, w.Description)
		}
	}
}

// Times do not make a publication another one, and nothing that was passed in is changed; on a
// public repository nobody's groups are told.
func TestMergeGroupDigest(t *testing.T) {
	g := twoInQueue(rules.Fail)
	first := ComposeGroup(g, Options{})
	later := twoInQueue(rules.Fail)
	later.Verdict.At, later.Verdict.Recheck = noon.Add(time.Hour), noon.Add(2*time.Hour)
	later.Verdict.Members[0].Own.At = noon.Add(time.Hour)
	if again := ComposeGroup(later, Options{}); again.Digest != first.Digest {
		t.Error("another time is another publication")
	}
	if first.Digest == ComposeGroup(twoInQueue(rules.Pass), Options{}).Digest {
		t.Error("another outcome is the same publication")
	}
	public := twoInQueue(rules.Pass)
	for i := range public.Members {
		public.Members[i].Change.Repo.Public = true
	}
	if w := ComposeGroup(public, Options{}); strings.Contains(w.Summary, "Approved by bob (senior engineers)") {
		t.Errorf("who is in a group is told:\n%s", w.Summary)
	}
	if public.Verdict.Members[1].Own.Findings[1].Reasons[0].Approvals.Counted[0].Group == "" {
		t.Error("the verdict that was passed in is changed")
	}
}

func TestHeavier(t *testing.T) {
	pass, pending, fail := GroupRead(), GroupRead(), GroupRead()
	pass.RunStatus, pass.Conclusion = RunCompleted, ConclusionSuccess
	fail.RunStatus, fail.Conclusion = RunCompleted, ConclusionFailure
	for _, tt := range []struct {
		name       string
		a, b, want Wanted
	}{
		{"pass and pending", pass, pending, pending},
		{"fail and pending", fail, pending, fail},
		{"pass and nothing", pass, Wanted{}, pass},
		{"nothing and fail", Wanted{}, fail, fail},
	} {
		if got := Heavier(tt.a, tt.b); got.Conclusion != tt.want.Conclusion || got.RunStatus != tt.want.RunStatus {
			t.Errorf("%s: %s %s", tt.name, got.RunStatus, got.Conclusion)
		}
	}
}
