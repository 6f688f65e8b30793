package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/rules"
)

// unblocked is a change by 1, with teams a (2, 3), b (3) and c (nobody whom it names); 4
// can write and is in none. Whoever reviewed is known.
func unblocked(reviews ...rules.Review) rules.Change {
	c := rules.Change{
		Repo: rules.Repo{Name: "octo-org/shop", DefaultBranch: "main"}, Base: "main", Head: "h", Exact: "d",
		Pulls:   []rules.Pull{{Number: 7, Author: 1, Writer: true, Opened: noon}},
		Commits: []rules.Commit{{SHA: "h", Authors: []rules.UserID{1}, Committer: 1}},
		TakenAt: noon, SeenAt: noon.Add(-time.Hour), OwnApp: 99, Reviews: reviews,
		Teams: []rules.Team{
			{Slug: "a", ID: 1, Members: []rules.UserID{2, 3}}, {Slug: "b", ID: 2, Members: []rules.UserID{3}}, {Slug: "c", ID: 3}, {Slug: "gone", Missing: true},
		},
		Logins: map[string]rules.UserID{"ann": 1, "bob": 2, "carol": 3, "dave": 4},
		Read:   []rules.Fact{rules.FactText, rules.FactThreads, rules.FactBehind, rules.FactSignatures},
	}
	for id := range rules.UserID(5) {
		if id > 0 {
			c.People = append(c.People, rules.Person{ID: id, CanWrite: true})
		}
	}
	return c
}

func said(id int64, by rules.UserID, state rules.ReviewState, exact string) rules.Review {
	return rules.Review{ID: id, Pull: 7, By: by, State: state, At: noon.Add(-time.Minute), Commit: "h", Exact: exact}
}

// pinned is a change whose content cannot be compared with what was reviewed.
func pinned(c rules.Change) rules.Change {
	c.Exact = ""
	return c
}

// authored is a change whose commit has these authors.
func authored(c rules.Change, by ...rules.UserID) rules.Change {
	c.Commits = slices.Clone(c.Commits)
	c.Commits[0].Authors = by
	return c
}

const unblockGroups = `version: 1
groups:
  a: {teams: [a]}
  b: {teams: [b]}
  c: {teams: [c]}
  both: {teams: [a, c]}
  lost: {teams: [gone]}
  dave: {users: [dave]}
  ann: {users: [ann]}
rules:
`

