package ghclient

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"
)

func TestNewTellsAllProblemsAtOnce(t *testing.T) {
	parse := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	planted := "-----BEGIN RSA PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString([]byte("planted-key-material")) + "\n-----END RSA PRIVATE KEY-----\n"
	for _, tt := range []struct {
		name string
		o    Options
		want []string
	}{
		{"nothing", Options{}, []string{"API address: it is missing", "app id 0", "not PEM"}},
		{"no address", Options{API: parse("api.github.com"), App: 1, Key: testKey()}, []string{`"api.github.com": want https://`}},
		{"password in the address", Options{API: parse("https://ann:hunter2@api.github.com"), App: 1, Key: testKey()}, []string{"no user, query"}},
		{"text for a key", Options{API: parse("https://api.github.com"), App: 1, Key: []byte("planted-key-material")}, []string{"BEGIN and END"}},
		{"broken key", Options{API: parse("https://api.github.com"), App: 1, Key: []byte(planted)}, []string{"without an RSA private key"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.o)
			if err == nil {
				t.Fatal("New = nil error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("New's error = %q, want %q in it", err, part)
				}
			}
			for _, secret := range []string{"planted", "cGxhbnRlZ", "hunter2"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("New's error = %q shows a secret", err)
				}
			}
		})
	}
}

