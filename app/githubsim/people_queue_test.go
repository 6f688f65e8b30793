package githubsim_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
)

const queueQuery = `query T{repository(owner:"octo-org",name:"infra"){mergeQueue(branch:"main"){entries(first:9){totalCount nodes{position state headCommit{oid} baseCommit{oid} enqueuer{login} pullRequest{number isInMergeQueue mergeQueueEntry{position}}}}}}}`

type queued struct {
	Position    int
	State       string
	HeadCommit  struct{ OID string }
	BaseCommit  struct{ OID string }
	PullRequest struct{ Number int }
}

// queue is what GraphQL says of main's queue; false: there is none.
func (s *sim) queue() ([]queued, bool) {
	s.t.Helper()
	data, errs := s.query(s.t.Context(), queueQuery, nil)
	if len(errs) > 0 {
		s.t.Fatal(errs)
	}
	var out struct {
		Repository struct {
			MergeQueue *struct{ Entries struct{ Nodes []queued } }
		}
	}
	raw, err := json.Marshal(data)
	ok(s.t, err)
	decode(s.t, raw, &out)
	if out.Repository.MergeQueue == nil {
		return nil, false
	}
	return out.Repository.MergeQueue.Entries.Nodes, true
}

func (s *sim) numbers() []int {
	s.t.Helper()
	entries, _ := s.queue()
	out := []int{}
	for i, e := range entries {
		if e.Position != i+1 || i > 0 && e.BaseCommit.OID != entries[i-1].HeadCommit.OID {
			s.t.Errorf("entry %d: %+v", i+1, e)
		}
		out = append(out, e.PullRequest.Number)
	}
	return out
}

// Groups rest on each other; as many as the queue lets land together do, by one push.
func TestMergeQueueLandsTogether(t *testing.T) {
	s := newSim(t)
	ok(t, s.SetQueue(infra, "main", &githubsim.Queue{Merge: 2}))
	ok(t, s.Protect(infra, "main", &githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "tests"}}}))
	for _, name := range []string{"one", "two", "three"} {
		n, head := s.pull(name, name, "1\n")
		must(s.AsApp("octo-ci").Report(infra, head, check("tests", "success")))(t)
		must(s.As("bob").Enqueue(infra, n))(t)
		must(s.AsApp("octo-ci").Report(infra, must(s.GroupHead(infra, n))(t), check("tests", "success")))(t)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, s.numbers()); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	entries, _ := s.queue()
	if entries[0].State != "MERGEABLE" {
		t.Errorf("the first entry is %s", entries[0].State)
	}
	s.told()
	if !must(s.AdvanceQueue(infra))(t) {
		t.Error("not merged")
	}
	s.wantTold("merge_group.destroyed", "pull_request.dequeued", "merge_group.destroyed", "pull_request.dequeued", "push", "pull_request.closed", "pull_request.closed")
	if diff := cmp.Diff([]int{3}, s.numbers()); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	if tip := must(s.BranchHead(infra, "main"))(t); tip != entries[1].HeadCommit.OID {
		t.Errorf("main is at %s, want %s", tip, entries[1].HeadCommit.OID)
	}
}

// Whoever leaves takes along what rests on them: it is asked for anew.
func TestMergeQueueLeavers(t *testing.T) {
	tests := []struct {
		name  string
		leave func(s *sim)
		want  []int
	}{
		{"dequeued", func(s *sim) { ok(s.t, s.As("bob").Dequeue(infra, 1)) }, []int{2}},
		{"closed", func(s *sim) { ok(s.t, s.As("ann").Close(infra, 1)) }, []int{2}},
		{"pushed to", func(s *sim) { must(s.As("ann").Push(infra, "one", text("one", "2\n")))(s.t) }, []int{2}},
		{"the branch moved", func(s *sim) { must(s.As("dave").Push(infra, "main", text("x", "2\n")))(s.t) }, []int{1, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t)
			for _, name := range []string{"one", "two"} {
				n, _ := s.pull(name, name, "1\n")
				must(s.As("bob").Enqueue(infra, n))(t)
			}
			stale := must(s.GroupHead(infra, 2))(t)
			s.told()
			tt.leave(s)
			if diff := cmp.Diff(tt.want, s.numbers()); diff != "" {
				t.Errorf("queue (-want +got):\n%s", diff)
			}
			if now := must(s.GroupHead(infra, 2))(t); now == stale {
				t.Error("the group behind still rests on what is gone")
			}
			s.told()
		})
	}
}

func TestMergeQueueRefusals(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("one", "one", "1\n")
	must(s.As("bob").Enqueue(infra, n))(t)
	_, err := s.As("bob").Enqueue(infra, n)
	refused(t, err, 422)
	ok(t, s.SetQueue(infra, "main", nil))
	if entries, there := s.queue(); there {
		t.Errorf("the queue is still there: %v", entries)
	}
	refused(t, s.As("bob").Dequeue(infra, n), 422)
	_, err = s.As("bob").Enqueue(infra, n)
	refused(t, err, 422)
	_, err = s.GroupHead(infra, n)
	refused(t, err, 404)
	s.told()
}
