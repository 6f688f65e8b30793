package publish

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

const (
	ann rules.UserID = 1 + iota
	bob
	carol
)

var names = say.Names{ann: "ann", bob: "bob", carol: "carol"}

// change is an item into base, with a pull request each by somebody with or without write access.
func change(base string, o rules.Outcome, writers ...bool) Item {
	c := rules.Change{Repo: rules.Repo{ID: 5, Name: "octo-org/app"}, Base: base, Head: head}
	for i, w := range writers {
		c.Pulls = append(c.Pulls, rules.Pull{Number: int64(10 + i), Author: ann, Writer: w})
	}
	return Item{
		Change: c, Names: names, Policy: []PolicyRef{{Layer: "floor", Path: "built in", Blob: "b1"}},
		Verdict: rules.Verdict{Outcome: o, Findings: []rules.Finding{{Rule: "peer review", Layer: "floor", Outcome: o}}},
	}
}

func TestComposeWeighsItems(t *testing.T) {
	tests := []struct {
		name  string
		items []Item
		want  rules.Outcome
		state string
		run   string
	}{
		{"nothing", nil, "", "", ""},
		{"one passes", []Item{change("main", rules.Pass, true)}, rules.Pass, "success", "success"},
		{"one waits", []Item{change("main", rules.Pending, true)}, rules.Pending, "pending", "in_progress"},
		{"one fails", []Item{change("main", rules.Fail, true)}, rules.Fail, "failure", "failure"},
		{"one cannot be judged", []Item{change("main", rules.Indeterminate, true)}, rules.Indeterminate, "error", "action_required"},
		{"an answer that we do not know blocks", []Item{change("main", "perhaps", true)}, "perhaps", "error", "action_required"},
		{"two bases: neither borrows the other's pass", []Item{change("lax", rules.Pass, true), change("main", rules.Fail, true)}, rules.Fail, "failure", "failure"},
		{"a fact that is missing weighs more than a failure", []Item{change("a", rules.Indeterminate, true), change("b", rules.Fail, true)}, rules.Indeterminate, "error", "action_required"},
		{"a stranger's copy blocks nobody", []Item{change("main", rules.Pass, true), change("release/1", rules.Fail, false, false)}, rules.Pass, "success", "success"},
		{"a stranger's pass helps nobody", []Item{change("main", rules.Fail, true), change("release/1", rules.Pass, false)}, rules.Fail, "failure", "failure"},
		{"strangers alone all count", []Item{change("main", rules.Pass, false), change("release/1", rules.Fail, false)}, rules.Fail, "failure", "failure"},
		{"a base that both aim at counts", []Item{change("main", rules.Fail, false, true), change("release/1", rules.Pass, true)}, rules.Fail, "failure", "failure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := Compose(tt.items, Options{})
			if w.Outcome != tt.want || w.StatusState != tt.state || state(w.RunStatus, w.Conclusion) != tt.run {
				t.Errorf("got %s, %s, %s; want %s, %s, %s", w.Outcome, w.StatusState, state(w.RunStatus, w.Conclusion), tt.want, tt.state, tt.run)
			}
			if w.Nothing() != (len(tt.items) == 0) {
				t.Errorf("Nothing = %v", w.Nothing())
			}
		})
	}
}

func TestDigest(t *testing.T) {
	base := func() Item {
		it := change("main", rules.Pending, true)
		it.Verdict.At, it.Verdict.Recheck = noon, noon.Add(time.Hour)
		it.Verdict.Findings[0].Reasons = []rules.Reason{
			{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
				Need: 2, Counted: []rules.Approval{{By: bob, Group: "senior engineers", AsOf: noon}},
			}},
			{Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &rules.CheckFacts{Running: []string{"test"}, Settles: noon}},
		}
		it.Policy[0].Commit = "c1"
		return it
	}
	want := Compose([]Item{base()}, Options{}).Digest
	tests := []struct {
		name  string
		alter func(*Item)
		same  bool
	}{
		{"nothing", func(*Item) {}, true},
		{"the time of the verdict", func(it *Item) { it.Verdict.At = noon.Add(time.Minute) }, true},
		{"when it is judged again", func(it *Item) { it.Verdict.Recheck = time.Time{} }, true},
		{"when membership was read", func(it *Item) { it.Verdict.Findings[0].Reasons[0].Approvals.Counted[0].AsOf = noon.Add(1) }, true},
		{"when checks will have settled", func(it *Item) { it.Verdict.Findings[0].Reasons[1].Checks.Settles = noon.Add(1) }, true},
		{"a commit that left the policy alone", func(it *Item) { it.Policy[0].Commit = "c2" }, true},
		{"the policy", func(it *Item) { it.Policy[0].Blob = "b2" }, false},
		{"who counted", func(it *Item) { it.Verdict.Findings[0].Reasons[0].Approvals.Counted[0].By = carol }, false},
		{"the outcome", func(it *Item) { it.Verdict.Outcome = rules.Fail }, false},
		{"the page's address", func(it *Item) { it.URL = "https://warden.test/x" }, false},
		{"a notice", func(it *Item) { it.Verdict.Notices = []rules.Notice{{Code: rules.NoticeBrokenPolicy}} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			it := base()
			tt.alter(&it)
			untouched := clone(it.Verdict)
			if got := Compose([]Item{it}, Options{}).Digest; (got == want) != tt.same {
				t.Errorf("digest %s, of the original %s", got, want)
			}
			if d := cmp.Diff(untouched, it.Verdict); d != "" {
				t.Errorf("Compose altered its argument (-before +after):\n%s", d)
			}
		})
	}
}

