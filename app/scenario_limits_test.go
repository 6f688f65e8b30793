package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
)

// limitWords are the words about what GitHub allows, and about its clock.
var limitWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"enforce": func(ts *testscript.TestScript, _ bool, _ []string) {
		of(ts).sim.EnforceSecondary(githubsim.GitHubSecondary)
	},
	"tripped": cmdTripped,
	"left":    cmdLeft,
	"revoke":  func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(of(ts).sim.RevokeTokens(args[0])) },
	"skew":    cmdSkew,
	"apart":   cmdApart,
	"metric":  cmdMetric,
	"flood":   cmdFlood,
}

// githubNow is GitHub's clock.
func (w *world) githubNow() time.Time { return w.clock.Now().Add(time.Duration(w.skew.Load())) }

// tripped COUNT wants so many requests refused for a limit since it is enforced.
func cmdTripped(ts *testscript.TestScript, _ bool, args []string) {
	tripped := of(ts).sim.Tripped()
	if want, err := strconv.Atoi(args[0]); err != nil || len(tripped) != want {
		ts.Fatalf("%d requests tripped a limit, want %s:\n%s", len(tripped), args[0], strings.Join(tripped, "\n"))
	}
}

// left ACCOUNT REQUESTS leaves so many of the hour.
func cmdLeft(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(of(ts).sim.LeaveLimit(args[0], n))
}

// skew DURATION sets GitHub's clock ahead of the server's, or behind it.
func cmdSkew(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	of(ts).skew.Store(int64(d))
}

// apart DURATION wants the newest verdict's record to have GitHub's time so far ahead of ours.
func cmdApart(ts *testscript.TestScript, _ bool, args []string) {
	want, err := time.ParseDuration(args[0])
	ts.Check(err)
	var last VerdictRecord
	ts.Check(of(ts).app.store.Evidence(context.Background(), func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			if r.Kind != KindVerdict {
				return nil
			}
			last = VerdictRecord{}
			return decode(r.Body, &last)
		})
	}))
	if got := last.GitHubAt.Sub(last.At); last.GitHubAt.IsZero() || (got-want).Abs() > 5*time.Second {
		ts.Fatalf("our time %v, GitHub's %v: %v apart, want about %v", last.At, last.GitHubAt, got, want)
	}
}

// flood LOGIN BRANCH COUNT pushes so many files, with other contents than ever before.
func cmdFlood(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	count, err := strconv.Atoi(args[2])
	ts.Check(err)
	w.forged++
	c := githubsim.Commit{Message: "many files", Files: map[string]string{}}
	for i := range count {
		c.Files[fmt.Sprintf("many/%04d.txt", i)] = fmt.Sprintf("%d %d\n", w.forged, i)
	}
	_, err = w.sim.As(args[0]).Push(w.repo, args[1], c)
	ts.Check(err)
}

// metric TEXT wants a line of the metrics that begins so: of one of the servers, or of none.
func cmdMetric(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	var all string
	for _, a := range w.turns.all {
		answer := httptest.NewRecorder()
		a.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		all += "\n" + answer.Body.String()
	}
	if strings.Contains(all, "\n"+args[0]) == neg {
		ts.Fatalf("the metrics:%s", all)
	}
}
