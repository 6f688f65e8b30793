package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/githubsim"
)

// demoCmd is "changewarden demo": the whole server beside a simulated GitHub.
type demoCmd struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the pages. Default: ${default}; port 0 takes any that is free."`
	Once   bool   `help:"Stop when the day is over, instead of keeping the pages up."`
	Log    bool   `help:"Show the server's own log as well, on standard error."`
}

// Help is what "changewarden demo --help" adds to the flags.
func (demoCmd) Help() string {
	return `Plays a day of changes in a simulated organisation, and what becomes of them in production: a GitHub on a loopback address, people who push, approve, deploy and try things, and the real server, which takes real signed deliveries over HTTP and asks the simulated GitHub over its API. The clock is turned on where somebody would have to wait, so a weekend takes a second. Nothing leaves this machine, and nothing is kept: the data directory is removed when the demo ends.`
}

//go:embed demo.yml
var demoWorld []byte

// Run plays the day and serves its pages until it is interrupted.
func (c demoCmd) Run(ctx context.Context, k *kong.Kong) (err error) {
	dir, err := os.MkdirTemp("", "changewarden-demo-")
	if err != nil {
		return fmt.Errorf("make a directory for the demo's data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("listen on %s: %w\nAnother program may have that port: try --listen 127.0.0.1:0", c.Listen, err)}
	}
	d := &demo{out: k.Stdout, clock: &demoClock{}, pages: "http://" + l.Addr().String()}
	d.clock.until(time.Friday, 14*time.Hour) // it is a Friday, wherever and whenever this runs
	if err := d.github(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	defer d.sim.Close()
	log := zerolog.Nop()
	if c.Log {
		log = zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	}
	d.app, err = app.New(log.WithContext(ctx), d.options(dir))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d.sim.SetWebhookURL(d.pages + "/webhook")
	serving, stop := context.WithCancel(log.WithContext(ctx))
	served := make(chan error, 1)
	go func() { served <- d.app.Serve(serving, l) }()
	err = d.day(ctx)
	if err == nil && !c.Once {
		fmt.Fprintf(d.out, "\nThe pages stay up until you press Ctrl-C.\n")
		<-ctx.Done()
	}
	stop()
	if errors.Is(err, context.Canceled) {
		err = nil // interrupted: that is how a demo ends
	}
	return errors.Join(err, <-served, d.app.Close())
}

// demo is one run of the demo.
type demo struct {
	out   io.Writer
	clock *demoClock
	sim   *githubsim.Server
	app   *app.App
	pages string
	shown map[int]string  // what was last printed of a pull request
	said  map[string]bool // approvals that were printed as not counting
	jobs  map[string]int64

	run    int64            // the workflow run that deployed last
	into   map[string]int64 // the deployment of its job, by environment
	gate   string           // what was last printed of the gate
	live   string           // what production has
	closed int              // an issue that somebody has just closed; 0: none
}

// github starts the simulated GitHub.
func (d *demo) github(ctx context.Context) error {
	state, err := githubsim.ParseState(bytes.NewReader(demoWorld))
	if err != nil {
		return fmt.Errorf("read the demo's world: %w", err)
	}
	d.sim, err = githubsim.New(githubsim.Options{Now: d.clock.Now, State: &state})
	if err != nil {
		return fmt.Errorf("make a simulated GitHub: %w", err)
	}
	for name, e := range map[string]githubsim.Environment{"staging": {}, "production": {Gate: true}} {
		if err := d.sim.SetEnvironment(shop, name, e); err != nil {
			return fmt.Errorf("make the environment %s: %w", name, err)
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the simulated GitHub: %w", err)
	}
	d.sim.Start(l)
	return nil
}

func (d *demo) options(dir string) app.Options {
	return app.Options{
		Listen: "127.0.0.1:0", PublicURL: d.pages, Version: version(),
		DatabaseURL: "sqlite://" + filepath.Join(dir, "demo.db"),
		GitHubURL:   d.sim.URL(), GitHubAPIURL: d.sim.URL(), AppID: d.sim.AppID(),
		PrivateKey: d.sim.AppKey(), WebhookSecrets: [][]byte{d.sim.WebhookSecret()},
		Pages: true, PagesNote: "This is a demo: the organisation, its people and their changes are simulated.",
		Now: d.clock.Now,
	}
}

// demoClock is the real clock, turned on where the day would have to wait.
type demoClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *demoClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Add(c.ahead)
}

// until turns the clock on to the next such day and time of day, in UTC.
func (c *demoClock) until(day time.Weekday, clock time.Duration) {
	now := c.Now()
	at := now.Truncate(24 * time.Hour).Add(clock)
	for !at.After(now) || at.Weekday() != day {
		at = at.AddDate(0, 0, 1)
	}
	c.turn(at.Sub(now))
}

func (c *demoClock) turn(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}
