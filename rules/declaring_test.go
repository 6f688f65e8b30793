package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 35: what a declaration is worth is said of a new one as it will be judged.
func TestWeighDeclared35(t *testing.T) {
	compose := func(text string) rules.Policy {
		layer, err := rules.Parse("policy.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		policy, err := rules.Compose(layer, nil)
		if err != nil {
			t.Fatal(err)
		}
		return policy
	}
	plain := compose("version: 1\nrules:\n  - {name: peer review, require: {approvals: 1}}\n")
	policy := compose(`version: 1
groups: {on-call: {users: [ann, bob, robot]}, leads: {users: [carol]}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: two, when: {paths: ["*.tf"]}, require: {approvals: 2}}
emergency:
  declare: {by: on-call}
  expires: 4h
  approvals: {count: 1, from: leads}
  waives: [two]
  post_mortem: {within: 48h, reviewed_by: leads}
`)
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	until := noon.Add(4 * time.Hour)
	change := rules.Change{
		Base: "main", Head: "b1", TakenAt: noon,
		Pulls:   []rules.Pull{{Number: 7, Author: 1, Writer: true}},
		Commits: []rules.Commit{{SHA: "b1", Authors: []rules.UserID{1}, Committer: 1}},
		People:  []rules.Person{{ID: 1, CanWrite: true}, {ID: 2}, {ID: 3}, {ID: 5, Bot: true}},
		Logins:  map[string]rules.UserID{"ann": 1, "bob": 2, "carol": 3, "robot": 5},
	}
	given := rules.Declared{ID: 1, Pull: 7, By: 2, At: noon}
	no := func(why rules.DeclaringWhy, until time.Time) rules.Declaring {
		return rules.Declaring{Why: why, Layer: "floor", From: []string{"on-call"}, Until: until}
	}
	holds := rules.Declaring{Layer: "floor", From: []string{"on-call"}, Group: "on-call", Until: until}
	for _, test := range []struct {
		name     string
		declared func(*rules.Declared)
		change   func(*rules.Change)
		policy   rules.Policy
		want     rules.Declaring
	}{
		{name: "counts", policy: policy, want: holds},
		{"by who wrote the change", func(d *rules.Declared) { d.By = 1 }, nil, policy, holds},
		{"no emergencies", nil, nil, plain, rules.Declaring{Why: rules.DeclaringNoPath}},
		{"in no group", func(d *rules.Declared) { d.By = 3 }, nil, policy, no(rules.DeclaringNotInGroup, until)},
		{"nobody", func(d *rules.Declared) { d.By = 0 }, nil, policy, no(rules.DeclaringNotInGroup, until)},
		{"a bot", func(d *rules.Declared) { d.By = 5 }, nil, policy, no(rules.DeclaringNotInGroup, until)},
		{"read too late", func(d *rules.Declared) { d.At = noon.Add(-4 * time.Hour) }, nil, policy, no(rules.DeclaringExpired, noon)},
		{"another base", nil, func(c *rules.Change) { c.Shifts = []rules.BaseShift{{Pull: 7, At: noon}} }, policy, no(rules.DeclaringBase, until)},
		{"one of theirs stands", nil, func(c *rules.Change) {
			c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 2, At: noon.Add(-time.Hour)}}
		}, policy, no(rules.DeclaringStands, until)},
		{"one of theirs expired", nil, func(c *rules.Change) {
			c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 2, At: noon.Add(-4 * time.Hour)}}
		}, policy, holds},
		{"another's stands", nil, func(c *rules.Change) {
			c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 1, At: noon.Add(-time.Hour)}}
		}, policy, holds},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, c := given, change
			if test.declared != nil {
				test.declared(&d)
			}
			if test.change != nil {
				test.change(&c)
			}
			if diff := cmp.Diff(test.want, rules.WeighDeclared(test.policy, c, d, noon)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	// One change, by whichever of its pull requests it was declared.
	other := change
	other.Pulls = []rules.Pull{{Number: 6, Author: 1, Writer: true}}
	change.Declared = []rules.Declared{given}
	for _, c := range rules.Unite([]rules.Change{other, change}) {
		if diff := cmp.Diff([]rules.Declared{given}, c.Declared); diff != "" {
			t.Errorf("united (-want +got)\n%s", diff)
		}
	}
	if !rules.Speaks(policy, change, 2) || rules.Speaks(policy, change, 3) {
		t.Error("who can declare an emergency can give a command, and nobody else")
	}
}
