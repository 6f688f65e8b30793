//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// apart has a command run in a process group of its own, out of reach of an interrupt from
// the keyboard, and not as root: PostgreSQL refuses to. With own, dir becomes its user's.
func apart(c *exec.Cmd, dir string, own bool) error {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("read id of user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("read group of user %s: %w", u.Username, err)
	}
	c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if !own {
		return nil
	}
	return os.Chown(dir, int(uid), int(gid))
}
