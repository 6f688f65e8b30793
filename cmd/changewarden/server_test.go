package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestServe runs the program as an operator does: it judges what GitHub has, prints its
// verifier key, can be verified and asked for a judgement while it runs, and ends well when
// it is interrupted.
func TestServe(t *testing.T) {
	sim, repo := simulated(t, 1)
	defer sim.Close()
	s := start(t, sim)
	sim.SetWebhookURL(s.url + "/webhook")
	head, err := sim.Head(repo, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.AsApp("octo-ci").Report(repo, head, githubsim.Check{Name: "test", Conclusion: "success"}); err != nil {
		t.Fatal(err)
	}
	if err := sim.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	output := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "changewarden", args...)
		cmd.Dir = s.dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	// The first verdict comes when it comes: the test's own deadline is the limit.
	judgement, err := output("snapshot", repo+"#1")
	for err != nil && t.Context().Err() == nil {
		judgement, err = output("snapshot", repo+"#1")
	}
	file := filepath.Join(s.dir, "judgement.json")
	if err := os.WriteFile(file, []byte(judgement), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := output("check", "--snapshot", file)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitBlocked || !strings.Contains(out, "byte for byte") {
		t.Errorf("check: %v\n%s", err, out)
	}
	verified := func(when string) {
		t.Helper()
		out, err := output("verify", "--key", s.verifier)
		if err != nil || !strings.Contains(out, "consistent with itself") {
			t.Errorf("verify %s: %v\n%s", when, err, out)
		}
	}
	verified("while it runs")
	s.stop(t)
	verified("afterwards")
}

// simulated starts a GitHub with open pull requests.
func simulated(b testing.TB, pulls int) (*githubsim.Server, string) {
	var text strings.Builder
	text.WriteString(`users: [{login: ann}, {login: olga}]
organizations: [{login: octo-org, owners: [olga], teams: [{slug: senior-engineers, members: [olga]}, {slug: security, members: [olga]}]}]
apps: [{slug: octo-ci}]
installations: [{account: octo-org}]
repositories:
  - name: octo-org/app
    private: true
    users: {ann: write}
    files: {main.go: "package main\n"}
    pulls:
`)
	for i := range pulls {
		fmt.Fprintf(&text, "      - {title: change %d, author: ann, branch: topic-%d, files: {f%d.go: \"package main\\n\"}}\n", i, i, i)
	}
	state, err := githubsim.ParseState(strings.NewReader(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	sim, err := githubsim.New(githubsim.Options{Now: time.Now, State: &state})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	sim.Start(l)
	return sim, state.Repositories[0].Name
}
