package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// events are what happened to the change, by time. GitHub's clock has whole seconds: what
// belongs to one of them is in the order of the records, and after what only a later record
// knows.
func (p path) events() []web.Event {
	type ordered struct {
		web.Event
		seq int64
	}
	var all []ordered
	for _, e := range p.elsewhere() {
		all = append(all, ordered{Event: e})
	}
	for _, e := range slices.Concat(p.judgements(), p.merge(), p.recorded(), p.deployments()) {
		all = append(all, ordered{e, e.Seq})
	}
	slices.SortStableFunc(all, func(a, b ordered) int {
		return cmp.Or(cmp.Compare(a.At.Unix(), b.At.Unix()), cmp.Compare(a.seq, b.seq))
	})
	out := make([]web.Event, 0, len(all))
	for _, e := range all {
		out = append(out, e.Event)
	}
	return out
}

// judgements tells who opened the pull request, each verdict that said something else than the
// one before it, and since when an approval counts.
func (p path) judgements() []web.Event {
	var out []web.Event
	var was string
	counted := map[int64]string{}
	for i, j := range p.judged {
		if i == 0 && !p.cut {
			for _, pull := range j.change.Pulls {
				if pull.Number == p.number && !pull.Opened.IsZero() {
					out = append(out, web.Event{At: pull.Opened, Who: p.names[pull.Author], What: "opened the pull request into " + j.Base})
				}
			}
		}
		if changed := p.approvals(j, counted); i > 0 || !p.cut {
			out = append(out, changed...)
		}
		text := web.Word(j.verdict.Outcome) + ": " + say.Status(j.verdict, j.change, p.names)
		if is := j.Head + text; is != was {
			out = append(out, web.Event{At: j.At, What: text, Outcome: j.verdict.Outcome, Commit: j.Head, Log: j.Log, Seq: j.Seq})
			was = is
		}
	}
	return out
}

// approvals tells what changed about whose approvals count, by review.
func (p path) approvals(j judgement, counted map[int64]string) []web.Event {
	now := map[int64]string{}
	var order []int64
	event := func(id rules.UserID, what string) web.Event {
		return web.Event{At: j.At, Who: p.names[id], What: what, Commit: j.Head, Log: j.Log, Seq: j.Seq}
	}
	var out []web.Event
	for _, f := range j.verdict.Findings {
		for _, r := range f.Reasons {
			if r.Approvals == nil {
				continue
			}
			for _, a := range r.Approvals.Counted {
				if now[a.Review] != "" {
					continue
				}
				now[a.Review] = cmp.Or(p.names[a.By], "somebody")
				order = append(order, a.Review)
				if counted[a.Review] == "" {
					out = append(out, event(a.By, "approved, and it counts for "+cmp.Or(f.Rule, "the emergency")))
				}
			}
		}
	}
	for _, review := range slices.Sorted(maps.Keys(counted)) {
		if now[review] == "" {
			out = append(out, web.Event{At: j.At, What: "The approval by " + counted[review] + " counts no more", Commit: j.Head, Log: j.Log, Seq: j.Seq})
			delete(counted, review)
		}
	}
	for _, review := range order {
		counted[review] = now[review]
	}
	return out
}

// merge tells the merge, and what stood at that moment.
func (p path) merge() []web.Event {
	if p.landing.At.IsZero() {
		return nil
	}
	e := web.Event{At: p.landing.At, What: "Merged into " + p.pull.Base, Commit: p.landing.Commit, Outcome: rules.Fail}
	if p.standing == nil {
		e.What += ", and no verdict about that commit stood"
	} else {
		e.What += fmt.Sprintf(", and record %d stood: %s", p.standing.Seq, web.Word(p.standing.verdict.Outcome))
		e.Outcome, e.Log, e.Seq = p.standing.verdict.Outcome, p.standing.Log, p.standing.Seq
	}
	for _, r := range p.records {
		if r.Kind == KindException {
			e.What += "; it is recorded as an exception"
			e.Outcome, e.Log, e.Seq = rules.Fail, r.Log, r.Seq
		}
	}
	return []web.Event{e}
}

