package githubsim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Each query asks for something that a simpler executor would get wrong.
func TestGraphQL(t *testing.T) {
	s := newSim(t)
	n, head := s.pull("feature", "f", "1\n")
	must(s.As("bob").Approve(infra, n))(t)
	must(s.As("carol").Review(infra, n, githubsim.Review{State: "COMMENT", Body: "hm"}))(t)
	must(s.As("dave").RequestChanges(infra, n, "no"))(t)
	ok(t, s.AsApp("octo-ci").Status(infra, head, "lint", "success", ""))
	vars := map[string]any{"n": n, "deep": false, "head": head}
	const pull = `query T($n:Int!){repository(owner:"octo-org",name:"infra"){pullRequest(number:$n){`
	tests := []struct{ name, query, want string }{
		{
			"aliases", pull + `a:number b:number author{who:login}}}}`,
			`{"repository":{"pullRequest":{"a":1,"b":1,"author":{"who":"ann"}}}}`,
		},
		{
			"fragments on interface and union", pull + `author{...A}reviews(first:1){nodes{author{... on Bot{id}... on User{name}}}}}}}fragment A on Actor{__typename login ...B}fragment B on User{email}`,
			`{"repository":{"pullRequest":{"author":{"__typename":"User","login":"ann","email":"ann@example.com"},"reviews":{"nodes":[{"author":{"name":"Bob"}}]}}}}`,
		},
		{
			"the same field twice", pull + `author{login}author{... on User{name}}}pullRequest(number:$n){title}}}`,
			`{"repository":{"pullRequest":{"author":{"login":"ann","name":"Ann"},"title":"Change f"}}}`,
		},
		{
			"skip and include", `query T($deep:Boolean!){repository(owner:"octo-org",name:"infra"){name@include(if:$deep) url@skip(if:true) ...F@include(if:$deep) isPrivate}}fragment F on Repository{id}`,
			`{"repository":{"isPrivate":true}}`,
		},
		{
			"first page", pull + `reviews(first:2){totalCount pageInfo{hasNextPage hasPreviousPage endCursor}nodes{state}}}}}`,
			`{"repository":{"pullRequest":{"reviews":{"totalCount":3,"pageInfo":{"hasNextPage":true,"hasPreviousPage":false,"endCursor":"Y3Vyc29yOnYyOjI="},"nodes":[{"state":"APPROVED"},{"state":"COMMENTED"}]}}}}`,
		},
		{
			"next page", pull + `reviews(first:2,after:"Y3Vyc29yOnYyOjI="){pageInfo{hasNextPage hasPreviousPage}edges{cursor node{state}}}}}}`,
			`{"repository":{"pullRequest":{"reviews":{"pageInfo":{"hasNextPage":false,"hasPreviousPage":true},"edges":[{"cursor":"Y3Vyc29yOnYyOjM=","node":{"state":"CHANGES_REQUESTED"}}]}}}}`,
		},
		{
			"last", pull + `reviews(last:1,states:[APPROVED,COMMENTED]){nodes{state}}}}}`,
			`{"repository":{"pullRequest":{"reviews":{"nodes":[{"state":"COMMENTED"}]}}}}`,
		},
		{
			"by expression", `query T{repository(owner:"octo-org",name:"infra"){file:object(expression:"HEAD:README.md"){__typename ... on Blob{text byteSize isBinary isTruncated}}dir:object(expression:"main:.github"){... on Tree{entries{name mode type}}}none:object(expression:"HEAD:nothing"){oid}}}`,
			`{"repository":{"file":{"__typename":"Blob","text":"# infra\n","byteSize":8,"isBinary":false,"isTruncated":false},"dir":{"entries":[{"name":"change-management.yml","mode":33188,"type":"blob"}]},"none":null}}`,
		},
		{
			"a bot's login has no [bot]", `query T($head:String!){repository(owner:"octo-org",name:"infra"){object(expression:$head){... on Commit{status{state contexts{context creator{__typename login}}}}}}}`,
			`{"repository":{"object":{"status":{"state":"SUCCESS","contexts":[{"context":"lint","creator":{"__typename":"Bot","login":"octo-ci"}}]}}}}`,
		},
		{
			"members with those of child teams, without the pending", `query T{organization(login:"octo-org"){team(slug:"engineers"){all:members(first:10){nodes{login}}own:members(first:10,membership:IMMEDIATE){nodes{login}}below:members(first:10,membership:CHILD_TEAM){nodes{login}}}hidden:team(slug:"shadows"){slug}}}`,
			`{"organization":{"team":{"all":{"nodes":[{"login":"ann"},{"login":"bob"},{"login":"carol"}]},"own":{"nodes":[{"login":"ann"},{"login":"bob"}]},"below":{"nodes":[{"login":"carol"}]}},"hidden":null}}`,
		},
		{
			"the last opinion of each", pull + `latestReviews(first:5){nodes{author{login}state authorCanPushToRepository}}}}}`,
			`{"repository":{"pullRequest":{"latestReviews":{"nodes":[{"author":{"login":"bob"},"state":"APPROVED","authorCanPushToRepository":true},{"author":{"login":"carol"},"state":"COMMENTED","authorCanPushToRepository":true},{"author":{"login":"dave"},"state":"CHANGES_REQUESTED","authorCanPushToRepository":true}]}}}}`,
		},
		{
			"cost", `query T{repository(owner:"octo-org",name:"infra"){pullRequests(first:100){nodes{reviews(first:50){nodes{id}}commits(first:20){nodes{id}}}}}rateLimit{cost nodeCount}}`,
			``,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, errs := s.query(t.Context(), tt.query, vars)
			if len(errs) > 0 {
				t.Fatalf("errors: %v", errs)
			}
			if tt.name == "cost" {
				// 1 + 100 + 100 requests fill it, 2.01 points; 100 + 5000 + 2000 nodes.
				if diff := cmp.Diff(map[string]any{"cost": 2.0, "nodeCount": 7100.0}, data["rateLimit"]); diff != "" {
					t.Errorf("rate limit (-want +got):\n%s", diff)
				}
				return
			}
			var want map[string]any
			decode(t, []byte(tt.want), &want)
			if diff := cmp.Diff(want, data); diff != "" {
				got, _ := json.Marshal(data)
				t.Errorf("data (-want +got):\n%s\n%s", diff, got)
			}
		})
	}
}

