package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature that must be refused
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
)

// eventWords are the words about what happens on the way between GitHub and the server.
var eventWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"deliver":   func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(of(ts).sim.Settle(context.Background())) },
	"pause":     cmdPause,
	"arrive":    cmdArrive,
	"resume":    cmdResume,
	"redeliver": cmdRedeliver,
	"forge":     cmdForge,
	"stranger":  cmdStranger,
	"signed":    cmdSigned,
	"burst":     cmdBurst,
	"recorded":  cmdRecorded,
	"runs":      cmdRuns,
	"by":        cmdBy,
	"app":       cmdInstallation,
	"notes":     cmdNotes,
	"never":     cmdNever,
}

// held is a request to GitHub that is held back.
type held struct {
	arrived <-chan struct{}
	release func()
}

// pause [--lost] KIND holds back the next request of a kind until resume, beside those that are; lost: then it is
// carried out, and its answer never comes.
func cmdPause(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	if args[0] != "--lost" {
		arrived, release := w.sim.PauseNext(githubsim.OfKind(args[0]))
		w.held = append(w.held, held{arrived, release})
		return
	}
	here, gone := make(chan struct{}), make(chan struct{})
	w.sim.FailNext(githubsim.OfKind(args[1]), githubsim.Fault{Late: true, Until: gone, Arrived: here})
	w.held = append(w.held, held{here, func() { close(gone) }})
}

// resume lets every request go that is held back.
func cmdResume(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	for _, h := range w.held {
		h.release()
	}
	w.held = nil
}

// arrive sends what is queued and waits until the request that is held back, or was last, is there.
func cmdArrive(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	ts.Check(w.sim.Settle(context.Background()))
	select {
	case <-w.held[len(w.held)-1].arrived:
	case <-time.After(time.Minute):
		ts.Fatalf("no such request came")
	}
}

// lastOf returns the newest delivery of EVENT or EVENT.ACTION.
func lastOf(ts *testscript.TestScript, event string) githubsim.Delivery {
	name, action, _ := strings.Cut(event, ".")
	match := githubsim.OfEvent(name, action)
	for _, d := range slices.Backward(of(ts).sim.Deliveries()) {
		if match(d) {
			return d
		}
	}
	ts.Fatalf("no delivery of %s", event)
	return githubsim.Delivery{}
}

// redeliver EVENT sends the newest delivery of an event once more, under the same id, as
// the button of that name does.
func cmdRedeliver(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(of(ts).sim.Redeliver(lastOf(ts, args[0]).GUID))
}

// forge HOW EVENT posts a copy of the newest delivery of an event that GitHub did not send,
// under a new id, and wants it refused: body (changed after signing), secret (another one),
// sha1 (with the right secret, in the old way) or unsigned.
func cmdForge(ts *testscript.TestScript, _ bool, args []string) {
	w, d := of(ts), lastOf(ts, args[1])
	sign := func(h func() hash.Hash, secret []byte) string {
		mac := hmac.New(h, secret)
		mac.Write(d.Body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	body, header := d.Body, http.Header{}
	switch args[0] {
	case "body":
		body = append(bytes.Clone(body), ' ')
		header.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, w.sim.WebhookSecret()))
	case "secret":
		header.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, []byte("another secret")))
	case "sha1":
		header.Set("X-Hub-Signature", "sha1="+sign(sha1.New, w.sim.WebhookSecret()))
	case "unsigned":
	default:
		ts.Fatalf("forge %s: want body, secret, sha1 or unsigned", args[0])
	}
	if status, _ := w.post(ts, d.Event, body, header); status != http.StatusUnauthorized {
		ts.Fatalf("it was answered %d, want 401", status)
	}
}

// post sends a delivery of our own making under a new id, and returns the answer's status and header.
func (w *world) post(ts *testscript.TestScript, event string, body []byte, header http.Header) (int, http.Header) {
	w.forged++
	header.Set("Content-Type", "application/json")
	header.Set("X-Github-Event", event)
	header.Set("X-Github-Delivery", fmt.Sprintf("00000000-0000-4000-8000-%012d", w.forged))
	header.Set("X-Github-Hook-Installation-Target-Id", strconv.FormatInt(w.sim.AppID(), 10))
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+"/webhook", bytes.NewReader(body))
	ts.Check(err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	_, _ = io.Copy(io.Discard, resp.Body)
	ts.Check(resp.Body.Close())
	return resp.StatusCode, resp.Header
}

// stranger posts what is wrongly signed until it is told to slow down. Each replica keeps an
// account of its own.
func cmdStranger(ts *testscript.TestScript, _ bool, _ []string) {
	for range 2 * refusals * max(1, of(ts).replicas) {
		status, header := of(ts).post(ts, "push", []byte("{}"), http.Header{"X-Hub-Signature-256": {"sha256=" + strings.Repeat("0", 64)}})
		switch {
		case status == http.StatusTooManyRequests && header.Get("Retry-After") != "":
			return
		case status != http.StatusUnauthorized:
			ts.Fatalf("it was answered %d", status)
		}
	}
	ts.Fatalf("nobody said to slow down")
}

