package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// 12: how somebody stood when they reviewed does not change with what is pushed later, and is
// told by nobody else's pushes, commits, permission or teams.
func TestStand(t *testing.T) {
	change := rules.Change{
		Pulls: []rules.Pull{{Number: 7, Author: 1}},
		Commits: []rules.Commit{
			{SHA: "first", Parents: []string{"base"}, Authors: []rules.UserID{1}, Committer: 1},
			{SHA: "side", Parents: []string{"base"}, Authors: []rules.UserID{4}, Committer: 1},
			{SHA: "merge", Parents: []string{"first", "side"}, Authors: []rules.UserID{1}, Committer: 5},
			{SHA: "last", Parents: []string{"merge"}, Authors: []rules.UserID{6}, Committer: 6},
		},
		Pushes: []rules.Push{
			{By: 1, After: "first", At: noon.Add(-4 * time.Hour)},
			{By: 3, After: "merge", At: noon.Add(-2 * time.Hour)},
			{By: 6, After: "last", At: noon.Add(2 * time.Hour)},
		},
		People: []rules.Person{{ID: 1, CanWrite: true}, {ID: 2, CanWrite: true}, {ID: 3}, {ID: 9, CanWrite: true}},
		Teams: []rules.Team{
			{Slug: "a", Members: []rules.UserID{2, 3}}, {Slug: "b", Members: []rules.UserID{9}}, {Slug: "gone", Missing: true, Members: []rules.UserID{2}},
		},
	}
	contributed := rules.Standing{Contributor: true}
	tests := []struct {
		name   string
		by     rules.UserID
		commit string
		at     time.Duration // after noon
		want   rules.Standing
	}{
		{"an account that is gone", 0, "merge", 0, rules.Standing{}},
		{"somebody who can write, in a team that can be seen", 2, "merge", 0, rules.Standing{CanWrite: true, Teams: []string{"a"}}},
		{"nobody known", 8, "merge", 0, rules.Standing{}},
		{"who opened it", 1, "unknown", -5 * time.Hour, rules.Standing{CanWrite: true, Contributor: true}},
		{"who pushed before", 3, "unknown", 0, rules.Standing{Contributor: true, Teams: []string{"a"}}},
		{"who pushed in that moment", 3, "unknown", -2 * time.Hour, rules.Standing{Contributor: true, Teams: []string{"a"}}},
		{"who pushed a moment later", 3, "first", -2*time.Hour - time.Second, rules.Standing{Teams: []string{"a"}}},
		{"who wrote a commit that a merge brought in", 4, "merge", 0, contributed},
		{"who wrote a commit that the reviewed one does not hold", 4, "first", 0, rules.Standing{}},
		{"who committed it", 5, "merge", 0, contributed},
		{"who committed below it", 5, "last", 0, contributed},
		{"who committed above it", 5, "side", 0, rules.Standing{}},
		{"who pushes afterwards", 6, "merge", 0, rules.Standing{}},
		{"who reviewed a commit of theirs before they pushed it", 6, "last", 0, contributed},
		{"a commit that is not among the change's", 5, "elsewhere", 0, rules.Standing{}},
		{"somebody with no part in it", 9, "last", 3 * time.Hour, rules.Standing{CanWrite: true, Teams: []string{"b"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := change.Stand(rules.Review{By: test.by, Commit: test.commit, At: noon.Add(test.at)})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
		})
	}
}

// 08: whoever updated the branch by GitHub's button has not contributed by that, as author of the
// merge or as who pushed it; where the merge changed the diff they have.
func TestStandAfterUpdate(t *testing.T) {
	for _, same := range []bool{true, false} {
		change := rules.Change{
			Pulls: []rules.Pull{{Number: 7, Author: 1}},
			Commits: []rules.Commit{
				{SHA: "first", Parents: []string{"base"}, Authors: []rules.UserID{1}, Committer: 1},
				{SHA: "update", Parents: []string{"first", "newer"}, Authors: []rules.UserID{2}, ByGitHub: true},
			},
			Pushes: []rules.Push{{By: 2, Before: "first", After: "update", At: noon.Add(-time.Hour), Exact: same}},
		}
		got := change.Stand(rules.Review{By: 2, Commit: "update", At: noon})
		if got.Contributor == same {
			t.Errorf("the diff stayed the same: %v, contributor: %v", same, got.Contributor)
		}
	}
}
