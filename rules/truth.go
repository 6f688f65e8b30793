package rules

import "slices"

// truth is what can be said of a condition: that it may hold, and that it may not. Both
// can be said where a fact is missing, and where pull requests that carry one change
// differ. What may hold is taken to hold, and so is what may not under a "not": no
// condition gets out of a rule by what nobody knows.
type truth struct{ may, mayNot bool }

var (
	yes   = truth{may: true}
	no    = truth{mayNot: true}
	maybe = truth{may: true, mayNot: true}
)

func sure(b bool) truth { return truth{may: b, mayNot: !b} }

func (a truth) and(b truth) truth { return truth{a.may && b.may, a.mayNot || b.mayNot} }
func (a truth) or(b truth) truth  { return truth{a.may || b.may, a.mayNot && b.mayNot} }
func (a truth) not() truth        { return truth{a.mayNot, a.may} }

// certain reports whether the condition holds whatever the missing facts are.
func (a truth) certain() bool { return a.may && !a.mayNot }

// ofAny returns what can be said of something that is asked of each pull request: both,
// where they differ.
func (j *judge) ofAny(holds func(Pull) bool) truth {
	var t truth
	for _, p := range j.Pulls {
		if holds(p) {
			t.may = true
		} else {
			t.mayNot = true
		}
	}
	if t == (truth{}) {
		return no
	}
	return t
}

// knows reports whether a fact was read that is read only where a policy asks for it.
func (j *judge) knows(f Fact) bool { return slices.Contains(j.Read, f) }
