package ghclient

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// GitHub refuses an app's token that was issued in its future, or that expires more than ten
// minutes ahead of it. A minute back and eight ahead bear a clock that is a minute fast or
// eight slow; what is further off is corrected by the Date of GitHub's answers.
const (
	issuedAgo  = time.Minute
	expiresIn  = 8 * time.Minute
	worthAgain = 5 * time.Second
)

// signer signs as the app, by GitHub's clock as far as it is known.
type signer struct {
	clients *Clients
}

// Sign implements ghinstallation.Signer. It leaves the times of the claims aside, which are
// by the process's clock.
func (s signer) Sign(claims jwt.Claims) (string, error) {
	if w := s.clients.wire; w.timed {
		ahead, _ := w.skew.read()
		at := w.now().Add(ahead).Truncate(time.Second)
		claims = jwt.RegisteredClaims{
			IssuedAt: jwt.NewNumericDate(at.Add(-issuedAgo)), ExpiresAt: jwt.NewNumericDate(at.Add(expiresIn)),
			Issuer: strconv.FormatInt(s.clients.app, 10),
		}
	}
	return jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(s.clients.key)
}

// resigner sends what the app itself asks once more if GitHub refused its token and said in
// the same answer that our clock was another one than we took it for. GitHub did nothing for
// what it refused, so writes too may be sent again.
type resigner struct {
	signer
	next http.RoundTripper
}

func (r resigner) RoundTrip(req *http.Request) (*http.Response, error) {
	skew := &r.clients.wire.skew
	used, _ := skew.read()
	resp, err := r.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ") {
		return resp, err
	}
	if is, _ := skew.read(); (is - used).Abs() < worthAgain {
		return resp, nil
	}
	again := req.Clone(req.Context())
	if req.Body != nil {
		body, ok := sameBody(req)
		if !ok {
			return resp, nil
		}
		again.Body = body
	}
	token, err := r.Sign(nil)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	again.Header.Set("Authorization", "Bearer "+token)
	return r.next.RoundTrip(again)
}
