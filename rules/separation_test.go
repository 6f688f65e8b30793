package rules_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/rules"
)

// showDuties writes who has which duty, and what keeps them from being different people's.
func showDuties(w *strings.Builder, d *rules.DutyFacts, names map[rules.UserID]string) {
	if d == nil {
		return
	}
	for _, s := range d.Seats {
		fmt.Fprintf(w, "      %s: %s\n", s.Duty, names[s.By])
	}
	for _, t := range d.Together {
		fmt.Fprintf(w, "      together: %s is %s and %s\n", names[t.By], t.Duties[0], t.Duties[1])
	}
	for _, v := range d.Vacant {
		fmt.Fprintf(w, "      no %s: %s\n", v.Duty, v.Why)
	}
}

// shipped is change 7 by 1, which 2 approved and 3 merged, and that 4 deploys; 5 declared an
// emergency for it.
func shipped() rules.Shipment {
	c := unblocked(said(1, 2, rules.Approved, "d"))
	c.Teams = append(c.Teams, rules.Team{Slug: "duty", ID: 9, Members: []rules.UserID{4, 5}})
	c.Commits[0].SHA = c.Head
	return rules.Shipment{
		Repo: c.Repo, Environment: "production", Commit: "m", TakenAt: noon, By: 4,
		Changes: []rules.Landed{{Change: c, Commit: "m", MergedBy: 3}},
		People:  []rules.Person{{ID: 3, CanWrite: true}, {ID: 4, CanWrite: true}, {ID: 5, CanWrite: true}, {ID: 6, Bot: true, CanWrite: true}},
		Teams:   c.Teams,
	}
}

const apart = `version: 1
groups: {duty: {teams: [duty]}, leads: {users: ["#2", "#3", "#4", "#7", "#8"], bots: ["#6"]}}
environments: {production: {match: production}}
rules:
  - {name: of another file, when: {paths: ["*.sql"]}, require: {approvals: 1}}
  - {name: peer review, require: {approvals: 1}}
  - {name: two, when: {paths: ["*.tf"]}, require: {approvals: {count: 1, from: leads}}}
  - {name: apart, before: production, require: {%s}}
emergency: {declare: {by: duty}, expires: 4h, approvals: {count: 1, from: leads}, waives: two, post_mortem: {reviewed_by: leads}}
`

