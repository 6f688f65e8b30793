package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// install is what a developer does where there is no server to be found.
const install = "no PostgreSQL server is installed on this machine: run .ci/postgres (or apt-get install postgresql), put the directory of initdb on PATH, or name a server's URL in " + Setting

// server is a throw-away server: a directory, a socket in it, and a shell that watches over
// both until its input ends, which it does with this process, however that ends.
type server struct {
	dir   string
	bin   string // where initdb is
	url   string
	watch *exec.Cmd
	hold  io.WriteCloser
}

// What the shell does. A commit is not synced, which no test can tell, because only the
// machine's own crash could lose it; but it is written, so that a crash of the server is real.
const script = `
trap '' INT TERM HUP
"$BIN/initdb" -D "$DIR/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$DIR/log" 2>&1 &&
cat >>"$DIR/data/postgresql.conf" <<CONF &&
listen_addresses = ''
unix_socket_directories = '$DIR'
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
shared_buffers = 64MB
CONF
"$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w -s start >>"$DIR/log" 2>&1 &&
echo ready || tail -n 20 "$DIR/log"
read -r _
"$BIN/pg_ctl" -D "$DIR/data" -m immediate -s stop >/dev/null 2>&1
rm -rf "$DIR"
`

func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// Short, because a socket's path is at most some hundred bytes long.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, bin: bin, url: (&url.URL{
		Scheme: "postgres", Path: "/postgres", User: url.User("postgres"), RawQuery: url.Values{"host": {dir}}.Encode(),
	}).String()}
	s.watch = exec.Command("/bin/sh", "-c", script)
	s.watch.Env = append(os.Environ(), "DIR="+dir, "BIN="+bin, "LC_ALL=C")
	s.watch.Dir = dir
	if err := apart(s.watch, dir, true); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if s.hold, err = s.watch.StdinPipe(); err != nil {
		return nil, err
	}
	said, err := s.watch.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.watch.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	lines := bufio.NewReader(said)
	first, err := lines.ReadString('\n')
	if first != "ready\n" {
		rest := make([]byte, 4096)
		n, _ := lines.Read(rest)
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %s%s", first, rest[:n]), err, s.close())
	}
	return s, nil
}

func (s *server) close() error {
	return errors.Join(s.hold.Close(), s.watch.Wait())
}

// ctl runs pg_ctl and waits for what it was asked for.
func (s *server) ctl(args ...string) error {
	c := exec.Command(filepath.Join(s.bin, "pg_ctl"), append([]string{"-D", filepath.Join(s.dir, "data"), "-l", filepath.Join(s.dir, "log"), "-w", "-s"}, args...)...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	if err := apart(c, s.dir, false); err != nil {
		return err
	}
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s PostgreSQL: %w", args[0], err)
	}
	return nil
}

// binaries returns the directory of initdb and its companions: on PATH, or where
// distributions put them, the newest first.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb", "/usr/local/opt/postgresql*/bin/initdb"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", errors.New(install)
	}
	newest := slices.MaxFunc(found, func(a, b string) int {
		if len(a) != len(b) { // 9 is before 15
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return filepath.Dir(newest), nil
}
