package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
)

// server is the program in a process of its own.
type server struct {
	cmd      *exec.Cmd
	dir      string
	url      string
	verifier string // that it printed
	stdin    io.WriteCloser

	mu    *sync.Mutex
	log   *strings.Builder // all that it logged
	heard *sync.Cond       // after each line, and at the end
	ended *bool            // the log has
}

// start starts the program on a GitHub, in a directory of its own, and returns once it listens.
func start(b testing.TB, sim *githubsim.Server) server {
	b.Helper()
	s, err := launch("changewarden", b.TempDir(), sim)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

// launch starts a program that serves, in a directory where it may have served before, and
// returns once it listens. Settings are NAME=VALUE.
func launch(program, dir string, sim *githubsim.Server, settings ...string) (server, error) {
	s := server{dir: dir, mu: &sync.Mutex{}, log: &strings.Builder{}, ended: new(bool)}
	s.heard = sync.NewCond(s.mu)
	key := filepath.Join(dir, "app.pem")
	if err := os.WriteFile(key, sim.AppKey(), 0o600); err != nil {
		return s, err
	}
	s.cmd = exec.Command(program, "serve")
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(),
		"CHANGEWARDEN_LISTEN=127.0.0.1:0", "CHANGEWARDEN_METRICS_LISTEN=127.0.0.1:0", "CHANGEWARDEN_GITHUB_URL=http://127.0.0.1", "CHANGEWARDEN_GITHUB_API_URL="+sim.URL(),
		"CHANGEWARDEN_APP_ID="+strconv.FormatInt(sim.AppID(), 10), "CHANGEWARDEN_PRIVATE_KEY_FILE="+key,
		"CHANGEWARDEN_WEBHOOK_SECRET="+string(sim.WebhookSecret()))
	s.cmd.Env = append(s.cmd.Env, settings...)
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return s, err
	}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return s, err
	}
	if err := s.cmd.Start(); err != nil {
		return s, err
	}
	go s.listen(log)
	line, found := s.said("listening")
	if !found {
		return s, fmt.Errorf("the server did not start: %w\n%s", s.cmd.Wait(), s.logged())
	}
	var told struct {
		Address  string
		Verifier string `json:"ledger_verifier"`
	}
	if err := json.Unmarshal([]byte(line), &told); err != nil {
		return s, fmt.Errorf("log line %q: %w", line, err)
	}
	s.url, s.verifier = "http://"+told.Address, told.Verifier
	return s, nil
}

// listen reads the log until its end.
func (s server) listen(log io.Reader) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.heard.Broadcast()
		s.mu.Unlock()
	}
	s.mu.Lock()
	*s.ended = true
	s.heard.Broadcast()
	s.mu.Unlock()
}

// said waits for a message in the log and returns its line; false if the log ended without it.
func (s server) said(message string) (line string, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, `"message":"`+message) {
				return line, true
			}
		}
		if *s.ended {
			return "", false
		}
		s.heard.Wait()
	}
}

// logged returns the log so far.
func (s server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// wait waits for the end of the process and its log.
func (s server) wait() error {
	s.mu.Lock()
	for !*s.ended {
		s.heard.Wait()
	}
	s.mu.Unlock()
	return s.cmd.Wait()
}

func (s server) stop(b testing.TB) {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	err := s.wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		b.Fatalf("the server ended with %v", exit)
	}
}
