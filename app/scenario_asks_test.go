package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/gateclient"
	"github.com/changewarden/changewarden/app/permit"
)

// askWords are the words about jobs that ask through the API.
var askWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"ask":     cmdAsk,
	"poll":    cmdPoll,
	"spend":   cmdSpend,
	"race":    cmdRace,
	"answers": cmdAnswers,
	"waits":   cmdWaits,
	"decided": cmdDecided,
	"good":    cmdGood,
}

// asking is what a page knows of its asks.
type asking struct {
	token, ticket, permit string // the last ones
	status                int
	body                  []byte // of the last answer
	waiting               chan waited
}

type waited struct {
	answer gateclient.Answer
	err    error
}

// refusal is the one answer to everything that is refused.
const refusal = `{"error":"refused: this server's log says why"}` + "\n"

// words reads NAME=VALUE arguments.
func wordsIn(args []string) map[string]string {
	out := map[string]string{}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		out[name] = value
	}
	return out
}

// ask ENVIRONMENT [HOW=VALUE...] asks as a job of the last run there would. The question may be
// about another repo, environment or commit; claim:NAME=VALUE changes what the token says
// (ran=COMMIT its commit, age=DURATION how old it is), signed=none, hmac or foreign who signed it, with=again
// shows the last token once more, with=ticket the last ticket in a token's place.
func cmdAsk(ts *testscript.TestScript, _ bool, args []string) {
	w, how := of(ts), wordsIn(args[1:])
	repo, environment := w.repo, args[0]
	if how["in"] != "" { // whose job it is
		repo = how["in"]
	}
	run := w.runs["deploy/"+strings.ToLower(environment)]
	claims, err := w.sim.IDClaims(repo, run, environment, cmp.Or(how["audience"], "http://127.0.0.1"))
	ts.Check(err)
	if how["ran"] != "" {
		claims["sha"], err = w.commit(how["ran"])
		ts.Check(err)
	}
	commit := claims["sha"].(string)
	for name, value := range how {
		if claim, ok := strings.CutPrefix(name, "claim:"); ok {
			claims[claim] = value
		}
	}
	if how["age"] != "" {
		d, err := time.ParseDuration(how["age"])
		ts.Check(err)
		for _, name := range []string{"iat", "nbf", "exp"} {
			claims[name] = claims[name].(int64) - int64(d/time.Second)
		}
	}
	token := w.sign(ts, claims, how["signed"])
	switch how["with"] {
	case "again":
		token = w.asking.token
	case "ticket":
		token = w.asking.ticket
	}
	if how["commit"] != "" {
		commit, err = w.commit(how["commit"])
		ts.Check(err)
	}
	w.asking.token = token
	w.question(ts, "/api/v1/gate", token, GateQuestion{
		Repository: cmp.Or(how["repo"], w.repo), Environment: cmp.Or(how["environment"], environment), Commit: commit, Audience: how["for"],
	})
}

// sign signs claims as the issuer, or as somebody who is not.
func (w *world) sign(ts *testscript.TestScript, claims map[string]any, by string) string {
	good, err := w.sim.SignIDToken(claims)
	ts.Check(err)
	parsed, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	ts.Check(err)
	text := good
	forged := func(method jwt.SigningMethod, key any) {
		t := jwt.NewWithClaims(method, jwt.MapClaims(claims))
		t.Header["kid"] = parsed.Header["kid"]
		text, err = t.SignedString(key)
		ts.Check(err)
	}
	switch by {
	case "none":
		forged(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)
	case "hmac": // with the public key as the secret
		resp, err := http.Get(w.sim.Issuer() + "/.well-known/jwks")
		ts.Check(err)
		raw, err := io.ReadAll(resp.Body)
		ts.Check(err)
		ts.Check(resp.Body.Close())
		forged(jwt.SigningMethodHS256, raw)
	case "foreign":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		ts.Check(err)
		forged(jwt.SigningMethodRS256, key)
	}
	return text
}

