package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ComposeFloor returns the floor of an organisation that has a file: the file itself or,
// where it has no rules, the built-in policy with what the file says in its stead. Such a
// file may give the built-in groups other people, the built-in windows other times and the
// environments other names, freeze them, govern more branches, name the owner of the
// procedure, have reviews requested, and make exceptions. What it says besides would have no effect, and is an
// error: a SyntaxErrors, without the lines' text.
func ComposeFloor(builtin, org Layer) (Layer, error) {
	if len(org.Rules) > 0 {
		return org, nil
	}
	c := composer{floor: builtin}
	floor := builtin
	floor.File = org.File
	floor.Groups = chosen(&c, org, "group", builtin.Groups, org.Groups, func(g Group) Position { return g.At })
	for _, name := range ownClasses(org) {
		c.fail(org, org.Classes[name].At, "the file has no rules, and class %q changes none of the built-in policy's: write the rules that name it, or take it out", name)
	}
	floor.Windows = chosen(&c, org, "window", builtin.Windows, org.Windows, func(w Window) Position { return w.At })
	floor.Environments = chosen(&c, org, "environment", builtin.Environments, org.Environments, func(e Environment) Position { return e.At })
	floor.Freezes = org.Freezes
	if org.Emergency != nil {
		c.fail(org, org.Emergency.At, "the file has no rules, and emergency changes none of the built-in policy's: write the rules that it waives, or take it out")
	}
	if org.Rollback != nil {
		c.fail(org, org.Rollback.At, "the file has no rules, and rollback changes none of the built-in policy's: write the rules that it waives, or take it out")
	}
	if org.Procedure != nil {
		floor.Procedure = org.Procedure
	}
	for _, branch := range org.Branches {
		if !slices.Contains(floor.Branches, branch) {
			floor.Branches = append(slices.Clone(floor.Branches), branch)
		}
	}
	floor.Exceptions = org.Exceptions
	floor.Requests = org.Requests
	if len(c.errs) > 0 {
		c.errs.sort()
		return Layer{}, fmt.Errorf("compose floor: %w", c.errs)
	}
	return floor, nil
}

// chosen returns what the built-in policy has of a kind, with the file's in its stead where it
// has the name; another one is a fault.
func chosen[T any](c *composer, org Layer, kind string, builtin, own map[string]T, at func(T) Position) map[string]T {
	out := maps.Clone(builtin)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if _, ok := builtin[name]; !ok {
			c.fail(org, at(own[name]), "the file has no rules, so those of the built-in policy are in force, and they know no %s %q: it has %s",
				kind, name, quotedList(slices.Sorted(maps.Keys(builtin))))
			continue
		}
		out[name] = own[name]
	}
	return out
}

// quotedList joins words in quotes as a sentence does.
func quotedList(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, strconv.Quote(w))
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
