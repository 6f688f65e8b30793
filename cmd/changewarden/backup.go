package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// backupCmd is "changewarden backup".
type backupCmd struct {
	DatabaseURL string `env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"The server's database, which is only read. Default: ${default}."`
	File        string `arg:"" help:"File to make; one that is there already is left alone."`
}

// Help is what "changewarden backup --help" adds to the flags.
func (backupCmd) Help() string {
	return `Copies a SQLite database as it is at one moment, while the server runs. Copying the file itself does not: the newest records stand in another file beside it. PostgreSQL is backed up with its own tools.

The key that signs the ledger is not in the copy. Keep it apart: who has both can write the ledger anew. docs/reliability.md says how to restore.`
}

// Run makes the copy.
func (c backupCmd) Run(ctx context.Context, k *kong.Kong) error {
	if err := app.Backup(ctx, c.DatabaseURL, c.File); err != nil {
		return err
	}
	_, err := fmt.Fprintf(k.Stdout, "backed up to %s\n", c.File)
	return err
}
