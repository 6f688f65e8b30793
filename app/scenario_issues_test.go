package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
)

// issueWords are the words about issues.
var issueWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"post-mortems": cmdPostMortems,
	"issue":        cmdIssue,
	"issue-text":   cmdIssueText,
	"life":         cmdLife,
	"grant":        cmdGrant,
}

// issues is what somebody does to an issue; false if the verb is another.
func issues(ts *testscript.TestScript, w *world, login, verb string, args []string) (bool, error) {
	p := w.sim.As(login)
	if !slices.Contains([]string{"closes-issue", "reopens-issue", "writes-up", "empties-issue", "restores-issue", "rewords-issue", "deletes-issue", "moves-issue", "copies-issue"}, verb) {
		return false, nil
	}
	n := number(ts, args[0])
	switch verb {
	case "closes-issue": // NUMBER [REASON]
		return true, p.CloseIssue(w.repo, n, strings.Join(args[1:], ""))
	case "reopens-issue":
		return true, p.ReopenIssue(w.repo, n)
	case "writes-up": // NUMBER [HEADING...]: writes something below each heading, or below these
		headings := args[1:]
		if len(headings) == 0 {
			headings = publish.PostMortemSections()
		}
		body := w.issue(ts, n).Body
		for _, h := range headings {
			body = strings.Replace(body, "## "+h+"\n", "## "+h+"\nWhat there is to say.\n", 1)
		}
		return true, p.EditIssue(w.repo, n, body)
	case "empties-issue":
		w.saved["issue/"+args[0]] = w.issue(ts, n).Body
		return true, p.EditIssue(w.repo, n, "")
	case "restores-issue": // NUMBER: what stood there before it was emptied
		return true, p.EditIssue(w.repo, n, w.saved["issue/"+args[0]])
	case "rewords-issue":
		return true, p.EditIssue(w.repo, n, w.issue(ts, n).Body+"\nAs it has to be said.\n")
	case "deletes-issue":
		return true, p.DeleteIssue(w.repo, n)
	case "moves-issue": // NUMBER REPOSITORY
		_, err := p.TransferIssue(w.repo, n, args[1])
		return true, err
	}
	// copies-issue NUMBER: opens one of the same text, mark and all
	_, err := p.OpenIssue(w.repo, "Post-mortem", w.issue(ts, n).Body)
	return true, err
}

func (w *world) issue(ts *testscript.TestScript, number int) githubsim.Issue {
	all := w.sim.Issues(w.repo)
	i := slices.IndexFunc(all, func(i githubsim.Issue) bool { return i.Number == number })
	if i < 0 {
		ts.Logf("%s", w.log)
		ts.Fatalf("there is no issue %d, but %d others", number, len(all))
	}
	return all[i]
}

// post-mortems COUNT wants so many issues of ours to be there.
func cmdPostMortems(ts *testscript.TestScript, _ bool, args []string) {
	w, count := of(ts), 0
	for _, i := range w.sim.Issues(w.repo) {
		if i.By == "change-management[bot]" && !i.Gone {
			count++
		}
	}
	if fmt.Sprint(count) != args[0] {
		ts.Logf("%s", w.log)
		ts.Fatalf("%d issues of ours, want %s", count, args[0])
	}
}

// issue NUMBER open|closed|gone [TEXT...] wants an issue of ours to stand so, labelled, with
// each TEXT in it; assigned to LOGIN if a TEXT is @LOGIN alone.
func cmdIssue(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	i := w.issue(ts, number(ts, args[0]))
	state := map[bool]string{true: "open", false: "closed"}[i.Open]
	if i.Gone {
		state = "gone"
	}
	if state != args[1] || !slices.Equal(i.Labels, []string{publish.PostMortemLabel}) {
		ts.Logf("%s", w.log)
		ts.Fatalf("issue %s is %s, labelled %q", args[0], state, i.Labels)
	}
	for _, text := range args[2:] {
		login, assigned := strings.CutPrefix(text, "@")
		if assigned && !slices.Contains(i.Assignees, login) || !assigned && !strings.Contains(plain(i.Title+"\n"+i.Body), text) {
			ts.Fatalf("issue %s (%q), assigned to %q:\n%s", args[0], i.Title, i.Assignees, i.Body)
		}
	}
}

var (
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC`)
	marks   = regexp.MustCompile(`\b[0-9a-f]{7}\b|\d{6,}|http://127\.0\.0\.1(:\d+)?`)
)

// issue-text NUMBER FILE wants title and text of an issue to be those of the page's file, but
// for times, commits and ids.
func cmdIssueText(ts *testscript.TestScript, _ bool, args []string) {
	i := of(ts).issue(ts, number(ts, args[0]))
	got := marks.ReplaceAllString(moments.ReplaceAllString(i.Title+"\n\n"+i.Body, "TIME"), "…")
	if want := string(readFile(ts, args[1])); got != want {
		ts.Check(os.WriteFile(ts.MkAbs("got.md"), []byte(got), 0o600))
		ts.Fatalf("the issue:\n%s\nwant:\n%s", got, want)
	}
}

// grant PERMISSION LEVEL sets a permission of the installation.
func cmdGrant(ts *testscript.TestScript, _ bool, args []string) {
	owner, _, _ := strings.Cut(of(ts).repo, "/")
	ts.Check(of(ts).sim.Grant(owner, args[0], args[1]))
}

// life PULL EVENT[:DETAIL]... wants these events in the life of a change's post-mortem to be
// recorded, in this order. DETAIL is the note, or why, or late.
func cmdLife(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	var got []string
	ts.Check(w.app.store.Evidence(context.Background(), func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			var p PostMortemRecord
			if r.Kind != KindPostMortem {
				return nil
			}
			if err := json.Unmarshal(r.Body, &p); err != nil || p.Pull != int64(number(ts, args[0])) {
				return err
			}
			word := p.Event
			note := p.Note
			if what, _, _ := strings.Cut(note, "/"); what != "reminder" { // the others end with a moment, or an id
				note = what
			}
			if detail := cmp.Or(note, strings.TrimPrefix(p.Why, "post_mortem."), map[bool]string{true: "late"}[p.Late]); detail != "" {
				word += ":" + detail
			}
			if p.Event == postMortemCompleted || p.Event == postMortemOpening {
				if _, found, err := w.app.store.Blob(context.Background(), p.Text); err != nil || !found {
					return fmt.Errorf("the text of %s is not kept: %w", p.Event, err)
				}
			}
			got = append(got, word)
			return nil
		})
	}))
	if !slices.Equal(got, args[1:]) {
		ts.Logf("%s", w.log)
		ts.Fatalf("its life: %q\nwant: %q", got, args[1:])
	}
}
