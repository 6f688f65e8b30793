package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// snapshotCmd is "changewarden snapshot".
type snapshotCmd struct {
	Change      string `arg:"" name:"owner/repo#number" help:"The pull request."`
	DatabaseURL string `env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"The server's database, which is only read. Default: ${default}."`
	Names       bool   `help:"Add the logins of the people in it. Without, they are random ids, as in the ledger."`
}

// Help is what "changewarden snapshot --help" adds to the flags.
func (snapshotCmd) Help() string {
	return `Prints one JSON file with all that was judged: the facts as they were read, the policy texts, the moment, and the verdict. The server may be running. Paths and branch names are in it as they are.

Exit code: 0 printed, 1 not recorded or not readable, 2 the command line or the database cannot be used.`
}

var changeName = regexp.MustCompile(`^([^/#\s]+)/([^/#\s]+)#([1-9][0-9]{0,17})$`)

// Run prints the newest recorded judgement.
func (c snapshotCmd) Run(ctx context.Context, k *kong.Kong) error {
	owner, name, number, err := parseChange(c.Change)
	if err != nil {
		return usageError{err}
	}
	r, err := app.Export(ctx, c.DatabaseURL, owner, name, number, c.Names)
	if errors.Is(err, app.ErrNotRecorded) {
		return fmt.Errorf("%w\nThe server judges pull requests into governed branches of the repositories that it is installed on", err)
	}
	if err != nil {
		return err
	}
	e := json.NewEncoder(k.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("print the snapshot: %w", err)
	}
	return nil
}

// parseChange reads OWNER/REPO#NUMBER.
func parseChange(text string) (owner, name string, number int64, err error) {
	m := changeName.FindStringSubmatch(text)
	if m == nil {
		return "", "", 0, fmt.Errorf("%q is no pull request: write it as OWNER/REPO#NUMBER", text)
	}
	if number, err = strconv.ParseInt(m[3], 10, 64); err != nil {
		return "", "", 0, fmt.Errorf("%q is no pull request: %w", text, err)
	}
	return m[1], m[2], number, nil
}
