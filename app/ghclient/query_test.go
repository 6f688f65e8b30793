package ghclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const question = `
# what a comment says
query Team($org: String!) { organization(login: $org) { team(slug: "qa") { slug } } }
fragment f on Team { slug }
`

type teamAnswer struct {
	Organization *struct {
		Team *struct{ Slug string }
	}
}

func TestQuery(t *testing.T) {
	var asked struct {
		Query     string
		Variables map[string]any
	}
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		answer(200, `{"data":{"organization":{"team":{"slug":"qa"}}}}`)(w, r)
	})
	var got teamAnswer
	if err := f.clients(t).Installation(7).Query(t.Context(), question, map[string]any{"org": "octo-org"}, &got); err != nil {
		t.Fatal(err)
	}
	if got.Organization == nil || got.Organization.Team == nil || got.Organization.Team.Slug != "qa" {
		t.Errorf("Query's answer = %+v", got)
	}
	if diff := cmp.Diff(map[string]any{"org": "octo-org"}, asked.Variables); diff != "" || asked.Query != question {
		t.Errorf("asked %q with variables (-want +got):\n%s", asked.Query, diff)
	}
}

func TestQueryErrors(t *testing.T) {
	const missing = `{"type":"NOT_FOUND","path":["organization","team"],"message":"Could not resolve to a Team"}`
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		allow  string
		want   Trouble
		says   string // empty: no error
	}{
		{"missing", answer(200, `{"data":{"organization":{"team":null}},"errors":[`+missing+`]}`), "", Trouble{Kind: Gone}, "query Team: NOT_FOUND at organization/team: Could not"},
		{"missing and allowed", answer(200, `{"data":{"organization":{"team":null}},"errors":[`+missing+`]}`), "organization/team", Trouble{}, ""},
		{"missing and allowed by a pattern", answer(200, `{"data":{"organization":{"team":null}},"errors":[`+missing+`]}`), "organization/*", Trouble{}, ""},
		{"missing elsewhere", answer(200, `{"data":{"organization":{"team":null}},"errors":[`+missing+`]}`), "organization", Trouble{Kind: Gone}, "NOT_FOUND"},
		{"missing and nothing else", answer(200, `{"data":null,"errors":[`+missing+`]}`), "organization/team", Trouble{Kind: Transient}, "without data"},
		{"missing nowhere in particular", answer(200, `{"data":{},"errors":[{"type":"NOT_FOUND","message":"x"}]}`), "*", Trouble{Kind: Gone}, "NOT_FOUND"},
		{"forbidden at the allowed path", answer(200, `{"data":{},"errors":[{"type":"FORBIDDEN","path":["organization","team"],"message":"Resource not accessible by integration"}]}`), "organization/team", Trouble{Kind: Denied}, "FORBIDDEN"},
		{"limited", answer(200, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(10*time.Minute)), "", Trouble{Kind: Limited, RetryAfter: 10 * time.Minute}, "RATE_LIMITED"},
		{"limited with no time", answer(200, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`), "", Trouble{Kind: Limited, RetryAfter: time.Minute}, "RATE_LIMITED"},
		{"secondary limit", answer(200, `{"errors":[{"message":"You have exceeded a secondary rate limit"}]}`, "Retry-After", "30"), "", Trouble{Kind: Limited, RetryAfter: 30 * time.Second}, "secondary"},
		{"secondary limit by 403", answer(403, secondaryText), "", Trouble{Kind: Limited, RetryAfter: time.Minute}, "403"},
		{"limited among others", answer(200, `{"errors":[`+missing+`,{"type":"RATE_LIMITED","message":"m"}]}`), "", Trouble{Kind: Limited, RetryAfter: time.Minute}, "NOT_FOUND at organization/team: Could not resolve to a Team; RATE_LIMITED: m"},
		{"GitHub's own failure", answer(200, `{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}`), "", Trouble{Kind: Transient}, "Something went wrong"},
		{"failure among others", answer(200, `{"errors":[`+missing+`,{"type":"INTERNAL","message":"m"}]}`), "", Trouble{Kind: Transient}, "INTERNAL"},
		{"not in the schema", answer(200, `{"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"}}]}`), "", Trouble{Kind: Invalid}, "undefinedField: Field"},
		{"timed out", answer(504, `<html>`), "", Trouble{Kind: Transient}, "504"},
		{"no JSON", answer(200, `<html>`), "", Trouble{Kind: Transient}, "invalid character"},
		{"no data", answer(200, `{}`), "", Trouble{Kind: Transient}, "without data"},
		{"another shape", answer(200, `{"data":{"organization":[]}}`), "", Trouble{Kind: Invalid}, "cannot unmarshal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, "", tt.answer)
			var out teamAnswer
			err := f.clients(t).Installation(7).Query(t.Context(), question, nil, &out, AllowMissing(tt.allow))
			if diff := cmp.Diff(tt.want, Diagnose(err, noon)); diff != "" {
				t.Errorf("Diagnose(%v) (-want +got):\n%s", err, diff)
			}
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Query's error = %v, want %q in it", err, tt.says)
			}
		})
	}
}

// A field that the app may do without is null where its permission was not given.
func TestQueryAllowsDenied(t *testing.T) {
	const denied = `{"data":{"organization":{"team":null}},"errors":[{"type":"FORBIDDEN","path":["organization","team"],"message":"Resource not accessible by integration"}]}`
	f := newFake(t, "", answer(200, denied))
	var out teamAnswer
	if err := f.clients(t).Installation(7).Query(t.Context(), question, nil, &out, AllowDenied("organization/team")); err != nil {
		t.Errorf("denied and allowed: %v", err)
	}
	for _, opt := range []QueryOption{AllowDenied("organization"), AllowMissing("organization/team")} {
		if err := f.clients(t).Installation(7).Query(t.Context(), question, nil, &out, opt); Diagnose(err, noon).Kind != Denied {
			t.Errorf("denied elsewhere: %v", err)
		}
	}
}

func TestQueryErrorIsShort(t *testing.T) {
	e := &QueryError{Operation: "Change"}
	for i := range 100 {
		e.Errors = append(e.Errors, FieldError{Type: "NOT_FOUND", Message: "m", Path: []any{"nodes", float64(i)}})
	}
	want := "query Change: NOT_FOUND at nodes/0: m; NOT_FOUND at nodes/1: m; NOT_FOUND at nodes/2: m; NOT_FOUND at nodes/3: m; NOT_FOUND at nodes/4: m and 95 more"
	if diff := cmp.Diff(want, e.Error()); diff != "" {
		t.Errorf("Error (-want +got):\n%s", diff)
	}
}

// TestQueryLimitsAreItsOwn: on an Enterprise Server go-github counts GraphQL and REST in one.
func TestQueryLimitsAreItsOwn(t *testing.T) {
	f := newFake(t, "/api/v3", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/graphql" {
			answer(200, `{"errors":[{"type":"RATE_LIMITED","message":"m"}]}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))(w, r)
			return
		}
		answer(200, `{"id":1}`)(w, r)
	})
	c := f.clients(t).Installation(7)
	for range 2 { // the second is refused before it goes out
		if got := Diagnose(c.Query(t.Context(), question, nil, &struct{}{}), time.Now()); got.Kind != Limited {
			t.Errorf("Diagnose = %+v, want Limited", got)
		}
	}
	if _, _, err := c.Repositories.Get(t.Context(), "octo-org", "app"); err != nil {
		t.Errorf("REST is held up by GraphQL's limit: %v", err)
	}
	if want := "graphql Team 200"; strings.Count(strings.Join(f.seen, "\n"), want) != 1 {
		t.Errorf("observed %q, want one %q", f.seen, want)
	}
}
