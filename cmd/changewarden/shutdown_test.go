package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/store"
)

// Behaviour 26, SIGTERM: a delivery that is on its way is answered and stored, a look that is
// under way is finished, no lease stays behind, and the process ends with status 0. A second
// signal ends it at once; the next start says what it finds and takes it up.
func TestShutdown(t *testing.T) {
	sim, repo := simulated(t, 1)
	defer sim.Close()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	begin := func() (s server, release func()) {
		t.Helper()
		s, err := launch("changewarden", dir, sim)
		must(err)
		t.Cleanup(func() { _ = s.cmd.Process.Kill() })
		sim.SetWebhookURL(s.url + "/webhook")
		arrived, release := sim.PauseNext(githubsim.OfKind("POST /repos/{owner}/{repo}/statuses/{sha}"))
		_, err = sim.As("ann").Push(repo, "topic-0", githubsim.Commit{Files: map[string]string{"x.go": rand.Text()}})
		must(err)
		must(sim.Settle(t.Context()))
		<-arrived
		return s, release
	}

	s, release := begin()
	guid := "11111111-2222-3333-4444-555555555555"
	conn, finish := half(t, s, sim, guid)
	must(s.cmd.Process.Signal(syscall.SIGTERM))
	if _, told := s.said("stopping"); !told {
		t.Fatal("it does not say that it stops")
	}
	finish()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(err)
	must(resp.Body.Close())
	if resp.StatusCode != http.StatusAccepted {
		t.Errorf("the delivery under way is answered %s, want 202", resp.Status)
	}
	release()
	if err := s.wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, s.logged())
	}
	db, err := store.OpenReadOnly(t.Context(), "sqlite://"+filepath.Join(dir, "data", "changewarden.db"))
	must(err)
	if _, found, err := db.Delivery(t.Context(), sim.AppID(), guid); err != nil || !found {
		t.Errorf("the delivery under way is lost, %v", err)
	}
	if leased, err := db.Leased(t.Context()); err != nil || len(leased) > 0 {
		t.Errorf("leases stay behind: %v, %v", leased, err)
	}
	must(db.Close())
	if !strings.Contains(s.logged(), `"message":"published"`) {
		t.Errorf("the publication under way was not finished:\n%s", s.logged())
	}

	s, release = begin()
	must(s.cmd.Process.Signal(syscall.SIGTERM))
	s.said("stopping")
	must(s.cmd.Process.Signal(syscall.SIGTERM))
	exit, ok := errors.AsType[*exec.ExitError](s.wait())
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("after a second signal it ended with %v", exit)
	}
	release()
	s, err = launch("changewarden", dir, sim)
	must(err)
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	for _, want := range []string{"the last process did not close the database", "looks were under way"} {
		if !strings.Contains(s.logged(), want) {
			t.Errorf("the next start does not say %q:\n%s", want, s.logged())
		}
	}
	s.stop(t)
}

// half sends the first half of a delivery, so that the server is reading it. finish sends the
// rest.
func half(t *testing.T, s server, sim *githubsim.Server, guid string) (conn net.Conn, finish func()) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	body := `{"zen": "half of it"}`
	mac := hmac.New(sha256.New, sim.WebhookSecret())
	mac.Write([]byte(body))
	fmt.Fprintf(conn, "POST /webhook HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"X-GitHub-Delivery: %s\r\nX-GitHub-Event: ping\r\nX-Hub-Signature-256: sha256=%s\r\n\r\n", len(body), guid, hex.EncodeToString(mac.Sum(nil)))
	line, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
	if err != nil || !strings.Contains(line, "100") {
		t.Fatalf("want 100 Continue, got %q, %v", line, err)
	}
	if _, err := conn.Write([]byte(body[:10])); err != nil {
		t.Fatal(err)
	}
	return conn, func() {
		if _, err := conn.Write([]byte(body[10:])); err != nil {
			t.Error(err)
		}
	}
}
