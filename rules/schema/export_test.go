package schema

import (
	"maps"
	"slices"
)

// Keys returns the names of each mapping's keys, by the mapping's place: "policy", "rule",
// "condition", "requirement" and so on.
func Keys() map[string][]string {
	out := map[string][]string{}
	for place, n := range mappings() {
		properties, _ := n["properties"].(map[string]node)
		out[place] = slices.Sorted(maps.Keys(properties))
	}
	return out
}
