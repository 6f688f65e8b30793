package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/githubsim"
)

// eavesdropper stands before GitHub and notes every credential that is sent to it.
type eavesdropper struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (e *eavesdropper) before(target string) http.Handler {
	u, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	forward := httputil.NewSingleHostReverseProxy(u)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		e.mu.Lock()
		e.seen[credential] = true
		e.mu.Unlock()
		forward.ServeHTTP(w, r)
	})
}

// TestSecrets: whatever goes well or wrong, no secret stands in the log at its lowest level,
// in a metric, an answer, a page or the database: not the webhook secret, the app's key or
// what is signed with it, an installation's token or the ledger's signing key, nor what
// callers sent as credentials. What people wrote does not stand in the log either, nor in an
// answer that is not the page of the change, nor a policy's text.
func TestSecrets(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := newWorldTest(t, t.Cleanup)
	w.dir, w.repo = t.TempDir(), "octo-org/shop"
	state, err := githubsim.ParseState(strings.NewReader(shop))
	must(err)
	w.sim, err = githubsim.New(githubsim.Options{Now: w.clock.Now, State: &state})
	must(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	w.sim.Start(l)
	t.Cleanup(w.sim.Close)
	ear := &eavesdropper{seen: map[string]bool{}}
	github := httptest.NewServer(ear.before(w.sim.URL()))
	t.Cleanup(github.Close)

	log := zerolog.New(w.log).Level(zerolog.TraceLevel)
	serve := func(database string, key []byte) (stop func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(log.WithContext(context.Background()))
		a, err := New(ctx, Options{
			Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Pages: true, Version: "test",
			DatabaseURL: "sqlite://" + filepath.Join(w.dir, database), GitHubURL: "http://127.0.0.1", GitHubAPIURL: github.URL,
			AppID: w.sim.AppID(), PrivateKey: key, WebhookSecrets: [][]byte{w.sim.WebhookSecret()}, Now: w.clock.Now, Quiet: time.Millisecond,
		})
		must(err)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		w.app, w.url = a, "http://"+l.Addr().String()
		done := make(chan error, 1)
		go func() { done <- a.Serve(ctx, l) }()
		w.sim.SetWebhookURL(w.url + "/webhook")
		return func() {
			cancel()
			must(<-done)
			must(a.Close())
		}
	}
	var answers bytes.Buffer
	ask := func(method, path, body string, header http.Header) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
		must(err)
		if header != nil {
			req.Header = header
		}
		resp, err := http.DefaultClient.Do(req)
		must(err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		must(err)
		place, _, _ := strings.Cut(path, "?")
		fmt.Fprintf(&answers, "%s %s: %s\n%v\n%s\n", method, place, resp.Status, resp.Header, text)
	}

	// A day on which requests fail in every way.
	stop := serve("test.db", w.sim.AppKey())
	ask("GET", "/healthz", "", nil)
	must(w.settle())
	_, err = w.sim.As("olga").Push(w.repo, "main", githubsim.Commit{Message: "planted-message", Files: map[string]string{
		".github/change-management.yml": "version: 1\nrules: [{name: planted-rule, require: {approvals: 1}}]\nplanted-key: 1\n",
	}})
	must(err)
	must(w.sim.As("ann").EditTitle(w.repo, 1, "planted-title"))
	must(w.sim.As("ann").EditBody(w.repo, 1, "planted-description"))
	_, err = w.sim.As("bob").Comment(w.repo, 1, "/waive planted-rule because planted-reason")
	must(err)
	_, err = w.sim.As("bob").Review(w.repo, 1, githubsim.Review{State: "COMMENT", Body: "planted-review"})
	must(err)
	must(w.settle())
	head, err := w.sim.Head(w.repo, 1)
	must(err)
	ci := w.sim.AsApp("octo-ci")
	must(w.settle())
	for i, fault := range []githubsim.Fault{githubsim.BadGateway, githubsim.Broken, githubsim.GraphQLLimited, githubsim.SecondaryLimit, githubsim.TooManyRequests} {
		for _, kind := range []string{"GraphQL ", "POST /repos/"} {
			w.sim.FailNext(func(r *http.Request) bool { return strings.HasPrefix(githubsim.Kind(r), kind) }, fault)
		}
		_, err := ci.Report(w.repo, head, githubsim.Check{Name: fmt.Sprintf("test-%d", i), Conclusion: "failure"})
		must(err)
		for range 2 {
			must(w.settle())
			w.clock.turn(30 * time.Second) // past most retries; JWTs are signed by the real clock
		}
	}
	_, err = w.sim.As("bob").Review(w.repo, 1, githubsim.Review{State: "APPROVE"})
	must(err)
	must(w.settle())
	must(w.sim.Suspend("octo-org"))
	must(w.settle())

	signed := func(sum string) http.Header {
		return http.Header{
			"Content-Type": {"application/json"}, "X-Github-Event": {"push"}, "X-Github-Delivery": {"d-1"}, "X-Hub-Signature-256": {sum},
		}
	}
	for _, path := range []string{"/", "/changes/octo-org/shop/1", "/changes/octo-org/none/1", "/none", "/healthz", "/readyz"} {
		ask("GET", path, "", nil)
	}
	fmt.Fprintf(&answers, "%s\n", scrape(t, w.app))
	credentials := func() http.Header { // what a caller sent to the wrong place
		return http.Header{"Authorization": {"Bearer planted-authorization"}, "Cookie": {"session=planted-cookie"}}
	}
	written := answers.String()
	for _, path := range []string{"/", "/changes/octo-org/planted-repo/1", "/none", "/webhook", "/metrics", "/readyz"} {
		ask("GET", path+"?token=planted-query", "planted-body", credentials())
		ask("DELETE", path+"?token=planted-query", "planted-body", credentials())
	}
	answers.Reset()
	ask("POST", "/webhook?secret=planted-query", "planted-body", credentials())
	ask("GET", "/none", "", nil)
	fmt.Fprintf(&answers, "%s\n", scrape(t, w.app))
	refused := answers.String()
	ask("POST", "/webhook", "{}", nil)
	ask("POST", "/webhook", "{}", signed("sha256="+strings.Repeat("0", 64)))
	ask("POST", "/webhook", "{}", signed("sha1=0"))
	ask("GET", "/webhook", "", nil)
	stop()

	// A key that GitHub does not know.
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	strange := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(stranger)})
	stop = serve("strange.db", strange)
	ask("GET", "/readyz", "", nil)
	must(w.settle())
	stop()
	if !strings.Contains(w.log.String(), " 401 ") {
		t.Errorf("GitHub took the stranger's key:\n%s", w.log)
	}

	secrets := map[string]string{"webhook secret": string(w.sim.WebhookSecret())}
	for name, key := range map[string][]byte{"the app's key": w.sim.AppKey(), "the stranger's key": strange} {
		lines := strings.Split(strings.TrimSpace(string(key)), "\n")
		for i, line := range lines[1 : len(lines)-1] {
			secrets[fmt.Sprintf("line %d of %s", i+1, name)] = line
		}
	}
	ledger, err := os.ReadFile(filepath.Join(w.dir, "test.ledger.key"))
	must(err)
	parts := strings.SplitN(strings.TrimSpace(string(ledger)), "+", 5) // PRIVATE+KEY+name+hash+key
	secrets["the ledger's key"] = parts[4]
	jwts, tokens := 0, 0
	for credential := range ear.seen {
		switch {
		case strings.Count(credential, ".") == 2:
			jwts++
			secrets[fmt.Sprintf("signature of JWT %d", jwts)] = credential[strings.LastIndexByte(credential, '.')+1:]
		case credential != "":
			tokens++
			secrets[fmt.Sprintf("installation token %d", tokens)] = credential
		}
	}
	if jwts < 2 || tokens == 0 {
		t.Fatalf("%d JWTs and %d tokens were sent, the day was too quiet:\n%s", jwts, tokens, w.log)
	}
	for _, place := range []struct{ name, text string }{{"the log", w.log.String()}, {"an answer to a stranger", refused}} {
		if i := strings.Index(place.text, "planted"); i >= 0 {
			t.Errorf("%s repeats %.200q", place.name, place.text[max(0, i-100):])
		}
	}
	for _, planted := range []string{"authorization", "cookie", "query", "body"} {
		secrets["the caller's "+planted] = "planted-" + planted
	}
	places := map[string]string{"the log": w.log.String(), "an answer": written + answers.String()}
	files, err := filepath.Glob(filepath.Join(w.dir, "*.db*"))
	must(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		places[filepath.Base(file)] = string(text)
	}
	for place, text := range places {
		for name, secret := range secrets {
			if len(secret) < 8 {
				t.Errorf("%s is too short to look for", name)
			} else if strings.Contains(text, secret) {
				t.Errorf("%s stands in %s", name, place)
			}
		}
	}
}

// A database's password is in its address: nothing that is said of the address repeats it.
func TestDatabasePassword(t *testing.T) {
	o := Options{
		Listen: "127.0.0.1:0", GitHubURL: "https://github.com", AppID: 1, WebhookSecrets: [][]byte{[]byte("0123456789abcdef")},
		LedgerKeyFile: filepath.Join(t.TempDir(), "key"),
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o.PrivateKey = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	for _, address := range []string{
		"postgres://warden:planted-password@127.0.0.1:1/warden?connect_timeout=1",
		"postgres://warden:planted-password@127.0.0.1:port/warden",
		"postgres://127.0.0.1:1/warden?password=planted-password&sslmode=nonsense",
		"mysql://warden:planted-password@127.0.0.1/warden",
	} {
		o.DatabaseURL = address
		_, err := New(t.Context(), o)
		if err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
