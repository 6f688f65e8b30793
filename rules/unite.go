package rules

import (
	"cmp"
	"maps"
	"slices"
)

// Unite turns the changes of one head, one for each open pull request to a governed
// branch, into those that are judged: one for each base, in the order of their lowest
// pull request. Beside a pull request of somebody who can write, one opened by somebody
// who cannot counts for nothing, whatever its base: a stranger's copies of a change
// neither lend it anything nor hold it up. Where all are strangers', all count.
//
// Of one head and one base there is one content. The newest reading of it stands;
// contributors, reviews, labels and gaps are those of all its pull requests.
func Unite(changes []Change) []Change {
	strangers := !slices.ContainsFunc(changes, func(c Change) bool {
		return slices.ContainsFunc(c.Pulls, func(p Pull) bool { return p.Writer })
	})
	byBase := map[string][]Change{}
	for _, c := range changes {
		if !strangers {
			c = c.ofWriters()
		}
		if len(c.Pulls) > 0 {
			byBase[c.Base] = append(byBase[c.Base], c)
		}
	}
	var out []Change
	for _, same := range byBase {
		out = append(out, merge(same))
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Pulls[0].Number, b.Pulls[0].Number) })
	return out
}

// ofWriters returns the change without the pull requests of people who cannot write, and
// what was said on these.
func (c Change) ofWriters() Change {
	if !slices.ContainsFunc(c.Pulls, func(p Pull) bool { return !p.Writer }) {
		return c
	}
	gone := map[int64]bool{}
	for _, p := range c.Pulls {
		gone[p.Number] = !p.Writer
	}
	c.Pulls = slices.DeleteFunc(slices.Clone(c.Pulls), func(p Pull) bool { return gone[p.Number] })
	c.Reviews = slices.DeleteFunc(slices.Clone(c.Reviews), func(r Review) bool { return gone[r.Pull] })
	c.Shifts = slices.DeleteFunc(slices.Clone(c.Shifts), func(s BaseShift) bool { return gone[s.Pull] })
	c.Labelings = slices.DeleteFunc(slices.Clone(c.Labelings), func(l Labeling) bool { return gone[l.Pull] })
	c.Threads = slices.DeleteFunc(slices.Clone(c.Threads), func(t Thread) bool { return gone[t.Pull] })
	c.Waivers = slices.DeleteFunc(slices.Clone(c.Waivers), func(w Waiver) bool { return gone[w.Pull] })
	c.Declared = slices.DeleteFunc(slices.Clone(c.Declared), func(d Declared) bool { return gone[d.Pull] })
	return c
}

