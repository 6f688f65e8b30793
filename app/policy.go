package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// floor returns the operator's policy, or the built-in one where there is none. Problems
// has seen to it that it parses.
func (o Options) floor() snapshot.Floor {
	if o.PolicyFile == "" {
		return snapshot.Floor{File: rules.DefaultFile, Text: []byte(rules.DefaultText()), BuiltIn: true}
	}
	return snapshot.Floor{File: o.PolicyFile, Text: o.PolicyText}
}

// checkFloor returns what keeps a text from being a floor, one error for each place.
func checkFloor(file string, text []byte) []error {
	layer, err := rules.Parse(file, text)
	if many, ok := errors.AsType[rules.SyntaxErrors](err); ok {
		return many.Unwrap()
	}
	if err == nil {
		_, err = rules.Compose(layer, nil)
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// putPolicies stores the texts that judge and returns how a record names them. A text is
// stored once in the life of the process; it has its own transaction, so that its address
// outlives a verdict that is rolled back.
func (a *App) putPolicies(ctx context.Context, texts []snapshot.PolicyText) ([]PolicyRef, error) {
	a.textsMu.Lock()
	defer a.textsMu.Unlock()
	refs := make([]PolicyRef, 0, len(texts))
	for _, t := range texts {
		sum := sha256.Sum256(t.Text)
		digest := hex.EncodeToString(sum[:])
		address, known := a.texts[digest]
		if !known {
			err := a.store.Tx(ctx, func(tx *store.Tx) (err error) {
				address, err = tx.PutBlob(t.Text)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("store policy text: %w", err)
			}
			a.texts[digest] = address
		}
		refs = append(refs, PolicyRef{Layer: t.Layer, Repo: t.Repo, Path: t.Path, Commit: t.Commit, Blob: t.Blob, Text: address})
	}
	return refs, nil
}

// proposal is a proposed policy as it is published.
func proposal(p *snapshot.Proposal, preview *publish.Preview) *publish.Proposal {
	if p == nil {
		return nil
	}
	remarks := func(of []snapshot.ProposalRemark) (out []publish.Remark) {
		for _, r := range of {
			out = append(out, publish.Remark{Path: r.Path, Line: r.Line, Column: r.Column, Message: r.Msg})
		}
		return out
	}
	return &publish.Proposal{
		Floor: p.Layer == rules.FloorLayer, Path: p.Path, Removed: p.Removed, Rules: p.Rules,
		Errors: remarks(p.Errors), Remarks: remarks(p.Remarks), Preview: preview,
	}
}