func TestAnnotatedKey(t *testing.T) {
	one, two := change("main", rules.Pass, true), change("release/1", rules.Fail, true)
	key := func(items ...Item) string { return Compose(items, Options{}).AnnotatedKey }
	if key(one) != key(one, two) {
		t.Error("another base with the same policy has another key: annotations would be sent again")
	}
	other := one
	other.Policy = []PolicyRef{{Layer: "floor", Path: "built in", Blob: "b2"}}
	if key(one) == key(other) {
		t.Error("another policy has the same key")
	}
	other = one
	other.Change.Head = "another"
	if key(one) == key(other) {
		t.Error("another head has the same key")
	}
}

func TestDigestKeepsPartsApart(t *testing.T) {
	if digest("ab", "c") == digest("a", "bc") || digest("a") == digest("a", "") {
		t.Error("different parts have one digest")
	}
}

func TestAnnotate(t *testing.T) {
	it := change("main", rules.Pending, true)
	it.Change.Files = []rules.File{
		{Path: "z/old.tf", Status: "removed", FirstLine: 1},
		{Path: "b.tf", Status: "modified", FirstLine: 14},
		{Path: "a.tf", Status: "added", FirstLine: 0},
		{Path: "README.md", Status: "modified", FirstLine: 2},
	}
	approvals := func(need int, from ...string) []rules.Reason {
		return []rules.Reason{{Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{Need: need, From: from}}}
	}
	infra := &rules.Because{Classes: []string{"infrastructure"}, Files: []int{0, 1, 2}}
	it.Verdict.Findings = []rules.Finding{
		{Rule: "peer review", Outcome: rules.Pass, Reasons: approvals(1)},
		{Rule: "two approvals", Outcome: rules.Pending, Because: infra, Reasons: approvals(2)},
		{Rule: "senior engineer", Outcome: rules.Pass, Because: &rules.Because{Files: []int{1}}, Reasons: approvals(1, "senior engineers", "owners")},
		{Rule: "other", Outcome: rules.NotApplicable, Because: &rules.Because{Files: []int{3}}},
		{Rule: "tests", Outcome: rules.Fail, Because: &rules.Because{Files: []int{2, 99, -1}}, Reasons: []rules.Reason{{Code: rules.ChecksFailed, Checks: &rules.CheckFacts{}}}},
	}
	got, left := annotate([]Item{it, it})
	want := []Annotation{
		{Path: "a.tf", Line: 1, Message: "This path needs\n- 2 approvals (rule “two approvals”)\n- passing checks (rule “tests”)"},
		{Path: "b.tf", Line: 14, Message: "This path needs\n- 2 approvals (rule “two approvals”)\n- 1 approval from senior engineers or owners (rule “senior engineer”)"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(unannotated{Removed: 1}, left); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAnnotationsHaveALimit(t *testing.T) {
	it := many(60)
	w := Compose([]Item{it}, Options{})
	if len(w.Annotations) != 50 || w.Annotations[49].Path != "dir/049.tf" {
		t.Fatalf("%d annotations", len(w.Annotations))
	}
	if !strings.Contains(w.Summary, "10 files more made a rule apply and carry no annotation (GitHub takes 50).") {
		t.Errorf("the rest is not counted:\n%s", w.Summary)
	}
}

// many is a change of n files that make one rule apply.
func many(n int) Item {
	it := change("main", rules.Pending, true)
	b := &rules.Because{}
	for i := range n {
		it.Change.Files = append(it.Change.Files, rules.File{Path: fmt.Sprintf("dir/%03d.tf", i), Status: "added", FirstLine: 1})
		b.Files = append(b.Files, i)
	}
	it.Verdict.Findings[0].Because = b
	return it
}

func TestLongSummaryIsCutBetweenBlocks(t *testing.T) {
	it := change("main", rules.Pending, true)
	for i := range 2000 {
		it.Verdict.Findings = append(it.Verdict.Findings, rules.Finding{
			Rule: fmt.Sprintf("rule %d %s", i, strings.Repeat("|", 60)), Outcome: rules.Pending,
			Reasons: []rules.Reason{{Approvals: &rules.ApprovalFacts{Need: 1, Dropped: []rules.Dropped{{By: bob, Why: rules.DropAuthor}}}}},
		})
	}
	w := Compose([]Item{it}, Options{})
	p := checkInert(t, w.Summary, -1)
	if len(w.Summary) > maxSummary || len(w.Summary) < maxSummary/2 || !strings.HasSuffix(w.Summary, omission) {
		t.Errorf("%d bytes, ending %q", len(w.Summary), w.Summary[len(w.Summary)-80:])
	}
	if p.elements["details"] > 0 {
		t.Error("a fold follows a table that was cut")
	}
	// A fold that is cut is closed, and what follows it is not inside.
	it.Verdict.Findings = it.Verdict.Findings[:1]
	for i := range 150 {
		var dropped []rules.Dropped
		for range 49 {
			dropped = append(dropped, rules.Dropped{By: carol, Why: rules.DropWhy(fmt.Sprint("because ", i))})
		}
		it.Verdict.Findings = append(it.Verdict.Findings, rules.Finding{Rule: "r", Outcome: rules.Pending, Reasons: []rules.Reason{{Approvals: &rules.ApprovalFacts{Dropped: dropped}}}})
	}
	w = Compose([]Item{it}, Options{})
	checkInert(t, w.Summary, 152)
	if strings.Count(w.Summary, "<details>") != 1 || strings.Count(w.Summary, "</details>") != 1 || !strings.HasSuffix(w.Summary, omission) {
		t.Errorf("fold not closed or nothing cut: %d bytes", len(w.Summary))
	}
}

// On a public repository nothing tells a stranger who is in a team.
func TestPublicRepositoryTellsNoMembership(t *testing.T) {
	it := change("main", rules.Pending, true)
	it.Change.Repo.Public = true
	it.Verdict.Findings = []rules.Finding{
		{Rule: "peer review", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
			Need: 1, Counted: []rules.Approval{{By: bob, Group: "on-call", Team: "pager-duty"}},
		}}}},
		{Rule: "senior engineer", Outcome: rules.Pending, Reasons: []rules.Reason{{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
			Need: 2, From: []string{"senior engineers"},
			Counted:    []rules.Approval{{By: carol, Group: "senior engineers", Team: "hidden-team", TeamID: 9}},
			Dropped:    []rules.Dropped{{By: bob, Why: rules.DropNotInGroup}, {By: carol, Why: rules.DropStale}, {By: ann, Why: rules.DropAuthor}},
			Objections: []rules.Objection{{By: carol}},
			NoTeam:     []string{"secret-team"},
		}}}},
	}
	w := Compose([]Item{it}, Options{})
	shown := w.Summary + w.Title + w.Description
	for _, secret := range []string{"carol", "hidden-team", "on-call", "pager-duty", "is not in", "not known to be"} {
		if strings.Contains(shown, secret) {
			t.Errorf("tells %q in\n%s", secret, shown)
		}
	}
	for _, told := range []string{"`bob`", "senior engineers", "ann opened the pull request"} {
		if !strings.Contains(w.Summary, told) {
			t.Errorf("does not tell %q in\n%s", told, w.Summary)
		}
	}
	if !strings.Contains(Compose([]Item{private(it)}, Options{}).Summary, "carol") {
		t.Error("a private repository's publication does not name who counted")
	}
}

func private(it Item) Item {
	it.Change.Repo.Public = false
	return it
}

func TestFixedPublications(t *testing.T) {
	for _, w := range []Wanted{Rebased(), GroupRead(), Announcement()} {
		checkInert(t, w.Summary, 0)
		if w.Nothing() || w.Description == "" || len(w.Description) > 140 {
			t.Errorf("%+v", w)
		}
	}
}
