package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// tee keeps what is read of a body.
type tee struct {
	io.ReadCloser
	kept *strings.Builder
}

func (t tee) Read(b []byte) (int, error) {
	n, err := t.ReadCloser.Read(b)
	t.kept.Write(b[:n])
	return n, err
}

func (p *production) subjectOf(run int64, environment string) subject.Subject {
	return subject.Subject{Kind: subject.Deployment, Repo: p.repo.ID, Number: run, Name: strings.ToLower(environment)}
}

// writeTime is how long an answer may be on its way: it was decided for the moment when it left.
const writeTime = time.Minute

// daytime is the window of the production world.
func daytime(at time.Time) bool { return at.UTC().Hour() >= 2 && at.UTC().Hour() < 10 }

// gates holds all deployments to their promises.
func (p *production) gates(ctx context.Context) {
	for _, d := range p.deployments {
		who := fmt.Sprintf("deployment %d of %s to %s by run %d", d.ID, d.Commit[:7], d.Environment, d.Run)
		wrong := func(format string, args ...any) { p.fail("%s: %s", who, fmt.Sprintf(format, args...)) }
		g, known := p.row(ctx, d)
		if want := map[bool]int{true: 1}[d.Environment == "production" && !d.Success.IsZero() && d.Answer != publish.GateApproved]; p.ungated[d.ID] != want {
			wrong("recorded %d times as ungated, want %d", p.ungated[d.ID], want)
		}
		if !d.Asked {
			continue
		}
		if !known {
			wrong("nobody knows that it asked")
			continue
		}
		if d.Answer != g.Said || g.Writing != "" {
			wrong("GitHub has the answer %q, and we %q, writing %q", d.Answer, g.Said, g.Writing)
		}
		if d.Waits != g.ClosedAt.IsZero() {
			wrong("GitHub waits: %v; for us it ended %v", d.Waits, g.ClosedAt)
		}
		if good := !d.Success.IsZero() && d.Answer == publish.GateApproved; good == g.GoodAt.IsZero() {
			wrong("approved and succeeded %v, for us it was good %v", d.Success, g.GoodAt)
		}
		if len(d.Comments) > publish.MaxGateReports+1 {
			wrong("%d comments", len(d.Comments))
		}
		p.recorded(d, wrong)
		if d.Waits {
			p.waits(d, wrong)
		}
	}
	p.given()
}

// recorded holds the records of one deployment against each other.
func (p *production) recorded(d githubsim.Deployed, wrong func(string, ...any)) {
	var said []string
	reports, last := 0, 0
	for _, a := range p.answers[d.ID] {
		if a.State != "report" {
			said = append(said, a.State)
		} else if reports++; a.Report <= 0 || a.Report > publish.MaxGateReports {
			wrong("report %d is recorded", a.Report)
		}
		last = max(last, a.Report)
		if !slices.ContainsFunc(p.decisions[d.ID], func(o decidedAt) bool { return o.seq == a.Decision }) {
			wrong("the answer %s names a decision %d that is not recorded", a.State, a.Decision)
		}
	}
	var want []string
	if d.Answer != "" {
		want = []string{d.Answer}
	}
	if !slices.Equal(said, want) {
		wrong("GitHub has %q, and %q are recorded", d.Answer, said)
	}
	if reports > len(d.Comments) {
		wrong("%d reports are recorded, and GitHub has %q", reports, d.Comments)
	}
	if last != reports {
		return // one was on its way, and may have been lost between two that say the same
	}
	for i := 1; i < len(d.Comments); i++ {
		if d.Comments[i] == d.Comments[i-1] {
			wrong("said twice: %q", d.Comments[i])
		}
	}
}

// waits holds a job that waits to be held for reasons that are true.
func (p *production) waits(d githubsim.Deployed, wrong func(string, ...any)) {
	all := p.decisions[d.ID]
	if len(all) == 0 {
		wrong("it waits, and nothing was decided")
		return
	}
	last, now := all[len(all)-1], p.app.now()
	if last.decision.Answer != deploy.Hold {
		wrong("it waits, and was decided: %s", last.decision.Answer)
	}
	frozen := false
	for _, step := range p.h.Steps {
		if name, ok := strings.CutPrefix(step, "olga floor "); ok {
			frozen = name == "frozen"
		}
	}
	if blocks(last.decision, "daytime") == daytime(now) && daytime(now) == daytime(now.Add(-writeTime)) && !frozen && !waived(last.decision, "daytime") {
		wrong("at %s it waits for a window: %v", now, blocks(last.decision, "daytime"))
	}
	p.unsigned(last.decision, wrong)
	if blocks(last.decision, "staging first") && p.staged(d, now) && p.only(d) {
		wrong("it waits for staging, where it succeeded")
	}
}

// unsigned holds what is missing of sign-offs against what stands there on GitHub.
func (p *production) unsigned(d deploy.Decision, wrong func(string, ...any)) {
	if p.has("unsays") || p.has("amends") || p.has("removes") {
		return // it may have been given, and not count
	}
	for _, f := range d.Verdict.Findings {
		for _, r := range f.Reasons {
			if f.Rule != "QA" || f.Outcome == rules.Waived || r.Code != rules.SignOffMissing || len(r.SignOff.Dropped) > 0 {
				continue
			}
			for _, pull := range r.SignOff.Missing {
				if said, err := p.sim.Said(play.Repo, int(pull)); err == nil && len(inForce(said)) > 0 { // of #0 nobody talks
					wrong("it waits for a sign-off of #%d, which was given: %v", pull, said)
				}
			}
		}
	}
}

