package rules

import (
	"slices"
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

// waiverLife is for how long a waiver holds: whoever gave it answers for a change that is
// about to be merged, not for one that comes back in a year.
const waiverLife = 14 * 24 * time.Hour

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

// waiver returns the first waiver of the rule that holds: by a member of its groups who is
// neither a contributor nor a bot, said of what would be merged, while it aimed where it
// aims now.
func (j *judge) waiver(l Layer, r Rule) *Reason {
	if len(r.WaivableBy) == 0 || j.Exact == "" {
		return nil
	}
	for _, w := range j.Waivers {
		until := w.At.Add(waiverLife)
		if !strings.EqualFold(w.Rule, r.Name) || w.Exact != j.Exact || w.At.After(j.at) || !until.After(j.at) {
			continue
		}
		if _, contributed := j.who.by[w.By]; contributed || j.people[w.By].Bot || len(j.who.unknown) > 0 {
			continue
		}
		if slices.ContainsFunc(j.Shifts, func(s BaseShift) bool { return s.Pull == w.Pull && !w.At.After(s.At) }) {
			continue
		}
		if role, ok := j.seat(l, r.WaivableBy, w.By); ok {
			j.again(until)
			return &Reason{Outcome: Waived, Code: RuleWaived, Relief: &Relief{Until: until.UTC(), By: w.By, Group: role.group, Layer: l.Name, Waiver: w.ID}}
		}
	}
	return nil
}
