package app

import (
	"context"
	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/rules"
)

// queueWords are the words about merge queues.
var queueWords = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"queue":  cmdQueue,
	"landed": cmdLanded,
	"groups": cmdGroups,
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

// groups wants verdicts on merge groups in the ledger, each of which can be had again to the byte, from nothing but what its record names; and that a record which says
// anything else is found out.
func cmdGroups(ts *testscript.TestScript, _ bool, _ []string) {
	w, ctx, count := of(ts), context.Background(), 0
	again := func(r evidence.Record, want Agreement) {
		agreement, err := judgeGroupAgain(ctx, w.app.store, r)
		ts.Check(err)
		if agreement != want {
			ts.Fatalf("judged again it is %s, want %s:\n%s", agreement, want, r.Body)
		}
	}
	ts.Check(w.app.store.Evidence(ctx, func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			if r.Kind != KindGroup {
				return nil
			}
			count++
			again(r, SameBytes)
			var body GroupRecord
			ts.Check(json.Unmarshal(r.Body, &body))
			for _, m := range body.Members {
				if m.Doubt == "" && (m.Record == 0 || m.Snapshot == "" || len(m.Policy) == 0) {
					ts.Fatalf("the record does not name what it rests on:\n%s", r.Body)
				}
			}
			var v rules.MergeGroupVerdict
			ts.Check(json.Unmarshal(body.Verdict, &v))
			v.Outcome = map[bool]rules.Outcome{true: rules.Fail, false: rules.Pass}[v.Outcome == rules.Pass]
			var err error
			body.Verdict, err = json.Marshal(v)
			ts.Check(err)
			r.Body, err = json.Marshal(body)
			ts.Check(err)
			again(r, Different)
			body.Evaluator = "changewarden/0"
			r.Body, err = json.Marshal(body)
			ts.Check(err)
			again(r, Different)
			return nil
		})
	}))
	if count == 0 {
		ts.Fatalf("no verdict on a merge group was recorded")
	}
}
