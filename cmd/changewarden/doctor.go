package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/doctor"
)

// doctorCmd is "changewarden doctor". It takes the settings of serve.
type doctorCmd struct {
	serveCmd

	Format       string `default:"text" enum:"text,json" help:"text for people, or json."`
	Repositories int    `default:"100" placeholder:"N" help:"Look at what the branches of so many repositories require, at two requests each. Default: ${default}."`
}

// Help is what "changewarden doctor --help" adds to the flags.
func (doctorCmd) Help() string {
	return `Looks at everything that the server with these settings needs: the app's key, permissions, events and webhook on GitHub, what GitHub could not deliver, whether the branches of each repository require the checks of this app and no other's, the clock, the database, the space that is left, the ledger's key, and, where jobs can ask the gate through the API, the issuer of their tokens and the key of permits. Each thing that is wrong comes with what to do about it.

It reads and writes nothing. The server may be running. Exit code: 0 nothing is broken, 1 something is, 2 the command line cannot be used.`
}

// errUnwell is the end of an examination that found something broken.
var errUnwell = errors.New("something is broken: what to do about it stands with each finding")

// Run examines and prints the findings.
func (c doctorCmd) Run(ctx context.Context, k *kong.Kong) error {
	o, s := c.options()
	o.Version, o.Now = version(), time.Now
	found := app.Examine(ctx, o, s.problems, s.warnings, c.Repositories)
	if c.Format == "json" {
		e := json.NewEncoder(k.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(found); err != nil {
			return fmt.Errorf("print findings: %w", err)
		}
	} else {
		printFindings(k.Stdout, found)
	}
	if doctor.Count(found, doctor.Broken) > 0 {
		return errUnwell
	}
	return nil
}

func printFindings(w io.Writer, found []doctor.Finding) {
	for _, f := range found {
		about := f.Check
		if f.Subject != "" {
			about += " (" + f.Subject + ")"
		}
		fmt.Fprintf(w, "%-8s%s: %s\n", f.Level, about, f.Text)
		if f.Advice != "" {
			fmt.Fprintf(w, "        %s\n", f.Advice)
		}
	}
	fmt.Fprintf(w, "broken: %d, warnings: %d, not seen: %d\n",
		doctor.Count(found, doctor.Broken), doctor.Count(found, doctor.Warning), doctor.Count(found, doctor.Unseen))
}
