package contract

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	told []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

const (
	file = `{"sha":"f00","filename":"a.go","status":"modified","additions":1,"deletions":0,"changes":1,` +
		`"blob_url":"https://h/b","raw_url":"https://h/r","contents_url":"https://h/c"`
	created = `{"token":"ghs_16C7e42F292c6912E7710c838347Ae178B4a","expires_at":"2030-01-01T00:00:00Z"`
)

func TestWrap(t *testing.T) {
	const (
		files  = "GET /repos/octo-org/app/pulls/1/files"
		runs   = "POST /repos/octo-org/app/check-runs"
		status = "POST /repos/octo-org/app/statuses/f00"
	)
	tests := []struct {
		name    string
		request string // method, path and, after a space, body
		status  int
		answer  string
		want    []string // lines that are told, without what introduces them
	}{
		{"good", files + "?per_page=100&page=2", 200, "[" + file + "}]", nil},
		{"good under enterprise server", "GET /api/v3/repos/octo-org/app/pulls/1/files", 200, "[]", nil},
		{"nothing to say", "DELETE /installation/token", 204, "", nil},
		{"not modified", files, 304, "", nil},
		{"not found", files, 404, `{"message":"Not Found","documentation_url":"https://h/d","status":"404"}`, nil},
		{"bad gateway", files, 502, "<html>", nil},
		{
			"field missing", files, 200, "[" + strings.Replace(file, `"sha":"f00",`, "", 1) + "}]",
			[]string{`answer 200 at /0/sha: property "sha" is missing, in {"additions":1,"blob_url":"https://h/b","changes":1,"contents_url":"https://h/c","deletions":0,"filename":"a.go","raw_url":"https://h/r","status":"modified"}`},
		},
		{
			"wrong type", files, 200, "[" + strings.Replace(file, `"additions":1`, `"additions":"1"`, 1) + "}]",
			[]string{`answer 200 at /0/additions: value must be an integer, in "1"`},
		},
		{
			"unknown value", files, 200, "[" + strings.Replace(file, "modified", "deleted", 1) + "}]",
			[]string{`answer 200 at /0/status: value is not one of the allowed values ["added","removed","modified","renamed","copied","changed","unchanged"], in "deleted"`},
		},
		{
			"invented field", files, 200, "[" + file + `,"previous_name":"b.go"}]`,
			[]string{`answer 200 at /0/previous_name: not described`},
		},
		{
			"no list", files, 200, "{}",
			[]string{"answer 200: value must be an array, in {}"},
		},
		{"unknown path", "GET /repos/octo-org/app/secrets", 404, `{"message":"Not Found"}`, []string{"request: the description has no such path"}},
		{"unknown method", "DELETE /repos/octo-org/app", 403, `{"message":"Forbidden"}`, []string{"request: the description has no DELETE /repos/{owner}/{repo}"}},
		{"unknown status", files, 418, `{"message":"I'm a teapot"}`, []string{"answer 418: this status is not described"}},
		{"error without a message", files, 403, `{"error":"no"}`, []string{
			`answer 403 at /message: property "message" is missing, in {"error":"no"}`,
			`answer 403 at /error: not described`,
		}},
		{"body where none may be", "DELETE /installation/token", 204, "{}", []string{"answer 204: has a body"}},
		{"number in the path", "GET /repos/octo-org/app/pulls/first/files", 404, `{"message":"Not Found"}`, []string{
			`path parameter pull_number: value first: an invalid integer: invalid syntax`,
		}},
		{"more than a page", files + "?per_page=300", 200, "[]", []string{"query parameter per_page: number must be at most 100, in 300"}},
		{"misnamed parameter", files + "?perpage=100", 200, "[]", []string{"query parameter perpage: not described"}},
		{"body without a description", "POST /repos/octo-org/app/check-runs/1/rerequest {}", 201, "{}", []string{"request body: none is described"}},
		{"body missing", runs, 422, `{"message":"Invalid","documentation_url":"https://h/d"}`, []string{"request body: missing"}},
		{"no JSON", runs + " {", 400, `{"message":"Problems parsing JSON"}`, []string{
			`request body: is no JSON: unexpected end of JSON input, in "{"`,
		}},
		{
			"too many annotations",
			runs + ` {"name":"n","head_sha":"f00","output":{"title":"t","summary":"s","annotations":[` +
				strings.TrimSuffix(strings.Repeat(`{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"},`, 51), ",") + `]}}`,
			404, `{"message":"Not Found"}`,
			[]string{`request body at /output/annotations: maximum number of items is 50, in [{"annotation_level":"notice","end_line":1,"message":"m","path":"a","start_line":1},{"annotation_level":"notice","end_line":1,"message":"m","path":"a","start_li…`},
		},
		{
			"summary too long",
			runs + ` {"name":"n","head_sha":"f00","output":{"title":"t","summary":"` + strings.Repeat("s", 65536) + `"}}`,
			404, `{"message":"Not Found"}`,
			[]string{"request body at /output/summary: maximum string length is 65535, in \"" + strings.Repeat("s", 159) + "…"},
		},
		{
			"description too long", status + ` {"state":"success","description":"` + strings.Repeat("d", 141) + `"}`,
			404, `{"message":"Not Found"}`,
			[]string{"request body at /description: maximum string length is 140, in \"" + strings.Repeat("d", 141) + `"`},
		},
		{
			"misnamed field", status + ` {"state":"success","text":"d"}`, 404, `{"message":"Not Found"}`,
			[]string{"request body at /text: not described"},
		},
		{
			"secrets are not told", "POST /app/installations/1/access_tokens {}", 201, strings.Replace(created, "ghs_", "", 1) + `,"a":1,"expires":"ghs_1.2.3"}`,
			[]string{"answer 201 at /a: not described", "answer 201 at /expires: not described"},
		},
		{
			"secrets in an excerpt", "POST /app/installations/1/access_tokens {}", 201, strings.Replace(created, "expires_at", "expires", 1) + `}`,
			[]string{
				`answer 201 at /expires_at: property "expires_at" is missing, in {"expires":"2030-01-01T00:00:00Z","token":"[redacted]"}`,
				"answer 201 at /expires: not described",
			},
		},
		{"slash in a branch", "GET /repos/octo-org/app/branches/team/fix/protection/enforce_admins", 200, `{"url":"https://h","enabled":true}`, nil},
		{"slash in a commit's name", "GET /repos/octo-org/app/commits/team/fix/status?page=0", 404, `{"message":"Not Found"}`, nil},
		{"pulls of a commit", "GET /repos/octo-org/app/commits/f00/pulls", 200, "[]", nil},
		{"folder", "GET /repos/octo-org/app/contents/docs/install?ref=main", 404, `{"message":"Not Found"}`, nil},
		{"root folder", "GET /repos/octo-org/app/contents/", 404, `{"message":"Not Found"}`, nil},
		{"environment with a slash", "GET /repos/octo-org/app/environments/eu%2Fprod", 404, `{"message":"Not Found"}`, nil},
		{"repository by id", "GET /repositories/7", 404, `{"message":"Not Found"}`, nil},
		{"repository by name for an id", "GET /repositories/app", 404, `{"message":"Not Found"}`, []string{
			`path parameter repository_id: value app: an invalid integer: invalid syntax`,
		}},
		{"outside", "GET /login/oauth/authorize?x=y", 200, "<html>", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			server := httptest.NewServer(Wrap(rec, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.answer != "" {
					w.Header().Set("Content-Type", "application/json; charset=utf-8")
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.answer)
			}), Unchecked("/login/")))
			part := append(strings.SplitN(tt.request, " ", 3), "")
			request, err := http.NewRequestWithContext(t.Context(), part[0], server.URL+part[1], strings.NewReader(part[2]))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			got, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(got.Body)
			got.Body.Close()
			server.Close()
			if err != nil || got.StatusCode != tt.status || tt.status != 204 && string(body) != tt.answer {
				t.Errorf("the caller got %d %s, %v: not what the handler wrote", got.StatusCode, body, err)
			}
			if diff := cmp.Diff(tt.want, lines(rec)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// lines returns what was told, one mismatch each.
func lines(r *recorder) []string {
	var out []string
	for _, told := range r.told {
		out = append(out, strings.Split(told, "\n\t")[1:]...)
	}
	return out
}
