package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOwnersForEachGroup: a group whose teams can be seen, or for which owners stand in, says
// nothing about the groups that a requirement names behind it.
func TestOwnersForEachGroup(t *testing.T) {
	const text = `version: 1
groups:
  seen:   {teams: [a]}
  hidden: {teams: [b]}
  partly: {teams: [a, c]}
rules:
  - {name: seen and hidden, require: {approvals: {count: 1, from: [seen, hidden]}}}
  - {name: hidden and partly, require: {approvals: {count: 1, from: [hidden, partly]}}}
`
	layer, err := ParseBuiltIn("policy.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compose(layer, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Change{
		Base: "main", Head: "h", Pulls: []Pull{{Number: 1, Author: 1, Writer: true}}, Read: []Fact{FactOwners},
		Commits: []Commit{{SHA: "h", Authors: []UserID{1}, Committer: 1}}, Teams: []Team{{Slug: "a", ID: 1}, {Slug: "b", Missing: true}},
	}
	v := Evaluate(p, c, time.Unix(0, 0))
	for i, want := range []ApprovalFacts{{Owners: []string{"b"}}, {Owners: []string{"b"}, NoTeam: []string{"c"}}} {
		got := v.Findings[i].Reasons[0].Approvals
		if diff := cmp.Diff(want, ApprovalFacts{Owners: got.Owners, NoTeam: got.NoTeam}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Findings[i].Rule, diff)
		}
	}
}