// recorded tells what the ledger has of commands, decisions and post-mortems.
func (p path) recorded() []web.Event {
	var out []web.Event
	last := map[string]string{} // what was decided about a job, to tell it once
	for _, r := range p.records {
		var e web.Event
		switch r.Kind {
		case KindCommand:
			e = p.commanded(r)
		case KindDecision:
			var body DecisionRecord
			e, body = p.decided(r)
			job := fmt.Sprintf("%d/%s", body.Deployment, body.Environment)
			if last[job] == e.What {
				continue
			}
			last[job] = e.What
		case KindGateEnd:
			var body GateEndRecord
			open(r, &body)
			e.What = fmt.Sprintf("GitHub waits no more for an answer about %s: the run was cancelled, or somebody let it pass", body.Environment)
			e.Commit = body.Commit
		case KindUngated:
			var body UngatedRecord
			open(r, &body)
			e.What, e.Commit, e.Outcome = fmt.Sprintf("Deployed to %s without an approval of the gate: it counts for nothing", body.Environment), body.Commit, rules.Fail
		case KindPostMortem:
			e = p.followed(r)
		}
		if e.What == "" {
			continue
		}
		e.At, e.Log, e.Seq = r.At, r.Log, r.Seq
		out = append(out, e)
	}
	return out
}

// open decodes a record that path.owns could read.
func open(r evidence.Record, body any) { _ = json.Unmarshal(r.Body, body) }

// commanded tells what somebody said, and what became of it. Who is in a group is nobody
// else's business where everybody reads along.
func (p path) commanded(r evidence.Record) web.Event {
	var body CommandRecord
	open(r, &body)
	said, _ := command.Parse(p.said[body.Text])
	e := web.Event{Who: p.names[body.By], Commit: body.Head}
	until := ""
	if !body.Until.IsZero() {
		until = ", until " + say.Moment(body.Until) + " at the latest"
	}
	as := ""
	if body.Group != "" && p.repo.Private {
		as = " as one of " + body.Group
	}
	by := ""
	if body.CheckRun != 0 {
		by = " by the check run's button"
	}
	switch {
	case body.Outcome != string(store.CommandTaken) && body.CheckRun != 0:
		e.What = "pressed a button of the check run, which was refused: " + body.Why
		return e
	case body.Outcome != string(store.CommandTaken):
		e.What = fmt.Sprintf("wrote the command /%s, which was refused: %s", body.Command, body.Why)
		if body.Command == "" {
			e.What = "wrote a command, which was refused: " + body.Why
		}
		return e
	case body.Command == string(command.Waive):
		e.What, e.Outcome = fmt.Sprintf("waived “%s”%s%s", body.Rule, as, until), rules.Waived
	case body.Command == string(command.SignOff):
		e.What, e.Outcome = fmt.Sprintf("signed off %s%s%s", body.Name, as, by), rules.Pass
	case body.Command == string(command.Declare):
		e.What, e.Outcome = fmt.Sprintf("declared an emergency%s: %s%s", as, cmp.Or(said.Argument, "its words were erased"), until), rules.Waived
	case body.Command == string(command.Withdraw):
		e.What = "took back " + cmp.Or(said.Argument, "what they had said")
	default:
		e.What = "said /" + body.Command
	}
	note := said.Note
	if n := len(body.Name); n > 0 && len(said.Argument) > n && strings.EqualFold(said.Argument[:n], body.Name) {
		note = said.Argument[n:] + " " + note // the name was not quoted
	}
	if why := strings.Join(strings.Fields(cmp.Or(said.Reason, note)), " "); why != "" {
		e.What += ": “" + why + "”"
	}
	return e
}

var answers = map[deploy.Answer]rules.Outcome{deploy.Approve: rules.Pass, deploy.Hold: rules.Pending, deploy.Reject: rules.Fail}

// decided tells a decision of the gate, with its first reason.
func (p path) decided(r evidence.Record) (web.Event, DecisionRecord) {
	var body DecisionRecord
	var d deploy.Decision
	open(r, &body)
	_ = json.Unmarshal(body.Decision, &d)
	text, lines := say.Gate(d, p.shipment(body.Environment, body.Commit), p.names)
	if len(lines) > 0 {
		text += " " + lines[0]
	}
	e := web.Event{What: text, Outcome: answers[d.Answer], Commit: body.Commit}
	for _, g := range p.gates {
		if g.Deployment == body.Deployment {
			e.Who = p.names[g.request.Run.Triggered]
		}
	}
	return e, body
}

// shipment is what say has to know of a deployment.
func (p path) shipment(environment, commit string) rules.Shipment {
	return rules.Shipment{Repo: rules.Repo{Name: fullName(p.repo), Public: !p.repo.Private}, Environment: environment, Commit: commit}
}

