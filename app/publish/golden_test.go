package publish

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

var update = flag.Bool("update", false, "write the publications as they are now")

// shown is a publication as a page that can be read through.
func shown(w Wanted) string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %s: %s\nrun %s %s: %s\n", w.StatusState, w.Description, w.RunStatus, w.Conclusion, w.Title)
	for _, a := range w.Actions {
		fmt.Fprintf(&b, "button %s: %s: %s\n", a.ID, a.Label, a.Description)
	}
	for _, a := range w.Annotations {
		if a.Level == "" {
			a.Level = "notice"
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s\n", a.Path, a.Line, a.Column, a.Level, a.Message)
	}
	return b.String() + "\n" + w.Summary + Ledger{Log: 9001, Size: 319, Root: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="}.line()
}

// toBeSignedOff is a change that passed, with what can be signed off for it.
func toBeSignedOff(names ...string) Item {
	it := terraform(rules.Pass)
	for i, name := range names {
		it.Buttons = append(it.Buttons, Button{ID: fmt.Sprintf("so.1.%09d", i), Name: name})
	}
	return it
}

// proposing is a change that changes the policy as well.
func proposing(p *Proposal) Item {
	it := terraform(rules.Pending)
	it.Proposal = p
	return it
}

func TestPublicationsReadWell(t *testing.T) {
	public := terraform(rules.Pending)
	public.Change.Repo.Public = true
	unasked := terraform(rules.Pending)
	unasked.Unasked = []string{"senior engineers"}
	overdue := terraform(rules.Pass)
	overdue.Overdue = []Overdue{{Number: 31, Due: noon, Blocks: true}, {Number: 33, Due: noon.Add(time.Hour)}}
	other := terraform(rules.Pass)
	other.Change.Base, other.Title, other.Change.Pulls[0].Number = "release/1", "Open the range on release/1, too (#42)", 43
	tests := []struct {
		name string
		w    Wanted
	}{
		{"waiting", Compose([]Item{terraform(rules.Pending)}, Options{})},
		{"public", Compose([]Item{public}, Options{})},
		{"unasked", Compose([]Item{unasked}, Options{})},
		{"overdue", Compose([]Item{overdue}, Options{})},
		{"buttons", Compose([]Item{toBeSignedOff("QA", "<b>|`x`@ann\nclosed", "customer notice of the outage", "a fourth")}, Options{})},
		{"passed", Compose([]Item{terraform(rules.Pass)}, Options{})},
		{"two bases", Compose([]Item{terraform(rules.Pending), other}, Options{})},
		{"proposed", Compose([]Item{proposing(&Proposal{Path: ".github/change-management.yml", Rules: 5, Preview: &Preview{
			Words: []Word{
				{Kind: "changed", What: "rule", Name: "peer review", Before: "Every change needs 1 approval.", After: "Every change needs 2 approvals."},
				{Kind: "removed", What: "rule", Name: "tests | <b>", Before: "Every change needs #12 and @ann."},
				{Kind: "added", What: "branches", Name: "branches", After: "Changes into release/** are judged."},
			},
			Of: 140, Tried: 12, Unjudged: 1, Unsaid: 3, Lacks: map[string]int{"title and description": 1, "who is in team `x`": 2},
			Differ: []Difference{
				{Number: 40, Was: rules.Pass, Would: rules.Pending}, {Number: 41, Merged: true, Was: rules.Pending, Would: rules.NotApplicable},
			},
		}})}, Options{})},
		{"proposed for an organization", Compose([]Item{proposing(&Proposal{Floor: true, Path: ".github/change-management.yml", Rules: 5, Preview: &Preview{
			All: true, Of: 4, Tried: 4, Unjudged: 2, Unsaid: 2, Elsewhere: 1, Clashes: map[string]int{"octo-org/infra": 1, "": 1},
			Differ: []Difference{{Repo: "octo-org/app", Number: 40, Was: rules.Pass, Would: rules.Pending}},
		}})}, Options{})},
		{"proposed by a stranger", Compose([]Item{proposing(&Proposal{Path: ".github/change-management.yml", Rules: 5, Preview: &Preview{Held: true}})}, Options{})},
		{"proposed without others", Compose([]Item{proposing(&Proposal{Path: ".github/change-management.yml", Rules: 5, Preview: &Preview{}})}, Options{})},
		{"proposed with errors", Compose([]Item{proposing(&Proposal{Path: ".github/change-management.yml", Errors: []Remark{
			{Path: ".github/change-management.yml", Line: 3, Column: 5, Message: `unknown key "aprovals": did you mean "approvals"?`},
			{Path: ".github/change-management.yml", Line: 7, Message: "a rule needs a name"},
		}})}, Options{})},
		{"proposed with remarks", Compose([]Item{proposing(&Proposal{Path: ".github/change-management.yml", Rules: 5, Remarks: []Remark{
			{Path: ".github/change-management.yml", Line: 3, Column: 5, Message: "nothing names group \"qa\": take it out"},
		}})}, Options{})},
		{"proposed removal", Compose([]Item{proposing(&Proposal{Floor: true, Path: ".github/change-management.yml", Removed: true})}, Options{})},
		{"hostile", Compose(hostile("<b>|`x`@ann closes #1 [a](https://evil.test)"), Options{})},
		{"base changed", Rebased()},
		{"merge group waiting", ComposeGroup(twoInQueue(rules.Pending), Options{})},
		{"merge group refused", ComposeGroup(twoInQueue(rules.Fail), Options{})},
		{"merge group passed", ComposeGroup(twoInQueue(rules.Pass), Options{})},
		{"merge group unknown", ComposeGroup(Group{Base: "main", Verdict: rules.EvaluateMergeGroup(rules.MergeGroup{Base: "main"}, noon)}, Options{})},
		{"merge group not read", GroupRead()},
		{"announcement", Announcement()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join("testdata", strings.ReplaceAll(tt.name, " ", "_")+".md")
			if *update {
				if err := os.WriteFile(file, []byte(shown(tt.w)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), shown(tt.w)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// terraform is a Terraform change that waits for a senior engineer, or got one.
func terraform(o rules.Outcome) Item {
	infra := &rules.Because{Classes: []string{"infrastructure"}, Files: []int{0, 1}}
	stale := rules.Dropped{By: carol, Why: rules.DropStale, Commit: "99c0ffee99c0ffee99c0ffee99c0ffee99c0ffee"}
	senior := rules.Reason{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
		Need: 1, From: []string{"senior engineers"}, Dropped: []rules.Dropped{{By: bob, Why: rules.DropNotInGroup}, stale},
	}}
	if o == rules.Pass {
		senior = rules.Reason{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
			Need: 1, From: []string{"senior engineers"},
			Counted: []rules.Approval{{By: bob, Group: "senior engineers", Team: "senior-engineers", TeamID: 9, AsOf: noon, Commit: head}},
		}}
	}
	var unblock []rules.Step
	if o != rules.Pass {
		unblock = []rules.Step{{Code: rules.StepApprove, Rules: []string{"infrastructure needs a senior engineer"}, Count: 1, From: []string{"senior engineers"}, People: []rules.UserID{carol}}}
	}
	return Item{
		Title: "Open the peering range", Names: names, Unblock: unblock,
		Policy: []PolicyRef{
			{Layer: "floor", Repo: "octo-org/.github", Path: ".github/change-management.yml", Commit: "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff", Blob: "b1"},
		},
		Change: rules.Change{
			Repo: rules.Repo{Name: "octo-org/platform"}, Base: "main", Head: head,
			Pulls: []rules.Pull{{Number: 42, Author: ann, Writer: true}},
			Files: []rules.File{
				{Path: "network/main.tf", Status: "modified", FirstLine: 18},
				{Path: "network/old.tf", Status: "removed", FirstLine: 1},
			},
		},
		Verdict: rules.Verdict{
			Outcome: o, At: noon, Stage: rules.BeforeMerge,
			Findings: []rules.Finding{
				{Rule: "peer review", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
					Need: 1, Counted: []rules.Approval{{By: bob, Commit: head, Write: true, AsOf: noon}},
					Dropped: []rules.Dropped{{By: ann, Why: rules.DropAuthor}, stale},
				}}}},
				{Rule: "infrastructure needs a senior engineer", Layer: "floor", Outcome: o, Because: infra, Reasons: []rules.Reason{senior}},
				{Rule: "security review", Layer: "floor", Outcome: rules.NotApplicable, Reasons: []rules.Reason{{Outcome: rules.NotApplicable, Code: rules.RuleNotApplicable}}},
				{Rule: "automated tests pass", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ChecksPassed, Checks: &rules.CheckFacts{
					Passed: []string{"build", "unit tests"},
				}}}},
			},
		},
	}
}
