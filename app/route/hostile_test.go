package route

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// hostile are deliveries that GitHub has never sent, or whose sender is nobody.
var hostile = []struct{ name, event, body, want string }{
	{"empty", "push", ``, "nothing"},
	{"no JSON", "push", `<html>`, "nothing"},
	{"cut off", "push", `{"installation":{"id":9},"ref":"refs/hea`, "nothing"},
	{"null", "pull_request", `null`, "nothing"},
	{"a list", "pull_request", `[{"installation":{"id":9}}]`, "nothing"},
	{"a number", "check_run", `1e999`, "nothing"},
	{"nothing in it", "pull_request", `{}`, "nothing"},
	{"nested deeper than anybody reads", "pull_request", `{"installation":{"id":9},"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "nothing"},
	{"nested deeply beside what is read", "pull_request", `{"installation":{"id":9},"x":` + strings.Repeat(`{"x":`, 5000) + "1" + strings.Repeat("}", 5000) + `}`, "in 9"},
	{"numbers as text", "pull_request", `{"installation":{"id":"9"},"repository":{"id":"7"},"pull_request":{"number":"5"}}`, "nothing"},
	{"number as text, the rest well", "pull_request", `{"action":"opened",` + common + `,"pull_request":{"number":"5"}}`, repo},
	{"ids below one", "pull_request", `{"installation":{"id":-9},"repository":{"id":-7},"pull_request":{"number":5}}`, "nothing"},
	{"ids beyond 64 bits", "status", `{"installation":{"id":9},"repository":{"id":99999999999999999999},"sha":"` + shaB + `"}`, "in 9"},
	{"lists for objects", "pull_request", `{"installation":[],"repository":[],"sender":[],"pull_request":[]}`, "nothing"},
	{"objects for text", "check_run", `{"action":{},` + common + `,"check_run":{"head_sha":{},"name":[]}}`, repo},
	{
		"sender of another type", "pull_request",
		`{"action":"opened",` + common + `,"sender":"ann","pull_request":{` + pullBase + `}}`,
		// A later key of another type leaves what the earlier one set.
		repo + "; " + pullOpen + "; push 7 #5 none..bbbbbbb by 11=ann; due pull_request/7/5",
	},
	{
		"no sender: nobody is named as the pusher", "pull_request",
		`{"action":"opened","sender":null,"repository":{"id":7},"pull_request":{` + pullBase + `}}`,
		pullOpen + "; due pull_request/7/5",
	},
	{
		"a push by nobody", "push",
		`{"sender":null,"repository":{"id":7,"default_branch":"main"},"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"added":["a"]}]}`,
		"due by base 7 main moved",
	},
	{
		"repository without an owner", "pull_request",
		`{"action":"opened","repository":{"id":7,"name":"app","owner":null},"pull_request":{` + pullBase + `}}`,
		pullOpen + "; due pull_request/7/5",
	},
	{
		"pull request of null", "pull_request",
		`{"action":"opened",` + common + `,"pull_request":null}`, repo,
	},
	{
		"time that is none", "pull_request",
		`{"action":"labeled",` + common + `,"pull_request":{"updated_at":1,"number":5,"state":"open","head":{"sha":"` + shaB + `"}}}`,
		repo + "; pull 7#5 bbbbbbb ( in 0) onto  by 0 at 0001-01-01T00:00:00Z open; due pull_request/7/5",
	},
	{
		"commit that is none", "pull_request",
		`{"action":"synchronize",` + common + `,"before":"main","after":"../..","pull_request":{"number":5,"head":{"sha":"main"}}}`,
		repo + "; due pull_request/7/5",
	},
	{"check on a branch name", "check_run", `{` + common + `,"check_run":{"id":1,"head_sha":"main"}}`, repo},
	{"check on 39 digits", "status", `{` + common + `,"sha":"` + shaB[:39] + `"}`, repo},
	{"check on 41 digits", "status", `{` + common + `,"sha":"` + shaB + `b"}`, repo},
	{"check on what is no hex", "check_suite", `{` + common + `,"check_suite":{"head_sha":"` + strings.Repeat("g", 40) + `"}}`, repo},
	{"check on upper case", "status", `{` + common + `,"sha":"` + strings.ToUpper(shaB) + `"}`, repo},
	{"check on zeros", "status", `{` + common + `,"sha":"` + zeros + `"}`, repo},
	{"push to zeros that does not say deleted", "push", `{` + common + `,"ref":"refs/heads/x","before":"` + shaA + `","after":"` + zeros + `"}`, repo + "; due by base 7 x moved"},
	{"push to no branch", "push", `{` + common + `,"ref":"refs/heads/","after":"` + shaB + `"}`, repo},
	{"group on a branch name", "merge_group", `{"action":"checks_requested",` + common + `,"merge_group":{"head_sha":"main"}}`, repo},
	{"gate without an environment", "deployment_protection_rule", `{"action":"requested",` + common + `,"deployment_callback_url":"https://api.github.com/repos/octo-org/app/actions/runs/51/deployment_protection_rule"}`, repo},
	{"gate of another repository", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"https://api.github.com/repos/octo-org/application/actions/runs/51/deployment_protection_rule"}`, repo},
	{"gate of a repository whose name is as long", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"https://api.github.com/repos/octo-org/web/actions/runs/51/deployment_protection_rule"}`, repo},
	{"gate with a path in its run", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"https://api.github.com/repos/octo-org/app/actions/runs/51/../52/deployment_protection_rule"}`, repo},
	{"gate with a run below one", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"https://api.github.com/repos/octo-org/app/actions/runs/-51/deployment_protection_rule"}`, repo},
	{"gate without an address", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod"}`, repo},
	{"gate with a broken address", "deployment_protection_rule", `{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"http://%zz"}`, repo},
	{"member of null", "member", `{"action":"removed",` + common + `,"member":null}`, repo},
	{"team without an organisation", "membership", `{"action":"added","member":{"id":12},"team":{"slug":"qa"}}`, "nothing"},
	{"installation without an account", "installation", `{"action":"created","installation":{"id":9},"repositories":[{"id":7,"full_name":"octo-org/app"}]}`, "in 9; installation 9 on  =0; due installation/9"},
	{"installation of text", "installation", `{"action":"created","installation":"9"}`, "nothing"},
	{"repository with half a name", "installation_repositories", `{"installation":{"id":9,"account":{"id":3}},"repositories_added":[{"id":7,"full_name":"app"},{"id":8,"full_name":"/x"},null]}`, "in 9"},
}

func TestRouteHostile(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			r := Route(tt.event, []byte(tt.body), received)
			if diff := cmp.Diff(tt.want, describe(r)); diff != "" {
				t.Errorf("Route(%s) (-want +got):\n%s", tt.event, diff)
			}
			holdPromises(t, r)
		})
	}
}

