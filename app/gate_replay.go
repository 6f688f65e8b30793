package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
)

// decisionDigest is equal for two decisions that say the same about the same facts: the
// moments of reading and judging do not count.
func decisionDigest(r deploy.Request, d deploy.Decision, policy []snapshot.PolicyText) (string, error) {
	r.Shipment.TakenAt, r.Skew = time.Time{}, 0
	r.Shipment.Teams = timelessTeams(r.Shipment.Teams)
	d.At, d.Recheck = time.Time{}, time.Time{}
	d.Verdict = timeless(d.Verdict)
	d.Verdict.At, d.Verdict.Recheck = time.Time{}, time.Time{}
	return sumOf(struct {
		Request  deploy.Request
		Decision deploy.Decision
		Policy   []string
	}{r, d, wordsOf(policy)})
}

// gistOf is equal for two decisions of which the second need not be told: they differ in
// moments at most.
func gistOf(d deploy.Decision) (string, error) {
	type line struct {
		Rule, Outcome, Code string
		Commits             []string
	}
	lines := []line{{Outcome: string(d.Answer)}}
	for _, r := range d.Reasons {
		one := line{Outcome: string(r.Answer), Code: string(r.Code)}
		for _, c := range r.Commits {
			one.Commits = append(one.Commits, c.SHA)
		}
		lines = append(lines, one)
	}
	for _, f := range d.Verdict.Findings {
		for _, r := range f.Reasons {
			lines = append(lines, line{Rule: f.Rule, Outcome: string(f.Outcome), Code: string(r.Code)})
		}
	}
	return sumOf(lines)
}

// decideAgain decides about a recorded deployment from what its record names, as of its
// moment, and says how that compares.
func decideAgain(ctx context.Context, s *store.Store, record evidence.Record) (Agreement, error) {
	var body DecisionRecord
	if err := decode(record.Body, &body); err != nil {
		return Different, err
	}
	facts, err := erasable(ctx, s, body.Request)
	if err != nil {
		return Different, err
	}
	var request deploy.Request
	if err := decode(facts, &request); err != nil {
		return Different, err
	}
	policy, err := policyOf(func(address string) ([]byte, error) { return erasable(ctx, s, address) }, body.Policy)
	if err != nil {
		return Different, err
	}
	return agreement[decided](body.Decision, deploy.Decide(policy, request, body.At), body.Evaluator)
}

// decided is what every version of the evaluator decides alike.
type decided struct {
	Answer  deploy.Answer
	Reasons json.RawMessage
	Verdict struct{ Findings json.RawMessage }
}
