// Package permit makes and verifies permits: the gate's approval as a text that whoever
// deploys can demand, a JWS that Ed25519 signed. A permit names one repository by its id, one
// environment, one commit and whom it is for. Whether it was spent, and whether the approval
// still stands, is for the server to say: a signature cannot.
//
// Its key signs nothing else, and not the ledger.
package permit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// kind stands in each permit's head: no other token is one, whoever signed it.
	kind = "changewarden-permit+jwt"
	// leeway is how far the clock of who verifies may be behind; nothing is added to the end.
	leeway = 30 * time.Second
	// maxPermit is far above the size of one.
	maxPermit = 8 << 10
)

// Permit is what a permit says.
type Permit struct {
	ID          string
	Issuer      string // the server's public URL
	Audience    string // for whom it is
	Repo        int64  // GitHub's id
	Repository  string // owner/name when it was made
	Environment string
	Commit      string
	Decision    string // LOG/SEQ of the decision's record in the ledger
	IssuedAt    time.Time
	Expires     time.Time
}

// Use is what somebody is about to do on a permit. All fields count: an empty one is no match.
type Use struct {
	Audience    string
	Repository  string // owner/name, in any case
	Environment string // in any case
	Commit      string
}

// claims are a permit's; ids are text, as in GitHub's tokens.
type claims struct {
	jwt.Claims
	RepositoryID int64  `json:"repository_id,string"`
	Repository   string `json:"repository"`
	Environment  string `json:"environment"`
	Commit       string `json:"sha"`
	Decision     string `json:"decision"`
}

// Sign returns p as a compact JWS. Times are whole seconds in it, the earlier ones.
func (k Key) Sign(p Permit) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType(kind),
	)
	if err != nil {
		return "", fmt.Errorf("sign permit: %w", err)
	}
	issued := jwt.NewNumericDate(p.IssuedAt)
	text, err := jwt.Signed(signer).Claims(claims{
		Claims: jwt.Claims{
			ID: p.ID, Issuer: p.Issuer, Audience: jwt.Audience{p.Audience}, Subject: "repo:" + p.Repository + ":environment:" + p.Environment,
			IssuedAt: issued, NotBefore: issued, Expiry: jwt.NewNumericDate(p.Expires),
		},
		RepositoryID: p.Repo, Repository: p.Repository, Environment: p.Environment, Commit: p.Commit, Decision: p.Decision,
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign permit: %w", err)
	}
	return text, nil
}

// Verify returns what a permit says that one of the keys signed and that is good at that
// moment. Its errors repeat nothing of it.
func Verify(text string, keys Keys, at time.Time) (Permit, error) {
	if len(text) > maxPermit {
		return Permit{}, errors.New("it is too long")
	}
	t, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(t.Headers) != 1 || t.Headers[0].ExtraHeaders[jose.HeaderType] != kind {
		return Permit{}, errors.New("it is no permit")
	}
	key, known := keys[t.Headers[0].KeyID]
	if !known {
		return Permit{}, errors.New("it is signed with another key")
	}
	var c claims
	if err := t.Claims(key, &c); err != nil {
		return Permit{}, errors.New("it is not signed with the key that it names")
	}
	if c.ID == "" || len(c.Audience) != 1 || c.IssuedAt == nil || c.NotBefore == nil || c.Expiry == nil || c.RepositoryID <= 0 {
		return Permit{}, errors.New("it says too little")
	}
	switch {
	case !at.Before(c.Expiry.Time()):
		return Permit{}, fmt.Errorf("it expired at %s", c.Expiry.Time().UTC().Format(time.RFC3339))
	case c.NotBefore.Time().After(at.Add(leeway)):
		return Permit{}, errors.New("it is from the future: look at this machine's clock")
	}
	return Permit{
		ID: c.ID, Issuer: c.Issuer, Audience: c.Audience[0], Repo: c.RepositoryID, Repository: c.Repository, Environment: c.Environment,
		Commit: c.Commit, Decision: c.Decision, IssuedAt: c.IssuedAt.Time().UTC(), Expires: c.Expiry.Time().UTC(),
	}, nil
}

// For says why a permit is not for a use; nil: it is.
func (p Permit) For(u Use) error {
	switch {
	case u.Audience == "" || p.Audience != u.Audience:
		return errors.New("it is for another audience")
	case u.Repository == "" || !strings.EqualFold(p.Repository, u.Repository):
		return errors.New("it is for another repository")
	case u.Environment == "" || !strings.EqualFold(p.Environment, u.Environment):
		return errors.New("it is for another environment")
	case u.Commit == "" || p.Commit != u.Commit:
		return errors.New("it is for another commit")
	}
	return nil
}
