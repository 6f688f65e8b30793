package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// underway is a change that went ahead under an emergency: one that held by then and, with its
// own approval, could waive something. One that was merged while the verdict was not to pass
// went ahead under it too, approved or not.
type underway struct {
	pull        int64
	emergencies []rules.Emergency
	facts       EmergencyFacts // without the declarations
	at          time.Time
}

// mergedUnder owes the post-mortem of a merge under an emergency. How it was judged before the
// merge says so, by the policy that judged it.
func (a *App) mergedUnder(ctx context.Context, tx *store.Tx, l look, at time.Time) error {
	v, found, err := tx.VerdictBefore(l.repo.ID, l.row.Number, l.row.Head, l.row.Base, l.read.MergedAt)
	if err != nil || !found {
		return err
	}
	var stored StoredVerdict
	var change rules.Change
	facts, there, err := tx.Blob(v.Snapshot)
	if err != nil || !there {
		return err
	}
	if err := decode(facts, &change); err != nil {
		return err
	}
	if err := decode(v.Body, &stored); err != nil {
		return err
	}
	policy, known, err := policyAt(tx.Blob, stored.Policy)
	if err != nil || !known {
		return err
	}
	var verdict rules.Verdict
	if err := decode(stored.Verdict, &verdict); err != nil {
		return err
	}
	u := underway{pull: l.row.Number, at: l.read.MergedAt, facts: EmergencyFacts{
		Head: l.row.Head, Waived: waivedBy(verdict),
		Merged: &MergedUnder{At: l.read.MergedAt, Commit: l.read.MergeCommit, Verdict: v.Seq, Outcome: v.Outcome},
	}}
	u.emergencies = slices.DeleteFunc(rules.Emergencies(policy, change, l.read.MergedAt), func(e rules.Emergency) bool {
		return len(e.Approved) == 0 && v.Outcome == string(rules.Pass)
	})
	return a.owePostMortem(ctx, tx, l.c, l.repo, u, at)
}

// deployedUnder returns the changes that an approved deployment brought under an emergency,
// from the record of its decision. Where the policy asks nothing before the environment there
// was nothing to waive.
func (a *App) deployedUnder(ctx context.Context, g store.Gate) ([]underway, error) {
	record, found, err := a.store.Record(ctx, g.Log, g.Seq)
	if err != nil || !found {
		return nil, err
	}
	var said DecisionRecord
	if err := decode(record.Body, &said); err != nil {
		return nil, err
	}
	blob := func(address string) ([]byte, bool, error) { return a.store.Blob(ctx, address) }
	policy, known, err := policyAt(blob, said.Policy)
	if err != nil || !known {
		return nil, err
	}
	facts, there, err := blob(said.Request)
	if err != nil || !there {
		return nil, err
	}
	var request deploy.Request
	if err := decode(facts, &request); err != nil {
		return nil, err
	}
	var decision deploy.Decision
	if err := decode(said.Decision, &decision); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(decision.Verdict.Findings, func(f rules.Finding) bool { return f.Rule != "" }) {
		return nil, nil
	}
	var out []underway
	for i, es := range rules.ShipmentEmergencies(policy, request.Shipment, decision.At) {
		landed := request.Shipment.Changes[i]
		es = slices.DeleteFunc(es, func(e rules.Emergency) bool { return len(e.Approved) == 0 })
		if len(es) == 0 {
			continue
		}
		out = append(out, underway{pull: landed.Change.Pulls[0].Number, emergencies: es, at: g.GoodAt, facts: EmergencyFacts{
			Head: landed.Change.Head, Waived: waivedBy(decision.Verdict),
			Deployed: []DeployedUnder{{At: g.GoodAt, Environment: g.Name, Commit: g.SHA, Decision: g.Seq, By: request.Shipment.By}},
		}})
	}
	return out, nil
}

// policyAt is the policy whose texts a record names; false if one of them was erased.
func policyAt(blob func(string) ([]byte, bool, error), refs []PolicyRef) (rules.Policy, bool, error) {
	policy, err := policyOf(func(address string) ([]byte, error) { return unerased(blob, address) }, refs)
	if errors.Is(err, errErased) {
		return rules.Policy{}, false, nil
	}
	return policy, err == nil, err
}

// waivedBy are the rules that an emergency waived in a verdict, by name.
func waivedBy(v rules.Verdict) []string {
	var out []string
	for _, f := range v.Findings {
		if f.Outcome == rules.Waived && slices.ContainsFunc(f.Reasons, func(r rules.Reason) bool { return r.Code == rules.RuleEmergency }) {
			out = append(out, f.Rule)
		}
	}
	return out
}