// followed tells the life of a post-mortem.
func (p path) followed(r evidence.Record) web.Event {
	var body PostMortemRecord
	open(r, &body)
	e := web.Event{Who: p.names[body.By]}
	switch body.Event {
	case postMortemOwed:
		e.What, e.Outcome = "Went ahead under an emergency: a post-mortem is due "+say.Moment(body.Due), rules.Pending
	case postMortemAgain:
		e.What = "Went ahead under the emergency once more"
	case postMortemOpened:
		e.What = fmt.Sprintf("The post-mortem was opened as #%d", body.Issue)
	case postMortemNoted:
		if strings.HasPrefix(body.Note, "reminder/") {
			e.What = fmt.Sprintf("A reminder was written on the post-mortem #%d", body.Issue)
		}
	case postMortemRefused:
		e.What = fmt.Sprintf("The post-mortem #%d was closed and opened again: %s", body.Issue, body.Why)
	case postMortemCompleted:
		e.What, e.Outcome = fmt.Sprintf("completed the post-mortem #%d", body.Issue), rules.Pass
		if body.Late {
			e.What += ", late: it was due " + say.Moment(body.Due)
		}
	case postMortemOverdue:
		e.What, e.Outcome = "The post-mortem is overdue: it was due "+say.Moment(body.Due), rules.Fail
	case postMortemGone:
		e.What = fmt.Sprintf("The post-mortem #%d was deleted or moved: another one follows", body.Issue)
	case postMortemChanged:
		e.What = fmt.Sprintf("The post-mortem #%d is not what was reviewed any more: %s", body.Issue, body.Why)
	}
	return e
}

// elsewhere tells what was deployed of a job's commit in other places, as the last decision
// that knew of it does: it tells what GitHub itself reports from what somebody says.
func (p path) elsewhere() []web.Event {
	var out []web.Event
	p.eachElsewhere(func(d rules.Deployment, g passage) {
		e := web.Event{At: d.At, What: "Deployed to " + d.Environment + ": it has not ended", Outcome: rules.Pending, Commit: d.Commit, Log: g.Log, Seq: g.Seq}
		switch {
		case d.Failed:
			e.What, e.Outcome = "Deployed to "+d.Environment+": it failed", rules.Fail
		case !d.Succeeded.IsZero() && d.Job:
			e.At, e.What, e.Outcome = d.Succeeded, "Deployed to "+d.Environment+byGitHub, rules.Pass
		case !d.Succeeded.IsZero():
			e.At, e.What, e.Outcome = d.Succeeded, "Deployed to "+d.Environment+byOthers, ""
		}
		out = append(out, e)
	})
	return out
}

// eachElsewhere goes through the deployments of the jobs' commits that were not let in by the
// gate, each with the last decision that knew of it.
func (p path) eachElsewhere(do func(rules.Deployment, passage)) {
	told := map[int64]bool{}
	for _, g := range slices.Backward(p.gates) {
		for _, d := range g.request.Shipment.Deployments {
			asked := slices.ContainsFunc(p.gates, func(o passage) bool { return o.Deployment == d.ID && (o.Run != 0 || p.ungated(o)) })
			same := d.Commit == g.SHA || d.Tree != "" && d.Tree == g.request.Shipment.Tree
			if asked || told[d.ID] || !same {
				continue
			}
			told[d.ID] = true
			do(d, g)
		}
	}
}

// deployments tells what became of the jobs that the gate let in, and what else is said to
// have been deployed of the change's commit.
func (p path) deployments() []web.Event {
	told := map[int64]bool{}
	p.eachElsewhere(func(d rules.Deployment, _ passage) { told[d.ID] = true })
	var out []web.Event
	for _, g := range p.gates {
		e := web.Event{Commit: g.SHA, Log: g.Log, Seq: g.Seq}
		if !g.GoodAt.IsZero() {
			e.At, e.What, e.Outcome = g.GoodAt, "Deployed to "+g.Name+byGitHub, rules.Pass
			out = append(out, e)
		}
		if !g.BadAt.IsZero() {
			e.At, e.What, e.Outcome = g.BadAt, "Rolled back from in "+g.Name, rules.Fail
			out = append(out, e)
		}
		if g.Run == 0 && !told[g.Deployment] && !p.ungated(g) {
			out = append(out, web.Event{At: g.ClaimedAt, What: "Deployed to " + g.Name + byOthers, Commit: g.SHA})
		}
	}
	return out
}

// How a deployment is known to have succeeded.
const (
	byGitHub = ": GitHub reports the job as succeeded"
	byOthers = ": it is said to have succeeded"
)

// ungated reports whether a deployment is recorded as one that the gate did not approve.
func (p path) ungated(g passage) bool {
	return slices.ContainsFunc(p.records, func(r evidence.Record) bool {
		var body UngatedRecord
		if r.Kind == KindUngated {
			open(r, &body)
		}
		return r.Kind == KindUngated && body.Deployment == g.Deployment
	})
}
