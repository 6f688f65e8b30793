package snapshot

import (
	"errors"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/rules"
)

// BuiltInLayer is the layer of the built-in policy's text, where it judges as it is or under
// an organisation's file that has no rules: only there owners of the organisation stand in
// for teams.
const BuiltInLayer = "built-in"

// composeFloor returns the floor that an organisation's file makes. The built-in policy may
// be left out for one that has rules.
func composeFloor(builtIn, file rules.Layer) (rules.Layer, error) {
	floor, err := rules.ComposeFloor(builtIn, file)
	if err == nil {
		_, err = rules.Compose(floor, nil)
	}
	return floor, err
}

// Compose returns the policy that texts make together, in the order in which a record names
// them: it is how a verdict is judged again.
func Compose(texts []PolicyText) (rules.Policy, error) {
	order := []string{BuiltInLayer, rules.FloorLayer, rules.RepositoryLayer}
	layers, last := make([]*rules.Layer, len(order)), -1
	for i, t := range texts {
		at := slices.Index(order, t.Layer)
		if at <= last {
			return rules.Policy{}, fmt.Errorf("policy %d is of layer %q: want a floor, then at most one repository", i+1, t.Layer)
		}
		parse := rules.Parse
		if t.Layer == BuiltInLayer {
			parse = rules.ParseBuiltIn
		}
		layer, err := parse(t.Path, t.Text)
		if err != nil {
			return rules.Policy{}, fmt.Errorf("parse the policy of layer %s:\n%w", t.Layer, err)
		}
		layers[at], last = &layer, at
	}
	builtIn, floor := layers[0], layers[1]
	switch {
	case floor == nil && builtIn == nil:
		return rules.Policy{}, errors.New("policy is empty: want the floor")
	case floor == nil:
		floor = builtIn
	case builtIn != nil:
		both, err := composeFloor(*builtIn, *floor)
		if err != nil {
			return rules.Policy{}, err
		}
		floor = &both
	}
	return rules.Compose(*floor, layers[2])
}
