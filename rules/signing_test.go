package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 59: what a sign-off is worth is said of a new one as it will be judged.
func TestWeighSignOff59(t *testing.T) {
	layer, err := rules.Parse("policy.yml", []byte(`version: 1
groups: {qa: {users: [bob, dave, robot]}, support: {users: [carol]}}
environments: {production: {match: prod}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: tried, before: production, require: {sign_off: {name: QA, from: qa}}}
  - {name: tried again, before: production, require: {sign_off: {name: QA lead, from: qa}}}
  - {name: told, before: production, require: {any: [{sign_off: {name: Customer notice, from: support}}, {sign_off: {name: qa, from: support}}]}}
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
		Base: "main", Head: "b1", Landed: "l1", TakenAt: noon,
		Pulls:   []rules.Pull{{Number: 7, Author: 1, Writer: true}},
		Commits: []rules.Commit{{SHA: "b1", Authors: []rules.UserID{1}, Committer: 1}},
		Pushes:  []rules.Push{{By: 4, After: "b1"}},
		People:  []rules.Person{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 4}, {ID: 5, Bot: true}, {ID: 6}},
		Logins:  map[string]rules.UserID{"bob": 2, "carol": 3, "dave": 4, "robot": 5},
	}
	given := rules.SignedOff{ID: 1, Pull: 7, Name: "qa", By: 2, At: noon, Commit: "b1", Landed: "l1"}
	qa := rules.Signing{Name: "QA", Layer: "floor", From: []string{"qa"}, Group: "qa"}
	unsigned := func(why rules.SigningWhy) rules.Signing {
		return rules.Signing{Why: why, Name: "QA", Layer: "floor", From: []string{"qa"}}
	}
	for _, test := range []struct {
		name   string
		signed func(*rules.SignedOff)
		change func(*rules.Change)
		want   rules.Signing
	}{
		{name: "counts", want: qa},
		{"a note behind it", func(s *rules.SignedOff) { s.Name = "QA tested by hand" }, nil, qa},
		{"the longer name", func(s *rules.SignedOff) { s.Name = "qa  LEAD says so" }, nil, rules.Signing{Name: "QA lead", Layer: "floor", From: []string{"qa"}, Group: "qa"}},
		{"within any, another group", func(s *rules.SignedOff) { s.Name, s.By = "customer notice mailed", 3 }, nil, rules.Signing{Name: "Customer notice", Layer: "floor", From: []string{"support"}, Group: "support"}},
		{"of a name that is another group's", func(s *rules.SignedOff) { s.Name = "customer notice" }, nil, rules.Signing{Why: rules.SigningNotInGroup, Name: "Customer notice", Layer: "floor", From: []string{"support"}}},
		{"the second rule of the name", func(s *rules.SignedOff) { s.By = 3 }, nil, rules.Signing{Name: "qa", Layer: "floor", From: []string{"support"}, Group: "support"}},
		{"no such name", func(s *rules.SignedOff) { s.Name = "customer notise mailed" }, nil, rules.Signing{Why: rules.SigningNoName, Near: "Customer notice"}},
		{"nothing near", func(s *rules.SignedOff) { s.Name = "licences" }, nil, rules.Signing{Why: rules.SigningNoName}},
		{"no name", func(s *rules.SignedOff) { s.Name = "" }, nil, rules.Signing{Why: rules.SigningNoName}},
		{"a rule's name", func(s *rules.SignedOff) { s.Name = "peer review" }, nil, rules.Signing{Why: rules.SigningNoName}},
		{"a contributor", func(s *rules.SignedOff) { s.By = 4 }, nil, unsigned(rules.SigningContributor)},
		{"in no group", func(s *rules.SignedOff) { s.By = 6 }, nil, unsigned(rules.SigningNotInGroup)},
		{"nobody", func(s *rules.SignedOff) { s.By = 0 }, nil, unsigned(rules.SigningNotInGroup)},
		{"a bot", func(s *rules.SignedOff) { s.By = 5 }, nil, unsigned(rules.SigningNotInGroup)},
		{"other content", func(s *rules.SignedOff) { s.Landed = "l0" }, nil, unsigned(rules.SigningContent)},
		{"unknown content", func(s *rules.SignedOff) { s.Landed = "" }, func(c *rules.Change) { c.Landed = "" }, unsigned(rules.SigningContent)},
		{"unknown authors", nil, func(c *rules.Change) { c.Unnamed = true }, unsigned(rules.SigningAuthors)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c := given, change
			if test.signed != nil {
				test.signed(&s)
			}
			if test.change != nil {
				test.change(&c)
			}
			if diff := cmp.Diff(test.want, rules.WeighSignOff(policy, c, s, noon)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for id, want := range map[rules.UserID]bool{0: false, 1: false, 2: true, 3: true, 4: true, 6: false} {
		if got := rules.Speaks(policy, change, id); got != want {
			t.Errorf("person %d can give a command: %t, want %t", id, got, want)
		}
	}
}

// Behaviour 59: what can be signed off for a change before any deployment, as its check run
// offers it.
func TestSignOffsAsked59(t *testing.T) {
	layer, err := rules.Parse("policy.yml", []byte(`version: 1
groups: {qa: {users: [bob]}, dba: {teams: [dba]}, leads: {users: [bob]}}
environments: {production: {match: prod}, staging: {match: stage}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: tried, before: production, waivable_by: leads, require: {sign_off: {name: QA, from: qa}}}
  - {name: tried in staging, before: staging, require: {sign_off: {name: QA, from: qa}}}
  - {name: either, before: production, require: {any: [{sign_off: {name: notice, from: qa}}, {sign_off: {name: no notice, from: qa}}]}}
  - {name: of the merge, before: production, require: {sign_off: {name: release, from: qa, of: commit}}}
  - {name: data, before: production, when: {paths: "db/**"}, require: {sign_off: {name: plan, from: qa}}}
  - {name: by nobody who can be seen, before: production, require: {sign_off: {name: schema, from: dba}}}
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
		Base: "main", Head: "b1", Landed: "l1", Exact: "e1", TakenAt: noon,
		Pulls:   []rules.Pull{{Number: 7, Author: 1, Writer: true}},
		Files:   []rules.File{{Path: "main.go", Status: "modified"}},
		Commits: []rules.Commit{{SHA: "b1", Authors: []rules.UserID{1}, Committer: 1}},
		People:  []rules.Person{{ID: 1}, {ID: 2}},
		Logins:  map[string]rules.UserID{"bob": 2},
	}
	for _, test := range []struct {
		name   string
		change func(*rules.Change)
		want   []string
	}{
		{"each name once, in the policy's order", nil, []string{"QA", "notice", "no notice"}},
		{"a rule that applies", func(c *rules.Change) { c.Files = []rules.File{{Path: "db/1.sql", Status: "added"}} }, []string{"QA", "notice", "no notice", "plan"}},
		{
			"waived", func(c *rules.Change) {
				c.Waivers = []rules.Waiver{{ID: 1, Pull: 7, Rule: "tried", By: 2, At: noon, Exact: "e1"}}
			}, []string{"QA", "notice", "no notice"}, // for production alone
		},
		{"unknown content", func(c *rules.Change) { c.Landed = "" }, nil},
		{"unknown authors", func(c *rules.Change) { c.Unnamed = true }, nil},
		{"erased", func(c *rules.Change) { c.Pulls = nil }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := change
			if test.change != nil {
				test.change(&c)
			}
			if diff := cmp.Diff(test.want, rules.SignOffsAsked(policy, c, nil, noon)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"QA"}, rules.SignOffsAsked(policy, change, []string{"No Notice"}, noon)); diff != "" {
		t.Errorf("one of two is enough (-want +got)\n%s", diff)
	}
}
