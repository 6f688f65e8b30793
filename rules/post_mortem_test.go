package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/changewarden/changewarden/rules"
)

const afterwards = `version: 1
groups: {on-call: {users: [ann, bob, robot]}, leads: {users: [carol, ann, dora, robot]}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: two, when: {paths: ["*.tf"]}, require: {approvals: 2}}
emergency:
  declare: {by: on-call}
  expires: 4h
  approvals: {count: 1, from: leads}
  waives: [two]
  post_mortem: {within: 48h, reviewed_by: leads, when_overdue: block}
`

func composed(t *testing.T, text string) rules.Policy {
	t.Helper()
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

// patched is a change by 4, for which 2 declared an emergency at noon.
func patched(noon time.Time) rules.Change {
	return rules.Change{
		Base: "main", Head: "b1", TakenAt: noon,
		Pulls:    []rules.Pull{{Number: 7, Author: 4, Writer: true}},
		Commits:  []rules.Commit{{SHA: "b1", Authors: []rules.UserID{4}, Committer: 4}},
		People:   []rules.Person{{ID: 1, CanWrite: true}, {ID: 2, CanWrite: true}, {ID: 3, CanWrite: true}, {ID: 4, CanWrite: true}, {ID: 5, Bot: true, CanWrite: true}, {ID: 6}},
		Logins:   map[string]rules.UserID{"ann": 1, "bob": 2, "carol": 3, "dora": 4, "robot": 5},
		Declared: []rules.Declared{{ID: 9, Pull: 7, By: 2, At: noon}},
	}
}

// Behaviour 37: an emergency that a change went ahead under is one that held by then, and it
// is known whether it could waive anything.
func TestEmergencies37(t *testing.T) {
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	approval := rules.Review{ID: 1, By: 3, State: rules.Approved, Commit: "b1", At: noon.Add(time.Minute)}
	want := rules.Emergency{
		Declared: rules.Declared{ID: 9, Pull: 7, By: 2, At: noon}, Layer: "floor", Group: "on-call", Until: noon.Add(4 * time.Hour),
		Approved: []rules.UserID{3}, After: rules.PostMortem{Within: 48 * time.Hour, ReviewedBy: []string{"leads"}, Blocks: true},
	}
	unapproved := want
	unapproved.Approved = nil
	for _, test := range []struct {
		name   string
		at     time.Duration
		change func(*rules.Change)
		want   []rules.Emergency
	}{
		{"approved", time.Hour, func(c *rules.Change) { c.Reviews = []rules.Review{approval} }, []rules.Emergency{want}},
		{"not approved", time.Hour, func(*rules.Change) {}, []rules.Emergency{unapproved}},
		{"over", 4 * time.Hour, func(c *rules.Change) { c.Reviews = []rules.Review{approval} }, nil},
		{"not yet", -time.Second, func(*rules.Change) {}, nil},
		{"by somebody who may not", time.Hour, func(c *rules.Change) { c.Declared[0].By = 3 }, nil},
		{"aimed elsewhere since", time.Hour, func(c *rules.Change) { c.Shifts = []rules.BaseShift{{Pull: 7, At: noon}} }, nil},
		{"none", time.Hour, func(c *rules.Change) { c.Declared = nil }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := patched(noon)
			test.change(&c)
			p, at := composed(t, afterwards), noon.Add(test.at)
			if diff := cmp.Diff(test.want, rules.Emergencies(p, c, at)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			s := rules.Shipment{TakenAt: noon, People: c.People, Logins: c.Logins, Changes: []rules.Landed{{Change: c}}}
			if diff := cmp.Diff([][]rules.Emergency{test.want}, rules.ShipmentEmergencies(p, s, at)); diff != "" {
				t.Errorf("in a shipment (-want +got):\n%s", diff)
			}
		})
	}
}

// Of two paths by which a declaration holds it is the first that waives something; the first of
// all where none does.
func TestEmergenciesOfLayers37(t *testing.T) {
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	path := func(name, by, from string) string {
		return "version: 1\ngroups: {" + name + ": {users: [" + by + "]}, " + name + " peers: {users: [" + from + "]}}\n" +
			"rules:\n  - {name: " + name + " review, require: {approvals: 1}}\n  - {name: " + name + " two, when: {paths: ['*.tf']}, require: {approvals: 2}}\n" +
			"emergency: {declare: {by: " + name + "}, expires: 4h, approvals: {count: 1, from: " + name + " peers}, waives: [" + name + " two], post_mortem: {within: 48h, reviewed_by: " + name + " peers}}\n"
	}
	none := "version: 1\nrules:\n  - {name: peer review, require: {approvals: 1}}\n"
	for _, test := range []struct {
		name, floor, repo, layer string
		approved                 []rules.UserID
	}{
		{"approved by the floor's", path("duty", "bob", "ann"), path("shop", "bob", "carol"), rules.FloorLayer, []rules.UserID{1}},
		{"approved by the repository's alone", path("duty", "bob", "carol"), path("shop", "bob", "ann"), rules.RepositoryLayer, []rules.UserID{1}},
		{"approved by both", path("duty", "bob", "ann"), path("shop", "bob", "ann"), rules.FloorLayer, []rules.UserID{1}},
		{"approved by neither", path("duty", "bob", "carol"), path("shop", "bob", "carol"), rules.FloorLayer, nil},
		{"declared by the repository's alone", path("duty", "carol", "ann"), path("shop", "bob", "ann"), rules.RepositoryLayer, []rules.UserID{1}},
		{"declared by the repository's alone, which has the path alone", none, path("shop", "bob", "carol"), rules.RepositoryLayer, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			floor, repo := layer(t, "floor.yml", test.floor), layer(t, "repo.yml", test.repo)
			p, err := rules.Compose(floor, &repo)
			if err != nil {
				t.Fatal(err)
			}
			c := patched(noon)
			c.Reviews = []rules.Review{{ID: 1, By: 1, State: rules.Approved, Commit: "b1", At: noon.Add(time.Minute)}}
			got := rules.Emergencies(p, c, noon.Add(time.Hour))
			if len(got) != 1 || got[0].Layer != test.layer || !cmp.Equal(test.approved, got[0].Approved) {
				t.Errorf("%+v, want that of the %s, approved by %v", got, test.layer, test.approved)
			}
			d := c.Declared[0]
			c.Declared = nil
			want := rules.FloorLayer
			if test.layer != want && len(test.approved) == 0 || test.floor == path("duty", "carol", "ann") {
				want = rules.RepositoryLayer
			}
			if is := rules.WeighDeclared(p, c, d, noon.Add(time.Hour)); is.Why != "" || is.Layer != want {
				t.Errorf("declaring: %+v, want it taken by the %s", is, want)
			}
		})
	}
}

