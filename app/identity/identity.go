// Package identity verifies the tokens with which a job of GitHub Actions says who it is: what
// its issuer signed, for us, now. It knows nothing of what a job may ask for, and does not
// remember which tokens it has seen: that is for whoever stores.
package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// leeway is how far GitHub's clock may be from ours.
	leeway = 30 * time.Second
	// longest is for how long a token may be good; GitHub's are for minutes.
	longest = time.Hour
	// maxToken is far above the size of GitHub's.
	maxToken = 16 << 10
)

// Options configure a Verifier. All fields are required.
type Options struct {
	Issuer   string // https URL, exactly as tokens name it
	Audience string // that a token has to be for, and for nobody else
	Now      func() time.Time
	Client   *http.Client // reads the issuer's keys
}

// Verifier verifies tokens of one issuer. It is safe for concurrent use.
type Verifier struct {
	o    Options
	keys keys
}

// New returns a Verifier. It asks nobody before the first token.
func New(o Options) *Verifier {
	return &Verifier{o: o, keys: keys{url: strings.TrimSuffix(o.Issuer, "/") + "/.well-known/jwks", client: o.Client, now: o.Now}}
}

// Job is what a token says of the job that got it.
type Job struct {
	Token       string    // which token it was: SHA-256 of issuer and id, hexadecimal
	Until       time.Time // from then on the token is refused
	Repo        int64     // GitHub's id
	Run         int64     // of the workflow
	Event       string    // that started the run
	Environment string    // that the job is in
	SHA         string    // commit that it runs on
}

// RefusedError is a token that says nothing. Why is for our own log: it quotes nothing of the
// token, and whoever showed it is not told.
type RefusedError struct{ Why string }

// Error implements error.
func (e *RefusedError) Error() string { return "token refused: " + e.Why }

func refused(why string) error { return &RefusedError{why} }

// claims are those of GitHub's that count here. GitHub writes its numbers as text.
// https://docs.github.com/en/actions/reference/security/oidc
type claims struct {
	jwt.Claims
	RepositoryID string `json:"repository_id"`
	RunID        string `json:"run_id"`
	Event        string `json:"event_name"`
	Environment  string `json:"environment"`
	SHA          string `json:"sha"`
}

// Verify returns what a token says. The errors are a *RefusedError, and that the issuer's keys
// could not be read: then it may be shown again.
func (v *Verifier) Verify(ctx context.Context, token string) (Job, error) {
	if len(token) > maxToken {
		return Job{}, refused("too long")
	}
	// The issuer signs with RS256 alone: no token has a say in how it is verified.
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(t.Headers) != 1 || t.Headers[0].KeyID == "" {
		return Job{}, refused("no token signed with RS256 and a named key")
	}
	key, err := v.keys.key(ctx, t.Headers[0].KeyID)
	if err != nil {
		return Job{}, err
	}
	if key == nil {
		return Job{}, refused("signed with a key that the issuer does not have")
	}
	var c claims
	if err := t.Claims(key, &c); err != nil {
		return Job{}, refused("not signed by the issuer, or no claims of its")
	}
	if err := v.standard(c.Claims); err != nil {
		return Job{}, err
	}
	return v.job(c)
}

// standard checks who made the token, for whom, and when.
func (v *Verifier) standard(c jwt.Claims) error {
	at := v.o.Now()
	switch {
	case c.Issuer != v.o.Issuer:
		return refused("of another issuer")
	case len(c.Audience) != 1 || c.Audience[0] != v.o.Audience:
		return refused("for another audience")
	case c.ID == "" || c.Expiry == nil || c.IssuedAt == nil:
		return refused("without id, expiry or time of issue")
	case !at.Before(c.Expiry.Time().Add(leeway)):
		return refused("expired")
	case c.IssuedAt.Time().After(at.Add(leeway)) || c.NotBefore != nil && c.NotBefore.Time().After(at.Add(leeway)):
		return refused("from the future")
	case c.Expiry.Time().Sub(c.IssuedAt.Time()) > longest:
		return refused("good for too long")
	}
	return nil
}

func (v *Verifier) job(c claims) (Job, error) {
	repo, err := strconv.ParseInt(c.RepositoryID, 10, 64)
	if err != nil || repo <= 0 {
		return Job{}, refused("names no repository")
	}
	run, err := strconv.ParseInt(c.RunID, 10, 64)
	if err != nil || run <= 0 {
		return Job{}, refused("names no run")
	}
	switch {
	case c.Environment == "" || c.SHA == "":
		return Job{}, refused("of a job that is in no environment")
	case c.Event == "" || strings.HasPrefix(c.Event, "pull_request"):
		return Job{}, refused("of a pull request's run")
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q %q", c.Issuer, c.ID)))
	return Job{
		Token: hex.EncodeToString(sum[:]), Until: c.Expiry.Time().UTC().Add(leeway),
		Repo: repo, Run: run, Event: c.Event, Environment: c.Environment, SHA: c.SHA,
	}, nil
}
