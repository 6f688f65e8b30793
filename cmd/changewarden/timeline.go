package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// timelineCmd is "changewarden timeline".
type timelineCmd struct {
	Change      string `arg:"" name:"owner/repo#number" help:"The pull request."`
	DatabaseURL string `env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"The server's database, which is only read. Default: ${default}."`
	Format      string `enum:"text,json" default:"text" help:"text or json. Default: ${default}."`
}

// Help is what "changewarden timeline --help" adds to the flags.
func (timelineCmd) Help() string {
	return `Tells what happened to a change, from the first verdict to production and to the post-mortem of an emergency: verdicts, approvals that count, waivers, sign-offs and emergencies, the merge with what stood then, what the gate decided and why, and what was deployed. Each line has its moment in UTC and the number of the ledger's record that says so. Then it says where the change stands, what it waits for and until when.

The server may be running, and GitHub is asked for nothing. Exit code: 0 told, 1 nothing is recorded of the change, 2 the command line or the database cannot be used.`
}

// Run prints the timeline.
func (c timelineCmd) Run(ctx context.Context, k *kong.Kong) error {
	owner, name, number, err := parseChange(c.Change)
	if err != nil {
		return usageError{err}
	}
	t, err := app.TimelineOf(ctx, c.DatabaseURL, owner, name, number, time.Now())
	if errors.Is(err, app.ErrNotRecorded) {
		return fmt.Errorf("%w\nCheck the name and the number. The server judges pull requests into governed branches of the repositories that it is installed on", err)
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if c.Format == "json" {
		e := json.NewEncoder(&out)
		e.SetIndent("", "  ")
		err = e.Encode(t)
	} else {
		err = t.WriteText(&out)
	}
	if err != nil {
		return fmt.Errorf("write the timeline: %w", err)
	}
	if _, err := k.Stdout.Write(out.Bytes()); err != nil {
		return fmt.Errorf("print the timeline: %w", err)
	}
	return nil
}
