package ghclient_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/ghclient"
)

// A client of a token sends it with what reads, and sends nothing else.
func TestWithToken(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data": {"viewer": {"login": "ann"}}}`))
	}))
	t.Cleanup(server.Close)
	api, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ghclient.WithToken(ghclient.Options{API: api}, "planted-token\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Repositories.Get(t.Context(), "octo-org", "app"); err != nil {
		t.Error(err)
	}
	var out any
	if err := c.Query(t.Context(), "query Q { viewer { login } }", nil, &out); err != nil {
		t.Error(err)
	}
	_, _, err = c.Issues.Create(t.Context(), "octo-org", "app", nil)
	if err == nil || !strings.Contains(err.Error(), "this client only reads") || strings.Contains(err.Error(), "planted") {
		t.Errorf("a write: %v", err)
	}
	want := "GET /repos/octo-org/app Bearer planted-token|POST /graphql Bearer planted-token"
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("requests %q, want %q", got, want)
	}
	for _, bad := range []string{"", " \n", "planted token", "planted\ttoken", "plänted"} {
		if _, err := ghclient.WithToken(ghclient.Options{API: api}, bad); err == nil || strings.Contains(err.Error(), "pl") && strings.Contains(err.Error(), "nted") {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if _, err := ghclient.WithToken(ghclient.Options{}, "t"); err == nil {
		t.Error("no address was taken")
	}
}
