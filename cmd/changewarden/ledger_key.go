package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// ledgerKeyCmd is "changewarden ledger-key".
type ledgerKeyCmd struct {
	File string `arg:"" help:"File to make; one that is there already is left alone."`
}

// Help is what "changewarden ledger-key --help" adds to the flags.
func (ledgerKeyCmd) Help() string {
	return `With SQLite the server makes its key at the first start. Replicas on one PostgreSQL sign one ledger, so they have to be given one and the same key, as CHANGEWARDEN_LEDGER_KEY_FILE: make it once, hand the file to all of them as you do with other secrets, and keep a copy where the database's backups are not.

It prints the verifier key, with which anybody can check what the server signs: keep that elsewhere too.`
}

// Run makes the key and prints its verifier key.
func (c ledgerKeyCmd) Run(k *kong.Kong) error {
	verifier, err := app.MakeLedgerKey(c.File)
	if err != nil {
		return usageError{err}
	}
	_, err = fmt.Fprintln(k.Stdout, verifier)
	return err
}
