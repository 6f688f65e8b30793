//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

// apart fails: a throw-away server needs a Unix socket.
func apart(*exec.Cmd, string, bool) error { return errors.New(install) }
