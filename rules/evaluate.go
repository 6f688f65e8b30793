package rules

import (
	"slices"
	"time"
)

// Evaluate judges a change before its merge by every rule of the policy, as of one moment.
// It is pure: equal arguments give verdicts with equal JSON, for ever under one Evaluator.
// A rule before an environment is listed as Ahead. Two findings have no rule to their name and
// stand last: FactsIncomplete (Indeterminate) if a list of facts has a gap, whichever rule
// needs it; and NoRuleApplies (Fail: no fact is missing, the policy says nothing) if no
// rule of the floor applies. The floor alone, because a repository's rule that applies
// must not let pass what the floor blocks.
func Evaluate(p Policy, c Change, at time.Time) Verdict {
	const stage = BeforeMerge
	j := newJudge(c, at)
	j.policy = p
	v := Verdict{Stage: stage, At: at.UTC(), Evaluator: Evaluator, Findings: []Finding{}}
	var all, firm, light []*judged
	for i, l := range p.Layers {
		for _, r := range l.Rules {
			one := j.applies(p, l, r, stage)
			one.floor = i == 0
			all = append(all, one)
			switch {
			case !one.applied:
			case one.relief == nil:
				firm = append(firm, one)
			default:
				light = append(light, one)
			}
		}
	}
	j.seatAll(slices.Concat(firm, light))
	applied := false
	for _, one := range all {
		v.Findings = append(v.Findings, j.finding(one))
		applied = applied || one.floor && one.applied
	}
	if len(c.Gaps) > 0 {
		v.Findings = append(v.Findings, blameless(stage, Reason{Outcome: Indeterminate, Code: FactsIncomplete, Gaps: c.Gaps}))
	}
	if !applied {
		v.Findings = append(v.Findings, blameless(stage, Reason{Outcome: Fail, Code: NoRuleApplies}))
	}
	v.Outcome = Pass
	for _, f := range v.Findings {
		if f.Outcome.Worse(v.Outcome) {
			v.Outcome = f.Outcome
		}
	}
	if v.Outcome.Blocks() {
		v.Findings = append(v.Findings, j.unapproved(p)...)
	}
	v.Notices = slices.Concat(c.Notices, j.notices)
	for _, n := range c.Objected {
		v.Notices = append(v.Notices, Notice{Code: NoticeObjected, Pull: n})
	}
	v.Recheck = j.recheck
	return v
}

func blameless(stage Stage, r Reason) Finding {
	return Finding{Stage: stage, Outcome: r.Outcome, Reasons: []Reason{r}}
}

// judged is a rule on its way to a finding.
type judged struct {
	layer   Layer
	rule    Rule
	floor   bool
	applied bool
	finding Finding // complete if the rule does not apply
	relief  *Reason // why it would not block if it is not met; nil: it would
}

// applies judges whether a rule applies, and whether anything takes its weight from it.
func (j *judge) applies(p Policy, l Layer, r Rule, stage Stage) *judged {
	one := &judged{layer: l, rule: r, finding: Finding{Rule: r.Name, Layer: l.Name, Stage: r.Stage}}
	if r.Stage != stage {
		one.finding = one.finding.only(Ahead, RuleAhead)
		return one
	}
	if !r.When.always() {
		var why Because
		if !j.holds(l, r.When, &why).may {
			one.finding = one.finding.only(NotApplicable, RuleNotApplicable)
			return one
		}
		one.finding.Because = why.sorted()
	}
	one.applied = true
	one.relief = j.relief(p, l, r)
	return one
}

// finding judges what an applying rule requires. All of it has to be met. A rule that is
// not, and that something takes the weight from, says so first, and then what it lacks.
func (j *judge) finding(one *judged) Finding {
	f := one.finding
	if !one.applied {
		return f
	}
	if f.Reasons = j.require(one.layer, one.rule.Require); len(f.Reasons) == 0 {
		return f.only(Indeterminate, FactsIncomplete) // Parse lets no such rule through; a demand of nothing is no pass
	}
	f.Outcome = heaviest(f.Reasons)
	if f.Outcome.Blocks() && one.relief != nil {
		f.Outcome = one.relief.Outcome
		f.Reasons = append([]Reason{*one.relief}, f.Reasons...)
	}
	return f
}

func (f Finding) only(o Outcome, code Code) Finding {
	f.Outcome = o
	f.Reasons = []Reason{{Outcome: o, Code: code}}
	return f
}

// weights orders the outcomes that count, the lightest first. The others weigh nothing.
var weights = []Outcome{Pass, Pending, Fail, Indeterminate}

// Worse reports whether o weighs more than other: Indeterminate more than Fail, more than
// Pending, more than Pass and whatever has no weight.
func (o Outcome) Worse(other Outcome) bool {
	return slices.Index(weights, o) > max(slices.Index(weights, other), 0)
}

// Blocks reports whether a verdict or finding of the outcome keeps a change from moving on.
func (o Outcome) Blocks() bool { return o.Worse(Pass) }

// judge is one evaluation: the facts, what was worked out from them once, and when the
// answer could next change by itself.
type judge struct {
	Change
	policy   Policy // that is judged by, where the evaluation asks for more of it than a rule
	at       time.Time
	shipment *Shipment // nil: a change before its merge is judged
	people   map[UserID]Person
	who      authorship
	opinions []Review
	results  []result
	paths    []string              // of all files, old and new, and where links lead
	fileOf   []int                 // index of the file that a path belongs to
	matches  map[string][]bool     // by glob, for each of paths
	classes  map[string]membership // by layer and name
	seated   seating
	held     []holding         // nil until they are asked for
	own      template          // nil until it is asked for
	seen     map[string]string // what can be seen of a text
	notices  []Notice
	work     uint64 // that expressions took, in CEL's units
	recheck  time.Time
}

func newJudge(c Change, at time.Time) *judge {
	j := &judge{Change: c, at: at, people: map[UserID]Person{}, matches: map[string][]bool{}, classes: map[string]membership{}, seen: map[string]string{}}
	for _, p := range c.People {
		j.people[p.ID] = p
	}
	for i, f := range c.Files {
		j.paths, j.fileOf = append(j.paths, f.Path), append(j.fileOf, i)
		if f.Previous != "" && f.Previous != f.Path {
			j.paths, j.fileOf = append(j.paths, f.Previous), append(j.fileOf, i)
		}
		if f.Target != "" {
			j.paths, j.fileOf = append(j.paths, f.Target), append(j.fileOf, i)
		}
		for _, name := range f.Through {
			j.paths, j.fileOf = append(j.paths, name), append(j.fileOf, i)
		}
	}
	j.who = authors(c)
	j.opinions = latestOpinions(c.Reviews)
	j.results = results(c, j)
	return j
}

// again asks for another look at that time.
func (j *judge) again(at time.Time) {
	if at.After(j.at) && (j.recheck.IsZero() || at.Before(j.recheck)) {
		j.recheck = at.UTC()
	}
}

// unlisted reports whether the change may touch more paths than are known: the list of files is
// incomplete, or one of them cannot be looked into.
func (j *judge) unlisted() bool {
	return j.gap(GapFiles) || slices.ContainsFunc(j.Files, func(f File) bool { return f.Opaque })
}

// gap reports whether that fact could not be read to its end.
func (j *judge) gap(fact GapFact) bool {
	return slices.ContainsFunc(j.Gaps, func(g Gap) bool { return g.Fact == fact })
}
