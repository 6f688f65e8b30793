package app

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// timelineWords are the words about a change's way and about the pages beside it.
var timelineWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"timeline": cmdTimeline,
	"visits":   cmdVisits,
}

// timeline #N FILE wants the timeline of a pull request to read as the file says, but for
// moments, commits and the numbers of records.
func cmdTimeline(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	owner, name, _ := strings.Cut(w.repo, "/")
	t, err := timelineOf(context.Background(), w.app.store, owner, name, int64(number(ts, args[0])), w.clock.Now())
	ts.Check(err)
	for i, e := range t.Events {
		if i > 0 && e.At.Unix() < t.Events[i-1].At.Unix() {
			ts.Fatalf("%q stands after %q", e.What, t.Events[i-1].What)
		}
		if e.Log == 0 {
			continue
		}
		if _, found, err := w.app.store.Record(context.Background(), e.Log, e.Seq); err != nil || !found {
			ts.Fatalf("%q names record %d of log %d, which is not there: %v", e.What, e.Seq, e.Log, err)
		}
	}
	var b strings.Builder
	ts.Check(t.WriteText(&b))
	text := b.String()
	for _, plain := range []struct{ what, as string }{
		{`(?m)^  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +(\d*) *`, "  "},
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`, "TIME"},
		{`\w{3} \d+ \w{3} \d{4} \d\d:\d\d UTC`, "TIME"},
		{`\b[0-9a-f]{7}\b`, "COMMIT"},
		{`record \d+`, "record N"},
		{` {2,}`, "  "},
		{`(?m) +$`, ""},
	} {
		text = regexp.MustCompile(plain.what).ReplaceAllString(text, plain.as)
	}
	if diff := cmp.Diff(string(readFile(ts, args[1])), text); diff != "" {
		ts.Fatalf("the timeline of %s (-want +got):\n%s", args[0], diff)
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// visits PATH TEXT... wants (or with ! does not want) each TEXT on a page, whatever its mark-up.
func cmdVisits(ts *testscript.TestScript, neg bool, args []string) {
	resp, err := http.Get(of(ts).url + args[0])
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	text := strings.Join(strings.Fields(tags.ReplaceAllString(string(body), "")), " ")
	for _, want := range args[1:] {
		if resp.StatusCode != http.StatusOK || strings.Contains(text, want) == neg {
			ts.Fatalf("status %d: %s", resp.StatusCode, text)
		}
	}
}
