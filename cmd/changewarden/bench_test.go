package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// BenchmarkServer runs the program itself in a process of its own, on a simulated GitHub
// with twenty open pull requests, and lets checks report on them until it has taken 2,000
// deliveries, while it judges and publishes. Beside the time it reports the most memory
// that the process ever held (Linux alone tells).
func BenchmarkServer(b *testing.B) {
	const deliveries, pulls = 2000, 20
	for b.Loop() {
		sim, repo := simulated(b, pulls)
		server := start(b, sim)
		sim.SetWebhookURL(server.url + "/webhook")
		began, taken := time.Now(), 0
		for i := 0; taken < deliveries; i++ {
			head, err := sim.Head(repo, i%pulls+1)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := sim.AsApp("octo-ci").Report(repo, head, githubsim.Check{Name: fmt.Sprintf("test-%d", i/pulls%5), Conclusion: "success"}); err != nil {
				b.Fatal(err)
			}
			if err := sim.Settle(b.Context()); err != nil {
				b.Fatal(err)
			}
			taken = len(sim.Deliveries())
		}
		b.ReportMetric(float64(taken)/time.Since(began).Seconds(), "deliveries/s")
		b.ReportMetric(float64(taken), "deliveries")
		if peak, ok := peakMemory(server.cmd.Process.Pid); ok {
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		}
		server.stop(b)
		sim.Close()
	}
}

// simulated starts a GitHub with open pull requests.
func simulated(b *testing.B, pulls int) (*githubsim.Server, string) {
	var text strings.Builder
	text.WriteString(`users: [{login: ann}, {login: olga}]
organizations: [{login: octo-org, owners: [olga], teams: [{slug: senior-engineers, members: [olga]}, {slug: security, members: [olga]}]}]
apps: [{slug: octo-ci}]
installations: [{account: octo-org}]
repositories:
  - name: octo-org/app
    private: true
    users: {ann: write}
    files: {main.go: "package main\n"}
    pulls:
`)
	for i := range pulls {
		fmt.Fprintf(&text, "      - {title: change %d, author: ann, branch: topic-%d, files: {f%d.go: \"package main\\n\"}}\n", i, i, i)
	}
	state, err := githubsim.ParseState(strings.NewReader(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	sim, err := githubsim.New(githubsim.Options{Now: time.Now, State: &state})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	sim.Start(l)
	return sim, state.Repositories[0].Name
}

// server is the program in a process of its own.
type server struct {
	cmd *exec.Cmd
	url string
}

// start starts the program on a GitHub and returns once it listens.
func start(b *testing.B, sim *githubsim.Server) server {
	dir := b.TempDir()
	key := filepath.Join(dir, "app.pem")
	if err := os.WriteFile(key, sim.AppKey(), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("changewarden", "serve")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"CHANGEWARDEN_LISTEN=127.0.0.1:0", "CHANGEWARDEN_GITHUB_URL=http://127.0.0.1", "CHANGEWARDEN_GITHUB_API_URL="+sim.URL(),
		"CHANGEWARDEN_APP_ID="+strconv.FormatInt(sim.AppID(), 10), "CHANGEWARDEN_PRIVATE_KEY_FILE="+key,
		"CHANGEWARDEN_WEBHOOK_SECRET="+string(sim.WebhookSecret()))
	log, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Message, Address string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			b.Fatalf("log line %q: %v", lines.Text(), err)
		}
		if line.Message == "listening" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return server{cmd, "http://" + line.Address}
		}
	}
	b.Fatalf("the server did not start: %v", lines.Err())
	return server{}
}

func (s server) stop(b *testing.B) {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			b.Fatalf("the server ended with %v", exit)
		}
	}
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakMemory returns the most bytes that a process ever held in memory.
func peakMemory(pid int) (int64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	m := highWater.FindSubmatch(text)
	if m == nil {
		return 0, false
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err == nil
}
