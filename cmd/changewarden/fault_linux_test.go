package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fillDisk keeps the files of the server from growing, as a full disk does or a quota. It has
// to say that it is not ready.
func fillDisk(s *stage) (func() error, error) {
	limit := func(size uint64) error {
		return unix.Prlimit(s.server.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil)
	}
	info, err := os.Stat(strings.TrimPrefix(s.direct, "sqlite://") + "-wal")
	if err != nil {
		return nil, err
	}
	if err := limit(uint64(min(info.Size(), 4096))); err != nil {
		return nil, err
	}
	for began := s.now(); ; { // an answer holds for a second
		resp, err := http.Get(s.server.url + "/readyz")
		if err != nil {
			return nil, err
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if s.now().Sub(began) > 10*time.Second {
			return nil, fmt.Errorf("with a full disk it says %s about its readiness, want 503", resp.Status)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return func() error { return limit(unix.RLIM_INFINITY) }, nil
}
