package publish

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tracker is a repository's issues on GitHub. Opening one can fail, before or after it took
// effect; mallory cannot be assigned.
type tracker struct {
	t      *testing.T
	issues []map[string]any
	asked  []string
	fail   func() (status int, after bool)
}

func (g *tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.asked = append(g.asked, r.Method)
	if r.Method == http.MethodGet {
		q := r.URL.Query()
		if q.Get("since") != "2026-05-04T12:00:00Z" || q.Get("state") != "all" || q.Has("labels") {
			g.t.Errorf("listed by %v", q)
		}
		if q.Get("page") == "1" && len(g.issues) > 1 {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=2>; rel="next"`, r.Host, r.URL.Path))
			answerJSON(w, http.StatusOK, g.issues[:1])
			return
		}
		answerJSON(w, http.StatusOK, g.issues[min(1, len(g.issues)):])
		return
	}
	var in struct {
		Title, Body       string
		Labels, Assignees []string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		g.t.Error(err)
	}
	if slices.Contains(in.Assignees, "mallory") {
		answerJSON(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": []any{
			map[string]any{"resource": "Issue", "field": "assignees", "code": "invalid", "value": "mallory"},
		}})
		return
	}
	status, after := 0, false
	if g.fail != nil {
		status, after = g.fail()
	}
	if status != 0 && !after {
		answerJSON(w, status, map[string]any{"message": "no"})
		return
	}
	if !slices.Equal(in.Labels, []string{PostMortemLabel}) {
		g.t.Errorf("labelled %q", in.Labels)
	}
	g.open(in.Body, ownApp, "Bot")
	if status != 0 {
		answerJSON(w, status, map[string]any{"message": "no"})
		return
	}
	answerJSON(w, http.StatusCreated, g.issues[len(g.issues)-1])
}

func (g *tracker) open(body string, app int64, by string) {
	i := map[string]any{"number": 31 + len(g.issues), "body": body, "user": map[string]any{"type": by}, "performed_via_github_app": nil}
	if app != 0 {
		i["performed_via_github_app"] = map[string]any{"id": app}
	}
	g.issues = append(g.issues, i)
}

// Behaviour 37: an issue is opened once. One of ours is known by its mark and by its author:
// nobody else's counts, whatever it says.
func TestOpen37(t *testing.T) {
	issue := Issue{Owner: "octo-org", Name: "app", Title: "Post-mortem", Body: "text\n" + Mark("a"), Label: PostMortemLabel, Assignees: []string{"ann"}, Mark: Mark("a"), Since: noon}
	again, mallory := issue, issue
	again.Writing, mallory.Assignees = true, []string{"mallory"}
	lost := func() (int, bool) { return http.StatusBadGateway, true }
	refused := func() (int, bool) { return http.StatusGone, false }
	opens := func(body string, app int64, by string) func(*tracker) {
		return func(g *tracker) {
			g.open("another one", 0, "User")
			g.open(body, app, by)
		}
	}
	for _, test := range []struct {
		name   string
		issue  Issue
		before func(*tracker)
		fail   func() (int, bool)
		want   int64 // 0: an error
		asked  []string
	}{
		{"new", issue, nil, nil, 31, []string{"POST"}},
		{"not assignable", mallory, nil, nil, 31, []string{"POST", "POST"}},
		{"the answer is lost", issue, nil, lost, 0, []string{"POST"}},
		{"the repository has none", issue, nil, refused, 0, []string{"POST"}},
		{"nothing had arrived", again, nil, nil, 31, []string{"GET", "POST"}},
		{"it had arrived", again, opens(issue.Body, ownApp, "Bot"), nil, 32, []string{"GET", "GET"}},
		{"somebody copied it", again, opens(issue.Body, 0, "User"), nil, 33, []string{"GET", "GET", "POST"}},
		{"another app copied it", again, opens(issue.Body, ownApp+1, "Bot"), nil, 33, []string{"GET", "GET", "POST"}},
		{"our app copied it for somebody", again, opens(issue.Body, ownApp, "User"), nil, 33, []string{"GET", "GET", "POST"}},
		{"one that is like it", again, opens(Mark("a, too"), ownApp, "Bot"), nil, 33, []string{"GET", "GET", "POST"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := &tracker{t: t, fail: test.fail}
			if test.before != nil {
				test.before(g)
			}
			srv := httptest.NewServer(g)
			defer srv.Close()
			got, err := publisher().Open(t.Context(), clientOf(srv.URL), test.issue)
			if (err != nil) != (test.want == 0) {
				t.Fatalf("open: %d, %v", got, err)
			}
			if got != test.want {
				t.Errorf("issue %d, want %d", got, test.want)
			}
			if diff := cmp.Diff(test.asked, g.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}
