package githubsim_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// world is the organisation that the tests below play in.
const world = `
users:
  - {login: ann, name: Ann, email: ann@example.com}
  - {login: bob, name: Bob, email: bob@example.com}
  - {login: carol, name: Carol}
  - {login: dave}
  - {login: mallory}
  - {login: dependabot, type: Bot}
organizations:
  - login: octo-org
    owners: [dave]
    teams:
      - {slug: engineers, name: Engineers, members: [ann, bob]}
      - {slug: seniors, name: Seniors, parent: engineers, members: [carol], pending: [mallory]}
      - {slug: shadows, hidden: true, members: [bob]}
apps:
  - {slug: octo-ci}
repositories:
  - name: octo-org/infra
    private: true
    teams: {engineers: write}
    users: {dependabot: write}
    queues: {main: {}}
    files:
      README.md: "# infra\n"
      main.tf: "resource \"a\" \"b\" {\n  one = 1\n  two = 2\n  three = 3\n  four = 4\n}\n"
      .github/change-management.yml: "version: 1\n"
  - name: octo-org/site
    teams: {engineers: write}
    files: {index.html: "<p>hello</p>\n"}
installations:
  - account: octo-org
`

// clock is the tests' own: it stands still unless moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// hook is one delivery as the app's side receives it.
type hook struct {
	Event, GUID string
	Body        []byte
}

// sim is a running server, an app beside it that takes deliveries, and a client of plain
// go-github.
type sim struct {
	*githubsim.Server
	t      *testing.T
	clock  *clock
	client *github.Client

	lastInstallation int64

	mu     sync.Mutex
	hooks  []hook
	answer int // what the app answers to a delivery; 0: 202
	onHook func(event string)
}

func newSim(t *testing.T, more ...func(*githubsim.Options)) *sim {
	t.Helper()
	st, err := githubsim.ParseState(strings.NewReader(world))
	if err != nil {
		t.Fatal(err)
	}
	s := &sim{t: t, clock: &clock{at: time.Now()}} // ghinstallation's JWT goes by the real clock
	o := githubsim.Options{
		Now: s.clock.Now, State: &st,
		OnUnknown: func(what string) { t.Errorf("not modelled: %s", what) },
	}
	o.Middleware, o.OnDelivery = checks(t)
	for _, f := range more {
		f(&o)
	}
	s.Server, err = githubsim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Start(l)
	app := httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(func() { s.Close(); app.Close() })
	s.SetWebhookURL(app.URL)
	s.client = s.clientFor(s.installation())
	return s
}

// receive is the app's webhook.
func (s *sim) receive(w http.ResponseWriter, r *http.Request) {
	body, err := github.ValidatePayload(r, s.WebhookSecret())
	if err != nil {
		s.t.Errorf("payload: %v", err)
	}
	if _, err := github.ParseWebHook(github.WebHookType(r), body); err != nil {
		s.t.Errorf("go-github cannot read %s: %v", github.WebHookType(r), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, hook{github.WebHookType(r), github.DeliveryID(r), body})
	if s.onHook != nil {
		s.onHook(github.WebHookType(r))
	}
	if s.answer != 0 {
		w.WriteHeader(s.answer)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// told settles and returns what the app was told since the last call, as event.action.
func (s *sim) told() []string {
	s.t.Helper()
	if err := s.Settle(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	var out []string
	for _, h := range s.taken() {
		out = append(out, h.name(s.t))
	}
	return out
}

// wantTold wants exactly these events since the last look.
func (s *sim) wantTold(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.told()); diff != "" {
		s.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func (s *sim) taken() []hook {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hooks
	s.hooks = nil
	return h
}

func (h hook) name(t *testing.T) string {
	t.Helper()
	var in struct {
		Action string `json:"action"`
	}
	decode(t, h.Body, &in)
	return strings.TrimSuffix(h.Event+"."+in.Action, ".")
}

// installation is the id of the app's installation, read through the API.
func (s *sim) installation() int64 {
	s.t.Helper()
	all, _, err := s.appClient().Apps.ListInstallations(s.t.Context(), nil)
	if err != nil || len(all) == 0 {
		s.t.Fatalf("list installations: %v %v", all, err)
	}
	s.lastInstallation = all[0].GetID()
	return s.lastInstallation
}

func (s *sim) appClient() *github.Client {
	at, err := ghinstallation.NewAppsTransport(http.DefaultTransport, s.AppID(), s.AppKey())
	if err != nil {
		s.t.Fatal(err)
	}
	return s.rest(&http.Client{Transport: at})
}

func (s *sim) clientFor(installation int64) *github.Client {
	it, err := ghinstallation.New(http.DefaultTransport, s.AppID(), installation, s.AppKey())
	if err != nil {
		s.t.Fatal(err)
	}
	it.BaseURL = s.URL()
	return s.rest(&http.Client{Transport: it})
}

func (s *sim) rest(hc *http.Client) *github.Client {
	c := github.NewClient(hc)
	u, err := url.Parse(s.URL() + "/")
	if err != nil {
		s.t.Fatal(err)
	}
	c.BaseURL = u
	return c
}

// query posts a GraphQL query and returns data and errors.
func (s *sim) query(ctx context.Context, query string, vars map[string]any) (data map[string]any, errs []any) {
	s.t.Helper()
	req, err := s.client.NewRequest("POST", "graphql", map[string]any{"query": query, "variables": vars})
	if err != nil {
		s.t.Fatal(err)
	}
	var out struct {
		Data   map[string]any `json:"data"`
		Errors []any          `json:"errors"`
	}
	if _, err := s.client.Do(ctx, req, &out); err != nil {
		s.t.Fatal(err)
	}
	return out.Data, out.Errors
}

// get fetches a path with the installation's token and returns status, header and body.
func (s *sim) get(path string, header map[string]string) (int, http.Header, string) {
	s.t.Helper()
	req, err := s.client.NewRequest("GET", path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := s.client.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}
