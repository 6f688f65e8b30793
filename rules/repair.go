package rules

import (
	"slices"
	"strings"
	"time"
)

// repairable refuses rules that no change of the layer's own file could ever pass: such a
// policy could be mended by nobody but who goes around it. What can be said of the text alone
// is said: a group that holds only people by name has as many as it names.
func (c *composer) repairable(l Layer) {
	const path = ".github/change-management.yml"
	// A change of the policy, by nobody in particular, of which every fact was read.
	j := newJudge(Change{
		Head: "policy", Exact: "policy", Pulls: []Pull{{Number: 1}}, Files: []File{{Path: path, Status: "modified", Counted: true}},
	}, time.Time{})
	for _, r := range l.Rules {
		if r.Stage != BeforeMerge || !r.When.always() && !j.holds(l, r.When, &Because{}).certain() {
			continue
		}
		r.Require.must(func(part Requirement) {
			a := part.Approvals
			if a == nil || len(a.From) == 0 {
				return
			}
			if people, known := namesAll(l, a.From); known && people < a.Count {
				c.fail(l, r.At, "rule %q asks for %d people of %s, and there are %d: no change of this policy could pass it. Ask for fewer, or widen the group",
					r.Name, a.Count, quotedList(a.From), people)
			}
		})
	}
}

// must calls yield for the requirement and those of its parts that have to be met.
func (r Requirement) must(yield func(Requirement)) {
	yield(r)
	for _, part := range r.All {
		part.must(yield)
	}
}

// namesAll returns how many people the groups have, if they name them all.
func namesAll(l Layer, groups []string) (people int, known bool) {
	var all []UserRef
	for _, name := range groups {
		g := l.Groups[name]
		all = slices.Concat(all, g.Users, g.Bots)
		if len(g.Teams) > 0 || g.Permission != "" || slices.Contains(all, UserRef{}) {
			return 0, false // in a stored policy several accounts that are gone are one entry
		}
	}
	slices.SortFunc(all, func(a, b UserRef) int { return strings.Compare(a.String(), b.String()) })
	return len(slices.Compact(all)), true
}
