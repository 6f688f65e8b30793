package rules

import "slices"

// candidate is somebody who might approve: a person whom the change names, or anybody in a
// group, of whom there are as many as one likes.
type candidate struct {
	id    UserID // 0: anybody in the group
	group string // empty with id 0: anybody who can write
	layer Layer  // of the group
	fits  []bool // by opening
}

// candidates lists who could approve: of groups only those that fill more than another.
func (f *filling) candidates() {
	var people []UserID
	meet := func(id UserID) {
		_, contributed := f.who.by[id]
		if id != 0 && !contributed && !f.people[id].Bot && !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	for _, r := range f.Reviews {
		meet(r.By)
	}
	anybody, seen := false, map[[2]string]bool{}
	for _, o := range f.openings {
		if len(o.of.From) == 0 && !anybody {
			anybody = true
			f.open = append(f.open, f.anybody(""))
		}
		for _, name := range o.of.From {
			if seen[[2]string{o.layer.Name, name}] {
				continue
			}
			seen[[2]string{o.layer.Name, name}] = true
			one := f.member(o.layer, name)
			f.groups = append(f.groups, one)
			if f.reachable(o.layer, name) {
				f.open = append(f.open, one)
			}
			for _, u := range o.layer.Groups[name].Users {
				meet(f.resolve(u))
			}
		}
	}
	for _, p := range f.People {
		meet(p.ID)
	}
	for _, id := range people {
		if c := f.person(id); slices.Contains(c.fits, true) && (len(f.known) < maxKnown || f.lifting(id)) {
			f.known = append(f.known, c)
		}
	}
}

// reachable reports whether somebody whom the change does not name could be in the group.
func (f *filling) reachable(l Layer, name string) bool {
	g := l.Groups[name]
	return g.Permission != "" || len(f.ownersFor(l, []string{name})) > 0 || slices.ContainsFunc(g.Teams, func(ref TeamRef) bool {
		t, ok := f.team(ref.Slug)
		return ok && ref.means(t)
	})
}

// anybody is who can write, and is in no group.
func (f *filling) anybody(group string) candidate {
	c := candidate{group: group, fits: make([]bool, len(f.openings))}
	for i, o := range f.openings {
		c.fits[i] = len(o.of.From) == 0 || slices.ContainsFunc(o.of.From, func(name string) bool {
			return f.knows(FactPermissions) && atLeast("write", o.layer.Groups[name].Permission)
		})
	}
	return c
}

// member is somebody in the group, who can write as well.
func (f *filling) member(l Layer, name string) candidate {
	c := f.anybody(name)
	c.layer = l
	for i, o := range f.openings {
		c.fits[i] = c.fits[i] || f.within(l, name, o)
	}
	return c
}

// within reports whether everybody in the group is in one of those that an opening asks.
func (f *filling) within(l Layer, name string, o opening) bool {
	if l.Name == o.layer.Name && slices.Contains(o.of.From, name) {
		return true
	}
	g := l.Groups[name]
	if len(f.ownersFor(l, []string{name})) > 0 {
		return slices.ContainsFunc(o.of.From, func(n string) bool { return len(f.ownersFor(o.layer, []string{n})) > 0 })
	}
	some := func(in func(Group) bool) bool {
		return slices.ContainsFunc(o.of.From, func(n string) bool { return in(o.layer.Groups[n]) })
	}
	for _, t := range g.Teams {
		if seen, ok := f.team(t.Slug); !ok || !t.means(seen) {
			continue // nobody is in the group by it
		}
		if !some(func(in Group) bool { return slices.Contains(in.Teams, t) && in.MinAge <= g.MinAge }) {
			return false
		}
	}
	for _, u := range g.Users {
		if !some(func(in Group) bool { return slices.Contains(in.Users, u) }) {
			return false
		}
	}
	return g.Permission == "" || some(func(in Group) bool { return atLeast(g.Permission, in.Permission) })
}

// person is somebody whom the change names, and whose approval would count where it does
// not count yet. Whether they can write is known of reviewers alone.
func (f *filling) person(id UserID) candidate {
	c := candidate{id: id, fits: make([]bool, len(f.openings))}
	reviewed := f.reviewed(id)
	for i, o := range f.openings {
		_, ok := f.eligible(o.layer, o.of.From, id)
		counted := slices.ContainsFunc(o.facts.Counted, func(a Approval) bool { return a.By == id }) ||
			slices.ContainsFunc(f.seats, func(s distinctAt) bool { return s.opening == i && slices.Contains(s.can, id) })
		c.fits[i] = (ok || len(o.of.From) == 0 && !reviewed) && !counted
	}
	return c
}

// lifting reports whether somebody has a request for changes to lift.
func (f *filling) lifting(id UserID) bool {
	return slices.ContainsFunc(f.lifts, func(s Step) bool { return slices.Contains(s.People, id) })
}

func (f *filling) reviewed(id UserID) bool {
	return slices.ContainsFunc(f.Reviews, func(r Review) bool { return r.By == id })
}