// One line of policy is one rule: its name, and what it requires.
func unblockPolicy(t interface{ Fatal(...any) }, demands ...string) rules.Policy {
	text := unblockGroups
	for _, d := range demands {
		name, require, _ := strings.Cut(d, "=")
		text += fmt.Sprintf("  - {name: %s, require: {%s}}\n", name, require)
	}
	l, err := rules.Parse("policy.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compose(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUnblock(t *testing.T) {
	ids := func(all ...rules.UserID) []rules.UserID { return all }
	tests := []struct {
		name   string
		rules  []string
		change rules.Change
		want   []rules.Step
	}{
		{"nothing blocks", []string{"r=approvals: 1"}, unblocked(said(1, 2, rules.Approved, "d")), nil},
		{"anybody", []string{"r=approvals: 1"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, Write: true},
		}},
		{"one fills all three", []string{"r=approvals: 1", "two=approvals: 2", "senior=approvals: {count: 1, from: a}"}, unblocked(said(1, 4, rules.Approved, "d")), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"two", "senior"}, Count: 1, From: []string{"a"}, Write: true},
		}},
		{"of two groups the one that is part of the other", []string{"r=approvals: {count: 1, from: both}", "s=approvals: {count: 1, from: a}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r", "s"}, Count: 1, From: []string{"a"}},
		}},
		{"two groups that share nobody known", []string{"r=approvals: {count: 1, from: a}", "s=approvals: {count: 1, from: c}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, From: []string{"a"}},
			{Code: rules.StepApprove, Rules: []string{"s"}, Count: 1, From: []string{"c"}},
		}},
		{"somebody who is in both", []string{"r=approvals: {count: 1, from: a}", "s=approvals: {count: 1, from: b}"}, unblocked(said(1, 3, rules.Approved, "old")), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r", "s"}, Count: 1, From: []string{"a", "b"}, People: ids(3), Only: true},
		}},
		{"a stale approval can be given again", []string{"r=approvals: 1"}, unblocked(said(1, 4, rules.Approved, "old")), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, Write: true, People: ids(4)},
		}},
		{"either of two groups", []string{"r=approvals: {count: 2, from: [a, c]}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 2, From: []string{"a", "c"}},
		}},
		{"a person alone", []string{"r=approvals: {count: 1, from: dave}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, From: []string{"dave"}, People: ids(4), Only: true},
		}},
		{"only contributors", []string{"r=approvals: {count: 1, from: ann}", "s=approvals: 1"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"s"}, Count: 1, Write: true},
			{Code: rules.StepNobody, Rules: []string{"r"}, Count: 1, From: []string{"ann"}},
		}},
		{"a team that cannot be seen", []string{"r=approvals: {count: 1, from: lost}"}, unblocked(), []rules.Step{
			{Code: rules.StepNobody, Rules: []string{"r"}, Count: 1, From: []string{"lost"}, Teams: []string{"gone"}},
		}},
		{"distinct seats, somebody moves", []string{"r=approvals: {count: 1, from: a, distinct: true}", "s=approvals: {count: 1, distinct: true}"}, unblocked(said(1, 2, rules.Approved, "d")), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"s"}, Count: 1, Write: true},
		}},
		{"distinct seats and one that is not", []string{"r=approvals: {count: 1, from: a, distinct: true}", "s=approvals: {count: 1, from: c, distinct: true}", "t=approvals: 2"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r", "t"}, Count: 1, From: []string{"a"}, Write: true},
			{Code: rules.StepApprove, Rules: []string{"s", "t"}, Count: 1, From: []string{"c"}, Write: true},
		}},
		{"more distinct seats than people", []string{"r=approvals: {count: 1, from: dave, distinct: true}", "s=approvals: {count: 1, from: dave, distinct: true}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, From: []string{"dave"}, People: ids(4), Only: true},
			{Code: rules.StepNobody, Rules: []string{"s"}, Count: 1, From: []string{"dave"}},
		}},
		{"who requested changes fills a seat by approving", []string{"r=approvals: 1", "s=approvals: {count: 1, from: a}"}, unblocked(said(1, 2, rules.ChangesRequested, "d")), []rules.Step{
			{Code: rules.StepLift, Rules: []string{"r", "s"}, People: ids(2), Fills: []string{"r", "s"}},
		}},
		{"two requested changes, one seat", []string{"r=approvals: 1"}, unblocked(said(1, 2, rules.ChangesRequested, "d"), said(2, 4, rules.ChangesRequested, "d")), []rules.Step{
			{Code: rules.StepLift, Rules: []string{"r"}, People: ids(2), Fills: []string{}},
			{Code: rules.StepLift, Rules: []string{"r"}, People: ids(4), Fills: []string{"r"}},
		}},
		{"more than is searched: one by one", []string{"r=approvals: {count: 50, from: a}", "s=approvals: {count: 50, from: c}"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 50, From: []string{"a"}},
			{Code: rules.StepApprove, Rules: []string{"s"}, Count: 50, From: []string{"c"}},
		}},
		{"the cheaper of two ways", []string{"r='any: [{approvals: {count: 2, from: c}}, {section: Plan}]'"}, unblocked(), []rules.Step{
			{Code: rules.StepSection, Rules: []string{"r"}, Text: &rules.TextFacts{Heading: "Plan", Need: 1, Pulls: []int64{7}}},
		}},
		{"a way that is open besides", []string{"r='any: [{approvals: 1}, {section: Plan}]'", "s=approvals: 1"}, unblocked(), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r", "s"}, Count: 1, Write: true},
		}},
		{"what was reviewed cannot be compared", []string{"r=approvals: 1"}, pinned(unblocked()), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, Write: true},
			{Code: rules.StepDiff, Rules: []string{"r"}},
		}},
		{"of the commit nothing has to be compared", []string{"r=approvals: {count: 1, of: commit}"}, pinned(unblocked()), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, Write: true},
		}},
		{"nobody known wrote a commit", []string{"r=approvals: {count: 1, unknown_authors: block}"}, authored(unblocked(), 1, 0), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 1, Write: true},
			{Code: rules.StepName, Rules: []string{"r"}, Commits: []string{"h"}},
		}},
		{"or one more approves", []string{"r=approvals: 1"}, authored(unblocked(), 1, 0), []rules.Step{
			{Code: rules.StepApprove, Rules: []string{"r"}, Count: 2, Write: true},
		}},
		{
			"whoever requested changes may be in a team that cannot be seen",
			[]string{"r=approvals: {count: 1, from: [a, lost]}"},
			unblocked(said(1, 4, rules.ChangesRequested, "d"), said(2, 2, rules.Approved, "d")),
			[]rules.Step{
				{Code: rules.StepTeam, Rules: []string{"r"}, Teams: []string{"gone"}},
			},
		},
		{"a result that a contributor posted has to be reported by another", []string{"r=checks: {names: [test]}"}, func() rules.Change {
			c := unblocked()
			c.Status = []rules.Status{{Context: "test", State: "success", By: 1, At: noon}, {Context: "other", State: "success", By: 1, At: noon}}
			return c
		}(), []rules.Step{{Code: rules.StepReport, Rules: []string{"r"}, Checks: []string{"test"}}}},
		{"the rest", []string{
			"checks='checks: {names: [test], app: ci, workflow: ci.yml}'", "again='checks: {names: [test], app: ci, workflow: ci.yml}'",
			"words='section: Plan, ticket: {pattern: X-1}'", "talk='conversations_resolved: true, up_to_date: true'", "signed='signed_commits: true'",
		}, func() rules.Change {
			c := unblocked()
			c.Behind, c.Threads = 2, []rules.Thread{{ID: "t", Pull: 7, By: 2}}
			return c
		}(), []rules.Step{
			{Code: rules.StepReport, Rules: []string{"checks", "again"}, Checks: []string{"test"}, App: "ci", Workflow: "ci.yml"},
			{Code: rules.StepTicket, Rules: []string{"words"}, Text: &rules.TextFacts{In: []string{"title", "body", "branch"}, Pulls: []int64{7}}},
			{Code: rules.StepSection, Rules: []string{"words"}, Text: &rules.TextFacts{Heading: "Plan", Need: 1, Pulls: []int64{7}}},
			{Code: rules.StepSign, Rules: []string{"signed"}, Commits: []string{"h"}},
			{Code: rules.StepResolve, Rules: []string{"talk"}},
			{Code: rules.StepUpdate, Rules: []string{"talk"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.rules {
				tt.rules[i] = strings.ReplaceAll(tt.rules[i], "'", "")
			}
			p := unblockPolicy(t, tt.rules...)
			got := rules.Unblock(p, tt.change, judge(p, tt.change))
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// drawSeats writes rules that ask for approvals, and a change on which some were given.
func drawSeats(t *rapid.T) (rules.Policy, rules.Change) {
	draw := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	var demands []string
	for i := range rapid.IntRange(1, 3).Draw(t, "rules") {
		seat := func(more ...string) string {
			from := draw("", ", from: a", ", from: b", ", from: [a, c]", ", from: both", ", from: dave", ", from: [b, dave]")
			count := draw("1", "1", "2")
			if from == ", from: dave" {
				count = "1" // of one person more is an error of the policy
			}
			return fmt.Sprintf("approvals: {count: %s%s%s}", count, from, draw(append(more, "", "", ", of: commit")...))
		}
		demand := seat(", distinct: true")
		if draw("one", "one", "any") == "any" {
			demand = fmt.Sprintf("any: [{%s}, {%s}]", seat(), seat())
		}
		demands = append(demands, fmt.Sprintf("r%d=%s", i, demand))
	}
	var reviews []rules.Review
	for i := range rapid.IntRange(0, 3).Draw(t, "reviews") {
		r := said(int64(i+1), rules.UserID(rapid.IntRange(1, 4).Draw(t, "by")), rapid.SampledFrom([]rules.ReviewState{
			rules.Approved, rules.Approved, rules.ChangesRequested, rules.Commented,
		}).Draw(t, "state"), draw("d", "d", "old"))
		r.Commit = draw("h", "h", "before")
		reviews = append(reviews, r)
	}
	c := unblocked(reviews...)
	c.Unnamed = rapid.IntRange(0, 4).Draw(t, "unnamed") == 0
	return unblockPolicy(t, demands...), c
}

// approvedBy adds an approval of the head: by somebody whom the change names or, with id 0,
// by somebody else who is in the team.
func approvedBy(c *rules.Change, id rules.UserID, team string) {
	if id == 0 {
		id = rules.UserID(100 + len(c.Reviews))
		c.People = append(c.People, rules.Person{ID: id, CanWrite: true})
		c.Teams = slices.Clone(c.Teams)
		for i, t := range c.Teams {
			if t.Slug == team {
				c.Teams[i].Members = append(slices.Clone(t.Members), id)
			}
		}
	}
	c.Reviews = append(slices.Clone(c.Reviews), rules.Review{
		ID: int64(1000 + len(c.Reviews)), Pull: 7, By: id, State: rules.Approved, At: noon, Commit: "h", Exact: "d",
	})
}

// Whoever takes the steps, where all of them are approvals, makes the change pass, whichever
// of the groups named they are in and whichever of the people; and no fewer approvals do, by
// whomever.
func TestUnblockIsEnoughAndSmallest(t *testing.T) {
	teams := map[string][]string{"a": {"a"}, "b": {"b"}, "c": {"c"}, "both": {"a", "c"}}
	rapid.Check(t, func(t *rapid.T) {
		p, c := drawSeats(t)
		v := judge(p, c)
		steps := rules.Unblock(p, c, v)
		if (len(steps) == 0) != (v.Outcome == rules.Pass) {
			t.Fatalf("outcome %s, steps %v", v.Outcome, steps)
		}
		n, after := 0, c
		for _, s := range steps {
			switch s.Code {
			case rules.StepLift:
				n++
				approvedBy(&after, s.People[0], "")
			case rules.StepApprove:
				n += s.Count
				for k := range s.Count {
					if s.Only {
						approvedBy(&after, s.People[k], "")
						continue
					}
					ways := []string{""}
					for _, g := range s.From {
						ways = append(ways, teams[g]...)
					}
					if len(s.From) > 0 {
						ways = ways[1:]
					}
					if i := rapid.IntRange(-1, len(ways)-1).Draw(t, "who"); i >= 0 {
						approvedBy(&after, 0, ways[i])
					} else if k < len(s.People) {
						approvedBy(&after, s.People[k], "")
					} else {
						approvedBy(&after, 0, ways[0])
					}
				}
			default:
				return // it is for others to do
			}
		}
		if got := judge(p, after); got.Outcome != rules.Pass {
			t.Fatalf("after %+v it is %s: %s", steps, got.Outcome, text(t, got))
		}
		var try func(c rules.Change, from, left int)
		try = func(c rules.Change, from, left int) {
			if left == 0 {
				if judge(p, c).Outcome == rules.Pass {
					t.Fatalf("%+v, but %d approvals are enough: %s", steps, n-1, text(t, c.Reviews))
				}
				return
			}
			for who := from; who < 8; who++ {
				more, next := c, who
				if who < 4 {
					next++
					approvedBy(&more, rules.UserID(who+1), "")
				} else {
					approvedBy(&more, 0, []string{"", "a", "b", "c"}[who-4])
				}
				try(more, next, left-1)
			}
		}
		if n > 0 && n <= 4 {
			try(c, 0, n-1)
		}
	})
}

// What is asked for is never nothing, and never panics, whatever the policy and the change.
func TestUnblockOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := compose(t, parse(t, drawPolicy(t, "f")), nil)
		c := drawChange(t)
		v := judge(p, c)
		steps := rules.Unblock(p, c, v)
		if v.Outcome.Blocks() != (len(steps) > 0) {
			t.Fatalf("outcome %s, steps %+v", v.Outcome, steps)
		}
		for _, s := range steps {
			for _, id := range s.People {
				if s.Code == rules.StepApprove && slices.Contains(rules.Contributors(c), id) {
					t.Fatalf("a contributor is asked: %+v", s)
				}
			}
		}
	})
}
