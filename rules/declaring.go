package rules

import (
	"slices"
	"time"
)

// DeclaringWhy is why the declaration of an emergency is not taken; empty: it is.
type DeclaringWhy string

// Why a declaration is not taken.
const (
	DeclaringNoPath     DeclaringWhy = "emergency.no_path"      // the policy has no emergencies
	DeclaringNotInGroup DeclaringWhy = "emergency.not_in_group" // who declares it is a bot, or in none of the groups
	DeclaringExpired    DeclaringWhy = "emergency.expired"
	DeclaringBase       DeclaringWhy = "emergency.other_base" // it was said while the change aimed at another branch
	DeclaringStands     DeclaringWhy = "emergency.stands"     // another one by the same person holds
)

// Declaring is what a declaration is worth, and to whom it may be left.
type Declaring struct {
	Why   DeclaringWhy
	Layer string   // whose emergency path it is
	From  []string // groups whose members can declare one
	Group string   // as whose member its giver does
	Until time.Time
}

// WeighDeclared says what the declaration of an emergency is worth that was made just now:
// whoever wrote the change may declare one too. The path of one layer is enough. Evaluate
// judges it again.
func WeighDeclared(p Policy, c Change, d Declared, at time.Time) Declaring {
	first := Declaring{Why: DeclaringNoPath}
	j := newJudge(c, at)
	for _, l := range p.Layers {
		if l.Emergency == nil {
			continue
		}
		is := j.declaring(l, d)
		if is.Why == "" {
			return is
		}
		if first.Why == DeclaringNoPath {
			first = is
		}
	}
	return first
}

// declaring says what a declaration is worth by the layer's path.
func (j *judge) declaring(l Layer, d Declared) Declaring {
	is := Declaring{Layer: l.Name, From: l.Emergency.By, Until: d.At.Add(l.Emergency.Expires).UTC()}
	role, ok := j.seat(l, l.Emergency.By, d.By)
	_, holds := j.declared(l, d)
	switch {
	case !ok || j.people[d.By].Bot:
		is.Why = DeclaringNotInGroup
	case d.At.After(j.at) || !is.Until.After(j.at):
		is.Why = DeclaringExpired
	case !holds:
		is.Why = DeclaringBase
	case slices.ContainsFunc(j.Declared, func(other Declared) bool {
		_, holds := j.declared(l, other)
		return holds && other.By == d.By
	}):
		is.Why = DeclaringStands
	default:
		is.Group = role.group
	}
	return is
}
