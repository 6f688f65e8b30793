package githubsim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
)

func TestParseState(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown key", "users:\n  - {login: ann, mail: x}\n", "line 2"},
		{"wrong type", "users: ann\n", "line 1"},
		{"no YAML", "users: [\n", "parse state"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := githubsim.ParseState(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that names %q", err, tt.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"login twice", "users: [{login: ann}, {login: ANN}]", "taken"},
		{"unknown member", "organizations: [{login: o, members: [zoe]}]", "nobody is called zoe"},
		{"parent after its child", "organizations: [{login: o, teams: [{slug: a, parent: b}, {slug: b}]}]", "there is no team b before it"},
		{"its own parent", "organizations: [{login: o, teams: [{slug: a, parent: a}]}]", "there is no team a before it"},
		{"repository of nobody", "repositories: [{name: o/r}]", `"o" is no account`},
		{"unknown role", "users: [{login: ann}]\nrepositories: [{name: ann/r, users: {ann: owner}}]", `unknown permission "owner"`},
		{"installation on nobody", "installations: [{account: o}]", "account o does not exist"},
		{"pull request without changes", "users: [{login: ann}]\nrepositories: [{name: ann/r, pulls: [{title: t, author: ann, branch: b, base: nowhere}]}]", "unknown author or base"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st, err := githubsim.ParseState(strings.NewReader(tt.text))
			ok(t, err)
			_, err = githubsim.New(githubsim.Options{Now: (&clock{}).Now, State: &st})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

// What a state describes is there, and no event tells of it.
func TestState(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) {
		st, err := githubsim.ParseState(strings.NewReader(world + `
  - account: free-org
    repositories: [free-org/tool]
`))
		ok(t, err)
		more, err := githubsim.ParseState(strings.NewReader(`
organizations: [{login: free-org, owners: [bob], members: [ann], base_permission: triage}]
repositories:
  - name: free-org/tool
    default_branch: trunk
    branches: {next: trunk}
    protected: {trunk: {required: [{context: tests, app: 15368}], approvals: 1}}
    files: {a.txt: "1"}
    pulls: [{title: Two, author: ann, branch: two, base: next, labels: [x], files: {a.txt: "2"}}]
  - {name: free-org/other, archived: true}
`))
		ok(t, err)
		st.Organizations = append(st.Organizations, more.Organizations...)
		st.Repositories = append(st.Repositories, more.Repositories...)
		o.State = &st
	})
	s.wantTold()
	data, errs := s.query(t.Context(), `query T{repository(owner:"free-org",name:"tool"){defaultBranchRef{name refUpdateRule{requiredStatusCheckContexts requiredApprovingReviewCount}}pullRequests(first:1){nodes{title author{login}baseRefName changedFiles labels(first:1){nodes{name}}}}}}`, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var want map[string]any
	decode(t, []byte(`{"repository":{"defaultBranchRef":{"name":"trunk","refUpdateRule":{"requiredStatusCheckContexts":["tests"],"requiredApprovingReviewCount":1}},"pullRequests":{"nodes":[{"title":"Two","author":{"login":"ann"},"baseRefName":"next","changedFiles":1,"labels":{"nodes":[{"name":"x"}]}}]}}}`), &want)
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	refused(t, s.As("bob").Label("free-org/other", 1, "x"), 403)
}

func FuzzParseState(f *testing.F) {
	f.Add(world)
	f.Add("users: [{login: ann, type: Bot}]\nrepositories: [{name: ann/r, branches: {a: main}, protected: {main: {required: [{context: c}]}}, pulls: [{title: t, author: ann, branch: b, files: {f: x}}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		st, err := githubsim.ParseState(strings.NewReader(text))
		if err != nil {
			return
		}
		if s, err := githubsim.New(githubsim.Options{Now: (&clock{}).Now, State: &st}); err == nil {
			s.Close() // what is accepted is applied without a panic
		}
	})
}

// The same state gives the same ids and commits; another seed gives others.
func TestDeterministic(t *testing.T) {
	make := func(seed int64) (int64, string) {
		st, err := githubsim.ParseState(strings.NewReader(world))
		ok(t, err)
		s, err := githubsim.New(githubsim.Options{Now: (&clock{}).Now, State: &st, Seed: seed})
		ok(t, err)
		defer s.Close()
		head := must(s.As("ann").Push(infra, "b", text("f", "1")))(t)
		return s.UserID("carol"), head
	}
	id, head := make(0)
	if again, same := make(0); again != id || same != head {
		t.Errorf("the same seed: %d %s and %d %s", id, head, again, same)
	}
	if other, _ := make(1); other == id {
		t.Errorf("another seed gives the same ids: %d", other)
	}
}
