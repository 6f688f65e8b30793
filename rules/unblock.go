package rules

import "slices"

// maxWays bounds the combinations of alternatives that are compared.
const maxWays = 64

// Unblock returns the smallest set of steps after which the verdict, which is what the policy
// says of the change, would be to pass, as far as can be known: of the alternatives of an
// any the one that takes the fewest, and of approvals no more than fill all the seats
// that they can fill at once. It returns nil if nothing blocks.
//
// Who is in a team is known of those alone whom the change names. So an approval is asked
// from members of a group; one by somebody in several groups stands for several only where
// the one group is part of the other, or where the change names a person who is in both. A
// waiver or an exception is never a step: they are ways around a rule.
func Unblock(p Policy, c Change, v Verdict) []Step {
	if !v.Outcome.Blocks() {
		return nil
	}
	u := &unblocker{judge: newJudge(c, v.At), budget: maxFillings}
	u.policy = p
	var firm, light []*judged
	for _, f := range v.Findings {
		l, r, ok := p.rule(f)
		if !ok || f.Outcome == Ahead || f.Outcome == NotApplicable {
			continue
		}
		u.order = append(u.order, r.Name)
		one := &judged{layer: l, rule: r, applied: true, finding: f, relief: u.relief(p, l, r)}
		if one.relief == nil {
			firm = append(firm, one)
		} else {
			light = append(light, one)
		}
	}
	u.seatAll(slices.Concat(firm, light))
	u.firm = firm
	ways := [][]demand{nil}
	for _, one := range firm {
		if one.finding.Outcome.Blocks() {
			ways = cross(ways, u.ways(one.layer, one.rule.Name, one.rule.Require))
		}
	}
	var best []Step
	for i, way := range ways {
		if i > 0 && u.budget <= 0 {
			break
		}
		u.budget-- // also of what takes no search
		if steps := merged(u.steps(way), u.order); i == 0 || cost(steps) < cost(best) {
			best = steps
		}
	}
	for _, f := range v.Findings {
		if f.Rule == "" && f.Outcome.Blocks() {
			for _, r := range f.Reasons {
				if r.Code != EmergencyUnapproved { // without it nothing is waived, and nothing else is asked for
					best = append(best, u.plain("", r)...)
				}
			}
		}
	}
	return merged(best, u.order)
}

// rule returns the rule that a finding is about, with its layer.
func (p Policy) rule(f Finding) (Layer, Rule, bool) {
	for _, l := range p.Layers {
		if r, ok := l.rule(f.Rule); ok && l.Name == f.Layer {
			return l, r, true
		}
	}
	return Layer{}, Rule{}, false
}

// unblocker is one search for the smallest unblock.
type unblocker struct {
	*judge
	firm  []*judged // the rules that apply and that nothing takes the weight from
	order []string  // names of the rules that apply, as the policy has them

	budget int // of sets of approvals to try
}

// demand is one requirement that is not met.
type demand struct {
	rule      string
	layer     Layer
	approvals *Approvals // nil: something else
	checks    *Checks
	reason    Reason
	only      bool // of approvals: requests for changes alone; their number is asked for by another way
}

// ways returns every way to meet what a rule requires, each as what is lacking for it.
func (u *unblocker) ways(l Layer, rule string, r Requirement) [][]demand {
	var lack []demand
	if r.Approvals != nil {
		if reason := u.approvals(l, r.Approvals); reason.Outcome.Blocks() {
			lack = append(lack, demand{rule: rule, layer: l, approvals: r.Approvals, reason: reason})
		}
	}
	if r.Checks != nil {
		if reason := u.checks(*r.Checks); reason.Outcome.Blocks() {
			lack = append(lack, demand{rule: rule, checks: r.Checks, reason: reason})
		}
	}
	if len(r.Separation) > 0 {
		lack = append(lack, u.apart(l, rule, r.Separation)...)
	}
	rest := r
	rest.Approvals, rest.Checks, rest.Separation, rest.Any, rest.All = nil, nil, nil, nil, nil
	for _, reason := range u.require(l, rest) {
		if reason.Outcome.Blocks() {
			lack = append(lack, demand{rule: rule, reason: reason})
		}
	}
	ways := [][]demand{lack}
	for _, part := range r.All {
		ways = cross(ways, u.ways(l, rule, part))
	}
	if len(r.Any) > 0 && u.either(l, r.Any).Outcome.Blocks() {
		ways = cross(ways, u.alternatives(l, rule, r.Any))
	}
	return ways
}

// alternatives returns the ways of an any: no request for changes in another part of it may
// be left.
func (u *unblocker) alternatives(l Layer, rule string, parts []Requirement) [][]demand {
	var out [][]demand
	for i, part := range parts {
		ways := u.ways(l, rule, part)
		for k, other := range parts {
			if k == i {
				continue
			}
			other.each(func(r Requirement) {
				if r.Approvals == nil {
					return
				}
				if reason := u.approvals(l, r.Approvals); objected(reason).Blocks() {
					ways = cross(ways, [][]demand{{{rule: rule, layer: l, approvals: r.Approvals, reason: reason, only: true}}})
				}
			})
		}
		out = append(out, ways...)
	}
	return out[:min(len(out), maxWays)]
}

