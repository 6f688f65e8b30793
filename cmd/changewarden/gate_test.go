package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/permit"
)

// TestGate68: the command tells what was decided and exits by it; what is secret is not in what it
// prints, and the permit is in a file of its owner's alone.
func TestGate68(t *testing.T) {
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/api/v1/gate" || r.Header.Get("Authorization") != "Bearer the-token" && !strings.Contains(string(body), `"ticket"`) {
			t.Errorf("asked for %s with %s", r.URL, r.Header)
		}
		if answer == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	dir := t.TempDir()
	token, out := filepath.Join(dir, "token"), filepath.Join(dir, "permit")
	for _, name := range []string{token, out} {
		if err := os.WriteFile(name, []byte("the-token\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "", "CHANGEWARDEN_URL": "", "GITHUB_REPOSITORY": "octo-org/app", "GITHUB_SHA": "b0b",
	} {
		t.Setenv(name, value)
	}
	gate := []string{"gate", "--url=" + server.URL, "--environment=production", "--token-file=" + token}
	for _, tt := range []struct {
		name, answer string
		args         []string
		code         int
		want         string // of the output
	}{
		{
			"approved", `{"decision":"approve","id":"7/3","summary":"Approved: production of b0b.","ticket":"the-ticket","permit":"the-permit"}`,
			append(gate, "--permit="+out), exitOK, "Approved: production of b0b.\nRecorded as 7/3.\n",
		},
		{
			"without a permit", `{"decision":"approve","id":"7/3","summary":"Approved: production of b0b.","ticket":"the-ticket"}`,
			append(gate, "--permit="+out), exitFailed, "Approved: production of b0b.\nRecorded as 7/3.\n",
		},
		{
			"rejected", `{"decision":"reject","id":"7/3","summary":"Rejected: production of b0b.","reasons":["The run is not on a governed branch."],"ticket":"the-ticket"}`,
			append(gate, "--wait"), exitBlocked, "Rejected: production of b0b.\n- The run is not on a governed branch.\nRecorded as 7/3.\n",
		},
		{
			"held", `{"decision":"hold","id":"7/3","summary":"Held: production of b0b. The next opening is Mon 09:00.","ticket":"the-ticket"}`,
			gate, exitHeld, "Held: production of b0b. The next opening is Mon 09:00.\nRecorded as 7/3.\n",
		},
		{
			"held until the time is over", `{"decision":"hold","id":"7/3","summary":"Held: production of b0b.","ticket":"the-ticket","retry_after":30}`,
			append(gate, "--wait", "--timeout=1s"), exitHeld, "Held: production of b0b.\nRecorded as 7/3.\n",
		},
		{"refused", "", gate, exitFailed, ""},
		{"no environment", "", []string{"gate", "--url=" + server.URL}, exitUsage, ""},
		{"no token", "", gate[:3], exitUsage, ""},
		{"in the clear", "", []string{"gate", "--url=http://changewarden.example", "--environment=production", "--token-file=" + token}, exitUsage, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer = tt.answer
			var stdout, stderr bytes.Buffer
			if code := run(tt.args, &stdout, &stderr); code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr.String())
			}
			if diff := cmp.Diff(tt.want, stdout.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			for _, secret := range []string{"the-token", "the-ticket", "the-permit"} {
				if strings.Contains(stdout.String()+stderr.String(), secret) {
					t.Errorf("%s is told:\n%s%s", secret, &stdout, &stderr)
				}
			}
		})
	}
	text, err := os.ReadFile(out)
	if err != nil || string(text) != "the-permit\n" {
		t.Errorf("the permit's file holds %q, %v", text, err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the permit's file is %v, %v", info.Mode(), err)
	}
}

// TestPermitVerify68: a permit can be verified where the server is not.
func TestPermitVerify68(t *testing.T) {
	text, err := permit.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := permit.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good, err := key.Sign(permit.Permit{
		ID: "7Q3M", Issuer: "https://changewarden.example", Audience: "https://cd.example", Repo: 7, Repository: "octo-org/app",
		Environment: "production", Commit: "b0b", Decision: "7/3", IssuedAt: now, Expires: now.Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	published, err := key.Keys().JSON()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	status, err := json.Marshal(map[string]string{"context": "change-management/production", "state": "success"})
	if err != nil {
		t.Fatal(err)
	}
	file, keys := put("permit", good+"\n"), put("jwks.json", string(published))
	args := func(file, commit string) []string {
		return []string{"permit", "verify", file, "--keys=" + keys, "--audience=https://cd.example", "--repository=octo-org/app", "--environment=production", "--commit=" + commit}
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string // begins the output
	}{
		{"good", args(file, "b0b"), exitOK, "Good until "},
		{"another commit", args(file, "feed"), exitBlocked, "The permit is not good: it is for another commit."},
		{"a commit status", args(put("status", string(status)), "b0b"), exitBlocked, "The permit is not good: it is no permit."},
		{"no file", args(filepath.Join(dir, "nowhere"), "b0b"), exitUsage, ""},
		{"keys in the clear", append(args(file, "b0b"), "--keys=http://changewarden.example/.well-known/jwks.json"), exitUsage, ""},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(tt.args, &stdout, &stderr); code != tt.code || !strings.HasPrefix(stdout.String(), tt.want) {
			t.Errorf("%s: exit code %d, want %d: %s%s", tt.name, code, tt.code, &stdout, &stderr)
		}
	}
}
