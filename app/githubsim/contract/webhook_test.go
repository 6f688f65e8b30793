package contract

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// revoked is a small delivery as GitHub describes it.
const (
	user = `{"login":"ann","id":2,"node_id":"n","avatar_url":"https://h","gravatar_id":"","url":"https://h","html_url":"https://h",` +
		`"followers_url":"https://h","following_url":"https://h","gists_url":"https://h","starred_url":"https://h",` +
		`"subscriptions_url":"https://h","organizations_url":"https://h","repos_url":"https://h","events_url":"https://h",` +
		`"received_events_url":"https://h","type":"User","site_admin":false}`
	revoked = `{"action":"revoked","sender":` + user + `}`
)

func TestWebhook(t *testing.T) {
	tests := []struct {
		name, event, body string
		want              []string
	}{
		{"good", "github_app_authorization", revoked, nil},
		{
			"wrong type", "github_app_authorization", strings.Replace(revoked, `"id":2`, `"id":"2"`, 1),
			[]string{`body at /sender/id: value must be an integer, in "2"`},
		},
		{
			"missing", "github_app_authorization", `{"action":"revoked"}`,
			[]string{`body at /sender: property "sender" is missing, in {"action":"revoked"}`},
		},
		{
			"invented", "github_app_authorization", strings.Replace(revoked, `{`, `{"user":1,`, 1),
			[]string{"body at /user: not described"},
		},
		{"unknown event", "github_app", revoked, []string{"body: there is no event.github-app-revoked in the description"}},
		{"unknown action", "github_app_authorization", `{"action":"granted"}`, []string{"body: there is no event.github-app-authorization-granted in the description"}},
		{"no action", "github_app_authorization", `{}`, []string{"body: there is no event.github-app-authorization in the description"}},
		{"no object", "push", `[]`, []string{"body: is no object, in []"}},
		{"no JSON", "push", `{`, []string{"body: is no JSON: unexpected end of JSON input"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			Webhook(rec, tt.event, []byte(tt.body))
			if diff := cmp.Diff(tt.want, lines(rec)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// Real deliveries that are young enough to have every field are accepted: the judge is
// not stricter than GitHub. The list shrinks if a newer description asks for more.
func TestWebhookReal(t *testing.T) {
	payloads := Payloads(t)
	for _, file := range []string{
		"check_run.00.json", "create.00.json", "delete.00.json", "deployment.02.json", "deployment_status.00.json",
		"issue_comment.02.json", "issues.02.json", "member.00.json", "membership.00.json", "merge_group.00.json",
		"organization.02.json", "repository.00.json", "team.02.json", "workflow_run.02.json",
	} {
		t.Run(file, func(t *testing.T) { Webhook(t, Event(file), payloads[file]) })
	}
}

func TestReceiver(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(http.Header)
		want   []string
	}{
		{"good", func(http.Header) {}, nil},
		{"unsigned", func(h http.Header) { h.Del("X-Hub-Signature-256") }, []string{"header X-Hub-Signature-256: missing"}},
		{"a form", func(h http.Header) { h.Set("Content-Type", "text/plain") }, []string{`header Content-Type: not application/json, in "text/plain"`}},
		{"another sender", func(h http.Header) { h.Set("User-Agent", "curl/8") }, []string{`header User-Agent: not GitHub-Hookshot/, in "curl/8"`}},
		{"another event", func(h http.Header) { h.Set("X-GitHub-Event", "push") }, []string{"body: there is no event.push-revoked in the description"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := &recorder{TB: t}
			h := Receiver(rec, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusAccepted)
				io.Copy(w, r.Body)
			}))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook", strings.NewReader(revoked))
			for name, v := range map[string]string{
				"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd", "X-GitHub-Event": "github_app_authorization",
				"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "X-GitHub-Hook-ID": "1", "X-Hub-Signature-256": "sha256=00",
				"X-GitHub-Hook-Installation-Target-Type": "integration", "X-GitHub-Hook-Installation-Target-ID": "1",
			} {
				r.Header.Set(name, v)
			}
			tt.change(r.Header)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusAccepted || w.Body.String() != revoked {
				t.Errorf("the receiver got %q", w.Body)
			}
			if diff := cmp.Diff(tt.want, lines(rec)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
