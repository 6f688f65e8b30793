package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// A shipment is in an emergency if each of its changes is, by the floor, and whoever has to
// approve that did.
func TestInEmergency(t *testing.T) {
	declared := rules.Declared{ID: 9, Pull: 7, By: 4, At: noon.Add(-time.Minute)}
	floor := composed(t, fmt.Sprintf(apart, "separation: [author, deployer]"))
	without, err := rules.Parse("policy.yml", []byte("version: 1\nrules: [{name: peer review, require: {approvals: 1}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	below := floor.Layers[0]
	below.Name = rules.RepositoryLayer
	for _, test := range []struct {
		name   string
		policy rules.Policy
		change func(*rules.Shipment)
		want   bool
	}{
		{"declared and approved", floor, func(*rules.Shipment) {}, true},
		{"by the repository's file alone", rules.Policy{Layers: []rules.Layer{without, below}}, func(*rules.Shipment) {}, false},
		{"two, and both are", floor, func(s *rules.Shipment) { s.Changes = append(s.Changes, s.Changes[0]) }, true},
		{"two, and the second is not", floor, func(s *rules.Shipment) {
			s.Changes = append(s.Changes, s.Changes[0])
			s.Changes[1].Change.Declared = nil
		}, false},
		{"declared again by somebody who may", floor, func(s *rules.Shipment) {
			by := declared
			by.By = 3
			s.Changes[0].Change.Declared = []rules.Declared{by, declared}
		}, true},
		{"by somebody who may not", floor, func(s *rules.Shipment) { s.Changes[0].Change.Declared[0].By = 3 }, false},
		{"over", floor, func(s *rules.Shipment) { s.Changes[0].Change.Declared[0].At = noon.Add(-4 * time.Hour) }, false},
		{"not approved", floor, func(s *rules.Shipment) { s.Changes[0].Change.Reviews = nil }, false},
		{"no change", floor, func(s *rules.Shipment) { s.Changes = nil }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := shipped()
			s.Changes[0].Change.Declared = []rules.Declared{declared}
			test.change(&s)
			if got := rules.InEmergency(test.policy, s, noon); got != test.want {
				t.Errorf("in an emergency: %v, want %v", got, test.want)
			}
		})
	}
}

// Each declaration that waits for its own approval is told of what is blocked: behind one by somebody who may not
// make it, behind one that has its approval, and by a repository's file alone.
func TestUnapproved(t *testing.T) {
	floor := composed(t, strings.Replace(fmt.Sprintf(apart, "separation: [author, deployer]"), "rules:\n", "rules:\n  - {name: ticket, require: {ticket: {pattern: X-1}}}\n", 1))
	without := floor.Layers[0]
	without.Emergency = nil
	below := floor.Layers[0]
	below.Name = rules.RepositoryLayer
	by := func(ids ...rules.UserID) (out []rules.Declared) {
		for i, id := range ids {
			out = append(out, rules.Declared{ID: int64(i + 1), Pull: 7, By: id, At: noon.Add(-time.Minute)})
		}
		return out
	}
	for _, test := range []struct {
		name     string
		policy   rules.Policy
		declared []rules.Declared
		reviewer rules.UserID
		want     []rules.UserID
	}{
		{"one may not", floor, by(3, 4), 1, []rules.UserID{4}},
		{"one is approved", floor, by(5, 4), 4, []rules.UserID{4}},
		{"by the repository's file", rules.Policy{Layers: []rules.Layer{without, below}}, by(4), 1, []rules.UserID{4}},
		{"both", floor, by(5, 4), 1, []rules.UserID{5, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := shipped().Changes[0].Change
			c.Declared, c.Reviews[0].By = test.declared, test.reviewer
			c.People = append(c.People, shipped().People...)
			var got []rules.UserID
			for _, f := range rules.Evaluate(test.policy, c, noon).Findings {
				if f.Reasons[0].Code == rules.EmergencyUnapproved {
					got = append(got, f.Reasons[0].Relief.By)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("without their approval (-want +got):\n%s", diff)
			}
		})
	}
}
