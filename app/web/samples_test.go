package web

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

const commit = "4be11d1f7c0a9a6c2f0b3d5e8a7c6b5d4e3f2a10"

const (
	ann rules.UserID = 1 + iota
	bob
	carol
	dave
)

var names = say.Names{ann: "ann", bob: "bob", carol: "carol", dave: "dave"}

// nasty is text that must not do anything.
const nasty = "<script>alert(1)</script> | `x` \u202egnp.exe\u202c @ann closes #1 \"'><img src=x onerror=alert(1)>"

// fakeSource serves a change that waits, one that passed, one that cannot be judged and a
// hostile one.
type fakeSource struct {
	rows        []Page
	deployments Deployments
	emergencies []Emergency
	calendar    []Calendar
}

func samples() *fakeSource {
	return &fakeSource{[]Page{terraform(), plain(), huge(), hostile()}, gates(), emergencies(), windows()}
}

func (s *fakeSource) Deployments(context.Context, int) (Deployments, error) {
	return s.deployments, nil
}

func (s *fakeSource) Emergencies(context.Context, int) ([]Emergency, error) {
	return s.emergencies, nil
}

func (s *fakeSource) Calendar(context.Context) ([]Calendar, error) { return s.calendar, nil }

func (s *fakeSource) Change(_ context.Context, owner, name string, number int64) (Page, bool, error) {
	if owner == "broken" {
		return Page{}, false, errors.New("read verdict: no such table: secrets")
	}
	for _, p := range s.rows {
		if p.Repo == owner+"/"+name && p.Number == number {
			return p, true, nil
		}
	}
	return Page{}, false, nil
}

func (s *fakeSource) Recent(_ context.Context, n int) ([]Row, Rate, error) {
	var rows []Row
	for _, p := range s.rows[:min(n, len(s.rows))] {
		rows = append(rows, p.Row)
	}
	return rows, Rate{Days: 30, Emergencies: 1, Merged: 48}, nil
}

