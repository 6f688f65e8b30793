package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 59: what a waiver is worth is said of a new one as it will be judged.
func TestWeighWaiver59(t *testing.T) {
	layer, err := rules.Parse("policy.yml", []byte(`version: 1
groups: {leads: {users: [bob, dave, robot]}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: Tests, waivable_by: leads, require: {checks: {names: [test]}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := rules.Compose(layer, nil)
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	change := rules.Change{
		Base: "main", Head: "b1", Exact: "d1", TakenAt: noon,
		Pulls:   []rules.Pull{{Number: 7, Author: 1, Writer: true}},
		Commits: []rules.Commit{{SHA: "b1", Authors: []rules.UserID{1}, Committer: 1}},
		Pushes:  []rules.Push{{By: 4, After: "b1"}},
		People:  []rules.Person{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}, {ID: 5, Bot: true}},
		Logins:  map[string]rules.UserID{"bob": 2, "dave": 4, "robot": 5},
	}
	given := rules.Waiver{ID: 1, Pull: 7, Rule: "tests", By: 2, At: noon, Exact: "d1"}
	until := noon.Add(14 * 24 * time.Hour)
	for _, test := range []struct {
		name   string
		waiver func(*rules.Waiver)
		change func(*rules.Change)
		want   rules.Waiving
	}{
		{name: "counts", want: rules.Waiving{Rule: "Tests", Layer: "floor", Stage: rules.BeforeMerge, From: []string{"leads"}, Group: "leads", Until: until}},
		{"no such rule", func(w *rules.Waiver) { w.Rule = "peer revue" }, nil, rules.Waiving{Why: rules.WaiverNoRule, Near: "peer review"}},
		{"nothing near", func(w *rules.Waiver) { w.Rule = "licence check" }, nil, rules.Waiving{Why: rules.WaiverNoRule}},
		{"nobody may", func(w *rules.Waiver) { w.Rule = "Peer Review" }, nil, rules.Waiving{Why: rules.WaiverNotWaivable, Rule: "peer review", Layer: "floor", Stage: rules.BeforeMerge, Until: until}},
		{"a contributor", func(w *rules.Waiver) { w.By = 4 }, nil, refused(rules.WaiverContributor, until)},
		{"in no group", func(w *rules.Waiver) { w.By = 3 }, nil, refused(rules.WaiverNotInGroup, until)},
		{"nobody", func(w *rules.Waiver) { w.By = 0 }, nil, refused(rules.WaiverNotInGroup, until)},
		{"a bot", func(w *rules.Waiver) { w.By = 5 }, nil, refused(rules.WaiverNotInGroup, until)},
		{"other content", func(w *rules.Waiver) { w.Exact = "d0" }, nil, refused(rules.WaiverContent, until)},
		{"unknown content", func(w *rules.Waiver) { w.Exact = "" }, func(c *rules.Change) { c.Exact = "" }, refused(rules.WaiverContent, until)},
		{"unknown authors", nil, func(c *rules.Change) { c.Unnamed = true }, refused(rules.WaiverAuthors, until)},
		{"another base", nil, func(c *rules.Change) { c.Shifts = []rules.BaseShift{{Pull: 7, At: noon}} }, refused(rules.WaiverBase, until)},
		{"too old", func(w *rules.Waiver) { w.At = noon.Add(-14 * 24 * time.Hour) }, nil, refused(rules.WaiverExpired, noon)},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, c := given, change
			if test.waiver != nil {
				test.waiver(&w)
			}
			if test.change != nil {
				test.change(&c)
			}
			got := rules.WeighWaiver(policy, c, w, noon)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// Judging says the same.
			c.Waivers = []rules.Waiver{w}
			v := rules.Evaluate(policy, c, noon)
			if waived := v.Findings[1].Outcome == rules.Waived; waived != (got.Why == "" && got.Rule == "Tests") {
				t.Errorf("the rule is waived: %t, and the waiver weighs %+v", waived, got)
			}
		})
	}
	for id, want := range map[rules.UserID]bool{0: false, 2: true, 3: false, 4: true} {
		if got := rules.Speaks(policy, change, id); got != want {
			t.Errorf("person %d can waive something: %t, want %t", id, got, want)
		}
	}
}

func refused(why rules.WaiverWhy, until time.Time) rules.Waiving {
	return rules.Waiving{Why: why, Rule: "Tests", Layer: "floor", Stage: rules.BeforeMerge, From: []string{"leads"}, Until: until}
}
