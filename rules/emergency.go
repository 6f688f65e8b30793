package rules

import (
	"slices"
	"strings"
	"time"
)

// emergency returns what a declared emergency makes of a rule: waived, if the declaration
// holds, somebody who may has made it, and its own approval is there; nil: nothing.
func (j *judge) emergency(p Policy, of Layer, r Rule) *Reason {
	for _, l := range p.Layers {
		e := l.Emergency
		if e == nil || !l.reaches(of, r) || !slices.ContainsFunc(e.Waives, func(w string) bool { return strings.EqualFold(w, r.Name) }) {
			continue
		}
		for _, d := range j.Declared {
			role, holds := j.declared(l, d)
			if !holds || j.expedited(l, d).Outcome != Pass {
				continue
			}
			until := d.At.Add(e.Expires)
			j.again(until)
			return &Reason{Outcome: Waived, Code: RuleEmergency, Relief: &Relief{
				Until: until.UTC(), By: d.By, Group: role.group, Layer: l.Name, Waiver: d.ID,
			}}
		}
	}
	return nil
}

// declared reports whether a declaration holds by the layer's emergency path, and as whose
// member it was made. Who writes a patch may declare it; somebody else has to approve.
func (j *judge) declared(l Layer, d Declared) (seat, bool) {
	until := d.At.Add(l.Emergency.Expires)
	if d.At.After(j.at) || !until.After(j.at) || j.people[d.By].Bot {
		return seat{}, false
	}
	if slices.ContainsFunc(j.Shifts, func(s BaseShift) bool { return s.Pull == d.Pull && !d.At.After(s.At) }) {
		return seat{}, false
	}
	return j.seat(l, l.Emergency.By, d.By)
}

// expedited judges the approvals that an emergency needs of its own: for the exact head,
// and not by whoever declared it.
func (j *judge) expedited(l Layer, d Declared) Reason {
	a := l.Emergency.Approvals
	a.Of = OfCommit
	r := j.approvals(l, &a)
	kept := r.Approvals.Counted[:0:0]
	for _, c := range r.Approvals.Counted {
		if c.By == d.By {
			r.Approvals.Dropped = append(r.Approvals.Dropped, Dropped{By: c.By, Review: c.Review, Why: DropDeclarer})
			continue
		}
		kept = append(kept, c)
	}
	if r.Approvals.Counted = kept; r.Outcome == Pass && len(kept) < r.Approvals.Need {
		r.Outcome, r.Code = Pending, ApprovalsMissing
	}
	return r
}

// unapproved returns a finding for each declared emergency that waives nothing yet, because
// its own approval is missing.
func (j *judge) unapproved(p Policy) []Finding {
	var out []Finding
	for _, l := range p.Layers {
		if l.Emergency == nil {
			continue
		}
		for _, d := range j.Declared {
			role, holds := j.declared(l, d)
			if !holds {
				continue
			}
			r := j.expedited(l, d)
			if r.Outcome == Pass {
				continue
			}
			until := d.At.Add(l.Emergency.Expires)
			j.again(until)
			r.Outcome, r.Code = Pending, EmergencyUnapproved
			r.Relief = &Relief{Until: until.UTC(), By: d.By, Group: role.group, Layer: l.Name, Waiver: d.ID}
			f := blameless(BeforeMerge, r)
			f.Layer = l.Name
			out = append(out, f)
		}
	}
	return out
}

// InEmergency reports whether each change of the shipment has an emergency that holds by
// the floor, as of that moment: what a repository's file says of emergencies reaches its own
// rules. A shipment without changes has none.
func InEmergency(p Policy, s Shipment, at time.Time) bool {
	floor := p.Layers[0]
	if floor.Emergency == nil || len(s.Changes) == 0 {
		return false
	}
	j := newShipmentJudge(s, at)
	return !slices.ContainsFunc(s.Changes, func(c Landed) bool {
		one := j.ofChange(c.Change)
		return !slices.ContainsFunc(one.Declared, func(d Declared) bool {
			_, holds := one.declared(floor, d)
			return holds && one.expedited(floor, d).Outcome == Pass
		})
	})
}
