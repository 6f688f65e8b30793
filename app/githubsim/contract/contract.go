// Package contract holds a stand-in for GitHub to GitHub's own word. Wrap puts a judge
// in front of a handler: each request is what GitHub's description of its REST API asks
// for, each answer what it promises, and each GraphQL query and answer fits GitHub's
// schema. Webhook judges a delivery. A mismatch fails the test that made it, so that a
// simulator and a client written by the same hand cannot agree on an API that GitHub
// does not have.
//
// The descriptions are pruned copies below testdata/github; the README there says how
// they are made. Where they are known to be wrong or silent, amendments.go says so and
// why, and nothing else is excused. Stricter than JSON Schema, what is not described
// is a mismatch too: a field, a query parameter, a status. GitHub would ignore or never
// send it, and a misspelt name is found this way.
//
// Only tests import this package.
package contract

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// An Option changes what Wrap looks at.
type Option func(*judge)

// Unchecked passes on what matches one of patterns (of http.ServeMux) without a look:
// pages and sign-in of a handler that serves more than GitHub's API.
func Unchecked(patterns ...string) Option {
	return func(j *judge) {
		for _, p := range patterns {
			j.unchecked.Handle(p, j.next)
		}
	}
}

// Wrap returns h behind the judge. Paths count from the root or from /api/v3, GraphQL
// is POST /graphql or /api/graphql. Each mismatch is reported by t.Errorf before the
// caller gets the answer, which is passed on unchanged; so the server must be closed
// before t ends. An answer that h breaks off (http.ErrAbortHandler, Hijack) is not judged.
func Wrap(t testing.TB, h http.Handler, opts ...Option) http.Handler {
	t.Helper()
	j := &judge{t: t, next: h, unchecked: http.NewServeMux(), rest: restDescription(t), schema: schema(t)}
	for _, o := range opts {
		o(j)
	}
	return j
}

type judge struct {
	t         testing.TB
	next      http.Handler
	unchecked *http.ServeMux
	rest      *description
	schema    *ast.Schema
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := j.unchecked.Handler(r); pattern != "" {
		j.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		j.t.Errorf("%s %s: read request: %v", r.Method, r.URL.Path, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	answer := &answer{ResponseWriter: w, status: http.StatusOK}
	if r.Method == http.MethodPost && (r.URL.Path == "/graphql" || r.URL.Path == "/api/graphql") {
		q, found := readQuery(j.schema, body)
		j.report(r, found)
		j.next.ServeHTTP(answer, r)
		if q != nil && !answer.hijacked {
			j.report(r, q.judge(answer.status, answer.body.Bytes()))
		}
	} else {
		op, found := j.rest.find(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"))
		if op != nil {
			found = append(found, op.judgeRequest(r, body)...)
		}
		j.report(r, found)
		j.next.ServeHTTP(answer, r)
		if op != nil && !answer.hijacked {
			j.report(r, op.judgeAnswer(answer.status, answer.Header(), answer.body.Bytes()))
		}
	}
	answer.send()
}

func (j *judge) report(r *http.Request, found []mismatch) {
	if len(found) > 0 {
		j.t.Errorf("%s %s breaks GitHub's contract:%s", r.Method, redact(r.URL.RequestURI()), list(found))
	}
}

// answer keeps what a handler writes until it has been judged.
type answer struct {
	http.ResponseWriter
	status   int
	body     bytes.Buffer
	started  bool
	hijacked bool
}

func (a *answer) WriteHeader(status int) {
	if !a.started && status >= 200 {
		a.status, a.started = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.started = true
	return a.body.Write(b)
}

// Hijack hands the connection to a handler that wants to break it off.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.hijacked = true
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

func (a *answer) send() {
	if a.hijacked {
		return
	}
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(a.body.Bytes()) // the caller may be gone: nobody is left to tell
}
