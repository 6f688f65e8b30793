package rules

import (
	"strings"
	"testing"
)

// Behaviour 78: a policy that would block its own repair is refused.
func TestRepairable(t *testing.T) {
	const groups = "version: 1\ngroups:\n  two: {users: [ann, bob]}\n  one: {users: [carol]}\n  team: {teams: [core]}\nrules:\n"
	tests := []struct {
		name, rules string
		refused     string
	}{
		{"enough people", "  - {name: r, require: {approvals: {count: 2, from: two}}}", ""},
		{"too few", "  - {name: r, require: {approvals: {count: 3, from: two}}}", `repo.yml:7:`},
		{"together enough", "  - {name: r, require: {approvals: {count: 3, from: [one, two]}}}", ""},
		{"together too few", "  - {name: r, require: {approvals: {count: 4, from: [one, two]}}}", "there are 3"},
		{"a team has who it has", "  - {name: r, require: {approvals: {count: 9, from: [one, team]}}}", ""},
		{"never of a policy", "  - {name: r, when: {paths: [src/**]}, require: {approvals: {count: 2, from: one}}}", ""},
		{"of policies", "  - {name: r, when: {class: policy}, require: {approvals: {count: 2, from: one}}}", "no change of this policy could pass it"},
		{"behind one that is never of a policy", "  - {name: q, when: {paths: [src/**]}, require: {approvals: {count: 2, from: one}}}\n  - {name: r, require: {approvals: {count: 2, from: one}}}", "there are 1"},
		{"one way of several", "  - {name: r, require: {any: [{approvals: {count: 2, from: one}}, {approvals: 1}]}}", ""},
		{"all ways", "  - {name: r, require: {all: [{approvals: {count: 2, from: one}}, {approvals: 1}]}}", "there are 1"},
	}
	floor, err := Parse("floor.yml", []byte("version: 1\nrules: [{name: f, require: {approvals: 1}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			layer, err := Parse("repo.yml", []byte(groups+tt.rules+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			_, alone := Compose(layer, nil)
			_, beside := Compose(floor, &layer)
			for _, err := range []error{alone, beside} {
				if (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("Compose: %v, want %q in it", err, tt.refused)
				}
			}
		})
	}
}
