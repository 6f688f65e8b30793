package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/edge"
	"github.com/changewarden/changewarden/app/identity"
	"github.com/changewarden/changewarden/app/permit"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/deploy"
)

const (
	// maxQuestion bounds what is read of a request.
	maxQuestion = 64 << 10
	// questions is how many of them one source may ask at once, and how long it is until there
	// may be one more. Runners behind one address share it.
	questions     = 120
	questionsEach = 250 * time.Millisecond
	// troubleWait is when to ask again what could not be answered now.
	troubleWait = 10 * time.Second
	// maxAudience is the longest name of whom a permit is for.
	maxAudience = 200
)

// GateQuestion is the body of POST /api/v1/gate. It is asked once with a token and all but
// Ticket, and from then on with the Ticket of the answer alone.
type GateQuestion struct {
	Repository  string `json:"repository,omitempty"` // owner/name
	Environment string `json:"environment,omitempty"`
	Commit      string `json:"commit,omitempty"`
	Audience    string `json:"audience,omitempty"` // for whom a permit is to be; empty: this server
	Ticket      string `json:"ticket,omitempty"`
}

// GateAnswer is the body of the answer, and that of what refuses or cannot answer now.
type GateAnswer struct {
	Decision    deploy.Answer `json:"decision,omitempty"`
	ID          string        `json:"id,omitempty"` // LOG/SEQ of the decision's record in the ledger
	Summary     string        `json:"summary,omitempty"`
	Reasons     []string      `json:"reasons,omitempty"`
	NextOpening time.Time     `json:"next_opening,omitzero"`
	Ticket      string        `json:"ticket,omitempty"`      // to ask again with; keep it secret
	RetryAfter  int           `json:"retry_after,omitempty"` // seconds, while it is held
	Permit      string        `json:"permit,omitempty"`      // with an approval
	Expires     time.Time     `json:"permit_expires,omitzero"`
	Error       string        `json:"error,omitempty"`
}

// PermitUse is the body of POST /api/v1/permit: a permit, and what is about to be done on it.
type PermitUse struct {
	Permit      string `json:"permit"`
	Repository  string `json:"repository"` // owner/name
	Environment string `json:"environment"`
	Commit      string `json:"commit"`
	Audience    string `json:"audience,omitempty"` // empty: this server
}

// openGateAPI makes what the API needs. Without an audience there is none.
func (a *App) openGateAPI() error {
	if a.o.Audience() == "" {
		return nil
	}
	issuer, err := a.o.Issuer()
	if err != nil {
		return err
	}
	a.tokens = identity.New(identity.Options{Issuer: issuer, Audience: a.o.Audience(), Now: a.now, Client: issuerClient(a.o)})
	path := a.o.PermitKeyPath()
	if path == "" {
		return nil
	}
	key, err := permitKey(path, a.o.PermitKeyFile == "")
	if err != nil {
		return &Problem{Setting: "CHANGEWARDEN_PERMIT_KEY_FILE", Text: fmt.Sprintf("names %s, which cannot be used: %v", path, err)}
	}
	a.permits = &key
	return nil
}

// permitKey reads the key of permits at path. Where there is none and create is set, it makes
// one: with another key the permits of the last minutes end, and nothing else.
func permitKey(path string, create bool) (permit.Key, error) {
	text, err := os.ReadFile(path)
	if create && errors.Is(err, fs.ErrNotExist) {
		if text, err = permit.GenerateKey(); err == nil {
			err = writeKey(path, text)
		}
	}
	if err != nil {
		return permit.Key{}, fmt.Errorf("read the key of permits: %w", err)
	}
	return permit.ParseKey(text)
}

// routeGateAPI adds the API's paths.
func (a *App) routeGateAPI(r chi.Router) {
	if a.tokens == nil {
		return
	}
	limited := func(h http.HandlerFunc) http.Handler {
		return edge.NewAllowance(questions, questionsEach, a.now).Limit(a.o.TrustedProxies, h)
	}
	r.Method(http.MethodPost, "/api/v1/gate", limited(a.serveGate))
	r.Method(http.MethodPost, "/api/v1/permit", limited(a.servePermit))
	r.Method(http.MethodGet, "/.well-known/jwks.json", limited(a.servePermitKeys))
}

