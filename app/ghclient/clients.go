// Package ghclient makes the clients that talk to GitHub: one for the app itself and one
// for each installation, on github.com, data residency and GitHub Enterprise Server alike.
// It corrects what go-github v62 and ghinstallation v2.11 get wrong about limits, redirects
// and tokens, asks GraphQL questions, and says of any error what kind of trouble it is.
//
// It neither retries nor waits long: a worker that sleeps in a request holds a lease. Trouble
// goes back to the worklist with the time to come back, and a limit of GitHub's stops all
// requests of its installation. The exceptions are a token that GitHub no longer takes, which
// is replaced and tried once more at no wait, and a few seconds for a request's turn.
package ghclient

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"
)

// Options says which GitHub to talk to, as which app. API, App and Key are required.
type Options struct {
	API *url.URL // REST base: https://api.github.com, or https://HOST/api/v3; a final slash may be missing
	App int64    // GitHub's numeric id of the app
	Key []byte   // the app's private key, RSA in PEM, as GitHub's download has it

	Transport http.RoundTripper // below everything; nil is http.DefaultTransport
	UserAgent string            // changewarden/VERSION; GitHub refuses requests without one
	Timeout   time.Duration     // of a request from its first byte to the answer's last, the token's minting included; 0 is 10 seconds

	// Observe, if set, hears of each request that went out: method and route without names
	// ("GET /repos/{owner}/{repo}/pulls/{number}/files") or "graphql" and the operation,
	// the status, 0 if no answer came, and how long its header took, 0 without Now.
	Observe func(kind string, status int, took time.Duration)

	// Now is our clock. Without one nothing is timed, tokens are signed by the process's clock,
	// and no limit is kept to but by who reads the errors.
	Now    func() time.Time
	Limits Limits     // of each installation; needs Now
	OnHold func(Hold) // if set, hears of each new Hold, on the goroutine of the request
}

// Clients hands out the clients. Its methods may be called concurrently.
type Clients struct {
	api     *url.URL // ends in a slash
	app     int64
	key     *rsa.PrivateKey
	wire    *wire
	timeout time.Duration
	options Options
	self    *Client

	mu            sync.Mutex
	installations map[int64]*Client
}

// New checks the options, all problems at once. Errors never show the key.
func New(o Options) (*Clients, error) {
	key, keyErr := parseKey(o.Key)
	if err := errors.Join(checkAPI(o.API), checkApp(o.App), keyErr); err != nil {
		return nil, err
	}
	api := o.API.JoinPath("/")
	c := &Clients{
		api:           api,
		app:           o.App,
		key:           key,
		wire:          newWire(o, api),
		timeout:       o.Timeout,
		options:       o,
		installations: map[int64]*Client{},
	}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	c.self = c.client(&auth{api: api, current: c.appTransport(c.asApp())}, nil)
	return c, nil
}

// App returns the client that speaks as the app itself, by a token that it signs anew for
// each request: for installations, deliveries and the app's own settings.
func (c *Clients) App() *Client { return c.self }

// Installation returns the client that speaks as the app in one account. It is made at the
// first call and kept, and with it its token and what it knows of its rate limits.
func (c *Clients) Installation(id int64) *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := c.installations[id]; kept != nil {
		return kept
	}
	next := c.asApp()
	var g *gate
	if c.options.Now != nil {
		g = newGate(id, c.options, next, &c.wire.skew)
		next = g
	}
	mint := func() http.RoundTripper { return c.installationTransport(id, next) }
	made := c.client(&auth{api: c.api, mint: mint, current: mint()}, g)
	c.installations[id] = made
	return made
}

// Forget drops the client of an installation that is gone, or whose permissions changed: a
// token keeps those that it was made with. Who holds the client may finish with it.
func (c *Clients) Forget(installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.installations, installation)
}

// Skew returns how far GitHub's clock is ahead of ours by the newest answer's Date header,
// to the second; false before the first answer.
func (c *Clients) Skew() (ahead time.Duration, measured bool) { return c.wire.skew.read() }

// Hold tells of a hold that somebody else met: another process, or this one before it was
// started anew.
func (c *Clients) Hold(h Hold) {
	g := c.Installation(h.Installation).gate
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.Background {
		g.background = h
	} else {
		g.held = h
	}
}

// Quotas returns what the installations have left, as the newest answers said.
func (c *Clients) Quotas() []Quota {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Quota
	for _, made := range c.installations {
		if made.gate == nil {
			continue
		}
		made.gate.mu.Lock()
		all = slices.AppendSeq(all, maps.Values(made.gate.quotas))
		made.gate.mu.Unlock()
	}
	return all
}

// asApp is the layer above the wire that mends the app's own tokens.
func (c *Clients) asApp() http.RoundTripper { return resigner{signer: signer{c}, next: c.wire} }

func (c *Clients) appTransport(next http.RoundTripper) *ghinstallation.AppsTransport {
	// It fails for want of a signer alone.
	t, _ := ghinstallation.NewAppsTransportWithOptions(next, c.app, ghinstallation.WithSigner(signer{c}))
	t.BaseURL = strings.TrimSuffix(c.api.String(), "/")
	return t
}

// installationTransport has an AppsTransport of its own: each refresh of a token writes to
// it, so one that is shared is a data race.
func (c *Clients) installationTransport(id int64, next http.RoundTripper) http.RoundTripper {
	return ghinstallation.NewFromAppsTransport(c.appTransport(next), id)
}

func (c *Clients) client(rt http.RoundTripper, g *gate) *Client {
	made := func() *github.Client {
		gh := github.NewClient(&http.Client{Transport: rt, Timeout: c.timeout})
		base, upload := *c.api, *c.api
		gh.BaseURL, gh.UploadURL = &base, &upload
		return gh
	}
	graphql := "graphql"
	if strings.HasSuffix(c.api.Path, "/api/v3/") {
		graphql = "../graphql" // an Enterprise Server's stands beside v3
	}
	return &Client{Client: made(), graphql: made(), graphqlPath: graphql, gate: g}
}

func checkAPI(api *url.URL) error {
	switch {
	case api == nil:
		return errors.New("read GitHub's API address: it is missing: want https://api.github.com or https://HOST/api/v3")
	case api.Scheme != "https" && api.Scheme != "http" || api.Host == "":
		return fmt.Errorf("read GitHub's API address %q: want https://api.github.com or https://HOST/api/v3", api.Redacted())
	case api.User != nil || api.RawQuery != "" || api.Fragment != "":
		return fmt.Errorf("read GitHub's API address %q: want no user, query or fragment in it", (&url.URL{Scheme: api.Scheme, Host: api.Host, Path: api.Path}).String())
	}
	return nil
}

func checkApp(id int64) error {
	if id <= 0 {
		return fmt.Errorf("read the app id %d: want the number that the app's settings page shows", id)
	}
	return nil
}

// parseKey reads an RSA key in either form of PEM. The parsers' own errors are left out:
// they say nothing that helps, and nothing of the key shall be printed.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("read the app's private key: it is not PEM: want the whole file that GitHub gave, with its BEGIN and END lines")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
	}
	return nil, errors.New("read the app's private key: it is PEM without an RSA private key: want the file that GitHub gave, unencrypted")
}
