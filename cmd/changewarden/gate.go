package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/gateclient"
)

// gateCmd is "changewarden gate".
type gateCmd struct {
	URL         string        `env:"CHANGEWARDEN_URL" name:"url" placeholder:"URL" required:"" help:"The server, at its public URL."`
	Environment string        `placeholder:"NAME" required:"" help:"The environment that this job is in, as its workflow names it."`
	Repository  string        `env:"GITHUB_REPOSITORY" placeholder:"OWNER/NAME" required:"" help:"The repository of this job. GitHub Actions sets it."`
	Commit      string        `env:"GITHUB_SHA" placeholder:"SHA" required:"" help:"The commit that this job runs on. GitHub Actions sets it."`
	Wait        bool          `help:"Go on asking until the deployment is approved or rejected."`
	Timeout     time.Duration `default:"6h" placeholder:"DURATION" help:"For how long at most, also to reach a server that is restarted. Default: ${default}."`
	TokenFile   string        `placeholder:"FILE" help:"File with this job's identity token. Default: a new one is got from GitHub Actions, for which the job needs the permission id-token: write."`
	Audience    string        `placeholder:"TEXT" help:"For whom the identity token is. Default: the server's URL."`
	Permit      string        `placeholder:"FILE" help:"Write the permit of an approval to this file, readable by its owner alone."`
	PermitFor   string        `placeholder:"TEXT" help:"For whom the permit is. Default: the server."`

	RequestURL   string `env:"ACTIONS_ID_TOKEN_REQUEST_URL" hidden:""`
	RequestToken string `env:"ACTIONS_ID_TOKEN_REQUEST_TOKEN" hidden:""`
}

// Help is what "changewarden gate --help" adds to the flags.
func (gateCmd) Help() string {
	return `Run it in the job that deploys, before it does: the job has to be in the environment and to have the permission id-token: write. It says who decided what, why, and when the next window opens. Restarts of the server in the meantime do no harm.

Exit code: 0 approved, 3 rejected, 4 still held (without --wait at once, else when the timeout is over), 1 the server refused or could not be asked, 2 the command line or a file cannot be used.`
}

// errHeld is a deployment that is held when its asker waits no longer. It is an answer: what was
// printed has said it.
var errHeld = errors.New("held")

// Run asks.
func (c gateCmd) Run(ctx context.Context, k *kong.Kong) error {
	if err := confidential(c.URL); err != nil {
		return usageError{fmt.Errorf("--url %w", err)}
	}
	web := &http.Client{Timeout: time.Minute}
	token, err := c.token(web)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client := &gateclient.Client{
		Server: c.URL, HTTP: web, Token: token, Wait: wait,
		Told: func(a gateclient.Answer) { tellAnswer(k.Stdout, a) },
		Failed: func(err error, again time.Duration) {
			fmt.Fprintf(k.Stderr, "changewarden: %v; asking again in %s\n", err, again)
		},
	}
	a, err := client.Ask(ctx, gateclient.Question{Repository: c.Repository, Environment: c.Environment, Commit: c.Commit, Audience: c.PermitFor}, c.Wait)
	switch {
	case a.Decision == gateclient.Hold && (err == nil || errors.Is(err, context.DeadlineExceeded)):
		return errHeld
	case err != nil:
		return fmt.Errorf("ask %s: %w", c.URL, err)
	case a.Decision == gateclient.Reject:
		return errBlocked
	}
	return c.keep(a)
}

// confidential says what is wrong with the place of something secret.
func confidential(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("is not a URL: write it as https://HOST")
	}
	if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && host != "127.0.0.1" {
		return errors.New("is plain http, on which others could read along: use https")
	}
	return nil
}

// token returns what gets a token of this job.
func (c gateCmd) token(web *http.Client) (func(context.Context) (string, error), error) {
	audience := c.Audience
	if audience == "" {
		audience = strings.TrimSuffix(c.URL, "/")
	}
	switch {
	case c.TokenFile != "":
		text, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the identity token: %w", err)}
		}
		return func(context.Context) (string, error) { return strings.TrimSpace(string(text)), nil }, nil
	case c.RequestURL != "" && c.RequestToken != "":
		return gateclient.Actions(web, c.RequestURL, c.RequestToken, audience), nil
	}
	return nil, usageError{errors.New("there is no identity token to get: give the job the permission id-token: write, or a token in --token-file")}
}

// keep writes the permit where it was asked for.
func (c gateCmd) keep(a gateclient.Answer) error {
	if c.Permit == "" {
		return nil
	}
	if a.Permit == "" {
		return fmt.Errorf("the server gave no permit: it has no key for them, or %s closes now", c.Environment)
	}
	_ = os.Remove(c.Permit) // an older one, whose mode would stay
	f, err := os.OpenFile(c.Permit, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usageError{fmt.Errorf("write the permit: %w", err)}
	}
	_, err = f.WriteString(a.Permit + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the permit: %w", err)
	}
	return nil
}

// tellAnswer prints what was decided, and never a secret.
func tellAnswer(w io.Writer, a gateclient.Answer) {
	fmt.Fprintln(w, a.Summary)
	for _, reason := range a.Reasons {
		fmt.Fprintln(w, "- "+reason)
	}
	if a.ID != "" {
		fmt.Fprintln(w, "Recorded as "+a.ID+".")
	}
}

// wait waits, or returns with the end of ctx.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
