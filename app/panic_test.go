package app

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// Behaviour 42: a panic costs one request or one evaluation. The log says where it was and
// not what it was about.
func TestPanics(t *testing.T) {
	var out syncBuffer
	ctx := zerolog.New(&out).WithContext(t.Context())
	tests := []struct {
		name, want string
		panics     func()
	}{
		{"of ours", "*errors.errorString", func() { panic(errors.New("planted-secret")) }},
		{"of text", "string", func() { panic("planted-secret") }},
		{"of the runtime", "index out of range [3] with length 1", func() { _ = []string{"planted-secret"}[len("abc")] }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h := recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { tt.panics() }))
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "planted") {
				t.Errorf("answer %d %s", w.Code, w.Body)
			}
			log := out.String()
			if !strings.Contains(log, tt.want) || !strings.Contains(log, "app.TestPanics") || strings.Contains(log, "planted-secret") {
				t.Errorf("log: %s", log)
			}
		})
	}
	// An App without a store panics whatever it looks at.
	err := (&App{}).evaluate(ctx, store.Claim{Subject: subject.Subject{Kind: subject.PullRequest, Repo: 7, Number: 1}})
	if err == nil || !strings.Contains(err.Error(), "panicked: ") {
		t.Errorf("evaluation: %v, want that it panicked", err)
	}
}

// An answer that is broken off on purpose stays broken off.
func TestPanicsOfAbort(t *testing.T) {
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // this very value
			t.Errorf("recovered %v", v)
		}
	}()
	recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}
