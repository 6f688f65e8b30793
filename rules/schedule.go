package rules

import (
	"maps"
	"slices"
)

// Schedule is a window of a policy, with the freezes that close it.
type Schedule struct {
	Layer   string // FloorLayer or RepositoryLayer
	Name    string
	Window  Window
	Freezes []Freeze // for whatever was asked about, whoever deploys it
	Some    []Freeze // for a part of it alone: another environment, class or repository
}

// Schedules returns the windows of a policy, the floor's first, by name. With an environment,
// by the name that it has on GitHub, these are the windows that a rule before it asks for;
// with a class those of them that a change of that class may have to wait for, if it is of no
// other class than those that this one brings with it. Empty: whatever there is.
func (p Policy) Schedules(environment, class string) []Schedule {
	var out []Schedule
	for _, l := range p.Layers {
		a := about{l, environment, class}
		for _, name := range slices.Sorted(maps.Keys(l.Windows)) {
			if environment+class != "" && !slices.ContainsFunc(l.Rules, func(r Rule) bool { return a.waits(r, name) }) {
				continue
			}
			s := Schedule{Layer: l.Name, Name: name, Window: l.Windows[name]}
			for _, f := range l.Freezes {
				if t := a.frozen(f); t.certain() {
					s.Freezes = append(s.Freezes, f)
				} else if t.may {
					s.Some = append(s.Some, f)
				}
			}
			out = append(out, s)
		}
	}
	return out
}

// about is what a layer is asked about.
type about struct {
	Layer
	environment, class string // empty: any
}

// waits reports whether a rule may ask for the window.
func (a about) waits(r Rule, window string) bool {
	asks := false
	r.Require.each(func(part Requirement) { asks = asks || part.Window == window })
	return asks && r.Stage != BeforeMerge && a.before([]string{string(r.Stage)}).may && a.holds(r.When, maybe).may
}

// before says whether the environment is one of the layer's that are named.
func (a about) before(names []string) truth {
	if a.environment == "" {
		return maybe
	}
	return sure(slices.ContainsFunc(a.environmentsOf(a.environment), func(e string) bool { return slices.Contains(names, e) }))
}

// frozen says whether a freeze closes the windows for what is asked about.
func (a about) frozen(f Freeze) truth {
	t := yes
	if len(f.Environments) > 0 {
		t = t.and(a.before(f.Environments))
	}
	if len(f.Classes) > 0 {
		t = t.and(a.in(f.Classes))
	}
	if len(f.Repositories) > 0 {
		t = t.and(maybe)
	}
	return t
}

// in says whether a change of the class is in one of those named.
func (a about) in(names []string) truth {
	if a.class == "" {
		return maybe
	}
	in := no
	for _, name := range names {
		if in = in.or(sure(name == a.class)); !in.may {
			in = a.holds(a.Classes[name], no)
		}
	}
	return in
}

// holds says whether a condition does for a change of the class; rest is what every part of
// it does that speaks of something else.
func (a about) holds(c Condition, rest truth) truth {
	t := yes
	other := len(c.parts())
	if len(c.Class) > 0 {
		t = t.and(a.in(c.Class))
		other--
	}
	if len(c.Any) > 0 {
		held := no
		for _, part := range c.Any {
			held = held.or(a.holds(part, rest))
		}
		t = t.and(held)
		other--
	}
	if c.Not != nil {
		t = t.and(a.holds(*c.Not, rest).not())
		other--
	}
	if other > 0 {
		t = t.and(rest)
	}
	return t
}

// Environments returns the names that the policy has for what GitHub calls an environment,
// of all layers, sorted; none if no layer knows it.
func (p Policy) Environments(name string) []string {
	var out []string
	for _, l := range p.Layers {
		out = append(out, l.environmentsOf(name)...)
	}
	return unique(out)
}
