package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// groupDigest is equal for two verdicts on a merge group that say the same about the same
// facts: the moments of reading and judging do not count.
func groupDigest(members []GroupMemberRecord, tip rules.Tip, v rules.MergeGroupVerdict) (string, error) {
	tip.TakenAt, v.At = time.Time{}, time.Time{}
	of := make([]rules.MemberVerdict, len(v.Members))
	for i, m := range v.Members {
		for _, side := range []**rules.Verdict{&m.Own, &m.Group} {
			if *side != nil {
				still := timeless(**side)
				still.At = time.Time{}
				*side = &still
			}
		}
		of[i] = m
	}
	v.Members = of
	return sumOf(struct {
		Members []GroupMemberRecord
		Tip     rules.Tip
		Verdict rules.MergeGroupVerdict
	}{members, tip, v})
}

// judgeGroupAgain judges a recorded merge group from what its record names, as of its moment,
// and says how that compares.
func judgeGroupAgain(ctx context.Context, s *store.Store, record evidence.Record) (Agreement, error) {
	var body GroupRecord
	if err := decode(record.Body, &body); err != nil {
		return Different, err
	}
	group := rules.MergeGroup{Base: body.Base}
	facts, err := erasable(ctx, s, body.Tip)
	if err != nil {
		return Different, err
	}
	if err := decode(facts, &group.Tip); err != nil {
		return Different, err
	}
	blob := func(address string) ([]byte, bool, error) { return s.Blob(ctx, address) }
	policies := map[string]rules.Policy{}
	for _, m := range body.Members {
		judged := rules.Member{Pull: m.Pull, Head: m.Head, Doubt: m.Doubt}
		if m.Doubt == "" {
			if judged.Change, judged.Policy, err = judgedBy(blob, m.Snapshot, m.Policy, policies); err != nil {
				return Different, err
			}
		}
		group.Members = append(group.Members, judged)
	}
	return agreement[found](body.Verdict, rules.EvaluateMergeGroup(group, body.At), body.Evaluator)
}

// found is what every version of the evaluator finds alike: outcomes, reasons and findings.
type found struct {
	Outcome rules.Outcome
	Reasons json.RawMessage
	Members []struct {
		Pull       int64
		Outcome    rules.Outcome
		Reasons    json.RawMessage
		Own, Group *struct{ Findings json.RawMessage }
	}
}
