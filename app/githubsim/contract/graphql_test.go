package contract

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuery(t *testing.T) {
	tests := []struct {
		name, query string
		want        []string
	}{
		{"good", `query($n:Int!,$f:Int!){repository(owner:"o",name:"r"){pullRequest(number:$n){reviews(first:$f){nodes{state}}}}}`, nil},
		{"bounded from the end", `{repository(owner:"o",name:"r"){pullRequests(last:1){nodes{number}}}}`, nil},
		{"syntax", `{repository(`, []string{`query, line 1: Expected Name, found <EOF>`}},
		{"unknown field", "{\nrepository(owner:\"o\",name:\"r\"){titel}}", []string{`query, line 2: Cannot query field "titel" on type "Repository". Did you mean "label"?`}},
		{"argument missing", `{repository(owner:"o"){id}}`, []string{`query, line 1: Field "repository" argument "name" of type "String!" is required, but it was not provided.`}},
		{"unused fragment", `query{viewer{login}} fragment f on User{login}`, []string{`query, line 1: Fragment "f" is never used.`}},
		{"no bound", `{repository(owner:"o",name:"r"){pullRequests{totalCount}}}`, []string{"query, line 1: pullRequests has neither first nor last"}},
		{"no bound in a fragment", "{repository(owner:\"o\",name:\"r\"){...f}}\nfragment f on Repository{...on Node{id} labels{totalCount}}", []string{"query, line 2: labels has neither first nor last"}},
		{"too many", `{repository(owner:"o",name:"r"){pullRequests(first:101){totalCount}}}`, []string{"query, line 1: pullRequests asks for 101 elements: GitHub gives 1 to 100"}},
		{"none", `{repository(owner:"o",name:"r"){pullRequests(last:0){totalCount}}}`, []string{"query, line 1: pullRequests asks for 0 elements: GitHub gives 1 to 100"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			Query(rec, tt.query)
			if diff := cmp.Diff(tt.want, lines(rec)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrapGraphQL(t *testing.T) {
	const (
		query = `query Q($n:Int!,$first:Int=50,$more:Boolean=false){repository(owner:"o",name:"r"){
			databaseId nameWithOwner pushedAt isArchived
			pull:pullRequest(number:$n){
				state headRefOid author{__typename login ...on User{databaseId} ...on Bot{databaseId}}
				reviews(first:$first){nodes{fullDatabaseId} pageInfo @include(if:$more){hasNextPage}}
				labels(first:1){nodes{name}}
			}}}`
		author = `{"__typename":"User","login":"ann","databaseId":1}`
		pull   = `{"state":"OPEN","headRefOid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","author":` + author + `,` +
			`"reviews":{"nodes":[{"fullDatabaseId":"7"},null]},"labels":null}`
		good = `{"data":{"repository":{"databaseId":1,"nameWithOwner":"o/r","pushedAt":"2030-01-01T00:00:00Z","isArchived":false,"pull":` + pull + `}}}`
	)
	n := map[string]any{"n": 1}
	changed := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	tests := []struct {
		name, query string
		variables   map[string]any
		status      int
		answer      string
		want        []string
	}{
		{"good", query, n, 200, good, nil},
		{"nothing there", query, n, 200, `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve"}]}`, nil},
		{"refused", query, n, 200, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, nil},
		{"bad gateway", query, n, 502, "<html>", nil},
		{"created", query, n, 201, good, []string{"answer 201: GraphQL does not answer so"}},
		{"nothing", query, n, 200, `{}`, []string{"answer: has neither data nor errors"}},
		{"no JSON", query, n, 200, `{`, []string{"answer: is no GraphQL answer: unexpected end of JSON input"}},
		{"variable missing", query, nil, 200, good, []string{"variables: input: variable.n must be defined"}},
		{"variable of another type", query, map[string]any{"n": "one"}, 200, good, []string{"variables: input: variable.n cannot use string as Int"}},
		{"too many", query, map[string]any{"n": 1, "first": 101}, 200, good, []string{"query, line 5: reviews asks for 101 elements: GitHub gives 1 to 100"}},
		{"no query", "", n, 200, good, []string{"request body: names no operation of the query"}},
		{"asked and missing", query, n, 200, changed(`"nameWithOwner":"o/r",`, ""), []string{"answer at /data/repository/nameWithOwner: was asked for and is missing"}},
		{"missing in a fragment", query, n, 200, changed(`,"databaseId":1}`, "}"), []string{"answer at /data/repository/pull/author/databaseId: was asked for and is missing"}},
		{"no field of this type", query, n, 200, changed(author, `{"__typename":"Mannequin","login":"ann","databaseId":1}`), []string{"answer at /data/repository/pull/author/databaseId: was not asked for"}},
		{"no such actor", query, n, 200, changed(`"User"`, `"Repository"`), []string{`answer at /data/repository/pull/author/__typename: is no Actor, in "Repository"`}},
		{"null", query, n, 200, changed(`"isArchived":false`, `"isArchived":null`), []string{"answer at /data/repository/isArchived: is null, and the schema says Boolean!"}},
		{"number", query, n, 200, changed(`"databaseId":1`, `"databaseId":"1"`), []string{`answer at /data/repository/databaseId: is no Int, in "1"`}},
		{
			"outgrown number", `{repository(owner:"o",name:"r"){databaseId forkCount}}`, nil, 200,
			`{"data":{"repository":{"databaseId":41234567924,"forkCount":41234567924}}}`,
			[]string{"answer at /data/repository/forkCount: is no Int, in 41234567924"},
		},
		{"big number", query, n, 200, changed(`"fullDatabaseId":"7"`, `"fullDatabaseId":7`), []string{`answer at /data/repository/pull/reviews/nodes/0/fullDatabaseId: is no BigInt, in 7`}},
		{"time", query, n, 200, changed(`"2030-01-01T00:00:00Z"`, `"2030-01-01"`), []string{`answer at /data/repository/pushedAt: is no DateTime, in "2030-01-01"`}},
		{"commit", query, n, 200, changed(`aaaaa`, `head`), []string{`answer at /data/repository/pull/headRefOid: is no GitObjectID, in "headaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`}},
		{"state", query, n, 200, changed(`"OPEN"`, `"open"`), []string{`answer at /data/repository/pull/state: is no PullRequestState, in "open"`}},
		{"list", query, n, 200, changed(`[{"fullDatabaseId":"7"},null]`, `{}`), []string{`answer at /data/repository/pull/reviews/nodes: is no list, in {}`}},
		{"object", query, n, 200, changed(author, `"ann"`), []string{`answer at /data/repository/pull/author: is no Actor, in "ann"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			h := Wrap(rec, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.answer)
			}))
			body, err := json.Marshal(map[string]any{"query": tt.query, "variables": tt.variables})
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/graphql", "/api/graphql"} {
				rec.told = nil
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(string(body))))
				if w.Code != tt.status || w.Body.String() != tt.answer {
					t.Errorf("the caller got %d %s", w.Code, w.Body)
				}
				if diff := cmp.Diff(tt.want, lines(rec)); diff != "" {
					t.Errorf("%s told (-want +got):\n%s", path, diff)
				}
			}
		})
	}
}
