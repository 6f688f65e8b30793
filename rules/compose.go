package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compose returns the policy that demands what the floor and, unless it is nil, the
// repository's layer demand. A repository's layer may not repeat the name of a rule,
// group or class of the floor (case is folded): whoever reads a name in a verdict has to
// know whose it is. The error names both files and every such name.
func Compose(floor Layer, repo *Layer) (Policy, error) {
	if len(floor.Rules) == 0 {
		return Policy{}, fmt.Errorf("compose policy: %s has no rules: it would let everything pass", floor.File)
	}
	floor.Name = FloorLayer
	if repo == nil {
		return Policy{Layers: []Layer{floor}}, nil
	}
	var errs []error
	clash := func(kind string, theirs, ours []string) {
		for _, name := range ours {
			if i := slices.IndexFunc(theirs, func(n string) bool { return strings.EqualFold(n, name) }); i >= 0 {
				errs = append(errs, fmt.Errorf("%s %q of %s has the name of %s %q of %s: choose another name",
					kind, name, repo.File, kind, theirs[i], floor.File))
			}
		}
	}
	clash("rule", ruleNames(floor), ruleNames(*repo))
	clash("group", slices.Sorted(maps.Keys(floor.Groups)), slices.Sorted(maps.Keys(repo.Groups)))
	clash("class", ownClasses(floor), ownClasses(*repo))
	if err := errors.Join(errs...); err != nil {
		return Policy{}, fmt.Errorf("compose policy: %w", err)
	}
	own := *repo
	own.Name = RepositoryLayer
	return Policy{Layers: []Layer{floor, own}}, nil
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
