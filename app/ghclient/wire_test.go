package ghclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"
)

// TestNoCredentialInErrors plants tokens and lets GitHub send back all that it was sent.
func TestNoCredentialInErrors(t *testing.T) {
	var secrets []string
	echo := func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		secrets = append(secrets, secret)
		status := 422
		if n, err := fmt.Sscanf(r.URL.Path, "/repos/octo-org/app%d", &status); n == 0 || err != nil {
			status = 422
		}
		answer(status, fmt.Sprintf(`{"message":"you said %s","errors":[{"message":%q}]}`, secret, r.Header.Get("Authorization")))(w, r)
	}
	var errs []error
	f := newFake(t, "", echo)
	c := f.clients(t)
	for _, status := range []int{400, 401, 403, 404, 422, 429, 500} {
		_, _, err := c.Installation(7).Repositories.Get(t.Context(), "octo-org", fmt.Sprint("app", status))
		errs = append(errs, err)
	}
	_, _, err := c.App().Apps.Get(t.Context(), "")
	errs = append(errs, err)
	errs = append(errs, c.Installation(7).Query(t.Context(), "query Q { a }", nil, &struct{}{}))
	_, _, err = newFakeAlone(t, echo).clients(t).Installation(7).Repositories.Get(t.Context(), "octo-org", "app")
	errs = append(errs, err)

	for _, err := range errs {
		if err == nil {
			t.Error("error = nil")
			continue
		}
		text := fmt.Sprintf("%v %+v %#v", err, err, err)
		if answer, ok := errors.AsType[*github.ErrorResponse](err); ok {
			text += fmt.Sprint(answer.Response.Request.Header)
			body, _ := io.ReadAll(answer.Response.Body)
			text += string(body)
		}
		asJSON, _ := json.Marshal(err)
		text += string(asJSON)
		for _, secret := range secrets {
			if len(secret) < 5 || strings.Contains(text, secret) {
				t.Errorf("error %v shows the credential %q", err, secret)
			}
		}
	}
	if len(secrets) < len(errs) {
		t.Errorf("%d credentials for %d errors", len(secrets), len(errs))
	}
}

func TestLimitedBody(t *testing.T) {
	for _, tt := range []struct {
		name   string
		text   string
		left   int64
		wanted bool
		want   error
	}{
		{"fits", "12345", 5, true, nil},
		{"one too many", "123456", 5, true, errTooLarge},
		{"empty where a document has to be", "", 5, true, io.ErrUnexpectedEOF},
		{"empty file", "", 5, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := io.ReadAll(&limitedBody{ReadCloser: io.NopCloser(strings.NewReader(tt.text)), left: tt.left, wanted: tt.wanted})
			if !errors.Is(err, tt.want) {
				t.Errorf("ReadAll = %v, want %v", err, tt.want)
			}
		})
	}
}

// TestHugeAnswer holds the limit through the whole client, without as many bytes in memory.
func TestHugeAnswer(t *testing.T) {
	f := newFake(t, "", func(w http.ResponseWriter, _ *http.Request) {
		block := []byte(strings.Repeat(" ", 1<<20))
		for range 65 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	req, err := f.clients(t).App().NewRequest("GET", "meta", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.clients(t).App().Do(t.Context(), req, io.Discard)
	if !errors.Is(err, errTooLarge) {
		t.Errorf("Do = %v, want %v", err, errTooLarge)
	}
}

func TestEmptyFileIsNoError(t *testing.T) {
	f := newFake(t, "", answer(200, ""))
	c := f.clients(t).App()
	req, err := c.NewRequest("GET", "repos/octo-org/app/contents/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.github.raw+json")
	if _, err := c.Do(t.Context(), req, io.Discard); err != nil {
		t.Errorf("Do = %v, want the empty file", err)
	}
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct{ base, method, url, want string }{
		{"/", "GET", "https://api.github.com/repos/octo-org/app/pulls/5/files?page=2", "GET /repos/{owner}/{repo}/pulls/{number}/files"},
		{"/api/v3/", "PATCH", "https://github.example.com/api/v3/repos/octo-org/app/check-runs/5", "PATCH /repos/{owner}/{repo}/check-runs/{id}"},
		{"/", "GET", "https://api.github.com/repos/octo-org/app/branches/feature%2Fone", "GET /repos/{owner}/{repo}/branches/{branch}"},
		{"/", "GET", "https://api.github.com/repos/octo-org/app/contents/a/b/c", "GET /repos/{owner}/{repo}/contents/{path...}"},
		{"/", "GET", "https://api.github.com/repositories/5/check-runs", "GET /repositories/{id}/{rest...}"},
		{"/", "GET", "https://api.github.com/zen/octo-org", "GET other"},
		{"/", "GET", "https://api.github.com//repos/../x", "GET other"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			got := newRoutes(tt.base).kind(&http.Request{Method: tt.method, URL: u})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("kind (-want +got):\n%s", diff)
			}
		})
	}
}