// Behaviour 37: who completes a post-mortem is of the reviewing group, and neither declared
// the emergency nor contributed to the change.
func TestWeighReview37(t *testing.T) {
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	leads := []string{"leads"}
	without := composed(t, "version: 1\nrules:\n  - {name: peer review, require: {approvals: 1}}\n")
	for _, test := range []struct {
		name      string
		by        rules.UserID
		declarers []rules.UserID
		policy    rules.Policy
		want      rules.Reviewing
	}{
		{"may", 3, []rules.UserID{2}, composed(t, afterwards), rules.Reviewing{From: leads, Group: "leads"}},
		{"not in the group", 2, []rules.UserID{1}, composed(t, afterwards), rules.Reviewing{Why: rules.ReviewingNotInGroup, From: leads}},
		{"declared it", 1, []rules.UserID{2, 1}, composed(t, afterwards), rules.Reviewing{Why: rules.ReviewingDeclarer, From: leads}},
		{"contributed", 4, []rules.UserID{2}, composed(t, afterwards), rules.Reviewing{Why: rules.ReviewingContributor, From: leads}},
		{"a bot", 5, []rules.UserID{2}, composed(t, afterwards), rules.Reviewing{Why: rules.ReviewingNotInGroup, From: leads}},
		{"nobody", 0, []rules.UserID{2}, composed(t, afterwards), rules.Reviewing{Why: rules.ReviewingNotInGroup, From: leads}},
		{"no such path any more", 3, []rules.UserID{2}, without, rules.Reviewing{}},
		{"no such path, without write", 6, []rules.UserID{2}, without, rules.Reviewing{Why: rules.ReviewingNotInGroup}},
		{"no such path, declared it", 2, []rules.UserID{2}, without, rules.Reviewing{Why: rules.ReviewingDeclarer}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, rules.WeighReview(test.policy, patched(noon), "floor", rules.Had{Declarers: test.declarers}, test.by, noon)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Behaviour 37: a section is written when it has words that did not stand there before.
func TestUnwritten37(t *testing.T) {
	const template = "## What happened\n_Since when?_\n\n## Impact\n_Who was hit?_\n\n## Timeline\n| when | what |\n"
	headings := []string{"What happened", "Impact"}
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"as it was opened", template, headings},
		{"one", "## What happened\n_Since when?_ Since noon.\n\n## Impact\n_Who was hit?_\n", headings[1:]},
		{"both", "## What happened\nThe disk was full.\n## Impact\nNobody.\n", nil},
		{"headings taken out", "The disk was full, and nobody was hit.", headings},
		{"hidden", "## What happened\n<!-- the disk -->\n## Impact\n&nbsp;\n", headings},
		{"lines of the template", "## What happened\nWho was hit?\n## Impact\n| when | what |\n", headings},
		{"empty", "", headings},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, rules.Unwritten(test.text, template, headings), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
