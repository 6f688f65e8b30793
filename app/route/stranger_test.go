package route

import (
	"strings"
	"testing"
)

// Behaviour 67: what somebody from outside does comes last.
func TestStranger(t *testing.T) {
	fork := strings.Replace(pullBase, `"repo":{"id":7}`, `"repo":{"id":70}`, 1)
	as := func(association, of string) string { return `"author_association":"` + association + `",` + of }
	const note = `"id":1,"user":{"id":11}`
	for _, test := range []struct {
		name, event, body string
		want              bool
	}{
		{"a copy from a fork", "pull_request", `"pull_request":{` + as("NONE", fork) + `}`, true},
		{"somebody's first pull request", "pull_request", `"pull_request":{` + as("FIRST_TIME_CONTRIBUTOR", fork) + `}`, true},
		{"from a fork whose owner contributed before", "pull_request", `"pull_request":{` + as("CONTRIBUTOR", fork) + `}`, false},
		{"from a member's fork", "pull_request", `"pull_request":{` + as("MEMBER", fork) + `}`, false},
		{"from a branch, which takes write access", "pull_request", `"pull_request":{` + as("NONE", pullBase) + `}`, false},
		{"somebody else does something with it", "pull_request", `"pull_request":{` + as("NONE", strings.Replace(fork, `"user":{"id":11}`, `"user":{"id":12}`, 1)) + `}`, false},
		{"a review by one from outside", "pull_request_review", `"review":{` + as("NONE", note) + `},"pull_request":{` + as("MEMBER", pullBase) + `}`, true},
		{"a member's review of a copy", "pull_request_review", `"review":{` + as("MEMBER", note) + `},"pull_request":{` + as("NONE", fork) + `}`, false},
		{"a comment by one from outside", "issue_comment", `"comment":{` + as("NONE", note) + `}`, true},
		{"a comment without GitHub's word", "issue_comment", `"comment":{` + note + `}`, false},
		{"another event", "push", `"pull_request":{` + as("NONE", fork) + `}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Route(test.event, []byte(`{"action":"edited",`+common+`,`+test.body+`}`), received)
			if r.Stranger != test.want {
				t.Errorf("Stranger = %v, want %v: %s", r.Stranger, test.want, describe(r))
			}
		})
	}
}
