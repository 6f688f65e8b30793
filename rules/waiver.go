package rules

import (
	"slices"
	"strings"
	"time"
)

// waiverLife is for how long a waiver holds: whoever gave it answers for a change that is
// about to be merged, not for one that comes back in a year.
const waiverLife = 14 * 24 * time.Hour

// WaiverWhy is why a waiver does not count; empty: it does.
type WaiverWhy string

// Why a waiver does not count.
const (
	WaiverNoRule      WaiverWhy = "waiver.unknown_rule"    // no rule of the policy has the name
	WaiverNotWaivable WaiverWhy = "waiver.not_waivable"    // the policy lets nobody waive the rule
	WaiverContributor WaiverWhy = "waiver.contributor"     // its giver contributed to the change
	WaiverAuthors     WaiverWhy = "waiver.unknown_authors" // who contributed is not known
	WaiverNotInGroup  WaiverWhy = "waiver.not_in_group"    // its giver is a bot, or in none of the rule's groups
	WaiverContent     WaiverWhy = "waiver.content"         // it was said of other content, or what would be merged cannot be told from other content
	WaiverBase        WaiverWhy = "waiver.other_base"      // it was said while the change aimed at another branch
	WaiverExpired     WaiverWhy = "waiver.expired"
)

// Waiving is what a waiver is worth, and to whom it may be left.
type Waiving struct {
	Why   WaiverWhy
	Rule  string   // as the policy names it; empty if there is none
	Near  string   // of WaiverNoRule: the rule that was probably meant
	Layer string   // whose rule it is
	Stage Stage    // of the rule
	From  []string // groups whose members can waive it
	Group string   // as whose member its giver does
	Until time.Time
}

// WeighWaiver says what a waiver is worth as of one moment. Evaluate takes the weight from
// the rule if that is something, and what is said here of a new one is what it will do.
func WeighWaiver(p Policy, c Change, w Waiver, at time.Time) Waiving {
	var names []string
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			if strings.EqualFold(r.Name, w.Rule) {
				return newJudge(c, at).weigh(l, r, w)
			}
			names = append(names, r.Name)
		}
	}
	return Waiving{Why: WaiverNoRule, Near: nearest(w.Rule, names)}
}

// waiver returns the first waiver of the rule that holds: by a member of its groups who is
// neither a contributor nor a bot, said of what would be merged, while it aimed where it
// aims now.
func (j *judge) waiver(l Layer, r Rule) *Reason {
	for _, w := range j.Waivers {
		if !strings.EqualFold(w.Rule, r.Name) {
			continue
		}
		if is := j.weigh(l, r, w); is.Why == "" {
			j.again(is.Until)
			return &Reason{Outcome: Waived, Code: RuleWaived, Relief: &Relief{Until: is.Until, By: w.By, Group: is.Group, Layer: l.Name, Waiver: w.ID}}
		}
	}
	return nil
}

// weigh says what a waiver of the rule is worth.
func (j *judge) weigh(l Layer, r Rule, w Waiver) Waiving {
	is := Waiving{Rule: r.Name, Layer: l.Name, Stage: r.Stage, From: r.WaivableBy, Until: w.At.Add(waiverLife).UTC()}
	_, contributed := j.who.by[w.By]
	switch {
	case len(r.WaivableBy) == 0:
		is.Why = WaiverNotWaivable
	case contributed:
		is.Why = WaiverContributor
	case len(j.who.unknown) > 0:
		is.Why = WaiverAuthors
	case j.people[w.By].Bot:
		is.Why = WaiverNotInGroup
	case j.Exact == "" || w.Exact != j.Exact:
		is.Why = WaiverContent
	case w.At.After(j.at) || !is.Until.After(j.at):
		is.Why = WaiverExpired
	case slices.ContainsFunc(j.Shifts, func(s BaseShift) bool { return s.Pull == w.Pull && !w.At.After(s.At) }):
		is.Why = WaiverBase
	}
	if is.Why != "" {
		return is
	}
	role, ok := j.seat(l, r.WaivableBy, w.By)
	if !ok {
		is.Why = WaiverNotInGroup
	}
	is.Group = role.group
	return is
}
