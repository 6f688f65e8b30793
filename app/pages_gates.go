package app

import (
	"context"
	"fmt"
	"slices"
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
	asking, asked, err := p.asks(ctx, n)
	if err != nil {
		return out, err
	}
	held, decided = append(held, asking...), append(decided, asked...)
	slices.SortStableFunc(held, func(a, b store.Gate) int { return a.AskedAt.Compare(b.AskedAt) })
	slices.SortStableFunc(decided, func(a, b store.Gate) int { return b.DecidedAt.Compare(a.DecidedAt) })
	if out.Held, err = p.deployments(ctx, held[:min(n, len(held))]); err != nil {
		return out, err
	}
	out.More = out.More || len(held) > n
	out.Decided, err = p.deployments(ctx, decided[:min(n, decisions, len(decided))])
	return out, err
}

// asks returns what asked through the API, as gates: those that still ask and are held, and those
// that were answered.
func (p pages) asks(ctx context.Context, n int) (held, decided []store.Gate, err error) {
	live, err := p.a.store.LiveGateAsks(ctx, p.a.now().Add(-askAlive), n+1)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range live {
		held = append(held, gateOf(k))
	}
	answered, err := p.a.store.DecidedGateAsks(ctx, min(n, decisions))
	if err != nil {
		return nil, nil, err
	}
	for _, k := range answered {
		g := gateOf(k)
		g.ClosedAt, g.Said = k.DecidedAt, publish.GateApproved
		if k.Answer == string(deploy.Reject) {
			g.Said = publish.GateRejected
		}
		decided = append(decided, g)
	}
	return held, decided, nil
}

// askAlive is how long ago a held ask was decided about at most while its asker goes on asking.
const askAlive = askEach + 5*time.Minute

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
	if d.API = was.api; d.API { // what an ask would bring its decision says
		for _, c := range was.request.Shipment.Changes {
			pull, _, err := p.a.store.Pull(ctx, g.Repo, c.Change.Pulls[0].Number)
			if err != nil {
				return d, err
			}
			if !slices.ContainsFunc(d.Changes, func(have web.ChangeRef) bool { return have.Number == pull.Number }) {
				d.Changes = append(d.Changes, web.ChangeRef{Number: c.Change.Pulls[0].Number, Title: pull.Title})
			}
		}
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