func terraform() Page {
	infra := &rules.Because{Classes: []string{"infrastructure"}, Files: []int{0, 1}}
	c := rules.Change{
		Repo: rules.Repo{Name: "octo-org/platform"}, Base: "main", Head: commit,
		Pulls: []rules.Pull{{Number: 42, Author: ann, Writer: true}},
		Files: []rules.File{
			{Path: "modules/network/main.tf", Status: "modified", FirstLine: 18},
			{Path: "modules/network/variables.tf", Status: "modified", FirstLine: 3},
		},
	}
	v := rules.Verdict{Outcome: rules.Pending, Stage: rules.BeforeMerge, At: noon.Add(95 * time.Second), Findings: []rules.Finding{
		{Rule: "peer review", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
			Need: 1, Counted: []rules.Approval{{By: bob, Commit: commit}},
			Dropped: []rules.Dropped{{By: carol, Why: rules.DropStale, Commit: "99c0ffee99c0ffee99c0ffee99c0ffee99c0ffee"}},
		}}}},
		{Rule: "infrastructure needs two approvals", Layer: "floor", Outcome: rules.Pending, Because: infra, Reasons: []rules.Reason{{
			Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
				Need: 2, Counted: []rules.Approval{{By: bob, Commit: commit}},
				Dropped: []rules.Dropped{{By: carol, Why: rules.DropStale, Commit: "99c0ffee99c0ffee99c0ffee99c0ffee99c0ffee"}, {By: ann, Why: rules.DropAuthor}},
			},
		}}},
		{Rule: "infrastructure needs a senior engineer", Layer: "floor", Outcome: rules.Pending, Because: infra, Reasons: []rules.Reason{{
			Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
				Need: 1, From: []string{"senior engineers"}, Dropped: []rules.Dropped{{By: bob, Why: rules.DropNotInGroup}},
			},
		}}},
		{Rule: "security review", Layer: "floor", Outcome: rules.NotApplicable, Reasons: []rules.Reason{{Outcome: rules.NotApplicable, Code: rules.RuleNotApplicable}}},
		{Rule: "policy owners approve policy changes", Layer: "floor", Outcome: rules.NotApplicable, Reasons: []rules.Reason{{Outcome: rules.NotApplicable, Code: rules.RuleNotApplicable}}},
		{Rule: "automated tests pass", Layer: "floor", Outcome: rules.Pending, Reasons: []rules.Reason{{Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &rules.CheckFacts{
			Passed: []string{"build", "lint", "unit tests"}, Running: []string{"terraform plan"}, Missing: []string{"integration tests"}, Settles: noon.Add(125 * time.Second),
		}}}},
	}}
	p := FromVerdict(42, c, v, []rules.Step{
		{Code: rules.StepApprove, Rules: []string{"infrastructure needs two approvals", "infrastructure needs a senior engineer"}, Count: 1, From: []string{"senior engineers"}, Write: true},
		{Code: rules.StepReport, Rules: []string{"automated tests pass"}, Checks: []string{"integration tests"}},
		{Code: rules.StepWait, Rules: []string{"automated tests pass"}, Checks: []string{"terraform plan"}},
	}, names)
	p.Title, p.URL = "Open the peering range for the reporting network", "https://github.test/octo-org/platform/pull/42"
	p.Path = Path{
		Cut: true,
		Stations: []Station{
			{Name: "Reviewed", State: rules.Pending, Text: "infrastructure needs two approvals: One approval is missing."},
			{Name: "Tested", State: rules.Pending, Text: "automated tests pass: Still running: terraform plan.", Until: noon.Add(125 * time.Second)},
			{Name: "Merged", State: rules.Ahead, Text: p.Headline},
			{Name: "Window: business hours", State: rules.Ahead, Text: "The window opens next at Tue 5 May 2026 09:00 UTC.", Until: noon.Add(21 * time.Hour)},
			{Name: "Let into production", State: rules.Ahead},
		},
		Events: []Event{
			{At: noon.Add(-9 * time.Minute), What: "Blocked: Unit tests failed: push a fix or run again", Outcome: rules.Fail, Commit: "99c0ffee99c0ffee99c0ffee99c0ffee99c0ffee", Log: 9001, Seq: 305},
			{At: noon.Add(-4 * time.Minute), Who: "bob", What: "approved, and it counts for peer review", Commit: commit, Log: 9001, Seq: 311},
			{At: v.At, What: "Waiting: " + p.Headline, Outcome: rules.Pending, Commit: commit, Log: 9001, Seq: 318},
		},
	}
	p.Policy = []PolicyFile{{Layer: "floor", Path: "rules/default.yml, built in"}}
	p.Evidence = Evidence{Log: 9001, Seq: 318, Size: 319, Root: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="}
	return p
}

func plain() Page {
	c := rules.Change{
		Repo: rules.Repo{Name: "octo-org/app"}, Base: "main", Head: commit,
		Pulls: []rules.Pull{{Number: 7, Author: bob, Writer: true}, {Number: 9, Author: carol, Writer: true}},
	}
	v := rules.Verdict{Outcome: rules.Pass, Stage: rules.BeforeMerge, At: noon, Findings: []rules.Finding{
		{Rule: "peer review", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
			Need: 1, Counted: []rules.Approval{{By: dave, Group: "senior engineers", Team: "senior-engineers", Commit: commit}},
		}}}},
		{Rule: "automated tests pass", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ChecksPassed, Checks: &rules.CheckFacts{
			Passed: []string{"build", "unit tests"},
		}}}},
	}}
	p := FromVerdict(7, c, v, nil, names)
	p.Title = "Say in the greeting what the time is"
	p.Path = Path{
		Stations: []Station{
			{Name: "Reviewed", State: rules.Pass, At: noon},
			{Name: "Merged", State: rules.Pass, At: noon.Add(time.Hour)},
			{Name: "Deployed to staging", State: rules.Waived, At: noon.Add(time.Hour), Text: "Waived for #7 by an emergency."},
			{Name: "Verified in production", State: rules.Fail, At: noon.Add(2 * time.Hour), Text: "It was rolled back from."},
		},
		Events: []Event{{At: noon, What: "Passed: " + p.Headline, Outcome: rules.Pass, Commit: commit, Log: 9001, Seq: 12}},
	}
	p.Evidence = Evidence{Log: 9001, Seq: 12, Size: 13, Root: "AAAAEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="}
	return p
}

