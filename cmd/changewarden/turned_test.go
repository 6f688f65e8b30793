package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
)

// turnedBy is how far ahead of time a server begins.
const turnedBy = "CHANGEWARDEN_TEST_AHEAD"

// turned is "changewarden serve" with a clock that is turned by its standard input, a line
// each time: how far ahead of time it goes. It ends with that input, so that it does not
// outlive whoever started it. Writes are not spaced.
func turned() {
	var ahead atomic.Int64
	turn := func(text string) {
		d, err := time.ParseDuration(text)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitUsage)
		}
		ahead.Store(int64(d))
	}
	turn(os.Getenv(turnedBy))
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			turn(lines.Text())
		}
		os.Exit(exitFailed)
	}()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var c serveCmd
	if _, err := kong.Must(&c).Parse(os.Args[2:]); err != nil {
		os.Exit(exitCode(usageError{err}, os.Stderr))
	}
	o, s := c.options()
	log, problems := newLogger(os.Stderr, c.LogLevel, c.LogFormat)
	if problems = append(s.problems, problems...); len(problems) > 0 {
		os.Exit(exitCode(configError(problems), os.Stderr))
	}
	o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	o.Limits = &app.Limits{}
	os.Exit(exitCode(app.Run(log.WithContext(ctx), o), os.Stderr))
}
