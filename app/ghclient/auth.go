package ghclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/bradleyfalzon/ghinstallation/v2"
)

// errElsewhere is a request or a redirect to another host than the API's. It is refused:
// a credential must not go there, and what comes from there is not GitHub's word.
var errElsewhere = errors.New("not the API that this app is set up for")

// auth puts credentials on requests to the API, and on no others.
type auth struct {
	api  *url.URL
	mint func() http.RoundTripper // a transport that holds no token yet; nil: a new one would change nothing

	mu      sync.Mutex
	current http.RoundTripper
}

func (a *auth) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameHost(req.URL, a.api) {
		if req.Body != nil {
			_ = req.Body.Close() // as every RoundTripper has to
		}
		return nil, fmt.Errorf("call %s: %w", req.URL.Host, errElsewhere)
	}
	used := a.transport()
	resp, err := send(used, req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || a.mint == nil {
		return resp, err
	}
	// The token may have been revoked before its time. GitHub did nothing for it, so
	// writes too may be sent again, once.
	again := req.Clone(req.Context())
	if req.Body != nil {
		body, ok := sameBody(req)
		if !ok {
			return resp, nil
		}
		again.Body = body
	}
	_ = resp.Body.Close()
	return send(a.replace(used), again)
}

func sameBody(req *http.Request) (io.ReadCloser, bool) {
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	return body, err == nil
}

func sameHost(u, api *url.URL) bool {
	return u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host)
}

// send uses a copy of the request, because ghinstallation writes the credential into it.
func send(t http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTrip(req.Clone(req.Context()))
	if err != nil {
		return nil, tokenError(err)
	}
	return resp, nil
}

func (a *auth) transport() http.RoundTripper {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// replace puts a transport without a token in the place of a refused one, unless another
// request did so already.
func (a *auth) replace(refused http.RoundTripper) http.RoundTripper {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == refused {
		a.current = a.mint()
	}
	return a.current
}

// tokenError closes the answer that ghinstallation leaves open when a token was refused,
// and adds GitHub's reason.
func tokenError(err error) error {
	refused, ok := errors.AsType[*ghinstallation.HTTPError](err)
	if !ok || refused.Response == nil {
		return err
	}
	defer func() { _ = refused.Response.Body.Close() }()
	var answer struct{ Message string }
	text, readErr := io.ReadAll(io.LimitReader(refused.Response.Body, maxErrorBody))
	if readErr == nil && json.Unmarshal(text, &answer) == nil && answer.Message != "" {
		return fmt.Errorf("%w: %s", err, answer.Message)
	}
	return err
}