// cross joins every way of one thing with every way of another. It takes a: a thousand rules
// with one way each are one list that grows.
func cross(a, b [][]demand) [][]demand {
	if len(b) == 1 {
		for i := range a {
			a[i] = append(a[i], b[0]...)
		}
		return a
	}
	var out [][]demand
	for _, x := range a {
		for _, y := range b {
			if len(out) < maxWays {
				out = append(out, slices.Concat(x, y))
			}
		}
	}
	return out
}

// steps returns what has to be done for all the demands.
func (u *unblocker) steps(way []demand) []Step {
	var out []Step
	f := filling{unblocker: u}
	for _, d := range way {
		switch {
		case d.approvals != nil:
			out = append(out, u.around(d)...)
			f.lifts = append(f.lifts, u.lifts(d)...)
			if a := d.reason.Approvals; !d.only && len(a.Counted) < a.Need && !d.approvals.Distinct {
				f.openings = append(f.openings, opening{rule: d.rule, layer: d.layer, of: d.approvals, lacking: a.Need - len(a.Counted), facts: a, unread: d.reason.Unread})
			}
		case d.checks != nil:
			out = append(out, u.reports(d.rule, *d.checks, *d.reason.Checks)...)
		default:
			out = append(out, u.plain(d.rule, d.reason)...)
		}
	}
	return append(out, f.steps()...)
}

// lifts returns who has to take back a request for changes.
func (u *unblocker) lifts(d demand) []Step {
	var out []Step
	for _, o := range d.reason.Approvals.Objections {
		s := Step{Code: StepLift, Rules: []string{d.rule}, From: d.approvals.From}
		if o.By != 0 {
			s.People = []UserID{o.By}
		}
		out = append(out, s)
	}
	return out
}

// around returns what an approvals requirement asks for besides approvals and lifting.
func (u *unblocker) around(d demand) []Step {
	var out []Step
	a := d.reason.Approvals
	if d.approvals.UnknownAuthors == Block && len(a.Unknown) > 0 && !d.only {
		out = append(out, Step{Code: StepName, Rules: []string{d.rule}, Commits: a.Unknown})
	}
	if len(a.Counted) < a.Need && d.approvals.Of != OfCommit && u.Exact == "" && !d.only {
		out = append(out, Step{Code: StepDiff, Rules: []string{d.rule}})
	}
	if a.Unsure {
		if teams := slices.Concat(a.NoTeam, a.OtherTeam); len(teams) > 0 {
			out = append(out, Step{Code: StepTeam, Rules: []string{d.rule}, Teams: teams})
		}
		if len(d.reason.Unread) > 0 {
			out = append(out, Step{Code: StepRead, Rules: []string{d.rule}, Unread: d.reason.Unread})
		}
	}
	return out
}

// reports returns what has to become of the checks.
func (u *unblocker) reports(rule string, c Checks, f CheckFacts) []Step {
	var out []Step
	add := func(s Step) {
		s.Rules = []string{rule}
		out = append(out, s)
	}
	fix := slices.Clone(f.Failed)
	if !c.All {
		for _, name := range f.Skipped {
			fix = append(fix, name+" (skipped)")
		}
	}
	missing := slices.Clone(f.Missing)
	for _, r := range u.results {
		if r.state == claimed && slices.Contains(f.Claimed, r.name) {
			missing = append(missing, r.name)
		}
	}
	if len(fix) > 0 {
		add(Step{Code: StepFix, Checks: unique(fix)})
	}
	if len(missing) > 0 {
		add(Step{Code: StepReport, Checks: unique(missing), App: c.App, Workflow: c.Workflow})
	}
	if len(f.Running) > 0 {
		add(Step{Code: StepWait, Checks: f.Running})
	}
	if len(out) > 0 {
		return out
	}
	if len(f.Passed) == 0 {
		add(Step{Code: StepReport, App: c.App, Workflow: c.Workflow})
	} else {
		add(Step{Code: StepSettle})
	}
	return out
}

// plain returns the step that each of the other reasons asks for.
func (u *unblocker) plain(rule string, r Reason) []Step {
	s := Step{Text: r.Text, Commits: r.Commits, Unread: r.Unread, Gaps: r.Gaps}
	if rule != "" {
		s.Rules = []string{rule}
	}
	switch r.Code {
	case TicketMissing:
		s.Code = StepTicket
	case SectionMissing, SectionEmpty:
		s.Code = StepSection
	case CommitsUnsigned:
		s.Code = StepSign
	case ConversationsOpen:
		s.Code = StepResolve
	case HistoryMerges:
		s.Code = StepRebase
	case BaseBehind:
		s.Code = StepUpdate
	case SeparationTogether:
		s.Code = StepApart
	case SeparationUnknown:
		s.Code = StepName
	case FactsIncomplete:
		s.Code = StepSplit
	case FactsUnread:
		s.Code = StepRead
	default:
		s.Code = StepPolicy // an expression, or no rule applies
	}
	return []Step{s}
}
