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
			if ok && (ref.ID == 0 || ref.ID == t.ID) && slices.Contains(t.Members, id) {
				return seat{group: name, team: t, asOf: t.AsOf, write: j.people[id].CanWrite}, true
			}
		}
		if j.lists(g, id) {
			return seat{group: name, asOf: j.TakenAt, write: j.people[id].CanWrite}, true
		}
	}
	return seat{}, false
}

// lists reports whether the group names the user.
func (j *judge) lists(g Group, id UserID) bool {
	return slices.ContainsFunc(g.Users, func(u UserRef) bool {
		if u.Login == "" {
			return u.ID == id
		}
		return j.Logins[u.String()] == id
	})
}

// unseen returns the teams of the groups that cannot be seen, and those whose slug another
// team has now, each as the policy writes it.
func (j *judge) unseen(l Layer, groups []string) (missing, other []string) {
	for _, name := range groups {
		for _, ref := range l.Groups[name].Teams {
			t, ok := j.team(ref.Slug)
			switch {
			case !ok:
				missing = append(missing, ref.String())
			case ref.ID != 0 && ref.ID != t.ID:
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
// none, whoever can write. Bots have none.
func (j *judge) eligible(l Layer, from []string, id UserID) (seat, bool) {
	if id == 0 || j.people[id].Bot {
		return seat{}, false
	}
	if len(from) > 0 {
		return j.seat(l, from, id)
	}
	return seat{asOf: j.TakenAt, write: true}, j.people[id].CanWrite
}

// wasEligible says the same of the time at which the standing was seen. Teams are known by
// their slugs alone: it is asked of whom to keep blocking, never of whose approval counts.
func (j *judge) wasEligible(l Layer, from []string, id UserID, s Standing) bool {
	if j.people[id].Bot {
		return false
	}
	if len(from) == 0 {
		return s.CanWrite
	}
	for _, name := range from {
		g := l.Groups[name]
		if id != 0 && j.lists(g, id) || slices.ContainsFunc(g.Teams, func(t TeamRef) bool { return slices.Contains(s.Teams, t.Slug) }) {
			return true
		}
	}
	return false
}