// poll asks again with the last ticket, or with TICKET.
func cmdPoll(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	w.question(ts, "/api/v1/gate", "", GateQuestion{Ticket: cmp.Or(strings.Join(args, ""), w.asking.ticket)})
}

// spend [HOW=VALUE...] takes the last permit for what it was made for, or for another repo,
// environment, commit or audience; permit=foreign is one with another key, hmac and none with
// another algorithm, token and ticket those of the job, status a commit status of ours.
func cmdSpend(ts *testscript.TestScript, _ bool, args []string) {
	w, how := of(ts), wordsIn(args)
	text := w.asking.permit
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(text, claims)
	ts.Check(err)
	commit := fmt.Sprint(claims["sha"])
	forged := func(method jwt.SigningMethod, key any) {
		t := jwt.NewWithClaims(method, claims)
		maps.Copy(t.Header, map[string]any{"kid": parsed.Header["kid"], "typ": parsed.Header["typ"]})
		text, err = t.SignedString(key)
		ts.Check(err)
	}
	switch how["permit"] {
	case "foreign":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		ts.Check(err)
		forged(jwt.SigningMethodEdDSA, key)
	case "hmac":
		keys, err := w.app.permits.Keys().JSON()
		ts.Check(err)
		forged(jwt.SigningMethodHS256, keys)
	case "none":
		forged(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)
	case "token":
		text = w.asking.token
	case "ticket":
		text = w.asking.ticket
	case "status":
		shown, err := w.show(commit)
		ts.Check(err)
		raw, err := json.Marshal(shown)
		ts.Check(err)
		text = string(raw)
	}
	if how["commit"] != "" {
		commit, err = w.commit(how["commit"])
		ts.Check(err)
	}
	w.question(ts, "/api/v1/permit", "", PermitUse{
		Permit: text, Repository: cmp.Or(how["repo"], w.repo), Environment: cmp.Or(how["environment"], fmt.Sprint(claims["environment"])),
		Commit: commit, Audience: how["audience"],
	})
}

// race takes the last permit many times at once, and wants it to be taken once.
func cmdRace(ts *testscript.TestScript, _ bool, _ []string) {
	w, claims := of(ts), jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(w.asking.permit, claims)
	ts.Check(err)
	raw, err := json.Marshal(PermitUse{
		Permit: w.asking.permit, Repository: w.repo, Environment: fmt.Sprint(claims["environment"]), Commit: fmt.Sprint(claims["sha"]),
	})
	ts.Check(err)
	statuses := make(chan int)
	for range 6 {
		go func() {
			resp, err := http.Post(w.url+"/api/v1/permit", "application/json", bytes.NewReader(raw))
			if err != nil {
				statuses <- 0
				return
			}
			_ = resp.Body.Close()
			statuses <- resp.StatusCode
		}()
	}
	got := map[int]int{}
	for range 6 {
		got[<-statuses]++
	}
	if !maps.Equal(got, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: 5}) {
		ts.Logf("%s", w.log)
		ts.Fatalf("answers by status: %v", got)
	}
}

// question posts one and keeps the answer. What the server keeps of it must not open a thing.
func (w *world) question(ts *testscript.TestScript, path, token string, body any) {
	raw, err := json.Marshal(body)
	ts.Check(err)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+path, bytes.NewReader(raw))
	ts.Check(err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	w.asking.status = resp.StatusCode
	w.asking.body, err = io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	var answer GateAnswer
	ts.Check(json.Unmarshal(w.asking.body, &answer))
	if answer.Ticket != "" {
		w.asking.ticket = answer.Ticket
	}
	if answer.Permit != "" {
		w.asking.permit = answer.Permit
		keys, err := permit.ParseKeys(w.fetch(ts, "/.well-known/jwks.json"))
		ts.Check(err)
		_, err = permit.Verify(answer.Permit, keys, w.clock.Now())
		ts.Check(err)
	}
	for _, secret := range []string{w.asking.token, w.asking.ticket, w.asking.permit} {
		if secret != "" && strings.Contains(w.log.String(), secret) {
			ts.Fatalf("the log holds a secret:\n%s", w.log)
		}
	}
}

