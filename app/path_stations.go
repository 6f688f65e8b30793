package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// stations are where the change stands on its way, as of that moment.
func (p path) stations(at time.Time) []web.Station {
	var out []web.Station
	if p.standing != nil {
		out = append(out, p.judgedBy("Reviewed", func(r rules.Reason) bool { return r.Approvals != nil })...)
		out = append(out, p.judgedBy("Tested", func(r rules.Reason) bool { return r.Checks != nil })...)
	}
	out = append(out, p.mergeStation())
	for _, b := range p.barriers(at) {
		out = append(out, p.beyond(b)...)
	}
	return append(out, p.afterwards(at)...)
}

// judgedBy is the station of the rules before the merge that have reasons of a kind; none
// where no rule that applies has.
func (p path) judgedBy(name string, of func(rules.Reason) bool) []web.Station {
	s := web.Station{Name: name, State: rules.NotApplicable}
	for _, f := range p.standing.verdict.Findings {
		if !f.Outcome.Blocks() && f.Outcome != rules.Pass && f.Outcome != rules.Waived || f.Rule == "" || !slices.ContainsFunc(f.Reasons, of) {
			continue
		}
		if s.State == rules.NotApplicable || f.Outcome.Worse(s.State) {
			s.State, s.Text = f.Outcome, ""
			if f.Outcome != rules.Pass {
				s.Text = f.Rule + ": " + say.Sentence(f, p.standing.change, p.names)
			}
		}
		for _, r := range f.Reasons {
			if r.Checks != nil && f.Outcome.Blocks() && r.Checks.Settles.After(s.Until) {
				s.Until = r.Checks.Settles
			}
		}
	}
	if s.State == rules.NotApplicable {
		return nil
	}
	if !s.State.Blocks() {
		s.At, s.Until = p.since(s.Name, of), time.Time{}
	}
	return []web.Station{s}
}

// since is when the rules with reasons of a kind were satisfied and stayed so, as far as the
// verdicts at hand go back.
func (p path) since(name string, of func(rules.Reason) bool) time.Time {
	at := p.standing.At
	for _, j := range slices.Backward(p.judged) {
		if j.At.After(p.standing.At) {
			continue
		}
		one := p
		one.standing, one.judged = &j, nil
		if met := one.judgedBy(name, of); len(met) == 0 || met[0].State.Blocks() {
			break
		}
		at = j.At
	}
	return at
}

func (p path) mergeStation() web.Station {
	s := web.Station{Name: "Merged", State: rules.Pass, At: p.landing.At}
	switch {
	case p.standing == nil && (p.pull.Merged || !p.landing.At.IsZero()):
		s.State, s.Text = rules.Fail, "No verdict about that commit stood when it was merged."
	case p.pull.Merged || !p.landing.At.IsZero():
		if v := p.standing.verdict; v.Outcome != rules.Pass {
			s.State, s.Text = rules.Fail, "It was merged although the verdict was: "+say.Headline(v, p.names)
		}
	case p.pull.Number != 0 && !p.pull.Open:
		s.State, s.Text = rules.Fail, "It was closed without a merge."
	case p.standing != nil && p.standing.verdict.Outcome == rules.Pass:
		s.State, s.Text = rules.Pending, "Nothing is missing: somebody who can write to the repository can merge it."
	case p.standing != nil:
		s.State, s.Text = rules.Ahead, capitalized(say.Status(p.standing.verdict, p.standing.change, p.names))
	}
	return s
}

