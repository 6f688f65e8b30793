// Command load drives a server with what a large installation sends it, on a simulated GitHub,
// and prints how it bears it: docs/benchmarks.md has what it said. The server is this program
// again in a process of its own, so that its memory and processor time are its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		err = serve(ctx, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	parts    []string
	rate     int
	heads    int
	duration time.Duration
	lag      time.Duration
	events   int
	pulls    int
	records  int
	gates    int
}

// parts are what can be measured, in the order in which it is.
var parts = []struct {
	name string
	run  func(ctx context.Context, o options, out io.Writer) error
}{
	{"requests", printRequests},
	{"sustained", printSustained},
	{"latency", printLatency},
	{"memory", printMemory},
	{"gates", printGates},
	{"startup", printStartup},
}

func run(ctx context.Context, args []string, out, errs io.Writer) error {
	var o options
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(errs)
	only := flags.String("only", strings.Join(names, ","), "what to measure")
	flags.IntVar(&o.rate, "rate", 500, "deliveries a second of the steady stream")
	flags.IntVar(&o.heads, "heads", 50, "pull requests that the stream is about")
	flags.DurationVar(&o.duration, "duration", time.Minute, "how long the stream lasts")
	flags.DurationVar(&o.lag, "lag", 50*time.Millisecond, "how long GitHub's API takes for an answer, where latency is measured")
	flags.IntVar(&o.events, "events", 40, "events of each kind whose latency is measured; a quarter of them with the write limiter on")
	flags.IntVar(&o.pulls, "pulls", 10000, "open pull requests in the store, where memory is measured")
	flags.IntVar(&o.gates, "gates", 10000, "deployments that are held")
	flags.IntVar(&o.records, "records", 1000000, "records in the store, where start-up is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.parts = strings.Split(*only, ",")
	for _, name := range o.parts {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no part %q: want some of %s", name, strings.Join(names, ","))
		}
	}
	for _, p := range parts {
		if !slices.Contains(o.parts, p.name) {
			continue
		}
		if err := p.run(ctx, o, out); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
