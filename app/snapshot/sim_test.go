package snapshot_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/contract"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// world is a GitHub with one repository, and a reader that looks at it.
type world struct {
	*testing.T
	sim     *githubsim.Server
	clients *ghclient.Clients
	client  *ghclient.Client
	reader  *snapshot.Reader
	memory  *memory
	wire    *wire
	now     time.Time
	target  snapshot.Target
}

const (
	repo  = "octo-org/app"
	floor = "version: 1\nrules:\n  - {name: peer review, require: {approvals: 1}}\n"
)

const state = `
users: [{login: olga}, {login: ann, email: ann@example.com}, {login: bob, email: bob@example.com}, {login: carol}, {login: dave}]
organizations:
  - login: octo-org
    owners: [olga]
    members: [ann, bob, carol]
    teams: [{slug: core, members: [bob]}, {slug: inner, parent: core, members: [carol]}, {slug: secret, hidden: true, members: [bob]}]
repositories:
  - name: octo-org/app
    users: {ann: write, bob: write, carol: write, dave: read}
    files: {README.md: "one\ntwo\nthree\n", main.go: "package main\n\nfunc main() {}\n", run.sh: "echo\n", docs/guide.md: "read me\n"}
    branches: {lax: main}
installations: [{account: octo-org}]
`

func newWorld(t *testing.T, policy string) *world {
	t.Helper()
	w := &world{T: t, memory: newMemory(), now: time.Now().UTC().Truncate(time.Second)} // GitHub checks tokens by it
	st, err := githubsim.ParseState(strings.NewReader(state))
	w.must(err)
	w.sim, err = githubsim.New(githubsim.Options{
		Now: func() time.Time { return w.now }, JWTNow: time.Now, State: &st,
		Middleware: func(h http.Handler) http.Handler { return contract.Wrap(t, h) },
		OnUnknown:  func(what string) { t.Errorf("githubsim does not know %s", what) },
	})
	w.must(err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	w.must(err)
	w.sim.Start(listener)
	t.Cleanup(w.sim.Close)
	api, err := url.Parse(w.sim.URL())
	w.must(err)
	w.wire = &wire{}
	clients, err := ghclient.New(ghclient.Options{API: api, App: w.sim.AppID(), Key: w.sim.AppKey(), Transport: w.wire})
	w.must(err)
	app, _, err := clients.App().Apps.FindOrganizationInstallation(t.Context(), "octo-org")
	w.must(err)
	w.clients = clients
	w.client = clients.Installation(app.GetID())
	w.floor(policy)
	repository, _, err := w.client.Repositories.Get(t.Context(), "octo-org", "app")
	w.must(err)
	w.target = snapshot.Target{
		Installation: app.GetID(), Repo: repository.GetID(), Account: w.sim.UserID("octo-org"), Owner: "octo-org", Name: "app", Number: 1,
	}
	return w
}

// floor makes the reader anew, with another floor.
func (w *world) floor(policy string) {
	w.reader = snapshot.NewReader(snapshot.Options{
		Memory: w.memory, Floor: snapshot.Floor{File: "floor.yml", Text: []byte(policy)}, App: w.sim.AppID(),
		Now: func() time.Time { return w.now },
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// push lets somebody push, as a delivery would tell it.
func (w *world) push(login, branch string, commits ...githubsim.Commit) string {
	w.Helper()
	before := ""
	if b, _, err := w.client.Repositories.GetBranch(w.Context(), "octo-org", "app", branch, 0); err == nil {
		before = b.GetCommit().GetSHA()
	}
	head, err := w.sim.As(login).Push(repo, branch, commits...)
	w.must(err)
	w.told(login, branch, before, head)
	return head
}

// told is what the delivery of a push says.
func (w *world) told(login, branch, before, after string) {
	w.Helper()
	w.must(w.memory.AddPushes(w.Context(), []subject.PushFact{{
		Repo: w.target.Repo, Ref: "refs/heads/" + branch, Before: before, After: after,
		User: w.sim.UserID(login), Login: login, At: w.now,
	}}))
	w.target.Head, w.target.SeenAt = after, w.now
	w.now = w.now.Add(time.Second)
}

// open opens a pull request of ann's from topic, with one file changed.
func (w *world) open(files map[string]string) string {
	w.Helper()
	head := w.push("ann", "topic", githubsim.Commit{Message: "change", Files: files})
	n, err := w.sim.As("ann").OpenPull(repo, githubsim.NewPull{Title: "A change", Head: "topic", Base: "main"})
	w.must(err)
	if n != 1 {
		w.Fatalf("the pull request is #%d, want #1", n)
	}
	return head
}

// read takes a snapshot, and returns with it what it asked of GitHub.
func (w *world) read() (snapshot.Pull, []string) {
	w.Helper()
	w.sim.ResetRequests()
	p, err := w.reader.Pull(w.Context(), w.client, w.target)
	w.must(err)
	return p, slices.DeleteFunc(w.sim.Requests(), func(k string) bool { return strings.HasSuffix(k, "/access_tokens") })
}

func (w *world) id(login string) rules.UserID { return rules.UserID(personID(w.sim.UserID(login))) }

func (w *world) equal(what string, want, got any) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// wire carries requests to GitHub, and can answer a GraphQL operation in its place.
type wire struct {
	answers map[string]string // operation → body
	rest    map[string]string // part of a REST path → body
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	for part, text := range w.rest {
		if strings.Contains(req.URL.Path, part) {
			return answer(req, text), nil
		}
	}
	if !strings.HasSuffix(req.URL.Path, "graphql") || len(w.answers) == 0 {
		return http.DefaultTransport.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	req.Body = io.NopCloser(bytes.NewReader(body))
	for operation, text := range w.answers {
		if bytes.Contains(body, []byte("query "+operation+"(")) {
			return answer(req, text), nil
		}
	}
	return http.DefaultTransport.RoundTrip(req)
}

func answer(req *http.Request, body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}
}

// logins names people, for comparing.
func (w *world) logins(ids ...rules.UserID) []string {
	out := []string{}
	for _, id := range ids {
		login := "nobody"
		for _, p := range w.memory.people {
			if rules.UserID(personID(p.User)) == id {
				login = p.Login
			}
		}
		out = append(out, login)
	}
	return out
}
