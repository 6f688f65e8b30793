package say_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// steps has each step code with facts of the kind that it comes with.
var steps = []rules.Step{
	{Code: rules.StepLift, Rules: []string{"peer review"}, People: []rules.UserID{3}, Fills: []string{"peer review"}},
	{Code: rules.StepApprove, Rules: []string{"infrastructure needs two approvals", "infrastructure needs a senior engineer"}, Count: 1, From: []string{"senior engineers"}, Write: true, People: []rules.UserID{2}},
	{Code: rules.StepNobody, Rules: []string{"security review"}, Count: 1, From: []string{"security"}},
	{Code: rules.StepApart, Rules: []string{"duties apart"}},
	{Code: rules.StepTeam, Rules: []string{"security review"}, Teams: []string{"security"}},
	{Code: rules.StepName, Rules: []string{"peer review"}, Commits: []string{rules.UnknownPush}},
	{Code: rules.StepFix, Rules: []string{"automated tests pass"}, Checks: []string{"test (failure)"}},
	{Code: rules.StepReport, Rules: []string{"automated tests pass"}, Checks: []string{"test"}, App: "ci"},
	{Code: rules.StepTicket, Rules: []string{"ticket"}, Text: &rules.TextFacts{In: []string{"title"}, Pulls: []int64{7}}},
	{Code: rules.StepSection, Rules: []string{"rollback plan"}, Text: &rules.TextFacts{Heading: "Rollback plan", Need: 1, Pulls: []int64{7}}},
	{Code: rules.StepSign, Rules: []string{"signed"}, Commits: []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}},
	{Code: rules.StepResolve, Rules: []string{"talk"}},
	{Code: rules.StepRebase, Rules: []string{"history"}, Commits: []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}},
	{Code: rules.StepUpdate, Rules: []string{"history"}},
	{Code: rules.StepPolicy, Rules: []string{"expression"}},
	{Code: rules.StepSplit, Gaps: []rules.Gap{{Fact: rules.GapFiles, Read: 3000, Of: 3412}}},
	{Code: rules.StepDiff, Rules: []string{"peer review"}},
	{Code: rules.StepRead, Rules: []string{"up to date"}, Unread: []rules.Fact{rules.FactBehind}},
	{Code: rules.StepWait, Rules: []string{"automated tests pass"}, Checks: []string{"e2e"}},
	{Code: rules.StepSettle, Rules: []string{"automated tests pass"}},
}

// Behaviour 72: in a public repository a step names the group, not who is in it.
func TestStepNamesPeople(t *testing.T) {
	public := change
	public.Repo.Public = true
	tests := []struct {
		name            string
		step            rules.Step
		private, public string
	}{
		{
			"who reviewed before",
			rules.Step{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, From: []string{"security"}, People: []rules.UserID{2, 3}},
			"One approval by somebody in security who contributed nothing to the change counts for “r”. bob or carol reviewed it before and could.",
			"One approval by somebody in security who contributed nothing to the change counts for “r”.",
		},
		{
			"anybody who can write",
			rules.Step{Code: rules.StepApprove, Rules: []string{"r"}, Count: 2, Write: true, People: []rules.UserID{2}},
			"2 approvals by different people: somebody who can write to octo-org/shop and contributed nothing to the change count for “r”. bob reviewed it before and could.",
			"2 approvals by different people: somebody who can write to octo-org/shop and contributed nothing to the change count for “r”. bob reviewed it before and could.",
		},
		{
			"one person alone",
			rules.Step{Code: rules.StepApprove, Rules: []string{"r", "s"}, Count: 1, From: []string{"security", "qa"}, People: []rules.UserID{3}, Only: true},
			"One approval by carol (security or qa) counts for “r” and “s”, all at once.",
			"One approval by somebody who is in a group of each of these rules (security or qa) and contributed nothing to the change counts for “r” and “s”, all at once.",
		},
		{
			"who requested changes",
			rules.Step{Code: rules.StepLift, Rules: []string{"r"}, From: []string{"security"}, People: []rules.UserID{3}},
			"carol can lift their request for changes by approving, or the review can be dismissed: by them, or by somebody in security who contributed nothing. For “r”.",
			"Whoever requested changes can lift the request for changes by approving, or the review can be dismissed: by them, or by somebody in security who contributed nothing. For “r”.",
		},
		{
			"an account that is gone",
			rules.Step{Code: rules.StepLift, Rules: []string{"r"}},
			"Somebody who can write and contributed nothing can dismiss the request for changes by an account that is gone. For “r”.",
			"Somebody who can write and contributed nothing can dismiss the request for changes by an account that is gone. For “r”.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.private, say.Step(tt.step, change, names)); d != "" {
				t.Errorf("private (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.public, say.Step(tt.step, public, names)); d != "" {
				t.Errorf("public (-want +got):\n%s", d)
			}
		})
	}
}
