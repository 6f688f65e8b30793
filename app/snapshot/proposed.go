package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/changewarden/changewarden/rules"
)

// Proposal is the policy file that a pull request would put in force. Nothing is judged by
// it before it is merged.
type Proposal struct {
	Layer   string // rules.FloorLayer or rules.RepositoryLayer: what it would be
	Path    string
	Removed bool // the pull request takes the file away
	Rules   int  // of the file itself; 0 with Errors
	Errors  []ProposalError
}

// ProposalError is one thing in the file for which it would not take effect.
type ProposalError struct {
	Path   string
	Line   int // from 1
	Column int // in characters, from 1; 0: of the whole line
	Msg    string
}

// proposed returns the policy file that the pull request proposes, nil if it touches none.
func (l *look) proposed(ctx context.Context, f *facts, files []rules.File) (*Proposal, error) {
	p := &Proposal{Layer: rules.RepositoryLayer, Path: policyPath}
	if f.isHome() {
		p.Layer = rules.FloorLayer
	}
	touched := false
	for _, file := range files {
		name, inFolder := strings.CutPrefix(strings.ToLower(file.Path), policyFolder+"/")
		switch {
		case file.Path == policyPath || file.Previous == policyPath:
			touched = true
		case inFolder && (name == policyName || name == policyOther) && file.Status != "removed":
			touched = true
			p.Errors = append(p.Errors, ProposalError{Path: file.Path, Line: 1, Msg: "the policy has to be called " + policyPath + ", and a second file of nearly that name may not stand beside it"})
		}
	}
	if !touched {
		return nil, nil
	}
	source, err := l.readProposed(ctx, f.head)
	if err != nil {
		return nil, err
	}
	text, notice := source.policyText(p.Layer)
	switch {
	case len(p.Errors) > 0:
	case text == nil && notice.Code == "":
		p.Removed = true
	case text == nil:
		p.Errors = append(p.Errors, ProposalError{Path: policyPath, Line: 1, Msg: "the policy has to be a plain text file of at most 1 MB: no link, no folder"})
	default:
		err = l.checkProposed(ctx, f, text.Text, p)
	}
	return p, err
}

// checkProposed reads the file as it would be read on the default branch.
func (l *look) checkProposed(ctx context.Context, f *facts, text []byte, p *Proposal) error {
	layer, err := l.policies.parse(p.Layer, policyPath, text)
	if err == nil && p.Layer == rules.FloorLayer {
		_, err = composeFloor(rules.Default(), layer)
	} else if err == nil {
		floor, ferr := l.floorOf(ctx, f)
		if ferr != nil {
			return ferr
		}
		_, err = rules.Compose(floor.layer, &layer)
	}
	p.Rules, p.Errors = len(layer.Rules), proposalErrors(err)
	return nil
}

// proposalErrors takes an error apart into those that it is made of. One without a place
// stands at the first line.
func proposalErrors(err error) []ProposalError {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[rules.SyntaxErrors](err); ok {
		var out []ProposalError
		for _, one := range e {
			out = append(out, ProposalError{Path: policyPath, Line: max(one.Line, 1), Column: one.Column, Msg: one.Msg})
		}
		return out
	}
	if e, ok := errors.AsType[*rules.SyntaxError](err); ok {
		return []ProposalError{{Path: policyPath, Line: max(e.Line, 1), Column: e.Column, Msg: e.Msg}}
	}
	return []ProposalError{{Path: policyPath, Line: 1, Msg: err.Error()}}
}

// readProposed reads the file at a head: once, since a commit does not change.
func (l *look) readProposed(ctx context.Context, head string) (*policySource, error) {
	key := fmt.Sprintf("%d/%s", l.target.Repo, head)
	if s := l.proposals.get(key); s != nil {
		return s, nil
	}
	var out struct{ Repository *policySource }
	err := l.query(ctx, proposedQuery, l.vars("folder", head+":"+policyFolder, "file", head+":"+policyPath), &out)
	if err != nil {
		return nil, fmt.Errorf("read the proposed policy: %w", err)
	}
	if out.Repository == nil {
		return nil, ErrGone
	}
	if err := l.complete(ctx, out.Repository); err != nil {
		return nil, err
	}
	l.proposals.put(key, out.Repository)
	return out.Repository, nil
}

// proposals keeps the last policy files that were proposed. The zero proposals is ready.
type proposals struct {
	mu    sync.Mutex
	order []string
	known map[string]*policySource
}

// maxProposals is how many are kept.
const maxProposals = 50

func (p *proposals) get(key string) *policySource {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[key]
}

func (p *proposals) put(key string, s *policySource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]*policySource{}
	}
	if _, known := p.known[key]; !known {
		p.order = append(p.order, key)
	}
	p.known[key] = s
	if len(p.order) > maxProposals {
		delete(p.known, p.order[0])
		p.order = slices.Delete(p.order, 0, 1)
	}
}
