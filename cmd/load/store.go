package main

import (
	"context"
	"io"
)

func printMemory(_ context.Context, _ options, _ io.Writer) error  { return nil }
func printStartup(_ context.Context, _ options, _ io.Writer) error { return nil }