// TestAddresses holds where requests go on each kind of GitHub.
func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ api, rest, graphql string }{
		{"https://api.github.com", "https://api.github.com/repos/octo-org/app", "https://api.github.com/graphql"},
		{"https://api.octo.ghe.com/", "https://api.octo.ghe.com/repos/octo-org/app", "https://api.octo.ghe.com/graphql"},
		{"https://github.example.com/api/v3", "https://github.example.com/api/v3/repos/octo-org/app", "https://github.example.com/api/graphql"},
		{"https://github.example.com/api/v3/", "https://github.example.com/api/v3/repos/octo-org/app", "https://github.example.com/api/graphql"},
		{"http://127.0.0.1:1234", "http://127.0.0.1:1234/repos/octo-org/app", "http://127.0.0.1:1234/graphql"},
	} {
		t.Run(tt.api, func(t *testing.T) {
			api, err := url.Parse(tt.api)
			if err != nil {
				t.Fatal(err)
			}
			var went []string
			c, err := New(Options{API: api, App: testApp, Key: testKey(), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				went = append(went, r.URL.String())
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"data":{}}`)), Request: r}, nil
			})})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.App().Repositories.Get(t.Context(), "octo-org", "app"); err != nil {
				t.Error(err)
			}
			if err := c.App().Query(t.Context(), "query Q{a}", nil, &struct{}{}); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{tt.rest, tt.graphql}, went); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhoSpeaks(t *testing.T) {
	var mu sync.Mutex
	said := map[string]string{}
	f := newFake(t, "/api/v3", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		said[r.URL.Path] = r.Header.Get("Authorization")
		if got := r.Header.Get("User-Agent"); got != "changewarden/test" {
			t.Errorf("%s: User-Agent = %q", r.URL.Path, got)
		}
		answer(200, `{"data":{}}`)(w, r)
	})
	c := f.clients(t)
	if _, _, err := c.App().Apps.Get(t.Context(), ""); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app"); err != nil {
		t.Error(err)
	}
	if err := c.Installation(7).Query(t.Context(), "query Change { a }", nil, &struct{}{}); err != nil {
		t.Error(err)
	}
	_, claims, _ := strings.Cut(said["/api/v3/app"], ".")
	claims, _, _ = strings.Cut(claims, ".")
	text, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		t.Fatal(err)
	}
	var jwt struct{ Iss string }
	if err := json.Unmarshal(text, &jwt); err != nil || jwt.Iss != "4711" {
		t.Errorf("the app's token is of %q, %v, want 4711", jwt.Iss, err)
	}
	for _, path := range []string{"/api/v3/repos/octo-org/app", "/api/graphql"} {
		if said[path] != "token ghs_7_1" {
			t.Errorf("%s: Authorization = %q, want the installation's one token", path, said[path])
		}
	}
	want := []string{"GET /app 200", "POST /app/installations/{id}/access_tokens 201", "GET /repos/{owner}/{repo} 200", "graphql Change 200"}
	if diff := cmp.Diff(want, f.seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

// TestManyInstallations is for the race detector: clients of several installations, and
// several workers on one, mint and use their tokens at once.
func TestManyInstallations(t *testing.T) {
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		var id int
		if _, err := fmt.Sscanf(r.URL.Path, "/repos/octo-org/app%d", &id); err != nil {
			t.Errorf("asked for %s", r.URL.Path)
		}
		if want := fmt.Sprintf("token ghs_%d_", id); !strings.HasPrefix(r.Header.Get("Authorization"), want) {
			t.Errorf("%s came with the token of another installation", r.URL.Path)
		}
		answer(200, `{"id":1}`)(w, r)
	})
	c := f.clients(t)
	var wg sync.WaitGroup
	for worker := range 24 {
		wg.Go(func() {
			id := int64(worker%6 + 1)
			if _, _, err := c.Installation(id).Repositories.Get(t.Context(), "octo-org", fmt.Sprintf("app%d", id)); err != nil {
				t.Error(err)
			}
			if worker%8 == 7 {
				c.Forget(id)
			}
		})
	}
	wg.Wait()
}

func TestForget(t *testing.T) {
	f := newFake(t, "", answer(200, `{"id":1}`))
	c := f.clients(t)
	kept := c.Installation(7)
	if c.Installation(7) != kept {
		t.Error("Installation(7) made a second client")
	}
	c.Forget(7)
	if c.Installation(7) == kept {
		t.Error("Installation(7) is the forgotten client")
	}
}

func TestRevokedTokenIsReplacedOnce(t *testing.T) {
	var bodies []string
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, r.Header.Get("Authorization")+" "+strings.TrimSpace(string(body)))
		if r.Header.Get("Authorization") == "token ghs_7_1" {
			answer(401, `{"message":"Bad credentials"}`)(w, r)
			return
		}
		answer(201, `{"id":1}`)(w, r)
	})
	o := f.options()
	// net/http's own transport would send a spent body again by itself.
	o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		f.Config.Handler.ServeHTTP(w, r)
		return w.Result(), nil
	})
	clients, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c := clients.Installation(7)
	status := &github.RepoStatus{State: new("pending")}
	for range 2 {
		if _, _, err := c.Repositories.CreateStatus(t.Context(), "octo-org", "app", "beef", status); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`token ghs_7_1 {"state":"pending"}`, `token ghs_7_2 {"state":"pending"}`, `token ghs_7_2 {"state":"pending"}`}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestRefusedTokenIsNotTriedForEver(t *testing.T) {
	asked := 0
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		asked++
		answer(401, `{"message":"Bad credentials"}`)(w, r)
	})
	c := f.clients(t)
	_, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
	if got := Diagnose(err, time.Time{}); got.Kind != Denied {
		t.Errorf("Diagnose(%v) = %+v, want Denied", err, got)
	}
	_, _, err = c.App().Apps.Get(t.Context(), "")
	if got := Diagnose(err, time.Time{}); got.Kind != Denied {
		t.Errorf("Diagnose(%v) = %+v, want Denied", err, got)
	}
	if asked != 3 {
		t.Errorf("%d requests, want 2 of the installation and 1 of the app, whose token is new each time", asked)
	}
}

func TestRenamedRepository(t *testing.T) {
	var asked []string
	f := newFake(t, "", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization"), body)))
		if strings.HasPrefix(r.URL.Path, "/repos/") {
			w.Header().Set("Location", strings.Replace(r.URL.Path, "/repos/octo-org/old", "/repositories/5", 1))
			answer(301, `{"message":"Moved Permanently"}`)(w, r)
			return
		}
		answer(201, `{"id":1}`)(w, r)
	})
	c := f.clients(t).Installation(7)
	if _, _, err := c.Repositories.Get(t.Context(), "octo-org", "old"); err != nil {
		t.Error(err)
	}
	status := &github.RepoStatus{State: new("pending")}
	if _, _, err := c.Repositories.CreateStatus(t.Context(), "octo-org", "old", "beef", status); err != nil {
		t.Error(err)
	}
	want := []string{
		"GET /repos/octo-org/old token ghs_7_1",
		"GET /repositories/5 token ghs_7_1",
		`POST /repos/octo-org/old/statuses/beef token ghs_7_1 {"state":"pending"}`,
		`POST /repositories/5/statuses/beef token ghs_7_1 {"state":"pending"}`,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestElsewhere holds that no other host is called, by a redirect or by address, and that
// what the address says is not told on.
func TestElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked for %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	f := newFake(t, "", answer(302, ``, "Location", elsewhere.URL+"/file?signature=planted"))
	c := f.clients(t).Installation(7)
	_, _, byRedirect := c.Repositories.Get(t.Context(), "octo-org", "app")
	req, err := c.NewRequest("GET", elsewhere.URL+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, byAddress := c.Do(t.Context(), req, nil)
	for _, err := range []error{byRedirect, byAddress} {
		if got := Diagnose(err, time.Time{}); got.Kind != Invalid {
			t.Errorf("Diagnose(%v) = %+v, want Invalid", err, got)
		}
		if err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("error = %v, want one without the signature", err)
		}
	}
}

func TestSkew(t *testing.T) {
	ours := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	f := newFake(t, "", answer(200, `{"id":1}`, "Date", ours.Add(90*time.Second).Format(http.TimeFormat)))
	o := f.options()
	o.Now = func() time.Time { return ours }
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, measured := c.Skew(); measured {
		t.Error("Skew before any answer is measured")
	}
	if _, _, err := c.App().Apps.Get(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if ahead, measured := c.Skew(); ahead != 90*time.Second || !measured {
		t.Errorf("Skew = %v, %v, want 90 seconds", ahead, measured)
	}
}
