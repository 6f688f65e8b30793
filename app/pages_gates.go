package app

import (
	"context"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// decisions is how many decisions the page of deployments shows.
const decisions = 20

// Deployments implements web.Source.
func (p pages) Deployments(ctx context.Context, n int) (web.Deployments, error) {
	var out web.Deployments
	held, err := p.a.store.HeldGates(ctx, n+1)
	if err != nil {
		return out, err
	}
	if out.More = len(held) > n; out.More {
		held = held[:n]
	}
	decided, err := p.a.store.DecidedGates(ctx, min(n, decisions))
	if err != nil {
		return out, err
	}
	if out.Held, err = p.deployments(ctx, held); err != nil {
		return out, err
	}
	out.Decided, err = p.deployments(ctx, decided)
	return out, err
}

func (p pages) deployments(ctx context.Context, gates []store.Gate) ([]web.Deployment, error) {
	var out []web.Deployment
	for _, g := range gates {
		repo, known, err := p.a.store.Repository(ctx, g.Repo)
		if err != nil {
			return nil, err
		}
		if !known || repo.Gone {
			continue // nobody can answer there any more
		}
		d, err := p.deployment(ctx, repo, g)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (p pages) deployment(ctx context.Context, repo store.Repository, g store.Gate) (web.Deployment, error) {
	d := web.Deployment{
		Repo: fullName(repo), Environment: g.Name, Commit: g.SHA, Asked: g.AskedAt, Decided: g.DecidedAt, Outcome: rules.Pending, Log: g.Log, Seq: g.Seq,
		URL: fmt.Sprintf("%s/%s/%s/actions/runs/%d", p.a.o.GitHubURL, repo.Owner, repo.Name, g.Run),
	}
	numbers, err := p.a.store.GatePulls(ctx, g)
	if err != nil {
		return d, err
	}
	for _, number := range numbers {
		pull, _, err := p.a.store.Pull(ctx, g.Repo, number)
		if err != nil {
			return d, err
		}
		d.Changes = append(d.Changes, web.ChangeRef{Number: number, Title: pull.Title})
	}
	was, err := readPassage(ctx, p.a.store, g)
	if err != nil || was.decision.Answer == "" {
		return d, err
	}
	people := append(peopleOf(was.request.Shipment), rules.Change{People: []rules.Person{{ID: was.request.Run.Triggered}}})
	names, err := p.a.names(ctx, people...)
	if err != nil {
		return d, err
	}
	d.By = names[was.request.Run.Triggered]
	shipment := rules.Shipment{Repo: rules.Repo{Public: !repo.Private}, Environment: g.Name, Commit: g.SHA}
	d.Headline, d.Reasons = say.Gate(was.decision, shipment, names)
	switch {
	case g.ClosedAt.IsZero():
		d.Until = goesOn(was.decision)
	case g.Said == publish.GateApproved:
		d.Outcome = rules.Pass
	case g.Said == publish.GateRejected:
		d.Outcome = rules.Fail
	default:
		d.Outcome = rules.NotApplicable
		d.Headline = "GitHub waits no more for an answer: the run was cancelled, or somebody let it pass. " + d.Headline
	}
	return d, nil
}

// goesOn is when all of what holds a deployment and ends by itself has ended; zero: it waits for
// somebody.
func goesOn(d deploy.Decision) time.Time {
	var last time.Time
	for _, f := range d.Verdict.Findings {
		if !f.Outcome.Blocks() {
			continue
		}
		for _, r := range f.Reasons {
			if at := ripens(r); r.Outcome.Blocks() && at.IsZero() {
				return time.Time{}
			} else if at.After(last) {
				last = at
			}
		}
	}
	for _, r := range d.Reasons {
		if r.Answer != deploy.Approve {
			return time.Time{}
		}
	}
	return last
}

// ripens is when a requirement is met by itself; zero: somebody has to act.
func ripens(r rules.Reason) time.Time {
	switch {
	case !r.Outcome.Blocks():
	case r.Window != nil && len(r.Window.Next) > 0:
		return r.Window.Next[0].From
	case r.Code == rules.DeployedSoaking:
		return r.Deployed.Soaked
	case r.Code == rules.SignOffRipens:
		return r.SignOff.Ripe
	}
	return time.Time{}
}
