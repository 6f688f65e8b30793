package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compose returns the policy that demands what the floor and, unless it is nil, the
// repository's layer demand. A repository's layer may not repeat the name of a rule,
// group or class of the floor (case is folded): whoever reads a name in a verdict has to
// know whose it is. Its exceptions and advice reach its own rules, and those of the floor
// that are marked overridable. A rule that no change of the
// policy itself could pass is refused. The error holds all that is wrong as a SyntaxErrors, where
// it stands in the files but without the lines' text.
func Compose(floor Layer, repo *Layer) (Policy, error) {
	if len(floor.Rules) == 0 {
		return Policy{}, fmt.Errorf("compose policy: %s has no rules: it would let everything pass", floor.File)
	}
	floor.Name = FloorLayer
	c := composer{floor: floor}
	c.dispensations(floor)
	c.waives(floor)
	c.repairable(floor)
	p := Policy{Layers: []Layer{floor}}
	if repo != nil {
		own := *repo
		own.Name = RepositoryLayer
		c.names(own)
		c.dispensations(own)
		c.waives(own)
		c.repairable(own)
		c.repositories(own)
		p.Layers = append(p.Layers, own)
	}
	if len(c.errs) > 0 {
		c.errs.sort()
		return Policy{}, fmt.Errorf("compose policy: %w", c.errs)
	}
	return p, nil
}

// composer collects what keeps layers from being one policy.
type composer struct {
	floor Layer
	errs  SyntaxErrors
}

func (c *composer) fail(l Layer, at Position, format string, args ...any) {
	c.errs = append(c.errs, &SyntaxError{File: l.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Msg: fmt.Sprintf(format, args...)})
}

// names refuses what the repository's layer calls by a name of the floor.
func (c *composer) names(l Layer) {
	clash := func(kind string, theirs, ours []string, at func(string) Position) {
		for _, name := range ours {
			if i := slices.IndexFunc(theirs, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 {
				c.fail(l, at(name), "%s %q of %s has the name of %s %q of %s: choose another name",
					kind, name, l.File, kind, theirs[i], c.floor.File)
			}
		}
	}
	clash("rule", ruleNames(c.floor), ruleNames(l), func(name string) Position { r, _ := l.rule(name); return r.At })
	clash("group", slices.Sorted(maps.Keys(c.floor.Groups)), slices.Sorted(maps.Keys(l.Groups)), func(name string) Position { return l.Groups[name].At })
	clash("window", slices.Sorted(maps.Keys(c.floor.Windows)), slices.Sorted(maps.Keys(l.Windows)), func(name string) Position { return l.Windows[name].At })
	clash("class", ownClasses(c.floor), ownClasses(l), func(name string) Position { return l.Classes[name].At })
}

// dispensations refuses exceptions and advice about rules that are not there, or that the
// layer cannot reach.
func (c *composer) dispensations(l Layer) {
	for _, e := range l.Exceptions {
		if _, own := l.rule(e.Rule); !own {
			c.reached(l, e.At, "the exception", e.Rule)
		}
	}
	for _, d := range l.Advice {
		if _, own := l.rule(d.Rule); own {
			c.fail(l, d.At, "rule %q stands in this file: write `enforce: false` and `until:` there", d.Rule)
			continue
		}
		c.reached(l, d.At, "the advice", d.Rule)
	}
}

func (c *composer) reached(l Layer, at Position, what, rule string) {
	r, ok := c.floor.rule(rule)
	switch {
	case !ok:
		c.fail(l, at, "%s is about rule %q, and no rule has that name: write the name as it stands at the rule", what, rule)
	case !r.Overridable:
		c.fail(l, at, "%s is about rule %q of %s, which is not overridable: an owner of that file can mark it so", what, rule, c.floor.File)
	}
}

// waives refuses rules that an emergency or a rollback waives and that are not there, that
// the layer cannot reach, or that review every change.
func (c *composer) waives(l Layer) {
	check := func(at Position, what string, names []string) {
		for _, name := range names {
			if _, own := l.rule(name); own {
				continue
			}
			c.reached(l, at, what, name)
			if r, ok := c.floor.rule(name); ok && r.reviewsAll() {
				c.fail(l, at, "%s waives rule %q of %s, which asks for review of every change: take it out", what, name, c.floor.File)
			}
		}
	}
	if l.Emergency != nil {
		check(l.Emergency.At, "emergency", l.Emergency.Waives)
	}
	if l.Rollback != nil {
		check(l.Rollback.At, "rollback", l.Rollback.Waives)
	}
}

// reviewsAll reports whether a rule asks for review of every change.
func (r Rule) reviewsAll() bool {
	return r.Stage == BeforeMerge && r.When.always() && r.Require.Approvals != nil
}

// repositories refuses conditions on the repository in its own file: they hold, or don't.
func (c *composer) repositories(l Layer) {
	refuse := func(at Position) func(Condition) {
		return func(part Condition) {
			if len(part.Repositories) > 0 {
				c.fail(l, at, "repositories can be told apart in the organization's file alone: take it out")
			}
		}
	}
	for _, name := range ownClasses(l) {
		l.Classes[name].each(refuse(l.Classes[name].At))
	}
	for _, r := range l.Rules {
		r.When.each(refuse(r.When.At))
	}
	for _, e := range l.Exceptions {
		e.Scope.each(refuse(e.Scope.At))
	}
	for _, f := range l.Freezes {
		if len(f.Repositories) > 0 {
			c.fail(l, f.At, "repositories can be told apart in the organization's file alone: take it out")
		}
	}
}

// rule returns the rule of that name.
func (l Layer) rule(name string) (Rule, bool) {
	i := slices.IndexFunc(l.Rules, func(r Rule) bool { return strings.EqualFold(r.Name, name) })
	if i < 0 {
		return Rule{}, false
	}
	return l.Rules[i], true
}

func ruleNames(l Layer) []string {
	var names []string
	for _, r := range l.Rules {
		names = append(names, r.Name)
	}
	return names
}

// ownClasses returns the classes that the file itself defines: the built-in one is
// the same in all of them.
func ownClasses(l Layer) []string {
	names := slices.Sorted(maps.Keys(l.Classes))
	return slices.DeleteFunc(names, func(n string) bool { return n == PolicyClass })
}
