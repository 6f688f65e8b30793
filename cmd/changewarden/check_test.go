package main

import (
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/githubsim"
)

// A pull request on GitHub is judged with a token, before and after its approval, and
// nothing is written there.
func TestCheckPull(t *testing.T) {
	sim, repo := simulated(t, 1)
	t.Cleanup(sim.Close)
	token := tokenOf(t, sim)
	check := func(token string, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var out, errs bytes.Buffer
		cmd := exec.CommandContext(ctx, "changewarden", append([]string{"check"}, args...)...)
		cmd.Env = append(cmd.Environ(), "GITHUB_TOKEN="+token, "CHANGEWARDEN_GITHUB_API_URL="+sim.URL(), "CHANGEWARDEN_APP_ID="+strconv.FormatInt(sim.AppID(), 10))
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run()
		if strings.Contains(out.String()+errs.String(), token) && token != "" {
			t.Error("the token is printed")
		}
		return cmd.ProcessState.ExitCode(), out.String(), errs.String()
	}
	code, out, errs := check(token, repo+"#1")
	if code != exitBlocked || !strings.Contains(out, "pending: peer review") || !strings.Contains(out, "rules/default.yml") {
		t.Errorf("before the approval: exit code %d\n%s%s", code, out, errs)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := sim.As("olga").Approve(repo, 1)
	must(err)
	code, out, errs = check(token, repo+"#1")
	if code != exitBlocked || !strings.Contains(out, "pass: peer review\n  Approved by olga.") || strings.Contains(out, "recorded") {
		t.Errorf("after the approval: exit code %d\n%s%s", code, out, errs)
	}
	if code, out, _ = check(token, "--json", repo+"#1"); code != exitBlocked || !strings.Contains(out, `"recorded": "none"`) {
		t.Errorf("as JSON: exit code %d\n%s", code, out)
	}
	for _, c := range []struct {
		token string
		arg   string
		code  int
		want  string
	}{
		{"", repo + "#1", exitUsage, "GITHUB_TOKEN is not set"},
		{"planted", repo + "#1", exitFailed, "401"},
		{token, repo + "#99", exitFailed, "gone, or not shown"},
		{token, "octo-org/none#1", exitFailed, "find octo-org/none: gone"},
		{token, "octo-org", exitUsage, "is no pull request: write it as OWNER/REPO#NUMBER"},
	} {
		if code, out, errs := check(c.token, c.arg); code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%s: exit code %d, want %d with %q\n%s%s", c.arg, code, c.code, c.want, out, errs)
		}
	}
}

// tokenOf returns a token of the app's installation, as a workflow could have one.
func tokenOf(t *testing.T, sim *githubsim.Server) string {
	t.Helper()
	api, err := url.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	clients, err := ghclient.New(ghclient.Options{API: api, App: sim.AppID(), Key: sim.AppKey()})
	if err != nil {
		t.Fatal(err)
	}
	installation, _, err := clients.App().Apps.FindOrganizationInstallation(t.Context(), "octo-org")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := clients.App().Apps.CreateInstallationToken(t.Context(), installation.GetID(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.GetToken()
}
