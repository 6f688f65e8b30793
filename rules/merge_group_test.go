package rules_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/rules"
)

var groupNoon = time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)

const groupTip = "00000000000000000000000000000000000071b0"

// queued is a member of a group: written by its author, approved, with green tests of its own.
func queued(number int64, author, reviewer rules.UserID) rules.Member {
	head := string(rune('a'+number)) + "000000000000000000000000000000000000000"
	return rules.Member{Pull: number, Head: head, Change: rules.Change{
		Repo: rules.Repo{ID: 1, Name: "octo-org/app", DefaultBranch: "main"}, Base: "main", Head: head, OwnApp: 99,
		Pulls:   []rules.Pull{{Number: number, Author: author, Writer: true, Opened: groupNoon.Add(-2 * time.Hour)}},
		TakenAt: groupNoon.Add(-time.Minute), SeenAt: groupNoon.Add(-time.Hour), Exact: "x",
		Commits: []rules.Commit{{SHA: head, Authors: []rules.UserID{author}, Committer: author}},
		Pushes:  []rules.Push{{By: author, After: head}},
		Files:   []rules.File{{Path: "main.go", Status: "modified", Counted: true}},
		Reviews: []rules.Review{{ID: number, Pull: number, By: reviewer, State: rules.Approved, At: groupNoon.Add(-30 * time.Minute), Commit: head, Exact: "x"}},
		Runs:    []rules.CheckRun{{ID: 1, Suite: 1, App: 7, Name: "build", Status: "completed", Conclusion: "success", At: groupNoon.Add(-time.Hour)}},
		People:  []rules.Person{{ID: author, CanWrite: true}, {ID: reviewer, CanWrite: true}},
		Usual:   []string{"build", "preview"},
	}}
}

func tip(runs ...rules.CheckRun) rules.Tip {
	return rules.Tip{Head: groupTip, SeenAt: groupNoon.Add(-5 * time.Minute), TakenAt: groupNoon, Runs: runs}
}

// built is the run of build on the group's commit; without a conclusion it goes on.
func built(conclusion string) rules.CheckRun {
	status := "completed"
	if conclusion == "" {
		status = "in_progress"
	}
	return rules.CheckRun{ID: 5, Suite: 5, App: 7, Name: "build", Status: status, Conclusion: conclusion, At: groupNoon.Add(-4 * time.Minute)}
}

