package gateclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asked plays answers to a client that waits, one for each request, and returns what came of it:
// what it sent, and how long it waited before each.
func asked(t *testing.T, wait bool, answers ...string) (sent []string, waits []time.Duration, a Answer, err error) {
	t.Helper()
	tokens := 0
	var mu sync.Mutex // a connection that was cut says nothing of when its handler ended
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		sent = append(sent, strings.TrimSpace(r.Header.Get("Authorization")+" "+string(body)))
		if len(answers) == 0 {
			t.Errorf("asked once more: %q", sent)
			panic(http.ErrAbortHandler)
		}
		status, text, _ := strings.Cut(answers[0], " ")
		answers = answers[1:]
		if status == "cut" {
			panic(http.ErrAbortHandler)
		}
		code := 0
		_, _ = fmt.Sscan(status, &code)
		if code == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "10")
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := Client{
		Server: server.URL + "/", HTTP: server.Client(),
		Token: func(context.Context) (string, error) {
			tokens++
			return fmt.Sprintf("token-%d", tokens), nil
		},
		Wait: func(ctx context.Context, d time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, d)
			if len(answers) == 0 {
				cancel() // the time is over
				return context.DeadlineExceeded
			}
			return ctx.Err()
		},
	}
	a, err = c.Ask(ctx, Question{Repository: "octo-org/app", Environment: "production", Commit: "b0b"}, wait)
	mu.Lock()
	defer mu.Unlock()
	return sent, waits, a, err
}

const question = `{"repository":"octo-org/app","environment":"production","commit":"b0b"}`

// TestAsk68 says what a client sends, when, and with what it ends.
func TestAsk68(t *testing.T) {
	const held, approved = `200 {"decision":"hold","ticket":"T","retry_after":30}`, `200 {"decision":"approve","ticket":"T","permit":"P"}`
	s := time.Second
	for _, tt := range []struct {
		name    string
		wait    bool
		answers []string
		sent    []string
		waits   []time.Duration
		want    string
		err     error
	}{
		{"approved at once", true, []string{approved}, []string{"Bearer token-1 " + question}, nil, Approve, nil},
		{"held, and it does not wait", false, []string{held}, []string{"Bearer token-1 " + question}, nil, Hold, nil},
		{
			"held, and approved with the ticket", true,
			[]string{held, held, approved},
			[]string{"Bearer token-1 " + question, `{"ticket":"T"}`, `{"ticket":"T"}`},
			[]time.Duration{30 * s, 30 * s},
			Approve, nil,
		},
		{
			"the server is restarted before it answers, and after", true,
			[]string{"cut", "502 bad gateway", held, "cut", "503 {}", "504", approved},
			[]string{"Bearer token-1 " + question, "Bearer token-2 " + question, "Bearer token-3 " + question, `{"ticket":"T"}`, `{"ticket":"T"}`, `{"ticket":"T"}`, `{"ticket":"T"}`},
			[]time.Duration{s, 2 * s, 30 * s, s, 10 * s, 4 * s},
			Approve, nil,
		},
		{
			"it cannot be decided yet, and the ticket is there", true,
			[]string{`503 {"ticket":"T","retry_after":10}`, `200 {"decision":"reject","ticket":"T"}`},
			[]string{"Bearer token-1 " + question, `{"ticket":"T"}`},
			[]time.Duration{10 * s},
			Reject, nil,
		},
		{"refused", true, []string{`401 {"error":"refused"}`}, []string{"Bearer token-1 " + question}, nil, "", ErrRefused},
		{"a ticket that lapsed", true, []string{held, `401 {}`}, []string{"Bearer token-1 " + question, `{"ticket":"T"}`}, []time.Duration{30 * s}, Hold, ErrRefused},
		{"held when the time is over", true, []string{held}, []string{"Bearer token-1 " + question}, []time.Duration{30 * s}, Hold, context.DeadlineExceeded},
		{
			"a page of somebody else", true,
			[]string{"200 <html>", approved},
			[]string{"Bearer token-1 " + question, "Bearer token-2 " + question},
			[]time.Duration{s},
			Approve, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent, waits, a, err := asked(t, tt.wait, tt.answers...)
			if a.Decision != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("it ends with %q, %v, want %q, %v", a.Decision, err, tt.want, tt.err)
			}
			if diff := cmp.Diff(tt.sent, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.waits, waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, _, err := asked(t, true, "404 not found"); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("another server: %v", err)
	}
}

// TestActions68: the runner is asked for a token of our audience, and its secret is in no error.
func TestActions68(t *testing.T) {
	status := http.StatusOK
	runner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "api-version=2.0&audience=https%3A%2F%2Fchangewarden.example" || r.Header.Get("Authorization") != "bearer secret" {
			t.Errorf("asked for %s with %s", r.URL, r.Header)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"count":7,"value":"a.b.c"}`)
	}))
	defer runner.Close()
	token := Actions(runner.Client(), runner.URL+"/token?api-version=2.0", "secret", "https://changewarden.example")
	if got, err := token(t.Context()); got != "a.b.c" || err != nil {
		t.Errorf("token %q, %v", got, err)
	}
	status = http.StatusForbidden
	if got, err := token(t.Context()); got != "" || err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("token %q, %v", got, err)
	}
}
