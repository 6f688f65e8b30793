package app

import (
	"cmp"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/changewarden/changewarden/app/edge"
)

// Options is what a server is told when it starts. Validate says what is wrong with it.
type Options struct {
	Listen         string   // host:port; port 0: any that is free
	MetricsListen  string   // host:port of the metrics; empty: nowhere
	PublicURL      string   // where people and GitHub reach this server, for links; empty: nowhere
	DatabaseURL    string   // sqlite:///absolute/path.db, sqlite://relative/path.db or postgres://USER@HOST/DATABASE
	GitHubURL      string   // https://github.com, or a GitHub Enterprise Server
	GitHubAPIURL   string   // REST base; empty: GitHub's own place for it, see APIURL
	AppID          int64    // the GitHub App's id
	PrivateKey     []byte   // the GitHub App's RSA key, PEM
	WebhookSecrets [][]byte // any one of them may have signed a delivery
	PolicyFile     string   // where PolicyText was read, for messages and the record; empty: the built-in policy
	PolicyText     []byte   // the floor that the operator puts in the built-in policy's place
	// AllowedAccounts are the accounts that the server works for, by login or numeric id; empty:
	// wherever the app is installed. A login is whoever bears it: an id stays with one account.
	AllowedAccounts []string
	LedgerKeyFile   string // the ledger's signing key; empty: beside the SQLite file, see LedgerKeyPath; required with PostgreSQL

	// Jobs ask through the API with tokens of TokenIssuer that are for TokenAudience. Without an
	// audience there is no such API.
	TokenIssuer   string // empty: GitHub's own, see Issuer
	TokenAudience string // empty: PublicURL without a slash at its end
	PermitKeyFile string // the key of permits; empty: beside the SQLite file, see PermitKeyPath; with PostgreSQL: no permits

	TrustedProxies edge.Proxies // who stands before Listen and tells in X-Forwarded-For for whom it speaks

	Version   string               // of this program; told to GitHub and shown on pages
	Pages     bool                 // serve a page per change to whoever can reach Listen: there is no login yet
	PagesNote string               // one sentence at the head of every page; may be empty
	Tracer    trace.TracerProvider // of spans from delivery to publication; nil: nobody traces
	Now       func() time.Time     // nil: time.Now, which is then held to the clock of a database that others share
	Drain     time.Duration        // how long what is under way may take when the server is asked to stop; 0: drainTimeout
	Keep      time.Duration        // for how long the bodies of deliveries are kept; 0: defaultKeep
	Limits    *Limits              // of what is asked of GitHub; nil: DefaultLimits; &Limits{}: none, to measure without
	Quiet     time.Duration        // for how long events about one subject are gathered into one look; 0: defaultQuiet

	seams seams
}

// defaultQuiet keeps a burst of events to a few looks, and is short beside GitHub's own
// delays: a check suite that ends sends dozens within a second.
const defaultQuiet = 250 * time.Millisecond

// defaultKeep leaves time to look into what a delivery said; nothing of ours rests on it.
const defaultKeep = 30 * 24 * time.Hour

// APIURL returns the base of GitHub's REST API, with a slash at its end: the one that was
// set, else the one that belongs to GitHubURL. GitHub Enterprise Server has it under
// /api/v3/, github.com and GitHub Enterprise Cloud with data residency at api.HOST.
func (o Options) APIURL() (*url.URL, error) {
	if o.GitHubAPIURL != "" {
		u, err := parseURL(o.GitHubAPIURL)
		if err != nil {
			return nil, err
		}
		return u.JoinPath("/"), nil
	}
	u, err := parseURL(o.GitHubURL)
	if err != nil {
		return nil, err
	}
	if host := strings.ToLower(u.Hostname()); host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		u.Host = "api." + u.Host
		return u.JoinPath("/"), nil
	}
	return u.JoinPath("api", "v3", "/"), nil
}

// LedgerKeyPath returns where the ledger's signing key is read: LedgerKeyFile, else beside
// the SQLite file (data/changewarden.db: data/changewarden.ledger.key), where it is made at
// the first start. Empty: neither is known.
func (o Options) LedgerKeyPath() string { return cmp.Or(o.LedgerKeyFile, o.beside(".ledger.key")) }

// PermitKeyPath returns where the key of permits is read: PermitKeyFile, else beside the SQLite
// file (data/changewarden.db: data/changewarden.permit.key), where it is made if it is missing.
// Empty: neither is known.
func (o Options) PermitKeyPath() string { return cmp.Or(o.PermitKeyFile, o.beside(".permit.key")) }

// beside is the SQLite file's path with another ending; empty: there is none.
func (o Options) beside(ending string) string {
	file := o.sqliteFile()
	if file == "" {
		return ""
	}
	return strings.TrimSuffix(file, filepath.Ext(file)) + ending
}

// Issuer returns who makes the tokens of GitHub Actions jobs: the one that was set, else the one
// that belongs to GitHubURL.
// https://docs.github.com/en/actions/reference/security/oidc
func (o Options) Issuer() (string, error) {
	if o.TokenIssuer != "" {
		return o.TokenIssuer, nil
	}
	u, err := parseURL(o.GitHubURL)
	if err != nil {
		return "", err
	}
	switch host := strings.ToLower(u.Hostname()); {
	case host == "github.com":
		return "https://token.actions.githubusercontent.com", nil
	case strings.HasSuffix(host, ".ghe.com"):
		return "https://token.actions." + host, nil
	}
	return u.JoinPath("_services", "token").String(), nil
}

// Audience returns whom the tokens have to be for; empty: nobody can ask.
func (o Options) Audience() string {
	return cmp.Or(o.TokenAudience, strings.TrimSuffix(o.PublicURL, "/"))
}

// sqliteFile returns the path in DatabaseURL, empty if it names no SQLite file.
func (o Options) sqliteFile() string {
	file, ok := strings.CutPrefix(o.DatabaseURL, "sqlite://")
	if !ok {
		return ""
	}
	return file
}

// parseURL wants an absolute http(s) URL that is nothing but a place: no user, no query. Plain
// http is for loopback alone, because tokens and deliveries travel on it. Its errors do not
// repeat the URL, which may hold a password that got there by mistake.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("is not a URL: write it as https://HOST")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("has more than a host and a path: take out user, query and fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("is plain http, on which tokens could be read: use https")
	}
	return u, nil
}
