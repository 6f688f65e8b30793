package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Receiver is the http.Handler that GitHub posts to. It answers
//
//	202  stored, now or by an earlier delivery of the same id; or nothing to this server
//	400  a header is missing or misshapen, the body broke off or is not JSON
//	401  no valid signature
//	405  not a POST
//	413  the body is over the limit
//	415  not JSON, or compressed
//	503  not stored: GitHub records the failure, and it can be redelivered
//
// with one line of plain text, and writes one line to the logger of the request's context.
type Receiver struct {
	secrets [][]byte
	store   Store
	now     func() time.Time
	maxBody int64
	large   chan struct{} // holds one token for each large body in memory
}

// answer is what a request comes to: a status, its sentence for the sender, and its word
// for the log.
type answer struct {
	status  int
	text    string
	outcome string
}

// The outcomes that a log line tells.
const (
	stored      = "stored"
	redelivered = "redelivered"
	ignored     = "ignored"
	refused     = "refused"
	unavailable = "unavailable"
)

// retryAfter is in seconds. GitHub itself never retries; a proxy or a person may.
const retryAfter = "10"

// ServeHTTP implements http.Handler.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, a, err := rc.receive(w, r)
	switch a.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	}
	http.Error(w, a.text, a.status)

	level := zerolog.InfoLevel
	switch a.outcome {
	case refused:
		level = zerolog.WarnLevel
	case unavailable:
		level = zerolog.ErrorLevel
	}
	line := zerolog.Ctx(r.Context()).WithLevel(level).Err(err).
		Str("delivery", d.GUID).Str("event", d.Event).Str("outcome", a.outcome).Int("status", a.status)
	if a.outcome == refused {
		line.Str("reason", a.text)
	}
	line.Msg("webhook delivery")
}

// receive takes one request to its answer. The error is the store's or the connection's,
// for the log alone: it may name what a stranger need not know.
func (rc *Receiver) receive(w http.ResponseWriter, r *http.Request) (Delivery, answer, error) {
	d, sum, a := preamble(r)
	if a.status != 0 {
		return d, a, nil
	}
	body, release, a, err := rc.read(w, r)
	defer release()
	if a.status != 0 {
		return d, a, err
	}
	if !signed(rc.secrets, body, sum) {
		return d, refuse(http.StatusUnauthorized, "the signature does not fit: set the app's webhook secret to one that this server was given"), nil
	}
	// Valid does not recurse, and refuses more than 10,000 levels.
	if !json.Valid(body) {
		return d, refuse(http.StatusBadRequest, "the body is not JSON, or nests too deep"), nil
	}
	d.Body, d.At = body, rc.now().UTC()
	fresh, err := rc.store.Accept(r.Context(), d)
	switch {
	case errors.Is(err, ErrIgnored):
		return d, answer{http.StatusAccepted, "ignored: this server does not work for the account", ignored}, err
	case err != nil:
		return d, answer{http.StatusServiceUnavailable, "not stored: redeliver it later", unavailable}, err
	case !fresh:
		return d, answer{http.StatusAccepted, "stored already: a delivery of this id came before", redelivered}, nil
	}
	return d, answer{http.StatusAccepted, "stored", stored}, nil
}

// preamble judges what can be judged before a byte of the body is read: a request without
// a signature costs nothing. Of the delivery only what is fit for a log is filled in.
func preamble(r *http.Request) (d Delivery, sum []byte, a answer) {
	if r.Method != http.MethodPost {
		return d, nil, refuse(http.StatusMethodNotAllowed, "deliveries are posted")
	}
	var okGUID, okEvent, okSum bool
	d.GUID, okGUID = word(only(r.Header, "X-GitHub-Delivery"))
	d.Event, okEvent = word(only(r.Header, "X-GitHub-Event"))
	if app, err := strconv.ParseInt(only(r.Header, "X-GitHub-Hook-Installation-Target-ID"), 10, 64); err == nil && app > 0 {
		d.App = app
	}
	sum, okSum = parseSignature(only(r.Header, "X-Hub-Signature-256"))
	media, _, err := mime.ParseMediaType(only(r.Header, "Content-Type"))
	switch {
	case r.Header.Get("Content-Encoding") != "":
		a = refuse(http.StatusUnsupportedMediaType, "send the body without a Content-Encoding")
	case err != nil || media != "application/json":
		a = refuse(http.StatusUnsupportedMediaType, "the body must be application/json: set the content type of the app's webhook to json")
	case !okGUID:
		a = refuse(http.StatusBadRequest, "X-GitHub-Delivery is missing, repeated or misshapen")
	case !okEvent:
		a = refuse(http.StatusBadRequest, "X-GitHub-Event is missing, repeated or misshapen")
	case len(r.Header.Values("X-Hub-Signature-256")) == 0:
		a = refuse(http.StatusUnauthorized, "X-Hub-Signature-256 is missing: set a secret in the app's webhook settings")
	case !okSum:
		a = refuse(http.StatusUnauthorized, "X-Hub-Signature-256 is repeated or misshapen: want sha256= and 64 hex digits")
	}
	return d, sum, a
}

// large is the size of body from which on one needs a token. Nearly all of GitHub's are
// smaller, and a server's memory is then bounded by its connections and a few large bodies.
const large = 1 << 20

// read returns the body, or the answer to one that cannot be had. Release must be called,
// in either case, when the body is no longer needed.
func (rc *Receiver) read(w http.ResponseWriter, r *http.Request) (body []byte, release func(), a answer, err error) {
	release = func() {}
	tooLarge := refuse(http.StatusRequestEntityTooLarge, "the body is over the limit of "+strconv.FormatInt(rc.maxBody, 10)+" bytes")
	if r.ContentLength > rc.maxBody {
		return nil, release, tooLarge, nil
	}
	// A length that is only announced must not make us allocate: the buffer grows as bytes come.
	var buf bytes.Buffer
	limited := http.MaxBytesReader(w, r.Body, rc.maxBody)
	_, err = io.CopyN(&buf, limited, large+1)
	if err == nil {
		select {
		case rc.large <- struct{}{}:
			release = func() { <-rc.large }
		default:
			// Shed, do not wait: GitHub gives up after ten seconds anyway.
			return nil, release, answer{http.StatusServiceUnavailable, "too many large bodies at once: redeliver it later", unavailable}, nil
		}
		_, err = io.Copy(&buf, limited)
	}
	if errors.Is(err, io.EOF) {
		err = nil // CopyN's word for a body that ends before it is large
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, release, tooLarge, nil
	}
	if err != nil {
		return nil, release, refuse(http.StatusBadRequest, "the body broke off"), err
	}
	return buf.Bytes(), release, answer{}, nil
}

func refuse(status int, text string) answer { return answer{status, text, refused} }

// only returns the header's value, and nothing if it is there more than once: which of them
// a proxy in front of us looked at cannot be known.
func only(h http.Header, name string) string {
	if v := h.Values(name); len(v) == 1 {
		return v[0]
	}
	return ""
}

// word returns s if it is fit for a log line and a key: 1 to 64 letters, digits, '-', '_'
// or '.'; else nothing.
func word(s string) (string, bool) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	// What Trim leaves begins with a character that is not among the letters.
	if s == "" || len(s) > 64 || strings.Trim(s, letters) != "" {
		return "", false
	}
	return s, true
}
