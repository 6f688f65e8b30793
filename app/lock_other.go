//go:build !unix

package app

import (
	"io"
	"os"
)

// lock opens the file at path: here nothing keeps a second process from it, and a server
// takes over what it finds under way all the same.
func lock(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
