package rules

import (
	"maps"
	"slices"
)

// ownGroup warns of a rule that asks for nobody but the group that wrote the change, by name
// or, where the members of the teams are known, by who is in it.
func (n *linter) ownGroup(r Rule) {
	if len(r.When.Authors) == 0 {
		return
	}
	r.Require.each(func(part Requirement) {
		a := part.Approvals
		if a == nil || len(a.From) == 0 {
			return
		}
		switch {
		case subset(a.From, r.When.Authors):
			n.warn(r.At, LintOwnGroup, "rule %q lets %s approve what %s wrote, and nobody else: name another group too", r.Name, quotedList(a.From), quotedList(r.When.Authors))
		case n.within(a.From, r.When.Authors):
			n.warn(r.At, LintOwnGroup, "rule %q lets %s approve what %s wrote, and everybody in the first is in the second: name another group too",
				r.Name, quotedList(a.From), quotedList(r.When.Authors))
		}
	})
}

// within reports whether it is known that everybody of some groups is in the others.
func (n *linter) within(some, of []string) bool {
	inner, known := n.members(some)
	outer, also := n.members(of)
	if !known || !also || len(inner) == 0 {
		return false
	}
	for who := range inner {
		if !outer[who] {
			return false
		}
	}
	return true
}

// members returns everybody of groups that are made of teams alone: a person who is named by
// login is not to be told from one of a team.
func (n *linter) members(groups []string) (members map[UserID]bool, known bool) {
	members = map[UserID]bool{}
	for _, name := range groups {
		g := n.layer.Groups[name]
		if _, known := n.size(g); !known || len(g.Users) > 0 {
			return nil, false
		}
		for _, ref := range g.Teams {
			for _, id := range n.team(ref).Members {
				members[id] = true
			}
		}
	}
	return members, true
}

// groups warns of groups that nobody can be in, of teams that fill no seat, and of rules that
// ask for more people than a group has.
func (n *linter) groups() {
	for _, name := range slices.Sorted(maps.Keys(n.layer.Groups)) {
		g := n.layer.Groups[name]
		if n.facts.Teams != nil {
			n.teams(name, g)
		}
		if size, known := n.size(g); known && size == 0 {
			n.warn(g.At, LintNobody, "nobody is in group %q: name a team that has members, or people", name)
		}
	}
	for _, r := range n.layer.Rules {
		r.Require.each(func(part Requirement) {
			a := part.Approvals
			if a == nil || len(a.From) == 0 {
				return
			}
			total, all := 0, true
			for _, name := range a.From {
				size, known := n.size(n.layer.Groups[name])
				total, all = total+size, all && known
			}
			if all && total > 0 && total < a.Count {
				n.warn(r.At, LintNobody, "rule %q asks for %d people of %s, and there are %d: ask for fewer, or widen the group", r.Name, a.Count, quotedList(a.From), total)
			}
		})
	}
}

// teams warns of the teams of a group from which nobody could approve.
func (n *linter) teams(name string, g Group) {
	for _, ref := range g.Teams {
		t := n.team(ref)
		switch {
		case t.ID == 0:
			n.warn(g.At, LintTeam, "team %s of group %q is not there, or not shown to the app: nobody is taken for a member", ref, name)
		case !ref.means(t):
			n.warn(g.At, LintTeam, "team %s of group %q is another team by now, #%d: write its number if it is the one that is meant", ref, name, t.ID)
		case len(t.Members) == 0:
			n.warn(g.At, LintTeam, "team %s of group %q has no members: add some, or name another team", ref, name)
		case len(n.facts.Authors) > 0 && !slices.ContainsFunc(t.Members, func(id UserID) bool { return !slices.Contains(n.facts.Authors, id) }):
			n.warn(g.At, LintTeam, "everybody in team %s of group %q contributed to this change: nobody could approve in its name what they write", ref, name)
		}
	}
}

// team returns a team as it is known; the zero Team if it is not there.
func (n *linter) team(ref TeamRef) Team {
	i := slices.IndexFunc(n.facts.Teams, func(t Team) bool { return t.Slug == ref.Slug && !t.Missing })
	if i < 0 {
		return Team{}
	}
	return n.facts.Teams[i]
}

// size returns how many people a group has at most, if that can be told. Bots do not
// count: the last seat is a person's.
func (n *linter) size(g Group) (people int, known bool) {
	if g.Permission != "" || g.BuiltIn {
		return 0, false
	}
	people = len(g.Users)
	for _, ref := range g.Teams {
		if n.facts.Teams == nil {
			return 0, false
		}
		if t := n.team(ref); ref.means(t) {
			people += len(t.Members)
		}
	}
	return people, true
}

// needless warns of duties kept apart that always are: no contributor's approval counts.
func (n *linter) needless(r Rule) {
	r.Require.each(func(part Requirement) {
		if len(part.Separation) == 2 && slices.Contains(part.Separation, DutyAuthor) && slices.Contains(part.Separation, DutyApprover) {
			n.warn(r.At, LintNeedless, "rule %q keeps author and approver apart, as every approval does by itself: write `approvals: 1`, or name another duty too", r.Name)
		}
	})
}
