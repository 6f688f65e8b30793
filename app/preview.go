package app

import (
	"context"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// maxPreview is how many open pull requests a proposed policy is tried on.
const maxPreview = 100

// preview says what a proposed policy would have said about the repository's other open pull
// requests, from the facts that they were last judged by: nothing is read for it. A team that
// the policy in force does not name is not among these facts, and such a verdict says that it
// cannot be known.
func (a *App) preview(ctx context.Context, repo, number int64, read snapshot.Pull) (*publish.Preview, error) {
	p := read.Proposal
	if p == nil || len(p.Policy.Layers) == 0 {
		return nil, nil
	}
	rows, err := a.store.OpenPulls(ctx, repo)
	if err != nil {
		return nil, err
	}
	at := a.now()
	var out publish.Preview
	for _, listed := range rows {
		if listed.Number == number || !listed.Governed || out.Tried == maxPreview {
			continue
		}
		row, found, err := a.store.Pull(ctx, repo, listed.Number)
		if err != nil {
			return nil, err
		}
		if !found || len(row.Facts) == 0 {
			continue
		}
		var change rules.Change
		if err := decode(row.Facts, &change); err != nil {
			return nil, err
		}
		out.Tried++
		was := rules.Evaluate(read.Policy, change, at).Outcome
		would := rules.Evaluate(p.Policy, change, at).Outcome
		if was != would {
			out.Differ = append(out.Differ, publish.Difference{Number: row.Number, Was: was, Would: would})
		}
	}
	return &out, nil
}