func (a *App) serveGate(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var q GateQuestion
	if !readQuestion(w, r, &q) {
		return
	}
	token, bears := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bears == (q.Ticket != "") || q.Ticket != "" && q != (GateQuestion{Ticket: q.Ticket}) || !isAudience(q.Audience) {
		a.tellRefused(w, r, "neither a token with a question nor a ticket alone")
		return
	}
	ticket := q.Ticket
	var d askDecided
	var err error
	if bears {
		ticket, d.ask, err = a.openAsk(ctx, token, q)
	} else {
		d.ask, err = a.askOf(ctx, ticket)
	}
	opened := err == nil
	if opened {
		d, err = a.decideAsk(ctx, d.ask)
	}
	if err != nil {
		if !opened {
			ticket = ""
		}
		a.tellTrouble(w, r, ticket, err)
		return
	}
	a.tellDecision(w, r, d, ticket, http.StatusOK)
}

func (a *App) servePermit(w http.ResponseWriter, r *http.Request) {
	var u PermitUse
	if !readQuestion(w, r, &u) {
		return
	}
	d, err := a.spendPermit(r.Context(), u.Permit, permit.Use{
		Audience: cmp.Or(u.Audience, a.o.Audience()), Repository: u.Repository, Environment: u.Environment, Commit: u.Commit,
	})
	if err != nil {
		a.tellTrouble(w, r, "", err)
		return
	}
	status := http.StatusOK
	if d.decision.Answer != deploy.Approve {
		status = http.StatusConflict
	}
	a.tellDecision(w, r, d, "", status)
}

func (a *App) servePermitKeys(w http.ResponseWriter, r *http.Request) {
	keys := permit.Keys{}
	if a.permits != nil {
		keys = a.permits.Keys()
	}
	body, err := keys.JSON()
	if err != nil {
		a.tellTrouble(w, r, "", err)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(body)
}

// readQuestion reads a request's body, and answers one that is not what v holds.
func readQuestion(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuestion))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		reply(w, http.StatusBadRequest, GateAnswer{Error: "the body is not the JSON that is asked for: see docs/production.md"})
		return false
	}
	return true
}

// isAudience says whether a permit may be made for whoever is called so.
func isAudience(s string) bool {
	return len(s) <= maxAudience && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// tellDecision answers with a decision.
func (a *App) tellDecision(w http.ResponseWriter, r *http.Request, d askDecided, ticket string, status int) {
	names, err := a.names(r.Context(), peopleOf(d.request.Shipment)...)
	if err != nil {
		a.tellTrouble(w, r, ticket, err)
		return
	}
	answer := GateAnswer{
		Decision: d.decision.Answer, ID: fmt.Sprintf("%d/%d", d.ask.Log, d.ask.Seq), Ticket: ticket, NextOpening: say.NextOpening(d.decision).UTC(),
	}
	answer.Summary, answer.Reasons = say.Gate(d.decision, d.request.Shipment, names)
	switch {
	case answer.Decision == deploy.Hold:
		answer.RetryAfter = int(askPause / time.Second)
		w.Header().Set("Retry-After", edge.Seconds(askPause))
	case answer.Decision == deploy.Approve && ticket != "":
		if answer.Permit, err = a.permitOf(d); err != nil {
			a.tellTrouble(w, r, ticket, err)
			return
		}
		if answer.Permit != "" {
			answer.Expires = d.ask.PermitUntil
		}
	}
	reply(w, status, answer)
}

// tellTrouble answers that there is no answer: for good, in the one way that tells nothing, or
// for now.
func (a *App) tellTrouble(w http.ResponseWriter, r *http.Request, ticket string, err error) {
	if e, ok := errors.AsType[refusedError](err); ok {
		a.tellRefused(w, r, e.why)
		return
	}
	wait := troubleWait
	if soon, ok := errors.AsType[retryError](err); ok {
		wait = soon.after
	} else {
		zerolog.Ctx(r.Context()).Warn().Err(err).Msg("deployment that asked not decided")
	}
	w.Header().Set("Retry-After", edge.Seconds(wait))
	reply(w, http.StatusServiceUnavailable, GateAnswer{Ticket: ticket, RetryAfter: int(wait / time.Second), Error: "it cannot be decided now: ask again later"})
}

// tellRefused is the same for whatever is refused: whoever has no business here learns nothing,
// not even what there is.
func (a *App) tellRefused(w http.ResponseWriter, r *http.Request, why string) {
	zerolog.Ctx(r.Context()).Info().Str("source", string(a.o.TrustedProxies.Source(r))).Str("path", r.URL.Path).Str("why", why).Msg("request refused")
	reply(w, http.StatusUnauthorized, GateAnswer{Error: "refused: this server's log says why"})
}

func reply(w http.ResponseWriter, status int, body GateAnswer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever is gone asks again
}
