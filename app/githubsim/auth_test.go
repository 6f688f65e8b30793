package githubsim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

func TestJWT(t *testing.T) {
	s := newSim(t)
	own, err := jwt.ParseRSAPrivateKeyFromPEM(s.AppKey())
	ok(t, err)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, err)
	now := s.clock.Now()
	claims := func(iat, exp time.Duration) jwt.MapClaims {
		return jwt.MapClaims{"iss": strconv.FormatInt(s.AppID(), 10), "iat": now.Add(iat).Unix(), "exp": now.Add(exp).Unix()}
	}
	other := claims(-time.Minute, time.Minute)
	other["iss"] = "1"
	none := claims(-time.Minute, time.Minute)
	delete(none, "exp")
	tests := []struct {
		name   string
		method jwt.SigningMethod
		key    any
		claims jwt.MapClaims
		want   int
	}{
		{"good", jwt.SigningMethodRS256, own, claims(-time.Minute, 9*time.Minute), 200},
		{"expires too far ahead", jwt.SigningMethodRS256, own, claims(-time.Minute, 11*time.Minute), 401},
		{"expired", jwt.SigningMethodRS256, own, claims(-2*time.Minute, -time.Minute), 401},
		{"issued in the future", jwt.SigningMethodRS256, own, claims(time.Minute, 2*time.Minute), 401},
		{"without expiry", jwt.SigningMethodRS256, own, none, 401},
		{"another app", jwt.SigningMethodRS256, own, other, 404},
		{"another key", jwt.SigningMethodRS256, foreign, claims(-time.Minute, time.Minute), 401},
		{"another algorithm", jwt.SigningMethodRS512, own, claims(-time.Minute, time.Minute), 401},
		{"a shared secret", jwt.SigningMethodHS256, []byte("x"), claims(-time.Minute, time.Minute), 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed, err := jwt.NewWithClaims(tt.method, tt.claims).SignedString(tt.key)
			ok(t, err)
			if got := s.status("/app", "Bearer "+signed); got != tt.want {
				t.Errorf("answered %d, want %d", got, tt.want)
			}
		})
	}
	if got := s.status("/app", ""); got != 401 {
		t.Errorf("without a token: %d", got)
	}
}

// status sends a bare request.
func (s *sim) status(path, auth string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.URL()+path, nil)
	ok(s.t, err)
	req.Header.Set("Accept", "application/vnd.github+json")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := http.DefaultClient.Do(req)
	ok(s.t, err)
	ok(s.t, resp.Body.Close())
	return resp.StatusCode
}

func TestInstallationTokens(t *testing.T) {
	s := newSim(t)
	ctx, app, id := t.Context(), s.appClient(), s.installation()
	site, _, err := s.client.Repositories.Get(ctx, "octo-org", "site")
	ok(t, err)
	full, _, err := app.Apps.CreateInstallationToken(ctx, id, nil)
	ok(t, err)
	if !strings.HasPrefix(full.GetToken(), "ghs_"+strconv.FormatInt(s.AppID(), 10)+"_") || len(full.GetToken()) <= 40 {
		t.Errorf("token of an old shape: %d characters", len(full.GetToken()))
	}
	narrow, _, err := app.Apps.CreateInstallationToken(ctx, id, &github.InstallationTokenOptions{
		RepositoryIDs: []int64{site.GetID()}, Permissions: &github.InstallationPermissions{Metadata: new("read")},
	})
	ok(t, err)
	if _, _, err := app.Apps.CreateInstallationToken(ctx, id, &github.InstallationTokenOptions{RepositoryIDs: []int64{1}}); err == nil {
		t.Error("a token for a repository that is not there")
	}
	if _, _, err := app.Apps.CreateInstallationToken(ctx, id, &github.InstallationTokenOptions{Permissions: &github.InstallationPermissions{Contents: new("write")}}); err == nil {
		t.Error("a token with more than the installation has")
	}
	steps := []struct {
		name        string
		before      func()
		path, token string
		want        int
	}{
		{"full", nil, "/repos/octo-org/infra", full.GetToken(), 200},
		{"narrow, its own repository", nil, "/repos/octo-org/site", narrow.GetToken(), 200},
		{"narrow, another private one", nil, "/repos/octo-org/infra", narrow.GetToken(), 404},
		{"narrow, another permission", nil, "/repos/octo-org/site/pulls", narrow.GetToken(), 403},
		{"permission taken away", func() { ok(t, s.Grant("octo-org", "pull_requests", "")) }, "/repos/octo-org/infra/pulls", full.GetToken(), 403},
		{"and given back", func() { ok(t, s.Grant("octo-org", "pull_requests", "read")) }, "/repos/octo-org/infra/pulls", full.GetToken(), 200},
		{"not selected", func() { ok(t, s.SelectRepositories("octo-org", "octo-org/site")) }, "/repos/octo-org/infra", full.GetToken(), 404},
		{"all again", func() { ok(t, s.SelectRepositories("octo-org")) }, "/repos/octo-org/infra", full.GetToken(), 200},
		{"suspended", func() { ok(t, s.Suspend("octo-org")) }, "/repos/octo-org/infra", full.GetToken(), 403},
		{"working again", func() { ok(t, s.Unsuspend("octo-org")) }, "/repos/octo-org/infra", full.GetToken(), 200},
		{"expired", func() { s.clock.Add(time.Hour) }, "/repos/octo-org/infra", full.GetToken(), 401},
		{"unknown", nil, "/repos/octo-org/infra", "ghs_x", 401},
	}
	for _, st := range steps {
		if st.before != nil {
			st.before()
		}
		if got := s.status(st.path, "token "+st.token); got != st.want {
			t.Errorf("%s: answered %d, want %d", st.name, got, st.want)
		}
	}
	ok(t, s.Uninstall("octo-org"))
	want := []string{
		"installation.new_permissions_accepted", "installation.new_permissions_accepted", "installation_repositories.removed",
		"installation_repositories.added", "installation.suspend", "installation.unsuspend", "installation.deleted",
	}
	s.wantTold(want...)
}

