package ghclient

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"
)

// Kind is a sort of trouble, by what is to be done about it.
type Kind string

// The kinds of trouble. None is the answer for no error.
const (
	None      Kind = ""
	Transient Kind = "transient" // GitHub's or the network's hiccup: ask again
	Limited   Kind = "limited"   // too many requests of this installation: ask nothing more for it until RetryAfter
	Denied    Kind = "denied"    // the credential or its permissions do not reach: somebody has to change that
	Gone      Kind = "gone"      // not there, or not for us; just after an event it may be there yet to come
	Invalid   Kind = "invalid"   // GitHub understands and refuses: the same request will not do better
)

// Trouble says what to do about an error of a request to GitHub.
type Trouble struct {
	Kind         Kind
	RetryAfter   time.Duration // how long GitHub wants to be left alone; 0: it did not say
	Installation bool          // GitHub gives no token: the installation is gone or suspended, and nothing was asked for
}

// Without word from GitHub a limit is taken to last a minute; none lasts above an hour.
const (
	leastLimit   = time.Second
	unknownLimit = time.Minute
	mostLimit    = time.Hour
)

// Diagnose tells what kind of trouble an error of this package's clients is. One that it
// does not know is Transient: waiting is never wrong, it blocks and is tried again.
func Diagnose(err error, now time.Time) Trouble {
	if err == nil || Accepted(err) == nil {
		return Trouble{}
	}
	if held, ok := errors.AsType[*LimitError](err); ok {
		return Trouble{Kind: Limited, RetryAfter: clamp(held.Until.Sub(now)), Installation: held.Kind == HoldRefused}
	}
	if token, ok := errors.AsType[*ghinstallation.HTTPError](err); ok && token.Response != nil {
		t := diagnoseStatus(token.Response.StatusCode, token.Response.Header, now)
		// At 401 it is the app's key or our clock that GitHub does not take.
		t.Installation = t.Kind == Gone || t.Kind == Denied && token.Response.StatusCode != http.StatusUnauthorized
		return t
	}
	if primary, ok := errors.AsType[*github.RateLimitError](err); ok {
		return diagnosePrimary(primary, now)
	}
	if secondary, ok := errors.AsType[*github.AbuseRateLimitError](err); ok {
		if secondary.RetryAfter != nil {
			return Trouble{Kind: Limited, RetryAfter: clamp(*secondary.RetryAfter)}
		}
		return Trouble{Kind: Limited, RetryAfter: unknownLimit}
	}
	if answer, ok := errors.AsType[*github.ErrorResponse](err); ok && answer.Response != nil {
		return diagnoseStatus(answer.Response.StatusCode, answer.Response.Header, now)
	}
	if _, ok := errors.AsType[*github.TwoFactorAuthError](err); ok {
		return Trouble{Kind: Denied}
	}
	if query, ok := errors.AsType[*QueryError](err); ok {
		return query.diagnose(now)
	}
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	if shape || errors.Is(err, errTooLarge) || errors.Is(err, errElsewhere) {
		return Trouble{Kind: Invalid}
	}
	return Trouble{Kind: Transient}
}

// diagnosePrimary goes by the answer's header; where go-github made the answer up, because
// it knew the limit to be used up, by the reset that it remembers.
func diagnosePrimary(e *github.RateLimitError, now time.Time) Trouble {
	if e.Response != nil {
		if wait, told := limit(e.Response.Header, now); told {
			return Trouble{Kind: Limited, RetryAfter: wait}
		}
	}
	return Trouble{Kind: Limited, RetryAfter: clamp(e.Rate.Reset.Sub(now))}
}

func diagnoseStatus(status int, h http.Header, now time.Time) Trouble {
	wait, limited := limit(h, now)
	switch {
	case status == http.StatusTooManyRequests && !limited:
		return Trouble{Kind: Limited, RetryAfter: unknownLimit}
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && limited:
		return Trouble{Kind: Limited, RetryAfter: wait}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons:
		return Trouble{Kind: Denied}
	case status == http.StatusNotFound, status == http.StatusGone:
		return Trouble{Kind: Gone}
	case status == http.StatusRequestTimeout, status >= 500:
		if h.Get("Retry-After") == "" {
			wait = 0
		}
		return Trouble{Kind: Transient, RetryAfter: wait}
	}
	return Trouble{Kind: Invalid}
}

// diagnose takes the heaviest of several errors: none of the others can be relied on while
// GitHub limits us or has failed itself.
func (e *QueryError) diagnose(now time.Time) Trouble {
	found := map[Kind]bool{}
	for _, f := range e.Errors {
		found[f.kind()] = true
	}
	for _, k := range []Kind{Limited, Transient, Denied, Invalid} {
		switch {
		case !found[k]:
		case k != Limited:
			return Trouble{Kind: k}
		default:
			wait, told := limit(e.header, now)
			if !told {
				wait = unknownLimit
			}
			return Trouble{Kind: Limited, RetryAfter: wait}
		}
	}
	return Trouble{Kind: Gone}
}

func (e FieldError) kind() Kind {
	switch {
	case e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || strings.Contains(e.Message, "secondary rate limit"):
		return Limited
	case e.Type == "NOT_FOUND":
		return Gone
	case e.Type == "FORBIDDEN" || e.Type == "INSUFFICIENT_SCOPES" || e.Type == "UNAUTHORIZED":
		return Denied
	case e.Type == "MAX_NODE_LIMIT_EXCEEDED" || e.Type == "UNPROCESSABLE" || e.Type == "EXCESSIVE_PAGINATION":
		return Invalid
	case e.Type == "" && e.Extensions.Code != "": // the question does not fit the schema
		return Invalid
	}
	return Transient
}

// limit reads how long GitHub wants to be left alone: Retry-After if it is there, else
// until the reset if nothing is left of the hour. False if the header says neither.
func limit(h http.Header, now time.Time) (time.Duration, bool) {
	if text := h.Get("Retry-After"); text != "" {
		if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
			return clamp(time.Duration(seconds) * time.Second), true
		}
		if date, err := http.ParseTime(text); err == nil {
			return clamp(date.Sub(now)), true
		}
		return unknownLimit, true
	}
	if h.Get("X-RateLimit-Remaining") != "0" {
		return 0, false
	}
	reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return unknownLimit, true
	}
	return clamp(time.Unix(reset, 0).Sub(now)), true
}

func clamp(wait time.Duration) time.Duration { return min(max(wait, leastLimit), mostLimit) }
