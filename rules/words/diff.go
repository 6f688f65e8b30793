package words

import (
	"maps"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Difference is one way in which a policy is not the one that it would replace.
type Difference struct {
	Kind   Kind
	What   string // rule, class, group, branches
	Layer  string
	Name   string
	Before string // what it says, in words; empty: it is new
	After  string // empty: it is gone
}

// Kind is what happened to a part of a policy.
type Kind string

// The kinds.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Diff returns how to differs from from, layer by layer: rules in the order of the new file,
// those that are gone after them, then classes, groups and branches by name. A rule that
// stands elsewhere in the file is the same rule: every one is judged.
func (s Style) Diff(from, to rules.Policy) []Difference {
	var out []Difference
	for _, name := range []string{rules.FloorLayer, rules.RepositoryLayer} {
		out = append(out, s.diffLayers(name, layer(from, name), layer(to, name))...)
	}
	return out
}

func layer(p rules.Policy, name string) rules.Layer {
	for _, l := range p.Layers {
		if l.Name == name {
			return l
		}
	}
	return rules.Layer{}
}

func (s Style) diffLayers(layer string, from, to rules.Layer) []Difference {
	var out []Difference
	before, after := byName(from.Rules), byName(to.Rules)
	var order []string
	for _, r := range slices.Concat(to.Rules, from.Rules) {
		if !slices.Contains(order, r.Name) {
			order = append(order, r.Name)
		}
	}
	out = append(out, compare("rule", layer, order, before, after, s.Rule)...)
	out = append(out, compare("class", layer, keys(from.Classes, to.Classes), from.Classes, to.Classes, func(c rules.Condition) string {
		return "A change " + s.Condition(c) + "."
	})...)
	out = append(out, compare("group", layer, keys(from.Groups, to.Groups), from.Groups, to.Groups, func(g rules.Group) string {
		return capital(s.Group(g)) + "."
	})...)
	reliefs := func(l rules.Layer) map[string]string {
		all := map[string]string{}
		for _, one := range s.Reliefs(l) {
			all[one] = one
		}
		return all
	}
	moments := func(l rules.Layer) map[string]string {
		all := map[string]string{}
		for _, one := range s.Production(l) {
			all[one[0]] = one[1]
		}
		return all
	}
	was, is := moments(from), moments(to)
	out = append(out, compare("deployment", layer, keys(was, is), was, is, func(text string) string { return text })...)
	let, lets := reliefs(from), reliefs(to)
	out = append(out, compare("exception", layer, keys(let, lets), let, lets, func(text string) string { return text })...)
	branches := func(l rules.Layer) map[string][]string {
		if len(l.Branches) == 0 {
			return nil
		}
		return map[string][]string{"branches": l.Branches}
	}
	return append(out, compare("branches", layer, []string{"branches"}, branches(from), branches(to), func(globs []string) string {
		return "Changes into " + join(s.codes(globs), "and") + " are judged."
	})...)
}

func compare[V any](what, layer string, names []string, from, to map[string]V, say func(V) string) []Difference {
	var out []Difference
	for _, name := range names {
		was, before := from[name]
		is, after := to[name]
		d := Difference{What: what, Layer: layer, Name: name}
		switch {
		case !before && !after:
			continue
		case before && after:
			if d.Kind, d.Before, d.After = Changed, say(was), say(is); d.Before == d.After {
				continue // the words leave nothing out that is judged
			}
		case before:
			d.Kind, d.Before = Removed, say(was)
		default:
			d.Kind, d.After = Added, say(is)
		}
		out = append(out, d)
	}
	return out
}

func byName(all []rules.Rule) map[string]rules.Rule {
	out := map[string]rules.Rule{}
	for _, r := range all {
		out[r.Name] = r
	}
	return out
}

func keys[V any](a, b map[string]V) []string {
	all := map[string]V{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return slices.SortedFunc(maps.Keys(all), strings.Compare)
}
