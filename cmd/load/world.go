package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// repo is the repository of most worlds; ann opens, bob approves, octo-ci reports.
const repo = "octo-org/app"

// policy asks for a named check, so that there are results that matter to nobody.
const policy = `version: 1
branches: ["**"]
rules:
  - name: peer review
    require: {approvals: 1}
  - name: tests pass
    require: {checks: {names: ["test*"]}}
`

// world describes repositories with that many open pull requests each, stacked on each other
// or beside each other on the default branch.
func world(names []string, pulls int, stacked bool) githubsim.State {
	st := githubsim.State{
		Users:         []githubsim.StateUser{{Login: "ann"}, {Login: "bob"}, {Login: "olga"}},
		Organizations: []githubsim.StateOrganization{{Login: "octo-org", Owners: []string{"olga"}}},
		Apps:          []githubsim.App{{Slug: "octo-ci"}},
		Installations: []githubsim.StateInstallation{{Account: "octo-org"}},
	}
	for _, name := range names {
		r := githubsim.StateRepository{
			Name: name, Private: true, Users: map[string]string{"ann": "write", "bob": "write"},
			Files: map[string]string{"main.go": "package main\n"},
		}
		base := ""
		for i := range pulls {
			branch := fmt.Sprintf("topic-%d", i+1)
			r.Pulls = append(r.Pulls, githubsim.StatePull{
				Title: fmt.Sprintf("Change %d", i+1), Author: "ann", Branch: branch, Base: base,
				Files: map[string]string{fmt.Sprintf("f%d.go", i+1): "package main\n"},
			})
			if stacked {
				base = branch
			}
		}
		st.Repositories = append(st.Repositories, r)
	}
	return st
}

// bench is a GitHub with a server on it.
type bench struct {
	g   *github
	v   *server
	dir string

	replicas int
}

// setup is what measurements differ in.
type setup struct {
	state githubsim.State
	lag   time.Duration // of each answer of GitHub
	wrap  func(http.Handler) http.Handler
	// before is done to GitHub before the server starts.
	before func(g *github) error
	// settings of the server that are not the usual ones.
	settings settings
	// replicas share the database of settings, each taking its part of the deliveries; 0: one.
	replicas int
	// calm waits until the server has had its second looks at what it was told to begin with.
	calm bool
}

// begin starts both, and returns once the server has judged what is there.
func begin(ctx context.Context, s setup) (*bench, error) {
	dir, err := os.MkdirTemp("", "changewarden-load-")
	if err != nil {
		return nil, fmt.Errorf("make a data directory: %w", err)
	}
	b := &bench{dir: dir, replicas: s.replicas}
	if b.g, err = open(ctx, s.state, s.wrap); err != nil {
		return nil, err
	}
	// Of 5,000 requests an hour such a load leaves nothing within seconds, and a server that waits
	// for the next hour has nothing to bear.
	if err := b.g.LeaveLimit(strings.Split(repo, "/")[0], 100_000_000); err != nil {
		return nil, err
	}
	if s.before != nil {
		if err := s.before(b.g); err != nil {
			return nil, fmt.Errorf("prepare the world: %w", err)
		}
		if err := b.g.Settle(ctx); err != nil {
			return nil, err
		}
	}
	if err := b.serve(ctx, s.settings); err != nil {
		return nil, err
	}
	if err := b.judgeAll(ctx, s.state); err != nil {
		return nil, err
	}
	if s.calm {
		if err := b.calm(ctx); err != nil {
			return nil, err
		}
	}
	b.g.slow(s.lag)
	b.g.forget()
	return b, nil
}

// calm lets the second looks go by that follow what was told: they are not what is measured next.
func (b *bench) calm(ctx context.Context) error {
	const second = 11 * time.Second // a little after the server's
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(second):
	}
	return b.g.settle(ctx, b.v)
}

func (b *bench) serve(ctx context.Context, s settings) (err error) {
	s.API, s.AppID, s.Key, s.Secret = b.g.URL(), b.g.AppID(), b.g.AppKey(), b.g.WebhookSecret()
	if len(s.Policy) == 0 {
		s.Policy = []byte(policy)
	}
	if b.v, err = start(ctx, b.dir, s); err != nil {
		return err
	}
	b.g.SetWebhookURL(b.v.at.Server + "/webhook")
	for range b.replicas - 1 {
		other, err := start(ctx, b.dir, s)
		if err != nil {
			return errors.Join(err, b.v.stop())
		}
		b.v.beside = append(b.v.beside, other)
	}
	return b.g.spread(b.v)
}

// judgeAll lets the server hear of each open pull request, once it has swept their repositories:
// the sweep itself takes one pull request a second.
func (b *bench) judgeAll(ctx context.Context, st githubsim.State) error {
	for swept := 0.0; int(swept) < len(st.Repositories); {
		time.Sleep(20 * time.Millisecond)
		var err error
		if swept, err = b.v.metric(ctx, "changewarden_evaluation_seconds_count", `kind="repository",outcome="done"`); err != nil {
			return err
		}
	}
	for _, r := range st.Repositories {
		for i := range r.Pulls {
			if err := b.g.As("ann").EditTitle(r.Name, i+1, fmt.Sprintf("Change number %d", i+1)); err != nil {
				return fmt.Errorf("edit %s#%d: %w", r.Name, i+1, err)
			}
		}
	}
	return b.g.settle(ctx, b.v)
}

// end stops both and removes what was stored.
func (b *bench) end() error {
	err := b.v.stop()
	b.g.Close()
	if err != nil {
		return fmt.Errorf("%w; %s has the log", err, filepath.Join(b.dir, "server.log"))
	}
	return os.RemoveAll(b.dir)
}
