package snapshot_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/subject"
)

// Behaviours 37 and 80: how an issue stands, who closed it and how, and that it is gone, is
// read from GitHub.
func TestIssue37(t *testing.T) {
	w := newWorld(t, floor)
	bob := w.sim.As("bob")
	n, err := bob.OpenIssue(repo, "Post-mortem", "text")
	w.must(err)
	target := w.target
	target.Number = int64(n)
	read := func() snapshot.Issue {
		t.Helper()
		got, err := w.reader.Issue(t.Context(), w.client, target)
		w.must(err)
		return got
	}
	w.equal("open", snapshot.Issue{Open: true, Body: "text"}, read())
	w.must(bob.EditIssue(repo, n, "more"))
	w.must(bob.CloseIssue(repo, n, ""))
	closed := snapshot.Issue{Body: "more", EditedAt: w.now, ClosedAt: w.now, ClosedBy: subject.Person{User: w.sim.UserID("bob"), Login: "bob"}, Done: true}
	first := read()
	closed.Closing = first.Closing
	w.equal("closed", closed, first)
	w.must(bob.ReopenIssue(repo, n))
	w.equal("reopened", snapshot.Issue{Open: true, Body: "more", EditedAt: w.now}, read())
	w.must(bob.CloseIssue(repo, n, "not_planned"))
	second := read()
	closed.Done, closed.Closing = false, second.Closing
	w.equal("given up", closed, second)
	if first.Closing == "" || first.Closing == second.Closing {
		t.Errorf("it was closed twice: %q, %q", first.Closing, second.Closing)
	}

	const answer = `{"data":{"repository":{"databaseId":%d,"issue":{"state":"CLOSED","body":"more","closedAt":"2025-01-01T00:00:00Z","timelineItems":{"nodes":[%s]}}}}}`
	event := func(nodes string) {
		w.wire.answers = map[string]string{"Issue": fmt.Sprintf(answer, w.target.Repo, nodes)}
	}
	event(`{"createdAt":"2025-01-01T00:00:00Z","stateReason":"COMPLETED","actor":{"__typename":"User","login":"bob","databaseId":5},"closer":{"__typename":"Commit"}}`)
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	w.equal("closed by a commit", snapshot.Issue{Body: "more", ClosedAt: at, ClosedBy: subject.Person{User: 5, Login: "bob"}}, read())
	event("")
	if _, err := w.reader.Issue(t.Context(), w.client, target); err == nil {
		t.Error("nobody is known to have closed it")
	}
	w.wire.answers = nil

	w.must(w.sim.As("olga").DeleteIssue(repo, n))
	w.equal("deleted", snapshot.Issue{Gone: true}, read())
	target.Repo++
	if _, err := w.reader.Issue(t.Context(), w.client, target); !errors.Is(err, snapshot.ErrGone) {
		t.Errorf("of another repository: %v", err)
	}
}
