// Package gateclient asks a server's gate about a deployment, and goes on asking until it has an
// answer: over restarts of the server, for as long as its caller lets it. It never shows a token
// or a ticket to anybody but the server.
package gateclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 1 << 20
	// firstBackOff doubles with each failure in a row, up to mostBackOff.
	firstBackOff = time.Second
	mostBackOff  = 30 * time.Second
)

// Question is what a job asks about: its own repository, environment and commit.
type Question struct {
	Repository  string `json:"repository"` // owner/name
	Environment string `json:"environment"`
	Commit      string `json:"commit"`
	Audience    string `json:"audience,omitempty"` // for whom a permit is to be; empty: the server
}

// The decisions.
const (
	Approve = "approve"
	Hold    = "hold"
	Reject  = "reject"
)

// Answer is what the gate said.
type Answer struct {
	Decision    string    `json:"decision"`
	ID          string    `json:"id"`
	Summary     string    `json:"summary"`
	Reasons     []string  `json:"reasons"`
	NextOpening time.Time `json:"next_opening,omitzero"`
	Permit      string    `json:"permit"`
	Expires     time.Time `json:"permit_expires,omitzero"`

	Ticket     string `json:"ticket"`
	RetryAfter int    `json:"retry_after"` // seconds
	Error      string `json:"error"`
}

// ErrRefused is that the server does not take the token or the ticket. It says nothing of why.
var ErrRefused = errors.New("the server refused: the token has to be this job's own, unused, for the server's audience, and about its own repository, environment and commit. The server's log says what it was")

// Client asks one server. Server, HTTP, Token and Wait are required.
type Client struct {
	Server string // base URL
	HTTP   *http.Client
	Token  func(context.Context) (string, error)            // a new one each time, where that can be had
	Wait   func(ctx context.Context, d time.Duration) error // returns early with ctx's end
	Told   func(Answer)                                     // of each answer that says something new; may be nil
	Failed func(err error, again time.Duration)             // of each failure after which it is tried again; may be nil
}

// Ask asks until there is an answer; with wait until that is to approve or reject. Where ctx ends
// before, the last answer is returned with its error; its Decision is empty if there was none.
func (c *Client) Ask(ctx context.Context, q Question, wait bool) (Answer, error) {
	var last Answer
	ticket, failures := "", 0
	for {
		a, pause, err := c.once(ctx, q, ticket)
		ticket = cmp.Or(a.Ticket, ticket)
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case err != nil && pause < 0:
			return last, err
		case err != nil:
			pause = max(pause, min(firstBackOff<<min(failures, 10), mostBackOff))
			failures++
			if c.Failed != nil {
				c.Failed(err, pause)
			}
		default:
			failures = 0
			if c.Told != nil && (a.Summary != last.Summary || strings.Join(a.Reasons, "\n") != strings.Join(last.Reasons, "\n")) {
				c.Told(a)
			}
			last = a
			if a.Decision != Hold || !wait {
				return last, nil
			}
		}
		if err := c.Wait(ctx, pause); err != nil {
			return last, err
		}
	}
}

// once asks once: with a token for a ticket, and from then on with that. pause is when to ask
// again; below 0: never, the error is final.
func (c *Client) once(ctx context.Context, q Question, ticket string) (a Answer, pause time.Duration, err error) {
	var body any = struct {
		Ticket string `json:"ticket"`
	}{ticket}
	token := ""
	if ticket == "" {
		if token, err = c.Token(ctx); err != nil {
			return a, 0, err
		}
		body = q
	}
	text, err := json.Marshal(body)
	if err != nil {
		return a, -1, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.Server, "/")+"/api/v1/gate", bytes.NewReader(text))
	if err != nil {
		return a, -1, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return a, 0, fmt.Errorf("ask the gate: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return a, 0, fmt.Errorf("ask the gate: %w", err)
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // else the back-off is long enough
	pause = time.Duration(max(seconds, 0)) * time.Second
	decoded := json.Unmarshal(raw, &a)
	switch {
	case resp.StatusCode == http.StatusOK && decoded == nil && (a.Decision == Approve || a.Decision == Hold || a.Decision == Reject):
		return a, max(pause, time.Duration(a.RetryAfter)*time.Second, firstBackOff), nil
	case resp.StatusCode == http.StatusUnauthorized:
		return a, -1, ErrRefused
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusOK:
		return a, pause, fmt.Errorf("ask the gate: it answered %s", resp.Status)
	}
	return a, -1, fmt.Errorf("ask the gate: it answered %s: is %s a changewarden with the gate's API?", resp.Status, c.Server)
}
