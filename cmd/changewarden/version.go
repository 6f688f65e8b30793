package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// release is set by the linker: -X main.release=v1.2.3.
var release string

// versionCmd is "changewarden version".
type versionCmd struct{}

// Run prints the version, the compiler and the platform on one line.
func (versionCmd) Run(k *kong.Kong) error {
	_, err := fmt.Fprintf(k.Stdout, "changewarden %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version returns the release, else what the Go command knows of the module or its commit.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
