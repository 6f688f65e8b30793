package rules

import (
	"slices"
	"time"
)

// team returns what is known of the team that a policy names.
func (j *judge) team(slug string) (Team, bool) {
	i := slices.IndexFunc(j.Teams, func(t Team) bool { return t.Slug == slug })
	if i < 0 || j.Teams[i].Missing {
		return Team{}, false
	}
	return j.Teams[i], true
}

// seat is how somebody belongs to a group.
type seat struct {
	group string
	team  Team // zero: the group names the user, or none was asked for
	asOf  time.Time
	write bool

	permission string // if that is why
	owner      bool   // stands in for teams that cannot be seen
}

// seat returns how somebody belongs to one of the groups. A team whose number is another
// than the one that the policy wrote seats nobody.
func (j *judge) seat(l Layer, groups []string, id UserID) (seat, bool) {
	if id == 0 {
		return seat{}, false
	}
	for _, name := range groups {
		g := l.Groups[name]
		for _, ref := range g.Teams {
			t, ok := j.team(ref.Slug)
			if ok && ref.means(t) && slices.Contains(t.Members, id) && j.settled(g, t, id) {
				return seat{group: name, team: t, asOf: t.AsOf, write: j.people[id].CanWrite}, true
			}
		}
		switch {
		case j.people[id].Bot && !j.lists(g.Bots, id):
		case j.lists(g.Users, id) || j.lists(g.Bots, id):
			return seat{group: name, asOf: j.TakenAt, write: j.people[id].CanWrite}, true
		case atLeast(j.people[id].Permission, g.Permission):
			return seat{group: name, asOf: j.TakenAt, write: j.people[id].CanWrite, permission: j.people[id].Permission}, true
		case j.standsIn(l, name, id):
			return seat{group: name, asOf: j.TakenAt, write: j.people[id].CanWrite, owner: true}, true
		}
	}
	return seat{}, false
}

// means reports whether a team is the one that the policy means: that of the number which
// it writes or, where it writes none, of the first that we saw under the slug.
func (t TeamRef) means(team Team) bool {
	if t.ID != 0 {
		return t.ID == team.ID
	}
	return team.Pinned == 0 || team.Pinned == team.ID
}

// settled reports whether somebody has been in the team for as long as the group asks,
// and was not put there by a contributor of the change.
func (j *judge) settled(g Group, t Team, id UserID) bool {
	i := slices.IndexFunc(t.Joins, func(m Join) bool { return m.ID == id })
	if i < 0 {
		return g.MinAge == 0
	}
	m := t.Joins[i]
	if _, contributed := j.who.by[m.By]; contributed {
		return false
	}
	ripe := m.Since.Add(g.MinAge)
	j.again(ripe)
	return g.MinAge == 0 || !m.Since.IsZero() && !ripe.After(j.at)
}

// permissions are GitHub's words, the weakest first.
var permissions = []string{"none", "read", "triage", "write", "maintain", "admin"}

// atLeast reports whether what somebody may do is known and at least what is asked for.
func atLeast(may, want string) bool {
	return want != "" && slices.Index(permissions, may) >= slices.Index(permissions, want)
}

// standsIn reports whether somebody stands in for the teams of a group.
func (j *judge) standsIn(l Layer, name string, id UserID) bool {
	return slices.Contains(j.Owners, id) && len(j.ownersFor(l, []string{name})) > 0
}

// ownersFor returns the teams for which owners of the organisation stand in: those of a
// group of the built-in policy none of which can be seen.
func (j *judge) ownersFor(l Layer, groups []string) []string {
	var teams []string
	for _, name := range groups {
		g := l.Groups[name]
		if !g.BuiltIn || !j.knows(FactOwners) || slices.ContainsFunc(g.Teams, func(ref TeamRef) bool {
			t, ok := j.team(ref.Slug)
			return ok && ref.means(t)
		}) {
			continue
		}
		for _, ref := range g.Teams {
			teams = append(teams, ref.String())
		}
	}
	return unique(teams)
}

// newcomer reports whether somebody is in a team of the groups that counts them not yet.
func (j *judge) newcomer(l Layer, groups []string, id UserID) bool {
	for _, name := range groups {
		for _, ref := range l.Groups[name].Teams {
			if t, ok := j.team(ref.Slug); ok && ref.means(t) && slices.Contains(t.Members, id) {
				return true
			}
		}
	}
	return false
}

// lists reports whether the user is among those named.
func (j *judge) lists(refs []UserRef, id UserID) bool {
	return slices.ContainsFunc(refs, func(u UserRef) bool { return j.resolve(u) == id })
}

// resolve returns whom a policy names, 0 if that is nobody.
func (j *judge) resolve(u UserRef) UserID {
	if u.Login == "" {
		return u.ID
	}
	return j.Logins[u.String()]
}

// unseen returns the teams of the groups that cannot be seen, and those whose slug another
// team has now, each as the policy writes it.
func (j *judge) unseen(l Layer, groups []string) (missing, other []string) {
	for _, name := range groups {
		if len(j.ownersFor(l, []string{name})) > 0 {
			continue
		}
		for _, ref := range l.Groups[name].Teams {
			t, ok := j.team(ref.Slug)
			switch {
			case !ok:
				missing = append(missing, ref.String())
			case !ref.means(t):
				other = append(other, ref.String())
			}
		}
	}
	return unique(missing), unique(other)
}

// blind reports whether a team of the groups cannot be seen, so that nobody can be said
// to be in none of them.
func (j *judge) blind(l Layer, groups []string) bool {
	missing, _ := j.unseen(l, groups)
	return len(missing) > 0
}

// eligible returns the role in which somebody's approval could count for the requirement
// now, but for what they contributed: a member of one of its groups or, where it names
// none, whoever can write. Bots have none, unless one of the groups names them.
func (j *judge) eligible(l Layer, from []string, id UserID) (seat, bool) {
	if id == 0 || j.people[id].Bot && !j.hasBot(l, from, id) {
		return seat{}, false
	}
	if len(from) > 0 {
		return j.seat(l, from, id)
	}
	return seat{asOf: j.TakenAt, write: true}, j.people[id].CanWrite
}

// hasBot reports whether one of the groups names the bot.
func (j *judge) hasBot(l Layer, groups []string, id UserID) bool {
	return slices.ContainsFunc(groups, func(name string) bool { return j.lists(l.Groups[name].Bots, id) })
}

// wasEligible says the same of the time at which the standing was seen. Teams are known by
// their slugs alone: it is asked of whom to keep blocking, never of whose approval counts. What
// else puts somebody into a group is not known of then: by that they are in it now, or not.
func (j *judge) wasEligible(l Layer, from []string, id UserID, s Standing) bool {
	if j.people[id].Bot {
		return false
	}
	if len(from) == 0 {
		return s.CanWrite
	}
	return slices.ContainsFunc(from, func(name string) bool {
		return slices.ContainsFunc(l.Groups[name].Teams, func(t TeamRef) bool { return slices.Contains(s.Teams, t.Slug) })
	})
}

// doubts reports whether somebody could be in the groups of whom that cannot be said: by a
// team that cannot be seen, or by a fact that was not read.
func (j *judge) doubts(l Layer, groups []string) bool {
	missing, other := j.unseen(l, groups)
	return len(missing)+len(other)+len(j.unread(l, groups)) > 0
}

// unread returns the facts that membership of the groups rests on and that were not read.
func (j *judge) unread(l Layer, groups []string) []Fact {
	var facts []Fact
	for _, name := range groups {
		for _, f := range l.Groups[name].needs() {
			if !j.knows(f) && f != FactOwners && !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
	}
	return facts
}