// Behaviour 71: the header that names the event is not signed. The body of another event
// takes no repository and no installation away, and is no pull request in full: there is
// something to look at, no more.
func TestBodyOfAnotherEvent(t *testing.T) {
	const rest = `"action":"deleted","installation":{"id":3,"account":{"id":9,"login":"octo-org"}},` +
		`"repository":{"id":7,"name":"app","full_name":"octo-org/app","owner":{"id":9,"login":"octo-org"}}`
	const pull = `"pull_request":{"number":5,"state":"open","head":{"sha":"1111111111111111111111111111111111111111"}}`
	repo, installation := subject.Subject{Kind: subject.Repository, Repo: 7}, subject.Subject{Kind: subject.Installation, Number: 3}
	tests := []struct {
		name, event, body string
		want              []subject.Subject
		facts             bool
	}{
		{"a deleted comment as a repository", "repository", `{"comment":{},"issue":{},` + rest + `}`, []subject.Subject{repo}, false},
		{"a deleted repository", "repository", `{` + rest + `}`, []subject.Subject{repo}, true},
		{"a deleted comment as an installation", "installation", `{"comment":{},` + rest + `}`, []subject.Subject{installation}, false},
		{"a deleted installation", "installation", `{"repositories":[],` + rest + `}`, []subject.Subject{installation}, true},
		{"a label as a selection", "installation_repositories", `{"label":{},"repositories_removed":[{"id":7,"full_name":"octo-org/app"}],` + rest + `}`, []subject.Subject{installation}, false},
		{"a review as a pull request", "pull_request", `{"review":{},` + pull + `,` + rest + `}`, []subject.Subject{{Kind: subject.PullRequest, Repo: 7, Number: 5}}, false},
		{"a pull request", "pull_request", `{"number":5,` + pull + `,` + rest + `}`, []subject.Subject{{Kind: subject.PullRequest, Repo: 7, Number: 5}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Route(tt.event, []byte(tt.body), received)
			if diff := cmp.Diff(tt.want, r.Subjects); diff != "" {
				t.Errorf("subjects (-want +got):\n%s", diff)
			}
			facts := len(r.Pulls) > 0 || len(r.Installations) > 0 || r.Repositories[0].Gone
			if facts != tt.facts {
				t.Errorf("facts %v, want %v: %+v", facts, tt.facts, r)
			}
		})
	}
}
