package rules_test

import (
	"fmt"
	"testing"
	"time"

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
