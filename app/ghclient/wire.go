package ghclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxBody is how much of an answer is read. GitHub's largest are pages of files with
	// their patches, some megabytes.
	maxBody = 64 << 20
	// maxErrorBody is how much of an error's answer is kept.
	maxErrorBody = 1 << 20
)

// errTooLarge is an answer longer than maxBody.
var errTooLarge = errors.New("answer is larger than 64 MiB")

// wire is the lowest layer, which sees every request, those for tokens too, with the
// credential on it. What goes up from here has no credential in it any more.
type wire struct {
	api       *url.URL
	base      http.RoundTripper
	userAgent string
	routes    *routes
	observe   func(kind string, status int, took time.Duration)
	now       func() time.Time
	timed     bool // there is a clock
	skew      skew
}

func newWire(o Options, api *url.URL) *wire {
	w := &wire{api: api, base: o.Transport, userAgent: o.UserAgent, routes: newRoutes(api.Path), observe: o.Observe, now: o.Now, timed: o.Now != nil}
	if w.base == nil {
		w.base = http.DefaultTransport
	}
	if w.userAgent == "" {
		w.userAgent = "changewarden"
	}
	if w.observe == nil {
		w.observe = func(string, int, time.Duration) {}
	}
	if w.now == nil {
		w.now = func() time.Time { return time.Time{} }
	}
	return w
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.Header.Set("User-Agent", w.userAgent)
	sent := w.now()
	resp, err := w.base.RoundTrip(out)
	answered := w.now()
	if err != nil {
		w.observe(w.routes.kind(req), 0, answered.Sub(sent))
		return nil, err
	}
	w.observe(w.routes.kind(req), resp.StatusCode, answered.Sub(sent))
	if !sent.IsZero() {
		w.skew.measure(resp.Header, sent, answered)
	}

	credential := out.Header.Get("Authorization")
	bare := out.Clone(out.Context())
	bare.Header.Del("Authorization")
	resp.Request = bare // errors carry the answer, and the answer its request
	switch {
	case resp.StatusCode >= 400:
		keepError(resp, credential)
		normalizeLimit(resp)
	case resp.StatusCode >= 300:
		if err := w.redirect(resp); err != nil {
			_ = resp.Body.Close()
			return nil, err
		}
	default:
		resp.Body = &limitedBody{
			ReadCloser: resp.Body,
			left:       maxBody,
			wanted:     wantsBody(req, resp),
		}
	}
	return resp, nil
}

// keepError reads an error's answer, so that its connection is free whatever becomes of
// it, and takes the credential out in case it is echoed.
func keepError(resp *http.Response, credential string) {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // a part will do: the status says most
	_ = resp.Body.Close()
	if _, secret, _ := strings.Cut(credential, " "); secret != "" {
		text = bytes.ReplaceAll(text, []byte(secret), []byte("[credential]"))
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
}

// normalizeLimit makes GitHub's limits what go-github knows them as. v62 takes 403 alone
// for a limit, where GitHub says 429 as well; and a secondary limit that does not say how
// long it lasts, v62 takes to last until the primary limit's reset, for up to an hour.
func normalizeLimit(resp *http.Response) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(text))
	secondary := bytes.Contains(text, []byte("secondary rate limit")) || bytes.Contains(text, []byte("secondary-rate-limits"))
	switch {
	case resp.Header.Get("X-RateLimit-Remaining") == "0":
		resp.StatusCode = http.StatusForbidden
	case secondary:
		resp.StatusCode = http.StatusForbidden
		if resp.Header.Get("Retry-After") == "" {
			resp.Header.Set("Retry-After", "60") // GitHub: at least a minute
		}
	}
}

// redirect lets a request follow a renamed repository, within the API, and a write as a
// write: at 301 and 302 net/http would send a GET in its place, whose answer passes for
// that of the write. It looks at the address here and not when it is called, because
// net/http's errors print an address with all that is in it.
func (w *wire) redirect(resp *http.Response) error {
	to, err := resp.Location()
	if err != nil {
		return nil // none, or none that can be followed: the status goes up
	}
	if !sameHost(to, w.api) {
		return fmt.Errorf("follow a redirect to %s: %w", to.Host, errElsewhere)
	}
	if m := resp.Request.Method; m == http.MethodGet || m == http.MethodHead {
		return nil
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently:
		resp.StatusCode = http.StatusPermanentRedirect
	case http.StatusFound:
		resp.StatusCode = http.StatusTemporaryRedirect
	}
	return nil
}

// wantsBody reports whether a JSON document has to follow. Files and diffs may be empty.
func wantsBody(req *http.Request, resp *http.Response) bool {
	accept := req.Header.Get("Accept")
	return req.Method != http.MethodHead &&
		(resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated) &&
		strings.HasSuffix(accept, "json") && !strings.Contains(accept, "raw")
}

// limitedBody ends an answer that is too long with an error, and one that is empty where
// there has to be one: go-github takes no bytes at all for a value of zeros, and an empty
// list of files is not what we were told.
type limitedBody struct {
	io.ReadCloser
	left   int64
	wanted bool
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if n > 0 {
		b.wanted = false
	}
	switch {
	case b.left < 0:
		return 0, errTooLarge
	case b.wanted && errors.Is(err, io.EOF):
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// skew remembers how far GitHub's clock is ahead.
type skew struct{ ahead atomic.Pointer[time.Duration] }

// measure compares the answer's date with the middle of the exchange. An answer from a
// cache carries the date of when it was put there.
func (s *skew) measure(h http.Header, sent, answered time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" {
		return
	}
	ahead := date.Sub(sent.Add(answered.Sub(sent) / 2)).Truncate(time.Second)
	s.ahead.Store(&ahead)
}

func (s *skew) read() (time.Duration, bool) {
	if ahead := s.ahead.Load(); ahead != nil {
		return *ahead, true
	}
	return 0, false
}