// merge unites changes of one head and one base; there is at least one.
func merge(same []Change) Change {
	// Newest first; the pull request's number decides between readings of one instant.
	slices.SortFunc(same, func(a, b Change) int {
		return cmp.Or(b.TakenAt.Compare(a.TakenAt), cmp.Compare(a.Pulls[0].Number, b.Pulls[0].Number))
	})
	out := same[0]
	if len(same) == 1 {
		return out
	}
	for _, c := range same[1:] {
		if c.SeenAt.Before(out.SeenAt) {
			out.SeenAt = c.SeenAt
		}
		out.Unnamed = out.Unnamed || c.Unnamed
		// What one of the readings left out is not known of all pull requests.
		out.Read = slices.DeleteFunc(slices.Clone(out.Read), func(f Fact) bool { return !slices.Contains(c.Read, f) })
	}
	out.Pulls = join(same, func(c Change) []Pull { return c.Pulls }, func(p Pull) int64 { return p.Number })
	out.Gaps = join(same, func(c Change) []Gap { return c.Gaps }, func(g Gap) GapFact { return g.Fact })
	out.Commits = join(same, func(c Change) []Commit { return c.Commits }, func(m Commit) string { return m.SHA })
	out.Pushes = join(same, func(c Change) []Push { return c.Pushes }, func(p Push) Push { return p })
	out.Reviews = join(same, func(c Change) []Review { return c.Reviews }, func(r Review) int64 { return r.ID })
	out.Shifts = join(same, func(c Change) []BaseShift { return c.Shifts }, func(s BaseShift) BaseShift { return s })
	out.Notices = join(same, func(c Change) []Notice { return c.Notices }, func(n Notice) Notice { return n })
	out.Labelings = join(same, func(c Change) []Labeling { return c.Labelings }, func(l Labeling) Labeling { return l })
	out.Threads = join(same, func(c Change) []Thread { return c.Threads }, func(t Thread) string { return t.ID })
	out.Waivers = join(same, func(c Change) []Waiver { return c.Waivers }, func(w Waiver) int64 { return w.ID })
	out.Declared = join(same, func(c Change) []Declared { return c.Declared }, func(d Declared) int64 { return d.ID })
	out.Templates = join(same, func(c Change) []string { return c.Templates }, func(s string) string { return s })
	out.Need = unique(join(same, func(c Change) []string { return c.Need }, func(s string) string { return s }))
	out.Usual = unique(join(same, func(c Change) []string { return c.Usual }, func(s string) string { return s }))
	slices.SortFunc(out.Pulls, func(a, b Pull) int { return cmp.Compare(a.Number, b.Number) })
	slices.SortStableFunc(out.Pushes, func(a, b Push) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(out.Reviews, func(a, b Review) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(out.Shifts, func(a, b BaseShift) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(out.Labelings, func(a, b Labeling) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(out.Declared, func(a, b Declared) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(out.Waivers, func(a, b Waiver) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	out.People, out.Teams = people(same)
	out.Owners = owners(same)
	out.Logins = map[string]UserID{}
	for _, c := range slices.Backward(same) {
		maps.Copy(out.Logins, c.Logins)
	}
	return out
}

// join returns what any of the changes has, each thing once; of two with one key that of
// the newer reading.
func join[T any, K comparable](changes []Change, of func(Change) []T, key func(T) K) []T {
	var out []T
	seen := map[K]bool{}
	for _, c := range changes {
		for _, t := range of(c) {
			if k := key(t); !seen[k] {
				seen[k] = true
				out = append(out, t)
			}
		}
	}
	return out
}

// people unites who is named in the changes, newest first, and the teams that they are
// in. A reading says of nobody but those whom it names whether they are in a team, so
// each person's membership comes from the newest reading that names them; and of nobody but
// those whom it asked about what they may do.
func people(changes []Change) ([]Person, []Team) {
	var persons []Person
	var teams []Team
	known, sure := map[UserID]int{}, map[UserID]bool{}
	for _, c := range changes {
		for _, t := range c.Teams {
			i := slices.IndexFunc(teams, func(have Team) bool { return have.Slug == t.Slug })
			if i < 0 {
				i, teams = len(teams), append(teams, t)
				teams[i].Members, teams[i].Joins = nil, nil
			} else if teams[i].Missing || t.Missing || teams[i].ID != t.ID {
				continue // the newer reading knows better
			}
			for _, id := range t.Members {
				if _, named := known[id]; !named {
					teams[i].Members = append(teams[i].Members, id)
				}
			}
			for _, m := range t.Joins {
				if _, named := known[m.ID]; !named {
					teams[i].Joins = append(teams[i].Joins, m)
				}
			}
		}
		asked := c.asked()
		for _, p := range c.People {
			i, named := known[p.ID]
			if !named {
				known[p.ID], persons = len(persons), append(persons, p)
			} else if !sure[p.ID] && asked[p.ID] {
				persons[i].CanWrite = p.CanWrite
			}
			sure[p.ID] = sure[p.ID] || asked[p.ID]
		}
	}
	return persons, teams
}

// asked returns of whom a reading knows what they may do: whose word it counts, not everybody
// who is named beside them.
func (c Change) asked() map[UserID]bool {
	out := map[UserID]bool{}
	for _, p := range c.Pulls {
		out[p.Author] = true
	}
	for _, r := range c.Reviews {
		out[r.By] = true
		if r.Dismissal != nil {
			out[r.Dismissal.By] = true
		}
	}
	for _, w := range c.Waivers {
		out[w.By] = true
	}
	for _, d := range c.Declared {
		out[d.By] = true
	}
	return out
}

// owners unites the owners of the organisation: who is one by the newest reading that
// asked about them.
func owners(changes []Change) []UserID {
	var out []UserID
	known := map[UserID]bool{}
	for _, c := range changes {
		for _, id := range c.Owners {
			if !known[id] && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
		maps.Copy(known, c.asked())
	}
	return out
}