// staged reports whether a job deployed the content to staging by then.
func (p *production) staged(d githubsim.Deployed, by time.Time) bool {
	return slices.ContainsFunc(p.deployments, func(o githubsim.Deployed) bool {
		return o.Environment == "staging" && o.Run != 0 && o.Tree == d.Tree && !o.Success.IsZero() && !o.Success.After(by)
	})
}

// only reports whether nothing but this content was deployed to staging, each time well.
func (p *production) only(d githubsim.Deployed) bool {
	return !slices.ContainsFunc(p.deployments, func(o githubsim.Deployed) bool {
		return o.Environment == "staging" && (o.Run == 0 || o.Tree != d.Tree || o.Success.IsZero())
	})
}

// given holds what reached GitHub of the answers against the ledger and the world by then.
func (p *production) given() {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	taken := map[string]int{}
	for _, a := range p.seen.answers {
		at := fmt.Sprintf("%s/%s", a.run, strings.ToLower(a.environment))
		if a.state == "" {
			continue
		}
		if a.status != http.StatusNoContent {
			if !p.has("behind") {
				p.fail("the answer %s at %s was refused: %d", a.state, at, a.status)
			}
			continue
		}
		var asked []githubsim.Deployed
		for _, d := range p.deployments {
			if fmt.Sprint(d.Run) == a.run && strings.EqualFold(d.Environment, a.environment) && d.Answer != "" {
				asked = append(asked, d)
			}
		}
		if taken[at]++; taken[at] > len(asked) {
			p.fail("%d answers at %s, where %d were given", taken[at], at, len(asked))
			continue
		}
		p.justified(a, asked[taken[at]-1])
	}
}

// justified holds an answer to the ledger and the world as they were.
func (p *production) justified(a answered, d githubsim.Deployed) {
	wrong := func(format string, args ...any) {
		p.fail("deployment %d was %s at %s: %s", d.ID, a.state, a.at.Format(time.DateTime), fmt.Sprintf(format, args...))
	}
	var last *decidedAt
	for _, o := range p.decisions[d.ID] {
		if !o.at.After(a.at) {
			last = &o
		}
	}
	want := map[string]deploy.Answer{publish.GateApproved: deploy.Approve, publish.GateRejected: deploy.Reject}[a.state]
	if last == nil || last.decision.Answer != want {
		wrong("no such decision was recorded before")
		return
	}
	if a.state == publish.GateRejected {
		return
	}
	if !waived(last.decision, "staging first") && !p.staged(d, a.at) {
		wrong("its content never succeeded on staging")
	}
	if !waived(last.decision, "daytime") && !daytime(a.at) && !daytime(a.at.Add(-writeTime)) {
		wrong("its window was closed")
	}
	said := func(pull int64, what string, by ...string) bool {
		all, _ := p.sim.Said(play.Repo, int(pull))
		return slices.ContainsFunc(all, func(c githubsim.Said) bool { return strings.HasPrefix(c.Body, what) && slices.Contains(by, c.By) })
	}
	var r deploy.Request
	facts, found, err := p.app.store.Blob(context.Background(), last.record.Request)
	if err == nil && found {
		err = decode(facts, &r)
	}
	if err != nil || !found || len(r.Commits) == 0 && r.Route != deploy.Identical {
		wrong("its request is not kept, or brings nothing: %v", err)
	}
	qa := waived(last.decision, "QA")
	var declared bool
	for _, c := range r.Commits {
		emergency := said(c.Pull, "/emergency", "dave", "ann")
		declared = declared || emergency
		if c.Pull == 0 {
			wrong("%s was pushed directly", c.SHA)
		} else if !said(c.Pull, "/sign-off QA", "carol", "erin") && (!emergency || !qa) && !p.has("unsays") && !p.has("amends") {
			wrong("nobody has signed off #%d", c.Pull)
		}
	}
	if !declared && waived(last.decision, "staging first") && !p.has("unsays") && !p.has("amends") {
		wrong("nobody has declared an emergency")
	}
	p.nothingOverdue(a.at, last.decision, wrong)
}

// nothingOverdue wants no post-mortem to have been overdue that blocks, but in an emergency.
func (p *production) nothingOverdue(at time.Time, d deploy.Decision, wrong func(string, ...any)) {
	if slices.ContainsFunc(d.Verdict.Findings, func(f rules.Finding) bool { return f.Outcome == rules.Waived }) {
		return
	}
	for _, pull := range p.sim.Pulls(play.Repo) {
		rows, err := p.app.store.PostMortems(context.Background(), p.repo.ID, int64(pull.Number))
		if err != nil {
			p.fail("%v", err)
		}
		for _, row := range rows {
			if row.Blocks && row.DueAt.Before(at.Add(-writeTime)) && (row.CompletedAt.IsZero() || row.CompletedAt.After(at)) {
				wrong("the post-mortem of #%d is due since %s", row.Pull, row.DueAt)
			}
		}
	}
}
