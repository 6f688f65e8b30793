// Package githubsim is a GitHub over real HTTP, small enough for tests and a demo: a
// model of git, people, pull requests, checks and GitHub Apps behind one mutex, the
// REST and GraphQL calls that an app makes of it, people who act with the permissions
// that they have, and signed webhooks for each thing that happens.
//
// It is meant to be wrong nowhere rather than complete: an endpoint or a GraphQL field
// that it does not model is answered with an error and reported to Options.OnUnknown,
// never with an empty value that a caller could take for a fact. Ids, commit hashes and
// cursors are deterministic; the clock is the caller's. It knows nothing of the app that
// it serves and imports no GitHub client, so that it is right for others too.
package githubsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options configures a Server. Only Now is required.
type Options struct {
	Now        func() time.Time // the clock of everything that happens; called from many goroutines
	JWTNow     func() time.Time // the clock that an app's JWT is held against; nil: Now. Signers go by the real one, which no test turns
	State      *State           // the world to begin with; see ParseState
	URL        string           // base of every link in an answer; empty: taken from Start's listener
	WebhookURL string           // where deliveries go; may be set later by SetWebhookURL
	Seed       int64            // moves all ids, so that tests can show that they depend on none
	App        App              // the app under test; zero fields are filled with defaults

	// Middleware wraps the handler, inside the prefix handling of GitHub Enterprise
	// Server: what it sees are github.com's own paths.
	Middleware func(http.Handler) http.Handler
	// OnDelivery sees each webhook when its turn to be sent comes, also one that a fault
	// then loses. It is called without the lock.
	OnDelivery func(event string, body []byte)
	// OnUnknown is told of each request, query parameter, GraphQL field and argument that is
	// not modelled. It is called under the lock: it must not call the server.
	OnUnknown func(what string)

	Client      *http.Client // sends deliveries; nil: a client with GitHub's 10 s limit
	AutoDeliver bool         // send deliveries as they come, without Settle
}

// Server is the simulated GitHub. Its methods may be called from any goroutine.
type Server struct {
	opts    Options
	handler http.Handler
	key     *rsa.PrivateKey
	secret  []byte
	client  *http.Client

	mu    sync.Mutex // guards everything below
	url   string
	seq   map[kind]int64
	world world
	hooks hooks
	fault faults
	limit map[string]*budget
	abuse abuse

	staleAt time.Time // when the next open check run may go stale; zero: there is none

	behind []*replica // see Behind

	srv  *http.Server
	wake chan struct{} // told of new deliveries, when AutoDeliver is set
	stop chan struct{}
	done sync.WaitGroup
}

// processKey is made once for all servers of a process: a 2048 bit key takes a moment,
// and tests make many servers.
var processKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// New makes a server with the given world. It serves nothing yet: pass Handler to a
// server of your own, or call Start.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("make githubsim: Options.Now is missing")
	}
	if o.JWTNow == nil {
		o.JWTNow = o.Now
	}
	key, err := processKey()
	if err != nil {
		return nil, fmt.Errorf("make githubsim key: %w", err)
	}
	raw := make([]byte, 20)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("make githubsim secret: %w", err)
	}
	s := &Server{
		opts: o, key: key, secret: []byte(hex.EncodeToString(raw)), client: o.Client,
		url: o.URL, seq: map[kind]int64{}, limit: map[string]*budget{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	if s.client == nil {
		s.client = &http.Client{Timeout: 10 * time.Second}
	}
	if s.url == "" {
		s.url = "https://api.github.example"
	}
	s.hooks.url = o.WebhookURL
	s.world = newWorld()
	s.seedWorld(o.App)
	s.handler = s.buildHandler()
	if o.State != nil {
		if err := s.Apply(*o.State); err != nil {
			return nil, err
		}
	}
	if o.AutoDeliver {
		s.done.Go(s.deliverAlways)
	}
	return s, nil
}

// Handler serves the API, with and without GitHub Enterprise Server's /api/v3 prefix.
func (s *Server) Handler() http.Handler { return s.handler }

// Start serves the API on l until Close, and takes l's address for the links in answers
// unless Options.URL named another base.
func (s *Server) Start(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.URL == "" {
		s.url = "http://" + l.Addr().String()
	}
	s.srv = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	srv := s.srv
	s.done.Go(func() { _ = srv.Serve(l) }) // it returns http.ErrServerClosed on Close
}

// URL is the REST base without a trailing slash: the listener's address once started.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops serving and delivering at once and waits until both have ended.
func (s *Server) Close() {
	s.mu.Lock()
	srv := s.srv
	s.srv = nil
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.mu.Unlock()
	if srv != nil {
		_ = srv.Close() // nothing to lose: connections are cut on purpose
	}
	s.client.CloseIdleConnections()
	s.done.Wait()
}

// AppKey is the private key of the app under test, as GitHub hands it out: PEM, PKCS #1.
func (s *Server) AppKey() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(s.key)})
}

// AppID is the id of the app under test.
func (s *Server) AppID() int64 { return s.world.app.id }

// WebhookSecret is the random secret that signs deliveries.
func (s *Server) WebhookSecret() []byte { return s.secret }

// SetWebhookURL names where deliveries go from now on.
func (s *Server) SetWebhookURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks.url = url
}

// now is the clock at GitHub's resolution of one second.
func (s *Server) now() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// unknown reports what the simulator does not model.
func (s *Server) unknown(what string) {
	if s.opts.OnUnknown != nil {
		s.opts.OnUnknown(what)
	}
}

// obj is a JSON object.
type obj = map[string]any

// list is a JSON array; nil marshals as [].
type list []any

// MarshalJSON keeps an empty list an array, as GitHub's are.
func (l list) MarshalJSON() ([]byte, error) { return marshalList(l) }