// Separation of duties: who has which, what falls together, and what can be done about it.
func TestSeparation(t *testing.T) {
	all := "separation: [author, approver, merger, deployer, declarer, reviewer]"
	together := func(by rules.UserID, a, b rules.Duty) []rules.Together {
		return []rules.Together{{Pull: 7, By: by, Duties: []rules.Duty{a, b}}}
	}
	none := func(d rules.Duty, pull int64, why rules.VacancyWhy) []rules.Vacancy {
		return []rules.Vacancy{{Duty: d, Pull: pull, Why: why}}
	}
	type want struct {
		outcome  rules.Outcome
		code     rules.Code
		together []rules.Together
		vacant   []rules.Vacancy
		other    bool
	}
	for _, c := range []struct {
		name    string
		require string
		change  func(*rules.Shipment, *rules.Change)
		want    want
	}{
		{"four people", all, func(*rules.Shipment, *rules.Change) {}, want{outcome: rules.Pass, code: rules.SeparationKept}},
		{
			"the author deploys", all, func(s *rules.Shipment, _ *rules.Change) { s.By = 1 },
			want{rules.Pending, rules.SeparationTogether, together(1, rules.DutyAuthor, rules.DutyDeployer), nil, true},
		},
		{
			"the second of two authors deploys", all, func(s *rules.Shipment, c *rules.Change) { c.Commits[0].Committer = 4 },
			want{rules.Pending, rules.SeparationTogether, together(4, rules.DutyAuthor, rules.DutyDeployer), nil, true},
		},
		{
			"who pushed it deploys", all, func(s *rules.Shipment, c *rules.Change) { c.Pushes = []rules.Push{{By: 4, After: "h", At: noon}} },
			want{rules.Pending, rules.SeparationTogether, together(4, rules.DutyAuthor, rules.DutyDeployer), nil, true},
		},
		{
			"not asked for", "separation: [author, approver, merger]", func(s *rules.Shipment, _ *rules.Change) { s.By = 1 },
			want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"the only approver merged", all, func(s *rules.Shipment, _ *rules.Change) { s.Changes[0].MergedBy = 2 },
			want{rules.Fail, rules.SeparationTogether, together(2, rules.DutyApprover, rules.DutyMerger), nil, false},
		},
		{
			"another approved too", all, func(s *rules.Shipment, c *rules.Change) {
				s.Changes[0].MergedBy = 2
				c.Reviews = append(c.Reviews, said(2, 3, rules.Approved, "d"))
			}, want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"two approved, merged and deployed", all, func(s *rules.Shipment, c *rules.Change) {
				s.Changes[0].MergedBy, s.By = 2, 3
				c.Reviews = append(c.Reviews, said(2, 3, rules.Approved, "d"))
			}, want{rules.Pending, rules.SeparationTogether, append(together(2, rules.DutyApprover, rules.DutyMerger), together(3, rules.DutyApprover, rules.DutyDeployer)...), nil, true},
		},
		{
			"an approval of another diff is none", all, func(s *rules.Shipment, c *rules.Change) { c.Reviews[0].Exact = "old" },
			want{rules.Fail, rules.SeparationVacant, nil, none(rules.DutyApprover, 7, rules.VacantOpen), false},
		},
		{
			"a member of a group who cannot write approved for a rule that applied", all, func(s *rules.Shipment, c *rules.Change) {
				c.Files = []rules.File{{Path: "a.tf"}}
				c.Reviews[0].By = 7
				c.People = append(c.People, rules.Person{ID: 7})
			}, want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"a bot of the group approved", all, func(s *rules.Shipment, c *rules.Change) {
				c.Files = []rules.File{{Path: "a.tf"}}
				c.Reviews[0].By = 6
				c.People = append(c.People, rules.Person{ID: 6, Bot: true})
			}, want{rules.Fail, rules.SeparationVacant, nil, none(rules.DutyApprover, 7, rules.VacantOpen), false},
		},
		{
			"and where none did", all, func(s *rules.Shipment, c *rules.Change) {
				c.Reviews[0].By = 7
				c.People = append(c.People, rules.Person{ID: 7})
			}, want{rules.Fail, rules.SeparationVacant, nil, none(rules.DutyApprover, 7, rules.VacantOpen), false},
		},
		{
			"an approver's team that cannot be seen", strings.Replace(all, "sep", "window: days, sep", 1), func(s *rules.Shipment, c *rules.Change) {
				c.Reviews[0].By, c.Reviews[0].State = 8, rules.Approved
				c.Files = []rules.File{{Path: "lost.go"}}
			}, want{rules.Indeterminate, rules.SeparationUnknown, nil, none(rules.DutyApprover, 7, rules.VacantUnknown), false},
		},
		{
			"an author who is not known", all, func(s *rules.Shipment, c *rules.Change) { c.Unnamed = true },
			want{rules.Indeterminate, rules.SeparationUnknown, nil, none(rules.DutyAuthor, 7, rules.VacantUnknown), false},
		},
		{
			"who is not asked for need not be known", "separation: [approver, merger]", func(s *rules.Shipment, c *rules.Change) { c.Unnamed = true },
			want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"a merger who is not known", all, func(s *rules.Shipment, _ *rules.Change) { s.Changes[0].MergedBy = 0 },
			want{rules.Indeterminate, rules.SeparationUnknown, nil, none(rules.DutyMerger, 7, rules.VacantUnknown), false},
		},
		{
			"a bot merged", all, func(s *rules.Shipment, _ *rules.Change) { s.Changes[0].MergedBy = 6 },
			want{rules.Fail, rules.SeparationVacant, nil, none(rules.DutyMerger, 7, rules.VacantBot), false},
		},
		{
			"84: a bot deploys", all, func(s *rules.Shipment, _ *rules.Change) { s.By = 6 },
			want{rules.Pending, rules.SeparationVacant, nil, none(rules.DutyDeployer, 0, rules.VacantBot), true},
		},
		{
			"84: a schedule deploys", all, func(s *rules.Shipment, _ *rules.Change) { s.By = 0 },
			want{rules.Pending, rules.SeparationVacant, nil, none(rules.DutyDeployer, 0, rules.VacantBot), true},
		},
		{
			"a bot wrote it", all, func(s *rules.Shipment, c *rules.Change) {
				c.Pulls[0].Author, c.Commits[0].Authors, c.Commits[0].Committer = 6, []rules.UserID{6}, 6
			}, want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"the declarer deploys", all, func(s *rules.Shipment, c *rules.Change) {
				c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 4, At: noon.Add(-time.Minute)}}
			}, want{rules.Pending, rules.SeparationTogether, together(4, rules.DutyDeployer, rules.DutyDeclarer), nil, true},
		},
		{
			"one of two declarers deploys", all, func(s *rules.Shipment, c *rules.Change) {
				c.Declared = []rules.Declared{{ID: 8, Pull: 7, By: 5, At: noon.Add(-time.Minute)}, {ID: 9, Pull: 7, By: 4, At: noon.Add(-time.Minute)}}
			}, want{rules.Pending, rules.SeparationTogether, together(4, rules.DutyDeployer, rules.DutyDeclarer), nil, true},
		},
		{
			"the emergency is over", all, func(s *rules.Shipment, c *rules.Change) {
				c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 4, At: noon.Add(-4 * time.Hour)}}
			}, want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"declared by somebody who may not", all, func(s *rules.Shipment, c *rules.Change) {
				c.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 3, At: noon.Add(-time.Minute)}}
			}, want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"the reviewer of its post-mortem deploys", all, func(s *rules.Shipment, _ *rules.Change) { s.Changes[0].Reviewed = []rules.UserID{4} },
			want{rules.Pending, rules.SeparationTogether, together(4, rules.DutyDeployer, rules.DutyReviewer), nil, true},
		},
		{
			"it brings nothing", all, func(s *rules.Shipment, _ *rules.Change) { s.Changes = nil },
			want{outcome: rules.Pass, code: rules.SeparationKept},
		},
		{
			"84: a schedule deploys what brings nothing", all, func(s *rules.Shipment, _ *rules.Change) { s.By, s.Changes = 0, nil },
			want{rules.Pending, rules.SeparationVacant, nil, none(rules.DutyDeployer, 0, rules.VacantBot), true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := shipped()
			c.change(&s, &s.Changes[0].Change)
			policy := fmt.Sprintf(apart, c.require)
			if strings.Contains(c.require, "window") { // a rule whose team is gone
				policy = strings.NewReplacer("window: days, ", "", "groups: {", "groups: {lost: {teams: [gone]}, ", "rules:\n", "rules:\n  - {name: lost, when: {paths: [lost.go]}, require: {approvals: {count: 1, from: lost}}}\n").Replace(policy)
			}
			r := findingOf(t, rules.EvaluateShipment(composed(t, policy), s, noon), "apart").Reasons[0]
			got := want{r.Outcome, r.Code, r.Duties.Together, r.Duties.Vacant, r.Duties.Other}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func findingOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, v rules.Verdict, rule string,
) rules.Finding {
	t.Helper()
	for _, f := range v.Findings {
		if f.Rule == rule {
			return f
		}
	}
	t.Fatalf("rule %s was not judged", rule)
	return rules.Finding{}
}

// Whoever wrote it started it: of those who can write and have no other duty, five are named
// who could instead.
func TestSeparationCould(t *testing.T) {
	s := shipped()
	s.By = 1
	s.People = append(s.People, rules.Person{ID: 9})
	for id := range rules.UserID(10) {
		s.People = append(s.People, rules.Person{ID: 10 + id, CanWrite: true})
	}
	v := rules.EvaluateShipment(composed(t, fmt.Sprintf(apart, "separation: [author, merger, deployer]")), s, noon)
	if diff := cmp.Diff([]rules.UserID{4, 5, 10, 11, 12}, findingOf(t, v, "apart").Reasons[0].Duties.Could); diff != "" {
		t.Errorf("could deploy (-want +got):\n%s", diff)
	}
}

// What nobody keeps apart is not read for it, and what some rule does is.
func TestSeparates(t *testing.T) {
	p := composed(t, fmt.Sprintf(apart, "any: [{separation: [merger, author]}, {separation: [deployer, reviewer]}]"))
	for duty, want := range map[rules.Duty]bool{
		rules.DutyAuthor: true, rules.DutyMerger: true, rules.DutyReviewer: true, rules.DutyApprover: false, rules.DutyDeclarer: false,
	} {
		if got := p.Separates(duty); got != want {
			t.Errorf("%s is asked for: %v, want %v", duty, got, want)
		}
	}
}

// An emergency that is over leaves no declarer, and the verdict says when that is.
func TestSeparationRecheck(t *testing.T) {
	s := shipped()
	s.Changes[0].Change.Declared = []rules.Declared{{ID: 9, Pull: 7, By: 4, At: noon.Add(-time.Hour)}}
	v := rules.EvaluateShipment(composed(t, fmt.Sprintf(apart, "separation: [deployer, declarer]")), s, noon)
	if want := noon.Add(3 * time.Hour); v.Outcome != rules.Pending || !v.Recheck.Equal(want) {
		t.Errorf("%s, looked at again %s: want pending, and %s", v.Outcome, v.Recheck, want)
	}
}

// Whoever could start a deployment instead would be approved if they did; one approval more
// makes nothing worse; and one contributor more makes nothing better.
func TestSeparationHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		person := func(what string) rules.UserID { return rules.UserID(rapid.IntRange(0, 6).Draw(t, what)) }
		s := shipped()
		s.By = person("deployer")
		s.Changes = append(s.Changes, shipped().Changes...)
		for i := range s.Changes {
			l := &s.Changes[i]
			l.MergedBy = person("merger")
			l.Change.Commits[0].Committer = person("committer")
			l.Change.Reviews = nil
			for k := range rapid.IntRange(0, 3).Draw(t, "reviews") {
				l.Change.Reviews = append(l.Change.Reviews, said(int64(k+1), person("reviewer"), rules.Approved, "d"))
			}
			if rapid.Bool().Draw(t, "declared") {
				l.Change.Declared = []rules.Declared{{ID: 9, Pull: 7, By: person("declarer"), At: noon.Add(-time.Minute)}}
			}
		}
		duties := rapid.Permutation([]string{"author", "approver", "merger", "deployer", "declarer"}).Draw(t, "duties")
		layer := parse(t, fmt.Sprintf(apart, "separation: ["+strings.Join(duties[:rapid.IntRange(2, 5).Draw(t, "n")], ", ")+"]"))
		p := compose(t, layer, nil)
		judged := func(s rules.Shipment) rules.Finding { return findingOf(t, rules.EvaluateShipment(p, s, noon), "apart") }
		before := judged(s)
		for _, id := range before.Reasons[0].Duties.Could {
			other := s
			if other.By = id; judged(other).Outcome != rules.Pass {
				t.Fatalf("%d could start it, and it is held", id)
			}
		}
		var more rules.Shipment
		again := func() {
			if err := json.Unmarshal(text(t, s), &more); err != nil {
				t.Fatal(err)
			}
		}
		again()
		at := &more.Changes[rapid.IntRange(0, 1).Draw(t, "change")].Change
		at.Reviews = append(at.Reviews, said(50, 50, rules.Approved, "d"))
		at.People = append(at.People, rules.Person{ID: 50, CanWrite: true})
		if after := judged(more); after.Outcome.Worse(before.Outcome) {
			t.Fatalf("with one approval more %s became %s", before.Outcome, after.Outcome)
		}
		again()
		at = &more.Changes[rapid.IntRange(0, 1).Draw(t, "change")].Change
		at.Commits[0].Authors = append(at.Commits[0].Authors, person("author"))
		if after := judged(more); before.Outcome.Worse(after.Outcome) {
			t.Fatalf("with one contributor more %s became %s", before.Outcome, after.Outcome)
		}
	})
}