func capitalized(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// barrier is an environment before which the policy asks something.
type barrier struct {
	key     string        // as the policy calls it
	verdict rules.Verdict // of its rules: as it was decided last, or what would be asked
	job     *passage      // that it was decided about; nil: none has asked
	same    []string      // environments of the policy that have stations of their own
}

// barriers are the environments that the change has before it, or behind, those first that
// others ask for a deployment to.
func (p path) barriers(at time.Time) []barrier {
	if p.standing == nil || !p.known {
		return nil
	}
	found := map[string]barrier{}
	for _, l := range p.policy.Layers {
		for key := range l.Environments {
			if !slices.ContainsFunc(l.Rules, func(r rules.Rule) bool { return string(r.Stage) == key }) {
				continue
			}
			b := barrier{key: key, job: p.jobAt(key)}
			if b.job != nil {
				b.verdict = b.job.decision.Verdict
			} else {
				b.verdict = p.ahead(called(p.policy, key), at)
			}
			if slices.ContainsFunc(b.verdict.Findings, asked) || b.job != nil {
				found[key] = b
			}
		}
	}
	names := slices.Sorted(maps.Keys(found))
	var out []barrier
	var visit func(key string)
	visit = func(key string) {
		b, ok := found[key]
		if !ok || slices.ContainsFunc(out, func(o barrier) bool { return o.key == key }) {
			return
		}
		delete(found, key)
		for _, r := range reasonsOf(b.verdict) {
			if r.Deployed != nil {
				visit(r.Deployed.To)
			}
		}
		b.same = names
		out = append(out, b)
	}
	for _, key := range names {
		visit(key)
	}
	return out
}

// asked reports whether a rule before an environment applies.
func asked(f rules.Finding) bool {
	return f.Rule != "" && f.Outcome != rules.NotApplicable && f.Outcome != rules.Ahead && f.Outcome != rules.Advice
}

func reasonsOf(v rules.Verdict) []rules.Reason {
	var out []rules.Reason
	for _, f := range v.Findings {
		if asked(f) {
			out = append(out, f.Reasons...)
		}
	}
	return out
}

// jobAt is the job that brought the change to an environment for good, or else the newest that
// did or would; nil: none has asked.
func (p path) jobAt(key string) *passage {
	var newest *passage
	for i, g := range p.gates {
		if g.Run == 0 || !slices.Contains(p.policy.Environments(g.Name), key) {
			continue
		}
		newest = &p.gates[i]
		if !g.GoodAt.IsZero() && g.BadAt.IsZero() {
			break
		}
	}
	return newest
}

// ahead is what the rules before an environment would ask of the change by itself.
func (p path) ahead(environment string, at time.Time) rules.Verdict {
	c := p.standing.change
	s := rules.Shipment{
		Repo: c.Repo, Environment: environment, Commit: p.landing.Commit, TakenAt: at, Changes: []rules.Landed{{Change: c, Commit: p.landing.Commit, Diff: c.Landed}},
		People: c.People, Teams: c.Teams, Owners: c.Owners, Logins: c.Logins, Read: c.Read,
	}
	if len(c.Pulls) == 0 { // it was erased
		return rules.Verdict{}
	}
	return rules.EvaluateShipment(p.policy, s, at)
}

// beyond are the stations before an environment, and in it.
func (p path) beyond(b barrier) []web.Station {
	var out []web.Station
	waits := false
	for _, f := range b.verdict.Findings {
		if !asked(f) {
			continue
		}
		for _, r := range f.Reasons {
			s, ok := p.demanded(b, f, r)
			if !ok {
				continue
			}
			waits = waits || s.State.Blocks() || s.State == rules.Ahead && r.Duties == nil // whose they are waits for the job itself
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y web.Station) int { return order(x.Name) - order(y.Name) })
	return append(slices.CompactFunc(out, func(x, y web.Station) bool { return x == y }), p.entered(b, waits)...)
}

// The names of what a rule before an environment asks for, in the order of the way.
const (
	deployedTo  = "Deployed to "
	signedOff   = "Signed off: "
	inTheWindow = "Window: "
	keptApart   = "Duties kept apart"
)

func order(name string) int {
	return slices.IndexFunc([]string{deployedTo, signedOff, inTheWindow, keptApart}, func(s string) bool { return strings.HasPrefix(name, s) })
}

// demanded is the station of what a rule before an environment asks for; false where it asks
// for something else, which the environment's own station says. Before any job asked nobody
// has judged it: then it is what is known beside.
func (p path) demanded(b barrier, f rules.Finding, r rules.Reason) (web.Station, bool) {
	s := web.Station{State: r.Outcome, Text: say.Reason(r, rules.Change{Repo: rules.Repo{Public: !p.repo.Private}}, p.names)}
	switch {
	case r.Deployed != nil:
		if slices.Contains(b.same, r.Deployed.To) {
			return s, false
		}
		s.Name, s.At, s.Until = deployedTo+r.Deployed.To, r.Deployed.At, r.Deployed.Soaked
	case r.SignOff != nil:
		s.Name, s.Until = signedOff+r.SignOff.Name, r.SignOff.Ripe
		for _, c := range r.SignOff.Counted {
			if c.At.After(s.At) {
				s.At = c.At
			}
		}
	case r.Window != nil:
		s.Name = inTheWindow + r.Window.Window
		if r.Outcome == rules.Pass {
			s.At, s.Text = b.verdict.At, "It is open until "+say.Moment(r.Window.Until)+"."
			if b.job != nil && !b.job.ClosedAt.IsZero() {
				s.Text = "It was open then, until " + say.Moment(r.Window.Until) + "."
			}
		} else if len(r.Window.Next) > 0 {
			s.Until = r.Window.Next[0].From
		}
	case r.Duties != nil:
		s.Name, s.At = keptApart, b.verdict.At
	default:
		return s, false
	}
	switch {
	case f.Outcome == rules.Waived:
		s.State, s.Text, s.Until = rules.Waived, say.Sentence(f, rules.Change{Repo: rules.Repo{Public: !p.repo.Private}}, p.names), time.Time{}
		s.At = b.verdict.At
	case b.job == nil:
		s = p.guess(s, r)
	case s.State == rules.Pass:
		s.Until = time.Time{}
	default:
		s.At = time.Time{}
	}
	return s, true
}

// guess is the station of something that nobody was asked about yet: what is known is told,
// and that it is judged when a job asks.
func (p path) guess(s web.Station, r rules.Reason) web.Station {
	s.State, s.At = rules.Ahead, time.Time{}
	switch {
	case r.SignOff != nil:
		if by, at := p.signed(r.SignOff.Name); !at.IsZero() {
			s.State, s.At, s.Text = rules.Pass, at, fmt.Sprintf("Given by %s; whether it counts is judged when a job asks.", by)
		}
	case r.Deployed != nil:
		for _, g := range p.gates {
			if strings.EqualFold(g.Name, r.Deployed.To) && !g.ClaimedAt.IsZero() {
				s.At, s.Text = g.ClaimedAt, "It is said to run there; whether GitHub itself says so is looked at when a job asks."
			}
		}
	case r.Duties != nil:
		s.Text = "It goes by who starts the deployment, and is judged when a job asks."
	case r.Window != nil && r.Outcome == rules.Pass:
		s.Text = fmt.Sprintf("The window is open until %s.", say.Moment(r.Window.Until))
	case r.Window != nil && len(r.Window.Next) > 0:
		s.Text = fmt.Sprintf("The window opens next at %s.", say.Moment(r.Window.Next[0].From))
	}
	if s.State == rules.Ahead && !p.landing.At.IsZero() && r.Window == nil && r.Duties == nil {
		s.State = rules.Pending
	}
	return s
}

// signed is who gave a sign-off last that was not taken back.
func (p path) signed(name string) (by string, at time.Time) {
	given := map[int64]CommandRecord{}
	for _, r := range p.records {
		var body CommandRecord
		if r.Kind != KindCommand {
			continue
		}
		open(r, &body)
		for _, comment := range body.Withdraws {
			delete(given, comment)
		}
		if strings.EqualFold(body.Name, name) && body.Outcome == "taken" && body.Command == "sign-off" {
			given[body.Comment] = body
		}
	}
	for _, g := range given {
		if g.Said.After(at) {
			by, at = p.names[g.By], g.Said
		}
	}
	if by == "" {
		by = "somebody"
	}
	return by, at
}

// entered are the stations of the environment itself: that the gate let the job in, and that
// GitHub reports it as succeeded.
func (p path) entered(b barrier, waits bool) []web.Station {
	gate := web.Station{Name: "Let into " + b.key, State: rules.Ahead}
	verified := web.Station{Name: "Verified in " + b.key, State: rules.Ahead}
	if b.job == nil {
		if !p.landing.At.IsZero() && !waits {
			gate.State, gate.Text = rules.Pending, "No job that brings it has asked yet. Somebody can run the deployment."
		}
		if g := p.unasked(b.key); g != nil {
			gate.State, gate.Text = rules.Fail, "It was deployed without an approval of the gate, which counts for nothing."
			gate.At = g.ClaimedAt
		}
		return []web.Station{gate, verified}
	}
	g, d := b.job, b.job.decision
	headline, lines := say.Gate(d, p.shipment(g.Name, g.SHA), p.names)
	switch {
	case g.Said == publish.GateApproved:
		gate.State, gate.At = rules.Pass, g.DecidedAt
		verified.State, verified.Text = rules.Pending, "The job has not ended, or GitHub does not report it as succeeded yet."
	case g.Said == publish.GateRejected:
		gate.State, gate.At, gate.Text = rules.Fail, g.DecidedAt, strings.Join(append([]string{headline}, lines...), " ")
	case !g.ClosedAt.IsZero():
		gate.State, gate.At = rules.Fail, g.ClosedAt
		gate.Text = "GitHub waits no more for an answer: the run was cancelled, or somebody let it pass. Somebody can run the deployment again."
	case d.Answer == deploy.Hold:
		if !waits {
			gate.State, gate.Until, gate.Text = rules.Pending, d.Recheck, strings.Join(append([]string{headline}, lines...), " ")
		}
	default:
		gate.State, gate.Text = rules.Pending, "The gate has yet to answer."
	}
	if !g.GoodAt.IsZero() {
		verified.State, verified.At, verified.Text = rules.Pass, g.GoodAt, "GitHub reports the job as succeeded."
	}
	if !g.BadAt.IsZero() {
		verified.State, verified.At, verified.Text = rules.Fail, g.BadAt, "It was rolled back from."
	}
	return []web.Station{gate, verified}
}

// unasked is a deployment of the change to an environment that is recorded as ungated.
func (p path) unasked(key string) *passage {
	for i, g := range p.gates {
		if p.ungated(g) && slices.Contains(p.policy.Environments(g.Name), key) {
			return &p.gates[i]
		}
	}
	return nil
}

// afterwards are the stations of what has to be written after an emergency.
func (p path) afterwards(at time.Time) []web.Station {
	var out []web.Station
	for _, m := range p.after {
		s := web.Station{Name: "Post-mortem", State: rules.Pending, Until: time.Time{}, Text: "It is due " + say.Moment(m.DueAt) + "."}
		switch {
		case !m.CompletedAt.IsZero():
			s.State, s.At, s.Text = rules.Pass, m.CompletedAt, ""
			if m.CompletedAt.After(m.DueAt) {
				s.Text = "It was completed late: it was due " + say.Moment(m.DueAt) + "."
			}
		case m.Overdue(at):
			s.State, s.Text = rules.Fail, "It is overdue: it was due "+say.Moment(m.DueAt)+"."
		}
		if m.Issue != 0 {
			s.Name = fmt.Sprintf("Post-mortem #%d", m.Issue)
		}
		out = append(out, s)
	}
	return out
}