// An app whose hour is used up is told so, in REST and in GraphQL, until the hour is over.
func TestExhausted(t *testing.T) {
	s := newSim(t)
	ok(t, s.ExhaustLimit("octo-org"))
	status, header, _ := s.get("repos/octo-org/infra", nil)
	if status != 403 || header.Get("X-Ratelimit-Remaining") != "0" {
		t.Errorf("REST: %d with %s left", status, header.Get("X-Ratelimit-Remaining"))
	}
	if _, errs := s.query(t.Context(), `query Q{viewer{login}}`, nil); len(errs) != 1 || errs[0].(map[string]any)["type"] != "RATE_LIMITED" {
		t.Errorf("GraphQL: %v", errs)
	}
	s.clock.Add(time.Hour)
	if status := s.status("/repos/octo-org/infra", "token "+s.mint()); status != 200 {
		t.Errorf("an hour later: %d", status)
	}
}

// mint makes an installation token by the simulator's clock, which ghinstallation cannot.
func (s *sim) mint() string {
	s.t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM(s.AppKey())
	ok(s.t, err)
	now := s.clock.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iss": strconv.FormatInt(s.AppID(), 10), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}).SignedString(key)
	ok(s.t, err)
	app := s.rest(http.DefaultClient).WithAuthToken(signed)
	tok, _, err := app.Apps.CreateInstallationToken(s.t.Context(), s.lastInstallation, nil)
	ok(s.t, err)
	return tok.GetToken()
}

func TestUnknownIsReported(t *testing.T) {
	var unknown []string
	s := newSim(t, func(o *githubsim.Options) {
		o.Middleware = nil
		o.OnUnknown = func(what string) { unknown = append(unknown, what) }
	})
	s.get("repos/octo-org/infra/nothing", nil)
	s.get("repos/octo-org/infra/commits?author=ann", nil)
	s.query(t.Context(), `query Q{repository(owner:"octo-org",name:"infra"){stargazerCount}}`, nil)
	s.query(t.Context(), `query Q{repository(owner:"octo-org",name:"infra"){pullRequests(first:1,labels:["a"]){totalCount}}}`, nil)
	want := []string{
		"request GET /repos/octo-org/infra/nothing",
		"query parameter author of GET /repos/{owner}/{repo}/commits",
		"GraphQL field Repository.stargazerCount",
		"GraphQL field Repository.pullRequests argument labels",
	}
	if len(unknown) < 4 || strings.Join(unknown[:4], "\n") != strings.Join(want, "\n") {
		t.Errorf("reported:\n%s\nwant:\n%s", strings.Join(unknown, "\n"), strings.Join(want, "\n"))
	}
}