// Who reviews a post-mortem is somebody who has none of the other duties that a rule keeps
// apart; of those that fell together already nothing is asked.
func TestWeighReviewApart(t *testing.T) {
	c := shipped().Changes[0].Change
	c.People = append(c.People, rules.Person{ID: 7}, rules.Person{ID: 8, CanWrite: true})
	had := rules.Had{Declarers: []rules.UserID{5}, Mergers: []rules.UserID{3}, Deployers: []rules.UserID{4}}
	all := "separation: [author, approver, merger, deployer, declarer, reviewer]"
	for _, test := range []struct {
		name    string
		require string
		by      rules.UserID
		had     rules.Had
		reviews []rules.Review
		want    rules.ReviewingWhy
	}{
		{"somebody else", all, 8, had, c.Reviews, ""},
		{"who merged it", all, 3, had, c.Reviews, rules.ReviewingTogether},
		{"who deployed it", all, 4, had, c.Reviews, rules.ReviewingTogether},
		{"who alone approved it", all, 2, had, c.Reviews, rules.ReviewingTogether},
		{"one of two who approved it", all, 2, had, append(c.Reviews, said(2, 8, rules.Approved, "d")), ""},
		{"who merged it where that is not asked", "separation: [deployer, reviewer]", 3, had, c.Reviews, ""},
		{"one of two who deployed it", "separation: [deployer, reviewer]", 3, rules.Had{Deployers: []rules.UserID{4, 3}}, c.Reviews, rules.ReviewingTogether},
		{"in all", "all: [{separation: [merger, reviewer]}, {deployed: {to: production}}]", 3, had, c.Reviews, rules.ReviewingTogether},
		{"in any there is another way", "any: [{separation: [merger, reviewer]}, {sign_off: {name: x, from: leads}}]", 3, had, c.Reviews, ""},
		{"no reviewer is kept apart", "separation: [merger, deployer]", 3, had, c.Reviews, ""},
		{"merger and deployer were one already", all, 8, rules.Had{Mergers: []rules.UserID{3}, Deployers: []rules.UserID{3}}, c.Reviews, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := c
			c.Reviews = test.reviews
			if got := rules.WeighReview(composed(t, fmt.Sprintf(apart, test.require)), c, "floor", test.had, test.by, noon); got.Why != test.want {
				t.Errorf("completing it is refused for %q: want %q", got.Why, test.want)
			}
		})
	}
}