// owePostMortems owes those of all changes of a deployment.
func (a *App) owePostMortems(ctx context.Context, tx *store.Tx, c store.Claim, repo store.Repository, all []underway) error {
	slices.SortFunc(all, func(a, b underway) int { return cmp.Compare(a.pull, b.pull) })
	for _, u := range all { // all of them before the log, as everybody takes them
		if _, err := tx.PostMortems(repo.ID, u.pull); err != nil {
			return err
		}
	}
	for _, u := range all {
		if err := a.owePostMortem(ctx, tx, c, repo, u, a.now()); err != nil {
			return err
		}
	}
	return nil
}

// owePostMortem owes the post-mortem of a change that went ahead under an emergency, and makes
// it due. One that is owed, or was written about the same declarations, learns what happened:
// the hours run from the first time.
func (a *App) owePostMortem(ctx context.Context, tx *store.Tx, c store.Claim, repo store.Repository, u underway, at time.Time) error {
	if len(u.emergencies) == 0 {
		return nil
	}
	for _, e := range u.emergencies {
		u.facts.Declared = append(u.facts.Declared, DeclaredEmergency{
			Comment: e.Declared.ID, By: e.Declared.By, Layer: e.Layer, Group: e.Group, At: e.Declared.At, Until: e.Until, Approved: e.Approved,
		})
	}
	u.facts.Reviewer = u.emergencies[0].After.ReviewedBy
	rows, err := tx.PostMortems(repo.ID, u.pull)
	if err != nil {
		return err
	}
	p, event := u.postMortem(repo.ID), postMortemOwed
	for _, row := range rows {
		var known EmergencyFacts
		if err := decode(row.Facts, &known); err != nil {
			return err
		}
		if row.CompletedAt.IsZero() || covers(known, u.facts) {
			p, event, u.facts = row, postMortemAgain, together(known, u.facts)
			if early := p.StartedAt.Sub(u.at); early > 0 {
				p.StartedAt, p.DueAt = u.at, p.DueAt.Add(-early)
			}
			break
		}
	}
	if p.Facts, err = json.Marshal(u.facts); err != nil {
		return fmt.Errorf("encode emergency: %w", err)
	}
	if err := tx.PutPostMortem(p); err != nil {
		return err
	}
	if err := a.recordPostMortem(tx, repo.Account, p, event, at, func(r *PostMortemRecord) {
		r.Emergency, r.Due, r.Deliveries, r.Delivered = &u.facts, p.DueAt, c.Deliveries, c.Delivered
	}); err != nil {
		return err
	}
	zerolog.Ctx(ctx).Info().Str("repo", fullName(repo)).Int64("change", p.Pull).Time("due", p.DueAt).Str("outcome", event).Msg("post-mortem owed")
	return tx.Raise(at, store.Due{Subject: p.Subject(), Installation: repo.Installation, At: at})
}

// postMortem is the new one that is owed: of several declarations the strictest counts.
func (u underway) postMortem(repo int64) store.PostMortem {
	first := u.emergencies[0]
	p := store.PostMortem{
		Repo: repo, Pull: u.pull, Declared: first.Declared.ID, Layer: first.Layer, StartedAt: u.at, DueAt: u.at.Add(first.After.Within),
	}
	for _, e := range u.emergencies {
		p.Blocks = p.Blocks || e.After.Blocks
		if due := u.at.Add(e.After.Within); due.Before(p.DueAt) {
			p.DueAt = due
		}
	}
	return p
}

// covers reports whether all declarations of b are known in a.
func covers(a, b EmergencyFacts) bool {
	return !slices.ContainsFunc(b.Declared, func(d DeclaredEmergency) bool {
		return !slices.ContainsFunc(a.Declared, func(o DeclaredEmergency) bool { return o.Comment == d.Comment })
	})
}

// together adds to what is known of an emergency what happened under it since.
func together(known, more EmergencyFacts) EmergencyFacts {
	for _, d := range more.Declared {
		if !slices.ContainsFunc(known.Declared, func(o DeclaredEmergency) bool { return o.Comment == d.Comment }) {
			known.Declared = append(known.Declared, d)
		}
	}
	for _, rule := range more.Waived {
		if !slices.Contains(known.Waived, rule) {
			known.Waived = append(known.Waived, rule)
		}
	}
	if known.Merged == nil {
		known.Merged = more.Merged
	}
	for _, d := range more.Deployed {
		if !slices.ContainsFunc(known.Deployed, func(o DeployedUnder) bool { return o.Decision == d.Decision && o.At.Equal(d.At) }) {
			known.Deployed = append(known.Deployed, d)
		}
	}
	return known
}
