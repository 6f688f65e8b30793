package rules

import (
	"strings"
	"time"
)

// Exception lets changes pass a rule: those of its scope, until it expires. It holds only
// where the scope does for certain, and never for a change that its approver contributed
// to.
type Exception struct {
	At         Position
	Rule       string
	Scope      Condition // the zero Condition: every change
	Reason     string
	ApprovedBy UserRef
	Expires    time.Time // the first instant at which it holds no more
}

// Deferral is a rule of the floor that a repository does not enforce yet.
type Deferral struct {
	At    Position
	Rule  string
	Until time.Time // the first instant at which it is enforced
}

// reaches reports whether what a layer says about a rule of another concerns it: its own
// always, and of the floor what the floor lets go.
func (l Layer) reaches(of Layer, r Rule) bool { return l.Name == of.Name || r.Overridable }

// relief returns what takes the weight from a rule of the layer, or nil: an exception, a
// waiver, or that it is not enforced yet.
func (j *judge) relief(p Policy, of Layer, r Rule) *Reason {
	for _, l := range p.Layers {
		for i, e := range l.Exceptions {
			if !l.reaches(of, r) || !strings.EqualFold(e.Rule, r.Name) || !e.Expires.After(j.at) {
				continue
			}
			by := j.resolve(e.ApprovedBy)
			if _, contributed := j.who.by[by]; by == 0 || contributed || j.people[by].Bot {
				continue
			}
			if e.Scope.always() || j.holds(l, e.Scope, &Because{}).certain() {
				j.again(e.Expires)
				return &Reason{Outcome: Waived, Code: RuleExcepted, Relief: &Relief{Until: e.Expires, By: by, Layer: l.Name, Entry: i + 1}}
			}
		}
	}
	if w := j.waiver(of, r); w != nil {
		return w
	}
	if e := j.emergency(p, of, r); e != nil {
		return e
	}
	until, by := r.Until, of.Name
	for _, l := range p.Layers {
		for _, a := range l.Advice {
			if l.reaches(of, r) && strings.EqualFold(a.Rule, r.Name) && a.Until.After(until) {
				until, by = a.Until, l.Name
			}
		}
	}
	if !until.After(j.at) {
		return nil
	}
	j.again(until)
	return &Reason{Outcome: Advice, Code: RuleAdvice, Relief: &Relief{Until: until, Layer: by}}
}