func groupPolicy(t *testing.T, text string) rules.Policy {
	t.Helper()
	layer, err := rules.Parse("floor.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compose(layer, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Behaviour 21: each member holds by itself and again with the checks of the group's commit.
func TestEvaluateMergeGroup(t *testing.T) {
	const named = "version: 1\nrules: [{name: peer review, require: {approvals: 1}}, {name: tests, require: {checks: {names: [build], grace: 2m}}}]"
	const all = "version: 1\nrules: [{name: peer review, require: {approvals: 1}}, {name: tests, require: {checks: all}}]"
	const either = "version: 1\nrules: [{name: one of both, require: {any: [{approvals: 3}, {checks: {names: [build]}}]}}]"
	const current = "version: 1\nrules: [{name: up to date, require: {up_to_date: true}}]"
	alone := func(m rules.Member) []rules.Member { return []rules.Member{m} }
	with := func(change func(*rules.Member)) []rules.Member {
		m := queued(1, 1, 2)
		change(&m)
		return alone(m)
	}
	status := func(by rules.UserID) rules.Tip {
		t := tip()
		t.Status = []rules.Status{{Context: "build", State: "success", By: by, At: groupNoon.Add(-4 * time.Minute)}}
		return t
	}
	usual := func(names ...string) rules.Tip {
		t := tip(built("success"))
		t.Usual = names
		return t
	}
	bot := func(t rules.Tip) rules.Tip {
		t.People = []rules.Person{{ID: t.Status[0].By, Bot: true}}
		return t
	}
	beside := func(t rules.Tip) rules.Tip {
		t.Runs = []rules.CheckRun{built("success")}
		return t
	}
	two := []rules.Member{queued(1, 1, 2), queued(2, 3, 2)}
	robots := []rules.Member{queued(1, 1, 2), queued(2, 3, 2)}
	robots[1].Change.People[0].Bot = true
	tests := []struct {
		name    string
		policy  string
		tip     rules.Tip
		members []rules.Member
		want    []rules.Outcome // of the group, then of each member
	}{
		{"passed", named, tip(built("success")), alone(queued(1, 1, 2)), []rules.Outcome{rules.Pass, rules.Pass}},
		{"green on its own head alone", named, tip(), alone(queued(1, 1, 2)), []rules.Outcome{rules.Pending, rules.Pending}},
		{"running on the group", named, tip(built("")), two, []rules.Outcome{rules.Pending, rules.Pending, rules.Pending}},
		{"failed on the group", named, tip(built("failure")), two, []rules.Outcome{rules.Fail, rules.Fail, rules.Fail}},
		{"failed on its own head since", named, tip(built("success")), with(func(m *rules.Member) { m.Change.Runs[0].Conclusion = "failure" }), []rules.Outcome{rules.Fail, rules.Fail}},
		{"runs again on its own head", named, tip(built("success")), with(func(m *rules.Member) { m.Change.Runs[0].Status = "queued" }), []rules.Outcome{rules.Pending, rules.Pending}},
		{"one lost its approval", named, tip(built("success")), []rules.Member{two[0], with(func(m *rules.Member) { m.Change.Reviews = nil })[0]}, []rules.Outcome{rules.Fail, rules.Pass, rules.Fail}},
		{"lost its approval while tests run", named, tip(built("")), with(func(m *rules.Member) { m.Change.Reviews = nil }), []rules.Outcome{rules.Fail, rules.Fail}},
		{"approval by its author", named, tip(built("success")), alone(queued(1, 1, 1)), []rules.Outcome{rules.Fail, rules.Fail}},
		{"a fact is missing", named, tip(built("success")), with(func(m *rules.Member) { m.Change.Gaps = []rules.Gap{{Fact: rules.GapFiles, Read: 3000}} }), []rules.Outcome{rules.Indeterminate, rules.Indeterminate}},
		{"checks of the group not read to their end", named, func() rules.Tip {
			t := tip(built("success"))
			t.Gaps = []rules.Gap{{Fact: rules.GapChecks, Read: 1000}}
			return t
		}(), alone(queued(1, 1, 2)), []rules.Outcome{rules.Indeterminate, rules.Indeterminate}},
		{"nobody is in it", named, tip(built("success")), nil, []rules.Outcome{rules.Indeterminate}},
		{"one is not judged yet", named, tip(built("success")), []rules.Member{two[0], {Pull: 2, Doubt: rules.GroupMemberUnread}}, []rules.Outcome{rules.Pending, rules.Pass, rules.Pending}},
		{"one is not what was queued", named, tip(built("success")), []rules.Member{two[0], {Pull: 2, Doubt: rules.GroupMemberMoved}}, []rules.Outcome{rules.Fail, rules.Pass, rules.Fail}},
		{"status of a stranger to the group", named, status(9), two, []rules.Outcome{rules.Pass, rules.Pass, rules.Pass}},
		{"status of a member's author counts for none of them", named, status(3), two, []rules.Outcome{rules.Pending, rules.Pending, rules.Pending}},
		{"a person's claim holds up even beside the real thing", named, beside(status(3)), two, []rules.Outcome{rules.Pending, rules.Pending, rules.Pending}},
		{"status of a bot that wrote one of them is no proof", named, bot(status(3)), robots, []rules.Outcome{rules.Pending, rules.Pending, rules.Pending}},
		{"and no harm beside the real thing", named, beside(bot(status(3))), robots, []rules.Outcome{rules.Pass, rules.Pass, rules.Pass}},
		{"one that is not judged yet hides nobody's claim", named, status(3), []rules.Member{{Pull: 9, Doubt: rules.GroupMemberUnread}, two[0], two[1]}, []rules.Outcome{rules.Pending, rules.Pending, rules.Pending, rules.Pending}},
		{"a bot's claim hides no failure", named, func() rules.Tip {
			t := bot(status(3))
			t.Status = append(t.Status, rules.Status{Context: "build", State: "failure", By: 9, At: groupNoon.Add(-3 * time.Minute)})
			return t
		}(), robots, []rules.Outcome{rules.Fail, rules.Fail, rules.Fail}},
		{"all: a check of pull requests alone is no measure", all, usual("build"), []rules.Member{with(func(m *rules.Member) { m.Change.Usual = []string{"build"} })[0]}, []rules.Outcome{rules.Pass, rules.Pass}},
		{"all: what groups had before is missing", all, usual("build", "e2e"), with(func(m *rules.Member) { m.Change.Usual = []string{"build"} }), []rules.Outcome{rules.Pending, rules.Pending}},
		{"all: nothing ran on the group", all, tip(), with(func(m *rules.Member) { m.Change.Usual = nil }), []rules.Outcome{rules.Pending, rules.Pending}},
		{"all: what GitHub requires is missing", all, tip(built("success")), with(func(m *rules.Member) { m.Change.Need, m.Change.Usual = []string{"lint"}, nil }), []rules.Outcome{rules.Pending, rules.Pending}},
		{"one of two ways is waited for", either, tip(built("")), alone(queued(1, 1, 2)), []rules.Outcome{rules.Pending, rules.Pending}},
		{"a queue brings it up to date", current, tip(built("success")), with(func(m *rules.Member) {
			m.Change.Behind, m.Change.Read = 7, []rules.Fact{rules.FactBehind}
		}), []rules.Outcome{rules.Pass, rules.Pass}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := groupPolicy(t, tt.policy)
			for i := range tt.members {
				tt.members[i].Policy = p
			}
			before, err := json.Marshal(tt.members)
			if err != nil {
				t.Fatal(err)
			}
			g := rules.MergeGroup{Base: "main", Tip: tt.tip, Members: tt.members}
			v := rules.EvaluateMergeGroup(g, groupNoon)
			got := []rules.Outcome{v.Outcome}
			for _, m := range v.Members {
				got = append(got, m.Outcome)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				text, _ := json.MarshalIndent(v, "", " ")
				t.Errorf("outcomes (-want +got):\n%s\n%s", diff, text)
			}
			if after, err := json.Marshal(tt.members); err != nil || string(after) != string(before) {
				t.Errorf("the facts were changed: %v", err)
			}
			if diff := cmp.Diff(v, rules.EvaluateMergeGroup(g, groupNoon)); diff != "" {
				t.Errorf("judged again (-first +second):\n%s", diff)
			}
		})
	}
}

// What is expected of the group's commit is expected since the group was made, and the
// verdict says when it could change by itself.
func TestMergeGroupGrace(t *testing.T) {
	p := groupPolicy(t, "version: 1\nrules: [{name: tests, require: {checks: {names: [build], app: octo-ci, grace: 10m}}}]")
	m := queued(1, 1, 2)
	m.Change.Runs[0].AppSlug = "octo-ci"
	m.Policy = p
	g := rules.MergeGroup{Base: "main", Tip: tip(), Members: []rules.Member{m}}
	v := rules.EvaluateMergeGroup(g, groupNoon)
	if want := g.Tip.SeenAt.Add(10 * time.Minute); !v.Recheck.Equal(want) {
		t.Errorf("recheck %v, want %v", v.Recheck, want)
	}
	calm := queued(2, 3, 2)
	calm.Policy = groupPolicy(t, "version: 1\nrules: [{name: peer review, require: {approvals: 1}}]")
	both := rules.MergeGroup{Base: "main", Tip: tip(), Members: []rules.Member{m, calm}}
	if got := rules.EvaluateMergeGroup(both, groupNoon).Recheck; !got.Equal(v.Recheck) {
		t.Errorf("beside a member that needs no other look: recheck %v, want %v", got, v.Recheck)
	}
	late := rules.EvaluateMergeGroup(g, v.Recheck)
	facts := late.Members[0].Group.Findings[0].Reasons[0].Checks
	if late.Outcome != rules.Pending || !facts.Overdue || facts.App != "octo-ci" || !facts.Since.Equal(g.Tip.SeenAt) {
		t.Errorf("%s, %+v", late.Outcome, facts)
	}
}

// Nobody is helped by company: a group with one more member is never better off.
func TestMergeGroupCompany(t *testing.T) {
	p := groupPolicy(t, "version: 1\nrules: [{name: peer review, require: {approvals: 1}}, {name: tests, require: {checks: {names: [build]}}}]")
	outcomes := []rules.Outcome{rules.Pass, rules.Pending, rules.Fail, rules.Indeterminate}
	rapid.Check(t, func(t *rapid.T) {
		g := rules.MergeGroup{Base: "main", Tip: tip()}
		for range rapid.IntRange(0, 2).Draw(t, "runs") {
			g.Tip.Runs = append(g.Tip.Runs, built(rapid.SampledFrom([]string{"", "success", "failure"}).Draw(t, "conclusion")))
		}
		if by := rapid.IntRange(0, 6).Draw(t, "status"); by > 0 {
			g.Tip.Status = []rules.Status{{Context: "build", State: "success", By: rules.UserID(by)}}
			g.Tip.People = []rules.Person{{ID: rules.UserID(by), Bot: rapid.Bool().Draw(t, "bot")}}
		}
		was := rules.Pass
		for i := range rapid.IntRange(1, 4).Draw(t, "members") {
			m := queued(int64(i+1), rules.UserID(rapid.IntRange(1, 4).Draw(t, "author")), rules.UserID(rapid.IntRange(1, 4).Draw(t, "reviewer")))
			m.Policy = p
			m.Doubt = rapid.SampledFrom([]rules.Code{"", "", "", rules.GroupMemberUnread, rules.GroupMemberMoved}).Draw(t, "doubt")
			g.Members = append(g.Members, m)
			now := rules.EvaluateMergeGroup(g, groupNoon).Outcome
			if slices.Index(outcomes, now) < slices.Index(outcomes, was) {
				t.Fatalf("%s after %s, with #%d", now, was, m.Pull)
			}
			was = now
		}
	})
}
