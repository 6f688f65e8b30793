package app

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"
)

// queueWords are the words about merge queues.
var queueWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"queue":  cmdQueue,
	"landed": cmdLanded,
}

// queue lets the first entries of the merge queue come to their end and wants them merged,
// with ! the first thrown out.
func cmdQueue(ts *testscript.TestScript, neg bool, _ []string) {
	w := of(ts)
	merged, err := w.sim.AdvanceQueue(w.repo)
	if !merged && err != nil && !neg {
		ts.Fatalf("the group was thrown out: %v", err)
	}
	if merged == neg {
		ts.Fatalf("merged: %v", merged)
	}
}

// landed #N COMMIT OUTCOME wants a pull request to have landed by the group of that commit,
// and the group's last verdict to have been that.
func cmdLanded(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	group, found, err := w.app.store.LandedWith(context.Background(), w.repoID(ts), int64(number(ts, args[0])))
	ts.Check(err)
	if neg {
		if found {
			ts.Fatalf("it landed by %+v", group)
		}
		return
	}
	sha, err := w.commit(args[1])
	ts.Check(err)
	if !found || group.SHA != sha || group.Outcome != args[2] || group.Seq == 0 {
		ts.Fatalf("it landed by %+v", group)
	}
}
