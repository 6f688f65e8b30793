package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// decisionDigest is equal for two decisions that say the same about the same facts: the
// moments of reading and judging do not count.
func decisionDigest(r deploy.Request, d deploy.Decision, policy []snapshot.PolicyText) (string, error) {
	r.Shipment.TakenAt, r.Skew = time.Time{}, 0
	teams := make([]rules.Team, len(r.Shipment.Teams))
	for i, t := range r.Shipment.Teams {
		t.AsOf = time.Time{}
		teams[i] = t
	}
	r.Shipment.Teams = teams
	d.At, d.Recheck = time.Time{}, time.Time{}
	d.Verdict = timeless(d.Verdict)
	d.Verdict.At, d.Verdict.Recheck = time.Time{}, time.Time{}
	texts := make([]string, 0, len(policy))
	for _, p := range policy {
		texts = append(texts, p.Layer, string(p.Text))
	}
	return sumOf(struct {
		Request  deploy.Request
		Decision deploy.Decision
		Policy   []string
	}{r, d, texts})
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

func sumOf(v any) (string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("digest decision: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
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
	var texts []snapshot.PolicyText
	for _, ref := range body.Policy {
		text, err := erasable(ctx, s, ref.Text)
		if err != nil {
			return Different, err
		}
		texts = append(texts, snapshot.PolicyText{Layer: ref.Layer, Path: ref.Path, Text: text})
	}
	policy, err := snapshot.Compose(texts)
	if err != nil {
		return Different, err
	}
	again, err := json.Marshal(deploy.Decide(policy, request, body.At))
	if err != nil {
		return Different, fmt.Errorf("encode decision: %w", err)
	}
	if bytes.Equal(again, body.Decision) {
		return SameBytes, nil
	}
	// Under another version of the evaluator the promise is the answer and its reasons.
	if body.Evaluator == rules.Evaluator {
		return Different, nil
	}
	was, err := decided(body.Decision)
	if err != nil {
		return Different, err
	}
	now, err := decided(again)
	if err != nil || !bytes.Equal(was, now) {
		return Different, err
	}
	return SameFindings, nil
}

// decided is what every version decides alike.
func decided(decision []byte) ([]byte, error) {
	var d struct {
		Answer  deploy.Answer
		Reasons json.RawMessage
		Verdict struct{ Findings json.RawMessage }
	}
	if err := json.Unmarshal(decision, &d); err != nil {
		return nil, fmt.Errorf("read the recorded decision: %w", err)
	}
	return json.Marshal(d)
}
