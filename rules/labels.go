package rules

import (
	"slices"
	"strings"
)

// labelled judges the labels. One counts while it is on a pull request, and still when a
// contributor took it off that somebody else had put on: it can raise a class, and whoever
// it holds up cannot lower it again.
func (j *judge) labelled(l Layer, c Condition, b *Because) truth {
	if len(c.Labels) == 0 {
		return yes
	}
	t := no
	for _, p := range j.Pulls {
		for _, want := range c.Labels {
			t = t.or(j.label(l, c, p, want, b))
		}
	}
	if !t.may && j.gap(GapLabels) {
		b.Assumed = true
		return maybe
	}
	return t
}

// label judges one label of one pull request.
func (j *judge) label(l Layer, c Condition, p Pull, want string, b *Because) truth {
	i := slices.IndexFunc(p.Labels, func(label string) bool { return strings.EqualFold(label, want) })
	setter, known, stuck := j.labelSetter(p, want)
	if i < 0 && !stuck {
		return no
	}
	name := want
	if i >= 0 {
		name = p.Labels[i]
	}
	if len(c.SetBy) == 0 {
		b.Labels = append(b.Labels, name)
		return yes
	}
	if !known {
		b.Assumed = true
		return maybe
	}
	if _, ok := j.seat(l, c.SetBy, setter); ok {
		b.Labels = append(b.Labels, name)
		if _, contributed := j.who.by[setter]; contributed {
			return maybe // it raises, and it lowers nothing
		}
		return yes
	}
	if setter == 0 || j.doubts(l, c.SetBy) || j.newcomer(l, c.SetBy, setter) {
		b.Assumed = true
		return maybe
	}
	return no
}

// labelSetter returns who put the label on last, and whether it was taken off in vain: by a
// contributor, or by nobody that GitHub could resolve, and not by the one who had put it on.
func (j *judge) labelSetter(p Pull, want string) (by UserID, known, stuck bool) {
	if !j.knows(FactLabelings) {
		return 0, false, false
	}
	var givers []UserID
	for _, e := range j.Labelings {
		if e.Pull != p.Number || !strings.EqualFold(e.Label, want) {
			continue
		}
		if e.Added {
			givers, by, known = append(givers, e.By), e.By, true
			continue
		}
		_, contributed := j.who.by[e.By]
		own := e.By != 0 && !slices.ContainsFunc(givers, func(id UserID) bool { return id != e.By })
		if own || e.By != 0 && !contributed {
			givers = nil
		}
	}
	return by, known, len(givers) > 0
}
