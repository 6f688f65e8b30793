package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/evidence"
)

// verifyCmd is "changewarden verify".
type verifyCmd struct {
	DatabaseURL   string   `env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"The server's database, which is only read. Default: ${default}."`
	Key           string   `placeholder:"VERIFIER" help:"The verifier key that the server printed when it started. Default: that of the signing key beside the database."`
	LedgerKeyFile string   `env:"CHANGEWARDEN_LEDGER_KEY_FILE" placeholder:"PATH" help:"The signing key, if it is elsewhere. Not read if --key is given."`
	Checkpoint    []string `sep:"none" placeholder:"FILE" help:"A checkpoint that was kept elsewhere. May be repeated."`
	Head          []string `sep:"none" placeholder:"LOG:SIZE:ROOT" help:"What a check run shows on GitHub as its evidence: ledger, records and root. May be repeated."`
	Save          string   `placeholder:"DIR" help:"Write the checkpoint of each log to DIR/LOG.checkpoint, if nothing breaks: keep it elsewhere."`
}

// Help is what "changewarden verify --help" adds to the flags.
func (verifyCmd) Help() string {
	return `Recomputes every record's hash, the tree over them and the signature of its head, and the address of every text that is stored beside the ledger. There is a log for each GitHub account, by its numeric id.

Who holds the database and the signing key can write a ledger anew that is consistent with itself. What was kept elsewhere, a checkpoint or the head that a check run shows, tells it from the one that was.

The server may be running. Exit code: 0 nothing breaks, 1 something does, 2 the command line, a key, a checkpoint or the database cannot be used.`
}

// Run verifies all logs and prints a report on each.
func (c verifyCmd) Run(ctx context.Context, k *kong.Kong) error {
	key, from, err := c.verifier()
	if err != nil {
		return usageError{err}
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return usageError{fmt.Errorf("%s is no verifier key: give the ledger_verifier that the server printed when it started", from)}
	}
	outside, err := c.outside(verifier)
	if err != nil {
		return usageError{err}
	}
	fmt.Fprintf(k.Stdout, "key %s, %s\n", key, from)
	v, err := app.VerifyLedger(ctx, c.DatabaseURL, verifier, outside...)
	broken := 0
	for _, r := range v.Reports {
		fmt.Fprintln(k.Stdout, r)
		if !r.OK() {
			broken++
		}
	}
	switch {
	case err != nil:
		return err
	case broken > 0:
		return errors.New("the ledger is not what was written")
	case len(v.Reports) < 2: // that of the contents is always there
		fmt.Fprintln(k.Stdout, "nothing is recorded yet")
	}
	return c.keep(k.Stdout, v)
}

// verifier returns the verifier key and where it is from.
func (c verifyCmd) verifier() (key, from string, err error) {
	if c.Key != "" {
		return strings.TrimSpace(c.Key), "as given with --key", nil
	}
	path := app.Options{DatabaseURL: c.DatabaseURL, LedgerKeyFile: c.LedgerKeyFile}.LedgerKeyPath()
	if path == "" {
		return "", "", errors.New("no key is known: give the verifier key that the server printed when it started as --key")
	}
	if key, err = app.LedgerVerifier(path); err != nil {
		return "", "", fmt.Errorf("%w\nOr give the verifier key that the server printed when it started as --key", err)
	}
	return key, "from the signing key " + path, nil
}

// outside reads the heads that were kept elsewhere. A checkpoint that the key did not sign
// proves nothing, so it is refused.
func (c verifyCmd) outside(v note.Verifier) ([]evidence.Head, error) {
	var heads []evidence.Head
	var errs []error
	for _, file := range c.Checkpoint {
		text, err := os.ReadFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("read checkpoint: %w", err))
			continue
		}
		head, _, err := evidence.Open(text, note.VerifierList(v))
		if err != nil {
			errs = append(errs, fmt.Errorf("read checkpoint %s: %w", file, err))
			continue
		}
		heads = append(heads, head)
	}
	for _, text := range c.Head {
		head, err := parseHead(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		heads = append(heads, head)
	}
	return heads, errors.Join(errs...)
}

// parseHead reads LOG:SIZE:ROOT.
func parseHead(s string) (evidence.Head, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return evidence.Head{}, fmt.Errorf("%q is no head: write it as LOG:SIZE:ROOT, as a check run shows them", s)
	}
	log, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || log < 1 {
		return evidence.Head{}, fmt.Errorf("head %q: %q is no ledger", s, parts[0])
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || size < 1 {
		return evidence.Head{}, fmt.Errorf("head %q: %q is no number of records", s, parts[1])
	}
	root, err := tlog.ParseHash(parts[2])
	if err != nil {
		return evidence.Head{}, fmt.Errorf("head %q: %q is no root: copy all of its 44 characters", s, parts[2])
	}
	return evidence.Head{Log: log, Size: size, Root: root}, nil
}

// keep writes the checkpoints to where they were asked for.
func (c verifyCmd) keep(w io.Writer, v app.Verified) error {
	if c.Save == "" {
		return nil
	}
	if err := os.MkdirAll(c.Save, 0o755); err != nil {
		return fmt.Errorf("save checkpoints: %w", err)
	}
	for _, r := range v.Reports {
		checkpoint, ok := v.Checkpoints[r.Log]
		if !ok {
			continue
		}
		path := filepath.Join(c.Save, strconv.FormatInt(r.Log, 10)+".checkpoint")
		if err := os.WriteFile(path, checkpoint, 0o644); err != nil {
			return fmt.Errorf("save checkpoints: %w", err)
		}
		fmt.Fprintf(w, "checkpoint of log %d saved as %s\n", r.Log, path)
	}
	return nil
}