// What is wrong comes as errors with status 200, and what it was asked of is null.
func TestGraphQLErrors(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil; o.OnUnknown = nil })
	s.pull("feature", "f", "1\n")
	tests := []struct {
		name, query string
		typ, path   string // of the first error
		message     string
		data        string
	}{
		{"no such repository", `query T{repository(owner:"octo-org",name:"nothing"){id}}`, "NOT_FOUND", `["repository"]`, "Could not resolve to a Repository with the name 'octo-org/nothing'.", `{"repository":null}`},
		{"no such pull request", `query T{repository(owner:"octo-org",name:"infra"){p:pullRequest(number:9){id}name}}`, "NOT_FOUND", `["repository","p"]`, "Could not resolve to a PullRequest with the number of 9.", `{"repository":{"p":null,"name":"infra"}}`},
		{"no page size", `query T{repository(owner:"octo-org",name:"infra"){labels{totalCount}}}`, "MISSING_PAGINATION_BOUNDARIES", `["repository","labels"]`, "You must provide a `first` or `last` value to properly paginate the `labels` connection.", `{"repository":{"labels":null}}`},
		{"too large a page", `query T{repository(owner:"octo-org",name:"infra"){labels(first:101){totalCount}}}`, "EXCESSIVE_PAGINATION", `["repository","labels"]`, "Requesting 101 records on the `labels` connection exceeds the `first` limit of 100 records.", `{"repository":{"labels":null}}`},
		{"an error below what must not be null", `query T{repository(owner:"octo-org",name:"infra"){pullRequests(first:101){totalCount}}}`, "EXCESSIVE_PAGINATION", `["repository","pullRequests"]`, "Requesting 101 records on the `pullRequests` connection exceeds the `first` limit of 100 records.", `{"repository":null}`},
		{"unknown field", `query T{repository(owner:"octo-org",name:"infra"){nothing}}`, "", "", `Cannot query field "nothing" on type "Repository".`, ``},
		{"variable missing", `query T($n:Int!){repository(owner:"octo-org",name:"infra"){pullRequest(number:$n){id}}}`, "", "", "must be defined", ``},
		{"not modelled", `query T{repository(owner:"octo-org",name:"infra"){diskUsage name}}`, "", `["repository","diskUsage"]`, "githubsim does not model Repository.diskUsage", `{"repository":{"diskUsage":null,"name":"infra"}}`},
		{"too many nodes", `query T{repository(owner:"octo-org",name:"infra"){pullRequests(first:100){nodes{commits(first:100){nodes{commit{parents(first:100){nodes{oid}}}}}}}}}`, "MAX_NODE_LIMIT_EXCEEDED", "", "This query requests up to 1010100 possible nodes which exceeds the maximum limit of 500000.", ``},
		{"syntax", `query T{`, "", "", "Expected Name", ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, errs := s.query(t.Context(), tt.query, nil)
			if len(errs) == 0 {
				t.Fatalf("no error, data %v", data)
			}
			first := errs[0].(map[string]any)
			path := ""
			if first["path"] != nil {
				raw, err := json.Marshal(first["path"])
				ok(t, err)
				path = string(raw)
			}
			typ, _ := first["type"].(string)
			message, _ := first["message"].(string)
			if typ != tt.typ || path != tt.path || !contains(message, tt.message) {
				t.Errorf("error %q %s %q, want %q %s %q", typ, path, message, tt.typ, tt.path, tt.message)
			}
			got := ""
			if data != nil {
				raw, err := json.Marshal(data)
				ok(t, err)
				got = string(raw)
			}
			if diff := cmp.Diff(tt.data, sortJSON(t, got)); diff != "" && sortJSON(t, tt.data) != sortJSON(t, got) {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
	ok(t, s.Grant("octo-org", "checks", ""))
	_, errs := s.query(t.Context(), `query T{repository(owner:"octo-org",name:"infra"){object(expression:"main"){... on Commit{checkSuites(first:1){totalCount}}}}}`, nil)
	if len(errs) != 1 || errs[0].(map[string]any)["type"] != "FORBIDDEN" {
		t.Errorf("without permission: %v", errs)
	}
}

// sortJSON makes two texts of one value equal.
func sortJSON(t *testing.T, s string) string {
	t.Helper()
	if s == "" {
		return ""
	}
	var v any
	decode(t, []byte(s), &v)
	raw, err := json.Marshal(v)
	ok(t, err)
	return string(raw)
}

// The queries of the product's reader, over a change in which much has happened.
func TestQueryFiles(t *testing.T) {
	s := newSim(t)
	ok(t, s.Apply(githubsim.State{Repositories: []githubsim.StateRepository{{Name: "octo-org/.github"}}}))
	ok(t, s.Protect(infra, "main", &githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "Change Management", App: s.AppID()}}}))
	n, _ := s.pull("feature", "f", "1\n")
	id := must(s.As("bob").Approve(infra, n))(t)
	ok(t, s.As("carol").Dismiss(infra, n, id, "no"))
	must(s.As("dave").Push(infra, "release", text("g", "1\n")))(t)
	ok(t, s.Protect(infra, "release", &githubsim.Protection{Ruleset: true, Required: []githubsim.RequiredCheck{{Context: "tests"}}}))
	ok(t, s.As("ann").Retarget(infra, n, "release"))
	head := must(s.As("bob").Push(infra, "feature", githubsim.Commit{
		Message: "More", Files: map[string]string{"h": "1"}, CoAuthors: []githubsim.Ident{s.Ident("carol"), {Name: "Who", Email: "who@unknown.example"}}, Signing: githubsim.Verified,
	}))(t)
	must(s.AsApp("github-actions").Report(infra, head, githubsim.Check{Name: "test", Conclusion: "success", Workflow: ".github/workflows/ci.yml"}))(t)
	ok(t, s.As("bob").Status(infra, head, "lint", "pending", "…"))
	ok(t, s.As("bob").DeleteAccount())

	data, _ := s.query(t.Context(), `query S($h:String!){repository(owner:"octo-org",name:"infra"){object(expression:$h){... on Commit{checkSuites(first:1){nodes{id}}}}}}`, map[string]any{"h": head})
	suite := data["repository"].(map[string]any)["object"].(map[string]any)["checkSuites"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["id"]
	said := must(s.As("ann").Comment(infra, n, "hello"))(t)
	var comment struct {
		NodeID string `json:"node_id"`
	}
	_, _, body := s.get(fmt.Sprintf("repos/octo-org/infra/issues/comments/%d", said), nil)
	decode(t, []byte(body), &comment)
	vars := map[string]any{
		"id": comment.NodeID, "owner": "octo-org", "name": "infra", "number": n, "head": head, "org": "octo-org", "slug": "engineers", "base": "refs/heads/main",
		"suite": suite, "after": "Y3Vyc29yOnYyOjE=", "commit": head, "ranFile": head + ":README.md", "branchFile": "HEAD:README.md", "folder": head + ":.github", "file": head + ":.github/change-management.yml", "text": true, "messages": true, "threads": true, "behind": true, "open": true, "merged": true, "mergedAfter": "Y3Vyc29yOnYyOjE=",
		"items": []string{"BASE_REF_CHANGED_EVENT", "REVIEW_DISMISSED_EVENT", "LABELED_EVENT", "UNLABELED_EVENT"},
	}
	issue := must(s.As("ann").OpenIssue(infra, "A question", "why?"))(t)
	ok(t, s.As("ann").CloseIssue(infra, issue, ""))
	files, err := filepath.Glob("../snapshot/*.graphql")
	ok(t, err)
	for _, file := range files {
		name := filepath.Base(file)
		if query := queryFile(t, name); strings.HasPrefix(query, "query") {
			t.Run(name, func(t *testing.T) {
				vars := maps.Clone(vars)
				if name == "issue.graphql" {
					vars["number"] = issue
				}
				if _, errs := s.query(t.Context(), onlyUsed(query+queryFile(t, "fragments.graphql")), only(query, vars)); len(errs) > 0 {
					t.Errorf("errors: %v", errs)
				}
			})
		}
	}
	data, _ = s.query(t.Context(), onlyUsed(queryFile(t, "change.graphql", "fragments.graphql")), only(queryFile(t, "change.graphql"), vars))
	pr := data["repository"].(map[string]any)["pullRequest"].(map[string]any)
	base := pr["baseRef"].(map[string]any)
	if author := pr["reviews"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["author"]; author != nil {
		t.Errorf("a deleted reviewer shows as %v", author)
	}
	raw, err := json.Marshal(base["rules"])
	ok(t, err)
	if !contains(string(raw), `"context":"tests"`) {
		t.Errorf("rules of the base: %s", raw)
	}
	commits := base["compare"].(map[string]any)["commits"].(map[string]any)["nodes"].([]any)
	last := commits[len(commits)-1].(map[string]any)
	var who []string
	for _, a := range last["authors"].(map[string]any)["nodes"].([]any) {
		login := "nobody"
		if u, _ := a.(map[string]any)["user"].(map[string]any); u != nil {
			login = u["login"].(string)
		}
		who = append(who, login)
	}
	if diff := cmp.Diff([]string{"nobody", "carol", "nobody"}, who); diff != "" {
		t.Errorf("authors: bob is deleted, the third unknown (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"isValid": true, "wasSignedByGitHub": false}, last["signature"]); diff != "" {
		t.Errorf("signature (-want +got):\n%s", diff)
	}
}
