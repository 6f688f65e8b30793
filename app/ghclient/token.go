package ghclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// errReadOnly is a request that could change something, through a client that only reads.
var errReadOnly = errors.New("this client only reads")

// WithToken returns a client that speaks by a token somebody has: a person's, a workflow's,
// an installation's. App and Key of the options are not used. It only reads: whatever could
// change something at GitHub is refused here, whatever the token may do. Errors never show
// the token.
func WithToken(o Options, token string) (*Client, error) {
	tokenErr := checkToken(token)
	if err := errors.Join(checkAPI(o.API), tokenErr); err != nil {
		return nil, err
	}
	api := o.API.JoinPath("/")
	c := &Clients{api: api, wire: newWire(o, api), timeout: o.Timeout}
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	return c.client(&auth{api: api, current: bearer{token: strings.TrimSpace(token), next: c.wire}}, nil), nil
}

func checkToken(token string) error {
	switch token = strings.TrimSpace(token); {
	case token == "":
		return errors.New("read the token: it is empty")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("read the token: it holds something else than letters, digits and signs: want one token on one line")
	}
	return nil
}

// bearer puts a token on requests that read.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	reads := req.Method == http.MethodGet || req.Method == http.MethodHead ||
		req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/graphql") // the queries are ours, and none is a mutation
	if !reads {
		if req.Body != nil {
			_ = req.Body.Close() // as every RoundTripper has to
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, errReadOnly)
	}
	req.Header.Set("Authorization", "Bearer "+b.token) // on send's copy
	return b.next.RoundTrip(req)
}
