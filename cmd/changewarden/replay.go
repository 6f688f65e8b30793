package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// replayCmd is "changewarden replay".
type replayCmd struct {
	DatabaseURL string `env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"The server's database, which is only read. Default: ${default}."`
}

// Help is what "changewarden replay --help" adds to the flags.
func (replayCmd) Help() string {
	return `Judges every verdict in the ledger again, from the facts and the policy texts that its record names and as of its moment, and compares the result with what was recorded. A verdict that an older version of the evaluator recorded has to come out with the same findings, one of this version with the same bytes.

Run changewarden verify as well: replay says that the verdicts follow from the facts, verify that neither was changed. The server may be running. Exit code: 0 all agree, 1 one does not, 2 the database cannot be used.`
}

// Run judges everything again and prints what came of it.
func (c replayCmd) Run(ctx context.Context, k *kong.Kong) error {
	r, err := app.Replay(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	for _, line := range r.Differ {
		fmt.Fprintln(k.Stdout, line)
	}
	fmt.Fprintf(k.Stdout, "verdicts with the same bytes: %d, with the same findings by another evaluator version: %d, with erased facts: %d, different: %d\n",
		r.Agreements[app.SameBytes], r.Agreements[app.SameFindings], r.Erased, len(r.Differ))
	if len(r.Differ) > 0 {
		return errors.New("not every verdict follows from what its record names")
	}
	return nil
}
