package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

// outageWords are the words about a server that was not there.
var outageWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"down":     cmdDown,
	"up":       cmdUp,
	"backup":   cmdBackup,
	"restore":  cmdRestore,
	"deaf":     cmdDeaf,
	"requests": cmdRequests,
	"tells":    cmdTells,
	"replay":   cmdReplay,
	"run":      cmdRun,
	"fill":     cmdFill,
	"ledger":   cmdLedger,
}

// down stops the server: from now on settle tries to deliver, and nobody takes it.
func cmdDown(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	ts.Check(w.settle())
	w.stop()
	w.down = true
}

// up starts it again on the same data.
func cmdUp(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	ts.Check(w.start(w.policy))
	ts.Check(w.settle())
}

// deaf lets GitHub's deliveries reach nobody, although the server is at work; !deaf ends it.
func cmdDeaf(ts *testscript.TestScript, neg bool, _ []string) {
	w := of(ts)
	w.deaf = !neg
	if w.deaf {
		w.sim.SetWebhookURL("http://127.0.0.1:1/webhook")
		return
	}
	w.sim.SetWebhookURL(w.url + "/webhook")
}

// backup copies the data of a server that is down, and restore puts the copy in its place.
func cmdBackup(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	if w.database != "" {
		w.backup = pgtest.Copy(w.t, w.database)
		return
	}
	ts.Check(os.CopyFS(filepath.Join(w.dir, "backup"), os.DirFS(filepath.Join(w.dir, "data"))))
}

func cmdRestore(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	if w.database != "" {
		w.database = pgtest.Copy(w.t, w.backup)
		return
	}
	ts.Check(os.RemoveAll(filepath.Join(w.dir, "data")))
	ts.Check(os.CopyFS(filepath.Join(w.dir, "data"), os.DirFS(filepath.Join(w.dir, "backup"))))
}

// replay EVENT [AS] posts the body of the newest delivery of an event again as somebody would
// who got hold of it: with its good signature, under a new id, and AS another event.
func cmdReplay(ts *testscript.TestScript, _ bool, args []string) {
	w, d := of(ts), lastOf(ts, args[0])
	event := d.Event
	if len(args) > 1 {
		event = args[1]
	}
	mac := hmac.New(sha256.New, w.sim.WebhookSecret())
	mac.Write(d.Body)
	w.forged++
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+"/webhook", bytes.NewReader(d.Body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Github-Event", event)
	req.Header.Set("X-Github-Delivery", fmt.Sprintf("00000000-0000-4000-8000-%012d", w.forged))
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode != http.StatusAccepted {
		ts.Fatalf("it was answered %d", resp.StatusCode)
	}
}

// run COMMIT CONCLUSION [TEXT] wants our newest check run on a commit to have a conclusion, or
// a status while it is open, and to say TEXT in its title.
func cmdRun(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if cmp.Or(shown.Conclusion, shown.RunStatus) != args[1] || len(args) > 2 && !strings.Contains(shown.Title, args[2]) {
		ts.Logf("%s", w.log)
		ts.Fatalf("%s has the run %q %q: %s", args[0], shown.RunStatus, shown.Conclusion, shown.Title)
	}
}

// fill LOGIN COMMIT CONTEXT STATE posts statuses until GitHub takes no more.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[1])
	ts.Check(err)
	for n := 0; err == nil; n++ {
		if n > 1000 {
			ts.Fatalf("GitHub takes more than a thousand")
		}
		err = w.sim.As(args[0]).Status(w.repo, sha, args[2], args[3], "posted by hand")
	}
}

// requests KIND COUNT wants exactly so many requests of a kind since forget; one that was asked
// again with a new token counts once.
func cmdRequests(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	all, count := of(ts).sim.Requests(), 0
	for i, r := range all {
		again := i+2 < len(all) && all[i+2] == r && all[i+1] == "POST /app/installations/{installation_id}/access_tokens" &&
			!strings.Contains(r, " /app") // which goes without a token
		if r == args[0] && !again { // else the token of whoever asked had run out
			count++
		}
	}
	if count != want {
		ts.Logf("%s", of(ts).log)
		ts.Fatalf("%d requests %s, want %d, of:\n%s", count, args[0], want, strings.Join(all, "\n"))
	}
}

// ledger ACCOUNT KIND COUNT wants so many records of a kind in the log of one account.
func cmdLedger(ts *testscript.TestScript, _ bool, args []string) {
	w, count := of(ts), 0
	ts.Check(w.app.store.Evidence(context.Background(), func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			if r.Log == w.sim.UserID(args[0]) && r.Kind == args[1] {
				count++
			}
			return nil
		})
	}))
	if strconv.Itoa(count) != args[2] {
		ts.Fatalf("%d records of kind %s in the log of %s, want %s", count, args[1], args[0], args[2])
	}
}

// tells KIND TEXT... wants one record of a kind that has each TEXT in its body.
func cmdTells(ts *testscript.TestScript, neg bool, args []string) {
	var bodies []string
	told := false
	ts.Check(of(ts).app.store.Evidence(context.Background(), func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			if r.Kind != args[0] {
				return nil
			}
			bodies = append(bodies, string(r.Body))
			all := true
			for _, text := range args[1:] {
				all = all && strings.Contains(string(r.Body), text)
			}
			told = told || all
			return nil
		})
	}))
	if told == neg {
		ts.Fatalf("the records:\n%s", strings.Join(bodies, "\n"))
	}
}
