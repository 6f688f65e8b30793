package app

import (
	"path/filepath"
	"syscall"
)

// freeSpace returns the bytes that a program without privileges can still write beside file;
// false if that cannot be known.
func freeSpace(file string) (int64, bool) {
	var fs syscall.Statfs_t
	if file == "" || syscall.Statfs(filepath.Dir(file), &fs) != nil {
		return 0, false
	}
	return int64(fs.Bavail) * fs.Bsize, true
}
