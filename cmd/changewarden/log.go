package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app"
)

// newLogger returns a logger that writes to w, or what keeps it from being made.
func newLogger(w io.Writer, level, format string) (zerolog.Logger, []*app.Problem) {
	var s settings
	levels := map[string]zerolog.Level{
		"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel,
	}
	least, ok := levels[level]
	if !ok {
		s.problem("LOG_LEVEL", "is %q: write debug, info, warn or error", level)
	}
	switch format {
	case "json":
	case "console":
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.RFC3339, TimeLocation: time.UTC, NoColor: !terminal(w)}
	default:
		s.problem("LOG_FORMAT", "is %q: write json or console", format)
	}
	return zerolog.New(w).Level(least).Hook(zerolog.HookFunc(stamp)), s.problems
}

// stamp adds the time to a line, in UTC whatever the machine's zone is.
func stamp(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
