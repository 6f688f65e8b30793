package snapshot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

const groupCommit = "9999999999999999999999999999999999999999"

// entry is an entry of a merge queue in GitHub's words.
func entry(position int, commit, pull string) string {
	return fmt.Sprintf(`{"position":%d,"state":"AWAITING_CHECKS","headCommit":%s,"pullRequest":%s}`, position, commit, pull)
}

func queuedPull(number int, state string) string {
	return fmt.Sprintf(`{"number":%d,"state":%q,"headRefOid":"h%d","baseRefName":"main"}`, number, state, number)
}

func oid(sha string) string { return fmt.Sprintf(`{"oid":%q}`, sha) }

// Behaviour 21: a group is the entries of the queue up to the one with its commit, and what
// GitHub does not say is nobody.
func TestMergeGroupMembers(t *testing.T) {
	w := newWorld(t, floor)
	first := entry(1, oid("a"), queuedPull(1, "OPEN"))
	ours := entry(2, oid(groupCommit), queuedPull(2, "OPEN"))
	last := entry(3, oid("c"), queuedPull(3, "OPEN"))
	queue := func(entries ...string) string {
		return `{"entries":{"totalCount":9,"pageInfo":{"hasNextPage":false},"nodes":[` + strings.Join(entries, ",") + `]}}`
	}
	const head = `{"oid":"` + groupCommit + `","checkSuites":{"totalCount":0,"pageInfo":{"hasNextPage":false},"nodes":[]},"status":null}`
	paged := strings.Replace(queue(first), `"hasNextPage":false`, `"hasNextPage":true,"endCursor":"x"`, 1)
	tests := []struct {
		name, queue, head string
		want              []int64
	}{
		{"by position", queue(last, ours, first), head, []int64{1, 2}},
		{"one that is not built counts", queue(entry(1, "null", queuedPull(1, "OPEN")), ours), head, []int64{1, 2}},
		{"one commit for several", queue(first, ours, entry(3, oid(groupCommit), queuedPull(3, "OPEN")), entry(4, oid("d"), queuedPull(4, "OPEN"))), head, []int64{1, 2, 3}},
		{"what landed is part of the base", queue(entry(1, oid("a"), queuedPull(1, "MERGED")), ours), head, []int64{2}},
		{"what was closed is not", queue(entry(1, oid("a"), queuedPull(1, "CLOSED")), ours), head, []int64{1, 2}},
		{"on the next page", paged, head, []int64{1, 2}},
		{"another group", queue(first, last), head, nil},
		{"a pull request that is not shown", queue(entry(1, oid("a"), "null"), ours), head, nil},
		{"behind it that does not matter", queue(ours, entry(3, oid("c"), "null")), head, []int64{2}},
		{"no queue", "null", head, nil},
		{"an empty queue", queue(), head, nil},
		{"the commit is not there", queue(first, ours), "null", nil},
		{"another commit is", queue(first, ours), strings.Replace(head, "9", "8", 1), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.wire.answers = map[string]string{
				"MergeGroup": fmt.Sprintf(`{"data":{"repository":{"databaseId":%d,"mergeQueue":%s,"head":%s}}}`, w.target.Repo, tt.queue, tt.head),
				"QueuePage":  `{"data":{"repository":{"mergeQueue":` + queue(ours) + `}}}`,
			}
			g, err := w.group()
			w.must(err)
			var got []int64
			for _, m := range g.Members {
				got = append(got, m.Number)
				if m.Head != fmt.Sprintf("h%d", m.Number) || m.Base != "main" {
					t.Errorf("%+v", m)
				}
			}
			w.equal("members", tt.want, got)
		})
	}
}

func (w *world) group() (snapshot.MergeGroup, error) {
	target := w.target
	target.Head, target.SeenAt = groupCommit, w.now
	return w.reader.MergeGroup(w.Context(), w.client, target, "main")
}

// Not being allowed to see the queue is seeing none; any other refusal is an error.
func TestMergeGroupRefused(t *testing.T) {
	w := newWorld(t, floor)
	answer := func(typ, path string, repo int64) string {
		return fmt.Sprintf(`{"data":{"repository":{"databaseId":%d,"mergeQueue":null,"head":null}},"errors":[{"type":%q,"path":["repository",%q],"message":"no"}]}`, repo, typ, path)
	}
	w.wire.answers = map[string]string{"MergeGroup": answer("FORBIDDEN", "mergeQueue", w.target.Repo)}
	g, err := w.group()
	w.must(err)
	w.equal("group", snapshot.MergeGroup{Tip: rules.Tip{Head: groupCommit, SeenAt: w.now, TakenAt: w.now}}, g)

	w.wire.answers = map[string]string{"MergeGroup": answer("FORBIDDEN", "head", w.target.Repo)}
	if _, err := w.group(); err == nil || !strings.Contains(err.Error(), "Contents (read)") {
		t.Errorf("error %v", err)
	}
	w.wire.answers = map[string]string{"MergeGroup": answer("FORBIDDEN", "mergeQueue", w.target.Repo+1)}
	if _, err := w.group(); !errors.Is(err, snapshot.ErrOther) {
		t.Errorf("error %v", err)
	}
	w.wire.answers = map[string]string{"MergeGroup": `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"gone"}]}`}
	if _, err := w.group(); !errors.Is(err, snapshot.ErrGone) {
		t.Errorf("error %v", err)
	}
}
