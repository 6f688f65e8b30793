package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// Proposal is the policy file that a pull request would put in force. Nothing is judged by
// it before it is merged.
type Proposal struct {
	Layer   string // rules.FloorLayer or rules.RepositoryLayer: what it would be
	Path    string
	Removed bool             // the pull request takes the file away
	Rules   int              // of the file itself; 0 with Errors
	Errors  []ProposalRemark // for each of which it would not take effect
	Remarks []ProposalRemark // on what is hardly meant as it is written; only without Errors
	Policy  rules.Policy     // what would judge here; without layers with Errors, and if not Backed

	// Backed: somebody who can write stands behind it, who opened the pull request or has
	// reviewed this head. What nobody stands behind is read and not tried: it comes from anybody.
	Backed bool
	Texts  []PolicyText // what Policy would be parsed from, the floor's first
	// Was and Will are the file as it is in force and as it would be, as they are written; Was
	// is empty where there is none that can be read.
	Was, Will rules.Layer
}

// ProposalRemark is something about a place in the file.
type ProposalRemark struct {
	Path   string
	Line   int // from 1
	Column int // in characters, from 1; 0: of the whole line
	Msg    string
}

// proposed returns the policy file that the pull request proposes, nil if it touches none.
func (l *look) proposed(ctx context.Context, f *facts, c rules.Change) (*Proposal, error) {
	p := &Proposal{Layer: rules.RepositoryLayer, Path: policyPath, Backed: backed(c)}
	if f.isHome() {
		p.Layer = rules.FloorLayer
	}
	touched := false
	for _, file := range c.Files {
		name, inFolder := strings.CutPrefix(strings.ToLower(file.Path), policyFolder+"/")
		switch {
		case file.Path == policyPath || file.Previous == policyPath:
			touched = true
		case inFolder && (name == policyName || name == policyOther) && file.Status != "removed":
			touched = true
			p.Errors = append(p.Errors, ProposalRemark{Path: file.Path, Line: 1, Msg: "the policy has to be called " + policyPath + ", and a second file of nearly that name may not stand beside it"})
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
		p.Removed, p.Was = true, l.inForce(f, p.Layer)
		if p.Backed && p.Layer == rules.RepositoryLayer {
			floor, ferr := l.floorOf(ctx, f)
			if ferr != nil {
				return nil, ferr
			}
			p.Texts = floor.texts
			p.Policy, err = rules.Compose(floor.layer, nil)
		}
	case text == nil:
		p.Errors = append(p.Errors, ProposalRemark{Path: policyPath, Line: 1, Msg: "the policy has to be a plain text file of at most 1 MB: no link, no folder"})
	default:
		err = l.checkProposed(ctx, f, c, text.Text, p)
	}
	return p, err
}

// backed reports whether somebody who can write opened a pull request of the change, or has
// reviewed its head.
func backed(c rules.Change) bool {
	writes := map[rules.UserID]bool{}
	for _, p := range c.People {
		writes[p.ID] = p.CanWrite && !p.Bot
	}
	return slices.ContainsFunc(c.Pulls, func(p rules.Pull) bool { return p.Writer }) ||
		slices.ContainsFunc(c.Reviews, func(r rules.Review) bool { return writes[r.By] && r.Commit == c.Head })
}

// checkProposed reads the file as it would be read on the default branch.
func (l *look) checkProposed(ctx context.Context, f *facts, c rules.Change, text []byte, p *Proposal) error {
	own, err := l.policies.parse(p.Layer, policyPath, text)
	layer := own
	var policy rules.Policy
	if err == nil && p.Layer == rules.FloorLayer {
		if layer, err = composeFloor(rules.Default(), layer); err == nil {
			policy, err = rules.Compose(layer, nil)
		}
	} else if err == nil {
		floor, ferr := l.floorOf(ctx, f)
		if ferr != nil {
			return ferr
		}
		policy, err = rules.Compose(floor.layer, &layer)
	}
	if p.Errors = proposalErrors(err); len(p.Errors) > 0 {
		return nil
	}
	p.Rules = len(layer.Rules)
	p.Will = layerOf(own, p.Layer)
	p.Was = l.inForce(f, p.Layer)
	if p.Backed {
		if err := l.wouldBe(ctx, f, text, p); err != nil {
			return err
		}
	}
	facts := rules.LintFacts{At: l.at}
	if p.Backed && !c.Repo.Public { // there nobody is told how many are in a team
		if err := l.lintTeams(ctx, f, c, own, &facts); err != nil {
			return err
		}
	}
	for _, w := range lint(policy, p.Will, facts) {
		p.Remarks = append(p.Remarks, ProposalRemark{Path: policyPath, Line: w.Line, Column: w.Column, Msg: w.Msg})
	}
	return nil
}

func layerOf(l rules.Layer, name string) rules.Layer {
	l.Name = name
	return l
}

// lint returns what is to be said of the file: it, and no other layer that judges beside it.
// Of a floor without rules of its own it is not said that nothing names its groups.
func lint(policy rules.Policy, own rules.Layer, facts rules.LintFacts) []rules.Warning {
	bare := len(own.Rules) == 0
	if own.Name == rules.FloorLayer && bare {
		policy = rules.Policy{Layers: []rules.Layer{own}}
	}
	return slices.DeleteFunc(rules.Lint(policy, facts), func(w rules.Warning) bool {
		return w.Layer != own.Name || bare && w.Code == rules.LintUnused
	})
}

// inForce is the file that the proposal would replace, as it is written.
func (l *look) inForce(f *facts, layer string) rules.Layer {
	source := &f.repo.policySource
	if layer == rules.FloorLayer {
		source = f.home()
	}
	text, _ := source.policyText(layer)
	if text == nil {
		return rules.Layer{}
	}
	was, err := l.policies.parse(layer, policyPath, text.Text)
	if err != nil {
		return rules.Layer{}
	}
	return layerOf(was, layer)
}

// wouldBe puts in the policy that would be in force here, with person ids in it.
func (l *look) wouldBe(ctx context.Context, f *facts, text []byte, p *Proposal) error {
	file := PolicyText{Layer: p.Layer, Repo: f.repo.NameWithOwner, Path: policyPath, Text: text}
	if p.Layer == rules.FloorLayer {
		floor, err := l.homeLayer(ctx, file, false)
		if err != nil {
			return err
		}
		p.Texts = floor.texts
		p.Policy, err = rules.Compose(floor.layer, nil)
		return err
	}
	floor, err := l.floorOf(ctx, f)
	if err != nil {
		return err
	}
	own, err := l.layer(ctx, file, false)
	if err != nil {
		return err
	}
	p.Texts = append(slices.Clone(floor.texts), own.text)
	p.Policy, err = rules.Compose(floor.layer, &own.layer)
	return err
}

// maxLintTeams is how many teams of a proposal are read to say who is in them.
const maxLintTeams = 20

// lintTeams puts in who is in the teams that a proposed file names. Nothing is pinned by it:
// only a policy in force says which team a slug means.
func (l *look) lintTeams(ctx context.Context, f *facts, c rules.Change, layer rules.Layer, facts *rules.LintFacts) error {
	refs := rules.Policy{Layers: []rules.Layer{layer}}.Teams()
	if f.repo.Owner.Typename != "Organization" || len(refs) > maxLintTeams {
		return nil
	}
	account, teams := f.repo.Owner.DatabaseID, []rules.Team{}
	for _, ref := range refs {
		if slices.ContainsFunc(teams, func(t rules.Team) bool { return t.Slug == ref.Slug }) {
			continue
		}
		t, err := l.team(ctx, account, ref.Slug)
		if err != nil {
			return fmt.Errorf("read team %s: %w", ref.Slug, err)
		}
		if t.Hidden {
			return nil
		}
		one := rules.Team{Slug: ref.Slug, ID: t.ID, Missing: t.ID == 0}
		if _, _, err := l.recall(ctx, teamPinMemory, subject.TeamKey(account, ref.Slug), &one.Pinned); err != nil {
			return err
		}
		for _, user := range t.Members {
			one.Members = append(one.Members, rules.UserID(user))
		}
		teams = append(teams, one)
	}
	facts.Teams = teams
	made := rules.Contributors(c)
	for _, user := range l.cast.order {
		if slices.Contains(made, l.cast.who(user)) {
			facts.Authors = append(facts.Authors, rules.UserID(user)) // GitHub's ids, as the members are
		}
	}
	return nil
}

// proposalErrors takes an error apart into those that it is made of. One without a place
// stands at the first line.
func proposalErrors(err error) []ProposalRemark {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[rules.SyntaxErrors](err); ok {
		var out []ProposalRemark
		for _, one := range e {
			out = append(out, ProposalRemark{Path: policyPath, Line: max(one.Line, 1), Column: one.Column, Msg: one.Msg})
		}
		return out
	}
	if e, ok := errors.AsType[*rules.SyntaxError](err); ok {
		return []ProposalRemark{{Path: policyPath, Line: max(e.Line, 1), Column: e.Column, Msg: e.Msg}}
	}
	return []ProposalRemark{{Path: policyPath, Line: 1, Msg: err.Error()}}
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