func hostile() Page {
	people := say.Names{ann: nasty, bob: "bob"}
	c := rules.Change{
		Repo: rules.Repo{Name: "octo-org/app"}, Base: nasty, Head: commit,
		Pulls: []rules.Pull{{Number: 13, Author: ann, HeadRef: nasty, Fork: true}},
		Files: []rules.File{{Path: nasty, Status: "added", FirstLine: 1}},
	}
	v := rules.Verdict{
		Outcome: rules.Fail, Stage: rules.BeforeMerge, At: noon.Add(-time.Hour),
		Notices: []rules.Notice{{Code: rules.NoticeBrokenPolicy, File: nasty}},
		Findings: []rules.Finding{
			{
				Rule: nasty, Layer: "repository", Outcome: rules.Fail, Because: &rules.Because{Files: []int{0}, Labels: []string{nasty}, Authors: []rules.UserID{ann}},
				Reasons: []rules.Reason{{Outcome: rules.Fail, Code: rules.ApprovalsObjection, Approvals: &rules.ApprovalFacts{
					Need: 1, From: []string{nasty}, Dropped: []rules.Dropped{{By: ann, Why: rules.DropAuthor}, {By: 0, Why: rules.DropGhost}},
					Objections: []rules.Objection{{By: bob, DismissedBy: ann}},
				}}},
			},
			{Rule: "automated tests pass", Layer: "floor", Outcome: rules.Fail, Reasons: []rules.Reason{{Outcome: rules.Fail, Code: rules.ChecksFailed, Checks: &rules.CheckFacts{
				Failed: []string{nasty + " (failure)", strings.Repeat("long/", 60)}, Claimed: []string{"unit tests"},
			}}}},
		},
	}
	p := FromVerdict(13, c, v, []rules.Step{
		{Code: rules.StepLift, Rules: []string{nasty}, From: []string{nasty}, People: []rules.UserID{ann}},
		{Code: rules.StepFix, Rules: []string{nasty}, Checks: []string{nasty}},
	}, people)
	p.Title, p.URL = nasty, "javascript:alert(1)"
	p.Path = Path{
		Stations: []Station{{Name: nasty, State: nasty, Text: nasty, Until: noon}},
		Events:   []Event{{At: noon, Who: nasty, What: nasty, Outcome: nasty, Commit: nasty, Log: 1}},
	}
	p.Policy = []PolicyFile{{Layer: "repository", Repo: "octo-org/app", Path: nasty, Commit: commit}}
	return p
}

func huge() Page {
	c := rules.Change{Repo: rules.Repo{Name: "octo-org/app"}, Base: "release/1", Head: commit, Pulls: []rules.Pull{{Number: 8, Author: carol, Writer: true}}}
	v := rules.Verdict{Outcome: rules.Indeterminate, Stage: rules.BeforeMerge, At: noon, Findings: []rules.Finding{
		{Rule: "peer review", Layer: "floor", Outcome: rules.Pass, Reasons: []rules.Reason{{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
			Need: 1, Counted: []rules.Approval{{By: bob, Write: true, Commit: commit}},
		}}}},
		{Outcome: rules.Indeterminate, Reasons: []rules.Reason{{Outcome: rules.Indeterminate, Code: rules.FactsIncomplete, Gaps: []rules.Gap{{Fact: rules.GapFiles, Read: 3000, Of: 3412}}}}},
	}}
	p := FromVerdict(8, c, v, nil, names)
	p.Title = "Vendor every dependency"
	return p
}
