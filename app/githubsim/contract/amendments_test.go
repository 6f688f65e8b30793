package contract

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAmendment(t *testing.T) {
	const description = `{"a":{"b":{"type":"string"},"ref":{"$ref":"#/x"},"c/d":{"list":[1]}}}`
	tests := []struct {
		name string
		a    amendment
		want string // the description after it; empty for an error
	}{
		{"merged", amendment{at: "/a/b", merge: `{"nullable":true}`}, `{"a":{"b":{"type":"string","nullable":true},"ref":{"$ref":"#/x"},"c/d":{"list":[1]}}}`},
		{"beside a reference", amendment{at: "/a/ref", merge: `{"nullable":true}`}, `{"a":{"b":{"type":"string"},"ref":{"allOf":[{"$ref":"#/x"}],"nullable":true},"c/d":{"list":[1]}}}`},
		{"new", amendment{at: "/a/e", merge: `{"type":"integer"}`}, `{"a":{"b":{"type":"string"},"e":{"type":"integer"},"ref":{"$ref":"#/x"},"c/d":{"list":[1]}}}`},
		{"copied and changed", amendment{at: "/a/e", from: "/a/c~1d", merge: `{"list":[2]}`}, `{"a":{"b":{"type":"string"},"e":{"list":[2]},"ref":{"$ref":"#/x"},"c/d":{"list":[1]}}}`},
		{"replaced", amendment{at: "/a/b", set: `{"$ref":"#/y"}`}, `{"a":{"b":{"$ref":"#/y"},"ref":{"$ref":"#/x"},"c/d":{"list":[1]}}}`},
		{"nothing to replace", amendment{at: "/a/e", set: `{}`}, ""},
		{"nowhere", amendment{at: "/x/y/z", merge: `{}`}, ""},
		{"described by now", amendment{at: "/a/b", from: "/a/ref", merge: `{}`}, ""},
		{"nothing to copy", amendment{at: "/a/e", from: "/x/y/z", merge: `{}`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got, want any
			if err := json.Unmarshal([]byte(description), &got); err != nil {
				t.Fatal(err)
			}
			if err := tt.a.apply(got); (err != nil) != (tt.want == "") {
				t.Fatalf("apply: %v", err)
			} else if err != nil {
				return
			}
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Each row of the tables says why it is there, and changes something: a fault that
// GitHub has corrected is no excuse any more.
func TestAmendmentsAreNeeded(t *testing.T) {
	for name, table := range map[string][]amendment{"rest.openapi.json": restAmendments, "webhooks.openapi.json": webhookAmendments} {
		raw, err := readDescription(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range table {
			before, _ := json.Marshal(raw)
			if err := a.apply(raw); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if after, _ := json.Marshal(raw); string(before) == string(after) {
				t.Errorf("%s: amending %s changes nothing", name, a.at)
			}
			if a.why == "" {
				t.Errorf("%s: amending %s has no reason", name, a.at)
			}
		}
	}
}
