// Command changewarden enforces a change-management control on pull requests: it is the
// server that a GitHub App's webhook points at, and the tools of its operator.
//
// This package turns flags and environment into app.Options and errors into exit codes:
// 0 for done, 1 for failed, 2 for a command line, a configuration or a file that cannot be
// used, 3 for a change that was judged and may not go on, 4 for one that is held and may yet.
// One file a subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones, where the machine has none: an image from scratch

	"github.com/alecthomas/kong"
	_ "golang.org/x/crypto/x509roots/fallback" // certificates, where the machine has none

	"github.com/changewarden/changewarden/app"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitBlocked = 3
	exitHeld    = 4
)

// commands is the command line; a subcommand is a field and a file.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Take GitHub's deliveries, judge changes and publish the verdicts."`
	Demo      demoCmd      `cmd:"" help:"Watch a simulated organisation being judged, on this machine alone."`
	Policy    policyCmd    `cmd:"" help:"Look at policy files before they are in force."`
	Windows   windowsCmd   `cmd:"" help:"When deployments may start."`
	Gate      gateCmd      `cmd:"" help:"Ask a server, in a job that deploys, whether it may."`
	Permit    permitCmd    `cmd:"" help:"Look at what a server's gate gave out."`
	Snapshot  snapshotCmd  `cmd:"" help:"Write the newest recorded judgement of a pull request, for check."`
	Check     checkCmd     `cmd:"" help:"Judge a recorded snapshot again, offline."`
	Timeline  timelineCmd  `cmd:"" help:"Tell what happened to a change, up to production."`
	Verify    verifyCmd    `cmd:"" help:"Recompute the ledger and say where it breaks."`
	Replay    replayCmd    `cmd:"" help:"Judge every recorded verdict again and compare."`
	Backup    backupCmd    `cmd:"" help:"Copy a SQLite database while the server runs."`
	LedgerKey ledgerKeyCmd `cmd:"" help:"Make the key with which replicas on PostgreSQL sign the ledger."`
	Doctor    doctorCmd    `cmd:"" help:"Look at the app, its webhook, the branches that should require it, and this machine."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// usageError is a command line, a configuration or a file that cannot be used.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errBlocked is a verdict that keeps a change from moving on. It is an answer, not a
// failure: what a command printed has said it.
var errBlocked = errors.New("blocked")

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run does what args say and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	stderr = shown{stderr}
	if terminal(stdout) { // elsewhere it is data, such as a snapshot, and left as it is
		stdout = shown{stdout}
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(asked)
	go func() {
		select {
		case <-asked:
			signal.Stop(asked) // a second signal ends the process
			stop()
		case <-ctx.Done():
		}
	}()
	parser := kong.Must(&commands{},
		kong.Name("changewarden"),
		kong.Description("A required check on pull requests: who approved, what was tested, and the record of it."),
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "changewarden: %v\nRun \"changewarden --help\" to see what there is.\n", err)
		return exitUsage
	}
	return exitCode(parsed.Run(), stderr)
}

// exitCode tells err and returns the code that belongs to it.
func exitCode(err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errBlocked):
		return exitBlocked
	case errors.Is(err, errHeld):
		return exitHeld
	}
	fmt.Fprintf(stderr, "changewarden: %v\n", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*app.Problem](err); ok {
		return exitUsage
	}
	return exitFailed
}