// signed EVENT FILE posts the delivery in a file, signed with the right secret under a new
// id, as somebody could who has the secret. In it $repo:OWNER/NAME is the repository's id,
// $owner:OWNER/NAME its account's, $app:OWNER/NAME its installation's.
func cmdSigned(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	body := regexp.MustCompile(`"?\$(repo|owner|app):([^"/]+)/([^"]+)"`).ReplaceAllFunc(readFile(ts, args[1]), func(match []byte) []byte {
		parts := strings.FieldsFunc(string(match), func(r rune) bool { return strings.ContainsRune(`"$:/`, r) })
		repo, known, err := w.app.store.RepositoryByName(context.Background(), parts[1], parts[2])
		ts.Check(err)
		if !known {
			ts.Fatalf("%s: no such repository", match)
		}
		return strconv.AppendInt(nil, map[string]int64{"repo": repo.ID, "owner": repo.Account, "app": repo.Installation}[parts[0]], 10)
	})
	mac := hmac.New(sha256.New, w.sim.WebhookSecret())
	mac.Write(body)
	header := http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
	if status, _ := w.post(ts, args[0], body, header); status != http.StatusAccepted {
		ts.Fatalf("it was answered %d, want 202", status)
	}
}

// burst COMMIT COUNT reports so many checks on one commit, each an event of its own.
func cmdBurst(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	before := len(w.sim.Deliveries())
	for i := 0; len(w.sim.Deliveries())-before < count; i++ {
		_, err := w.sim.AsApp("octo-ci").Report(w.repo, sha, githubsim.Check{Name: fmt.Sprintf("burst %d", i), Conclusion: "success"})
		ts.Check(err)
	}
}

// recorded KIND COUNT wants so many records of a kind in the ledger.
func cmdRecorded(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	ctx, count := context.Background(), 0
	ts.Check(of(ts).app.store.Evidence(ctx, func(src evidence.Source) error {
		logs, err := src.Logs(ctx)
		for _, log := range logs {
			records, err := src.Records(ctx, log, -1, 1000)
			if err != nil {
				return err
			}
			for _, r := range records {
				if r.Kind == args[0] {
					count++
				}
			}
		}
		return err
	}))
	if count != want {
		ts.Logf("%s", of(ts).log)
		ts.Fatalf("%d records of kind %s, want %d", count, args[0], want)
	}
}

// runs COMMIT COUNT wants so many check runs of ours on a commit.
func cmdRuns(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if want, err := strconv.Atoi(args[1]); err != nil || shown.Runs != want {
		ts.Fatalf("%d check runs on %s, want %s", shown.Runs, args[0], args[1])
	}
}

// by COMMIT LOGIN wants the status that stands on a commit to be somebody's.
func cmdBy(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if shown.StatusBy != args[1] {
		ts.Fatalf("the status on %s is %s's: %s", args[0], cmp.Or(shown.StatusBy, "nobody"), shown.Description)
	}
}

// app installed|removed|suspended|resumed ACCOUNT [REPOSITORY...], app covers ACCOUNT
// [REPOSITORY...], app permits ACCOUNT PERMISSION [LEVEL]: what an owner does with the app under test; no repository means all.
func cmdInstallation(ts *testscript.TestScript, _ bool, args []string) {
	sim, account, repos := of(ts).sim, args[1], args[2:]
	var err error
	switch args[0] {
	case "installed":
		_, err = sim.Install(account, repos...)
	case "grants": // ACCOUNT PERMISSION LEVEL
		err = sim.Grant(account, args[2], args[3])
	case "covers":
		err = sim.SelectRepositories(account, repos...)
	case "removed":
		err = sim.Uninstall(account)
	case "granted": // ACCOUNT PERMISSION LEVEL
		err = sim.Grant(account, repos[0], repos[1])
	case "suspended":
		err = sim.Suspend(account)
	case "resumed":
		err = sim.Unsuspend(account)
	case "permits": // ACCOUNT PERMISSION [LEVEL]; none: not any more
		err = sim.Grant(account, repos[0], strings.Join(repos[1:], ""))
	default:
		ts.Fatalf("app %s: no such word", args[0])
	}
	ts.Check(err)
}

// notes COMMIT TEXT... wants each TEXT among the annotations of our runs, "path:line message".
func cmdNotes(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	all := strings.Join(shown.Annotations, "\n")
	for _, text := range args[1:] {
		if strings.Contains(plain(all), text) == neg {
			ts.Fatalf("the annotations on %s:\n%s", args[0], all)
		}
	}
}

// never COMMIT STATE... wants a commit never to have shown one of these states, the present
// included, by its status or our runs.
func cmdNever(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if len(shown.States) == 0 {
		ts.Fatalf("%s never showed anything", args[0])
	}
	for _, state := range args[1:] {
		if slices.Contains(shown.States, state) || shown.Conclusion == state {
			ts.Fatalf("%s showed %v, and the run %q", args[0], shown.States, shown.Conclusion)
		}
	}
}
