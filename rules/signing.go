package rules

import (
	"slices"
	"strings"
	"time"
)

// SigningWhy is why a sign-off is not taken; empty: it is.
type SigningWhy string

// Why a sign-off is not taken.
const (
	SigningNoName      SigningWhy = "sign_off.unknown_name"    // no rule of the policy asks for one of the name
	SigningContributor SigningWhy = "sign_off.contributor"     // its giver contributed to the change
	SigningAuthors     SigningWhy = "sign_off.unknown_authors" // who contributed is not known
	SigningNotInGroup  SigningWhy = "sign_off.not_in_group"    // its giver is a bot, or in none of the groups
	SigningContent     SigningWhy = "sign_off.content"         // what would land cannot be told from other content
)

// Signing is what a sign-off is worth as it is given, and to whom it may be left.
type Signing struct {
	Why   SigningWhy
	Name  string   // as the policy writes it; empty if nothing asks for one of the name
	Near  string   // of SigningNoName: the name that was probably meant
	Layer string   // whose rule asks for it
	From  []string // groups whose members can give it
	Group string   // as whose member its giver does
}

// WeighSignOff says what a sign-off is worth that was given just now. Behind the name, words
// of a note may follow: the longest name that the words begin with is the one that is meant.
// Where several rules ask for it, one of them is enough. EvaluateShipment judges it again.
func WeighSignOff(p Policy, c Change, s SignedOff, at time.Time) Signing {
	name, near := p.signOffName(s.Name)
	if name == "" {
		return Signing{Why: SigningNoName, Near: near}
	}
	j := newJudge(c, at)
	var first *Signing
	p.eachSignOff(func(l Layer, want SignOff) {
		if !strings.EqualFold(want.Name, name) || first != nil && first.Why == "" {
			return
		}
		if is := j.signing(l, want, s); first == nil || is.Why == "" {
			first = &is
		}
	})
	return *first
}

// signing says what a sign-off is worth to one requirement.
func (j *judge) signing(l Layer, want SignOff, s SignedOff) Signing {
	is := Signing{Name: want.Name, Layer: l.Name, From: want.From}
	_, contributed := j.who.by[s.By]
	role, ok := j.seat(l, want.From, s.By)
	switch {
	case contributed:
		is.Why = SigningContributor
	case len(j.who.unknown) > 0:
		is.Why = SigningAuthors
	case !ok || j.people[s.By].Bot:
		is.Why = SigningNotInGroup
	case s.Landed == "" || s.Landed != j.Landed:
		is.Why = SigningContent
	default:
		is.Group = role.group
	}
	return is
}

// signOffName returns the longest name of a sign-off that the words begin with or, where
// there is none, the one that was probably meant.
func (p Policy) signOffName(words string) (name, near string) {
	said := strings.Fields(words)
	p.eachSignOff(func(_ Layer, want SignOff) {
		n := len(strings.Fields(want.Name))
		if len(want.Name) > len(name) && len(said) >= n && strings.EqualFold(strings.Join(said[:n], " "), strings.Join(strings.Fields(want.Name), " ")) {
			name = want.Name
		}
	})
	p.eachSignOff(func(_ Layer, want SignOff) {
		if n := min(len(said), len(strings.Fields(want.Name))); name == "" && near == "" {
			near = nearest(strings.Join(said[:n], " "), []string{want.Name})
		}
	})
	return name, near
}

func (p Policy) eachSignOff(yield func(Layer, SignOff)) {
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			r.Require.each(func(part Requirement) {
				if part.SignOff != nil {
					yield(l, *part.SignOff)
				}
			})
		}
	}
}

// SignOffNames returns the names of the sign-offs that a policy asks for, as it writes them.
func SignOffNames(p Policy) []string {
	var names []string
	p.eachSignOff(func(_ Layer, want SignOff) {
		if !slices.Contains(names, want.Name) {
			names = append(names, want.Name)
		}
	})
	return names
}

// speaking are the groups of a layer whose members can give commands.
func (l Layer) speaking() []string {
	var groups []string
	for _, r := range l.Rules {
		groups = append(groups, r.WaivableBy...)
		r.Require.each(func(part Requirement) {
			if part.SignOff != nil {
				groups = append(groups, part.SignOff.From...)
			}
		})
	}
	if l.Emergency != nil {
		groups = append(groups, l.Emergency.By...)
	}
	return groups
}

// Speaks reports whether somebody is in a group whose members can give any command.
func Speaks(p Policy, c Change, id UserID) bool {
	j := newJudge(c, c.TakenAt)
	return slices.ContainsFunc(p.Layers, func(l Layer) bool {
		_, ok := j.seat(l, l.speaking(), id)
		return ok
	})
}

// NamesSpeaker reports whether the policy itself names somebody, not by a team, among those
// who can give any command. The policy has to be a stored one: of a login it cannot be said
// whose it is.
func (p Policy) NamesSpeaker(id UserID) bool {
	return id != 0 && slices.ContainsFunc(p.Layers, func(l Layer) bool {
		return slices.ContainsFunc(l.speaking(), func(group string) bool {
			return slices.ContainsFunc(l.Groups[group].Users, func(u UserRef) bool { return u.Login == "" && u.ID == id })
		})
	})
}
