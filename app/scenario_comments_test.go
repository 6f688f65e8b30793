package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/githubsim"
)

// commentWords are the words about the conversations of pull requests.
var commentWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"reacted": cmdReacted,
	"replies": cmdReplies,
	"again":   cmdAgain,
}

// comments is what somebody does in a pull request's conversation; false if the verb is
// another. A text has Go's escapes.
func comments(ts *testscript.TestScript, w *world, login, verb string, args []string) (bool, error) {
	p := w.sim.As(login)
	said := func(id int64, err error) error {
		w.runs["comment/"+args[0]] = id
		return err
	}
	last := func() int64 { return w.runs["comment/"+args[0]] }
	switch verb {
	case "writes": // NUMBER TEXT
		return true, said(p.Comment(w.repo, number(ts, args[0]), unescape(ts, args[1])))
	case "mails": // NUMBER TEXT: replies to a notification
		return true, said(p.Mail(w.repo, number(ts, args[0]), unescape(ts, args[1])))
	case "writes-by": // NUMBER TEXT APP: by an app that acts for the person
		return true, said(p.CommentBy(args[2], w.repo, number(ts, args[0]), unescape(ts, args[1])))
	case "amends": // NUMBER TEXT: changes the last comment
		return true, p.EditComment(w.repo, last(), unescape(ts, args[1]))
	case "unsays": // NUMBER: deletes the last comment
		return true, p.DeleteComment(w.repo, last())
	case "floods": // NUMBER COUNT TEXT
		count, err := strconv.Atoi(args[1])
		for range count {
			if err == nil {
				err = said(p.Comment(w.repo, number(ts, args[0]), unescape(ts, args[2])))
			}
		}
		return true, err
	}
	return false, nil
}

func unescape(ts *testscript.TestScript, text string) string {
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	ts.Check(err)
	// The head of a pull request, where a text names a commit.
	w := of(ts)
	for name, sha := range w.saved {
		out = strings.ReplaceAll(out, "@"+name, sha[:min(len(sha), 7)])
	}
	return out
}

func conversation(ts *testscript.TestScript, pull string) []githubsim.Said {
	w := of(ts)
	all, err := w.sim.Said(w.repo, number(ts, pull))
	ts.Check(err)
	return all
}

// reacted NUMBER REACTION|nothing wants our one reaction to the last comment that somebody
// wrote on a pull request.
func cmdReacted(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	all := conversation(ts, args[0])
	i := slices.IndexFunc(all, func(s githubsim.Said) bool { return s.ID == w.runs["comment/"+args[0]] })
	if i < 0 {
		ts.Fatalf("the comment is gone")
	}
	var want []string
	if args[1] != "nothing" {
		want = []string{"change-management[bot] " + args[1]}
	}
	if !slices.Equal(all[i].Reactions, want) {
		ts.Logf("%s", w.log)
		ts.Fatalf("reactions %q, want %q", all[i].Reactions, want)
	}
}

// replies NUMBER COUNT [TEXT...] wants so many comments of ours on a pull request, and each
// TEXT in the last of them. @NAME is a saved commit.
func cmdReplies(ts *testscript.TestScript, _ bool, args []string) {
	var ours []string
	for _, s := range conversation(ts, args[0]) {
		if s.By == "change-management[bot]" {
			ours = append(ours, plain(s.Body))
		}
	}
	if fmt.Sprint(len(ours)) != args[1] {
		ts.Logf("%s", of(ts).log)
		ts.Fatalf("%d replies, want %s:\n%s", len(ours), args[1], strings.Join(ours, "\n"))
	}
	for _, text := range args[2:] {
		if !strings.Contains(ours[len(ours)-1], unescape(ts, text)) {
			ts.Fatalf("the reply: %s", ours[len(ours)-1])
		}
	}
}

// again EVENT TEXT sends the newest delivery of an event whose body holds TEXT once more, well
// signed, under a new id: as somebody does who kept its body and learned the secret.
func cmdAgain(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	name, action, _ := strings.Cut(args[0], ".")
	match := githubsim.OfEvent(name, action)
	for _, d := range slices.Backward(w.sim.Deliveries()) {
		if !match(d) || !bytes.Contains(d.Body, []byte(args[1])) {
			continue
		}
		mac := hmac.New(sha256.New, w.sim.WebhookSecret())
		mac.Write(d.Body)
		w.forged++
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+"/webhook", bytes.NewReader(d.Body))
		ts.Check(err)
		req.Header = http.Header{
			"Content-Type": {"application/json"}, "X-Github-Event": {d.Event}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
			"X-Github-Delivery":                    {fmt.Sprintf("00000000-0000-4000-8000-%012d", w.forged)},
			"X-Github-Hook-Installation-Target-Id": {strconv.FormatInt(w.sim.AppID(), 10)},
		}
		resp, err := http.DefaultClient.Do(req)
		ts.Check(err)
		ts.Check(resp.Body.Close())
		if resp.StatusCode/100 != 2 {
			ts.Fatalf("it was answered %d", resp.StatusCode)
		}
		return
	}
	ts.Fatalf("no delivery of %s with %s", args[0], args[1])
}