func (w *world) fetch(ts *testscript.TestScript, path string) []byte {
	resp, err := http.Get(w.url + path)
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	return body
}

// answers DECISION|STATUS|refused [TEXT...] is about the last answer.
func cmdAnswers(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	var answer GateAnswer
	ts.Check(json.Unmarshal(w.asking.body, &answer))
	ok := false
	switch args[0] {
	case "approve", "hold", "reject":
		ok = string(answer.Decision) == args[0] && (w.asking.status == http.StatusOK || w.asking.status == http.StatusConflict && args[0] != "approve")
	case "refused":
		ok = w.asking.status == http.StatusUnauthorized && string(w.asking.body) == refusal
	default:
		ok = fmt.Sprint(w.asking.status) == args[0]
	}
	for _, text := range args[1:] {
		ok = ok && strings.Contains(string(w.asking.body), text)
	}
	if ok == neg {
		ts.Logf("%s", w.log)
		ts.Fatalf("it answered %d %s", w.asking.status, w.asking.body)
	}
}

// waits ENVIRONMENT lets a job of the last run there wait for its answer as "changewarden gate
// --wait" does, over restarts; decided DECISION [TEXT...] wants it to have got one.
func cmdWaits(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	run := w.runs["deploy/"+strings.ToLower(args[0])]
	claims, err := w.sim.IDClaims(w.repo, run, args[0], "")
	ts.Check(err)
	address, secret := w.sim.IDTokenRequest(w.repo, run, args[0])
	front := &front{w: w}
	c := &gateclient.Client{
		Server: "http://changewarden.example", HTTP: &http.Client{Transport: front},
		Token: gateclient.Actions(http.DefaultClient, address, secret, "http://127.0.0.1"),
		Wait: func(ctx context.Context, _ time.Duration) error { // the clock is the page's to turn
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
				return nil
			}
		},
	}
	w.asking.waiting = make(chan waited, 1)
	first := make(chan struct{}, 1)
	c.Told = func(gateclient.Answer) {
		select {
		case first <- struct{}{}:
		default:
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w.later(cancel)
	done := w.asking.waiting
	go func() {
		a, err := c.Ask(ctx, gateclient.Question{Repository: w.repo, Environment: args[0], Commit: claims["sha"].(string)}, true)
		done <- waited{a, err}
	}()
	select {
	case <-first:
	case <-ctx.Done():
		ts.Logf("%s", w.log)
		ts.Fatalf("it got no answer")
	}
}

// front sends requests to wherever the server is now.
type front struct{ w *world }

// RoundTrip implements http.RoundTripper.
func (f *front) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(f.w.address.Load().(string), "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func cmdDecided(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	got := <-w.asking.waiting
	raw, err := json.Marshal(got.answer)
	ts.Check(err)
	for _, text := range args[1:] {
		if !strings.Contains(string(raw), text) {
			ts.Fatalf("it says %s", raw)
		}
	}
	if got.err != nil || got.answer.Decision != args[0] {
		ts.Logf("%s", w.log)
		ts.Fatalf("it was decided %s, %v", raw, got.err)
	}
	w.asking.permit = got.answer.Permit
}

// good ENVIRONMENT COUNT wants so many deployments there to count as good.
func cmdGood(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	good, err := w.app.store.GoodGates(context.Background(), w.repoID(ts), args[0], 100)
	ts.Check(err)
	if fmt.Sprint(len(good)) != args[1] {
		ts.Logf("%s", w.log)
		ts.Fatalf("good in %s: %+v", args[0], good)
	}
}

// permitKeyFile returns a key for replicas to share.
func (w *world) permitKeyFile(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writeKey(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
