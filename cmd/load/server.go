package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// server is the server's process, seen from outside.
type server struct {
	cmd     *exec.Cmd
	at      addresses
	started time.Duration // from its start until it took deliveries
	beside  []*server     // other replicas on the same database
}

// start starts this very program as a server, on a data directory.
func start(ctx context.Context, dir string, s settings) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if s.Database == "" {
		s.Database = "sqlite://" + filepath.Join(dir, "load.db")
	}
	s.Log = filepath.Join(dir, "server.log")
	in, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	v := &server{cmd: cmd}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&v.at); err != nil {
		return nil, fmt.Errorf("start the server: %w; %s has its log", err, s.Log)
	}
	if _, err := get(ctx, v.at.Server+"/readyz"); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	v.started = time.Since(began)
	return v, nil
}

// all is the server with the replicas beside it.
func (v *server) all() []*server { return append([]*server{v}, v.beside...) }

// stop lets the server and those beside it finish what is under way.
func (v *server) stop() error {
	for _, other := range v.beside {
		if err := other.stop(); err != nil {
			return err
		}
	}
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	if err := v.cmd.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}

// rested waits until the servers have nothing to do, which their database tells, and reports whether that was so at once.
func (v *server) rested(ctx context.Context) (bool, error) {
	status, err := get(ctx, v.at.Control)
	return status == http.StatusOK, err
}

// metric returns what the server and those beside it counted under a name with these labels.
func (v *server) metric(ctx context.Context, name, labels string) (sum float64, err error) {
	for _, one := range v.all() {
		n, err := one.ownMetric(ctx, name, labels)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (v *server) ownMetric(ctx context.Context, name, labels string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.at.Control+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("read metrics: %s", resp.Status)
	}
	sum := 0.0
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, name+"{") || !strings.Contains(line, labels) {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("read metric %s: %w", name, err)
		}
		sum += value
	}
	return sum, nil
}

// looks is how often pull requests were evaluated.
func (v *server) looks(ctx context.Context) (int, error) {
	n, err := v.metric(ctx, "changewarden_evaluation_seconds_count", `kind="pull_request"`)
	return int(n), err
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak is the most memory that the process ever held, or one beside it, in bytes.
func (v *server) peak() (most int64, err error) {
	for _, one := range v.all() {
		n, err := one.ownPeak()
		if err != nil {
			return 0, err
		}
		most = max(most, n)
	}
	return most, nil
}

func (v *server) ownPeak() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	m := highWater.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("read peak memory: no VmHWM")
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err
}

// worked is the processor time that the process and those beside it have used: Linux counts it
// in hundredths of a second.
func (v *server) worked() (sum time.Duration, err error) {
	for _, one := range v.all() {
		n, err := one.ownWork()
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (v *server) ownWork() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", v.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // the name before may hold anything
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

func get(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("get %s: status %d: %s", url, resp.StatusCode, text)
	}
	return resp.StatusCode, err
}
