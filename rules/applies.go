package rules

import (
	"slices"
	"strings"
)

// holds reports whether every part of the condition holds, and adds to why what made it so.
func (j *judge) holds(l Layer, c Condition, why *Because) bool {
	var b Because
	ok := j.inClass(l, c, &b) && j.touches(c, &b) && j.aims(c, &b) && j.labelled(c, &b) &&
		j.writtenBy(l, c, &b) && j.drafted(c, &b) && j.anyOf(l, c, &b)
	if ok {
		why.add(b)
	}
	return ok
}

func (j *judge) inClass(l Layer, c Condition, b *Because) bool {
	if len(c.Class) == 0 {
		return true
	}
	in := false
	for _, name := range c.Class {
		if member := j.class(l, name); member.holds {
			b.add(member.why)
			b.Classes = append(b.Classes, name)
			in = true
		}
	}
	return in
}

// class says whether the change is in a class, and why. Each is judged once in an
// evaluation: classes that name classes could ask for one a million times.
func (j *judge) class(l Layer, name string) membership {
	key := l.Name + "\x00" + name
	m, ok := j.classes[key]
	if !ok {
		m.holds = j.holds(l, l.Classes[name], &m.why)
		m.why = *m.why.sorted()
		j.classes[key] = m
	}
	return m
}

// membership is whether the change is in a class.
type membership struct {
	holds bool
	why   Because
}

// touches judges the paths. Where the list of files is incomplete every path counts as
// touched.
func (j *judge) touches(c Condition, b *Because) bool {
	if len(c.Paths)+len(c.NotPaths)+len(c.OnlyPaths) == 0 {
		return true
	}
	in, out, only := j.matching(c.Paths), j.matching(c.NotPaths), j.matching(c.OnlyPaths)
	wanted := len(c.Paths)+len(c.NotPaths) > 0
	hit, all := false, true
	for i := range j.paths {
		matched := (len(c.Paths) == 0 || in[i]) && (len(c.NotPaths) == 0 || !out[i])
		if matched && (len(b.Files) == 0 || b.Files[len(b.Files)-1] != j.fileOf[i]) {
			b.Files = append(b.Files, j.fileOf[i])
		}
		hit = hit || matched
		all = all && (len(c.OnlyPaths) == 0 || only[i])
	}
	b.AllFiles = j.gap(GapFiles)
	return b.AllFiles || (hit || !wanted) && all
}

// matching returns for each path whether one of the globs matches it. Each glob looks at
// each path once in an evaluation, however many rules name it.
func (j *judge) matching(globs []string) []bool {
	if len(globs) == 0 {
		return nil
	}
	union := make([]bool, len(j.paths))
	for _, text := range globs {
		one, ok := j.matches[text]
		if !ok {
			g := compileGlob(text)
			one = make([]bool, len(j.paths))
			for i, path := range j.paths {
				one[i] = g.match(path)
			}
			j.matches[text] = one
		}
		for i, m := range one {
			union[i] = union[i] || m
		}
	}
	return union
}

func (j *judge) aims(c Condition, b *Because) bool {
	if len(c.Branches) > 0 {
		if !matchAny(c.Branches, j.Base) {
			return false
		}
		b.Branch = j.Base
	}
	if len(c.HeadBranches) > 0 {
		for _, p := range j.Pulls {
			if matchAny(c.HeadBranches, p.HeadRef) {
				b.Heads = append(b.Heads, p.Number)
			}
		}
		return len(b.Heads) > 0
	}
	return true
}

func (j *judge) labelled(c Condition, b *Because) bool {
	if len(c.Labels) == 0 {
		return true
	}
	for _, p := range j.Pulls {
		for _, label := range p.Labels {
			if slices.ContainsFunc(c.Labels, func(want string) bool { return strings.EqualFold(want, label) }) {
				b.Labels = append(b.Labels, label)
			}
		}
	}
	if len(b.Labels) == 0 && j.gap(GapLabels) {
		b.Assumed = true
	}
	return len(b.Labels) > 0 || b.Assumed
}

// writtenBy judges the authors: all contributors, not the one who opened the pull request
// alone. Whoever is unknown could be in the group.
func (j *judge) writtenBy(l Layer, c Condition, b *Because) bool {
	if len(c.Authors) == 0 {
		return true
	}
	for _, id := range j.who.order {
		if _, ok := j.seat(l, c.Authors, id); ok {
			b.Authors = append(b.Authors, id)
		}
	}
	if len(b.Authors) == 0 {
		missing, other := j.unseen(l, c.Authors)
		b.Assumed = len(j.who.unknown) > 0 || len(missing)+len(other) > 0
	}
	return len(b.Authors) > 0 || b.Assumed
}

func (j *judge) drafted(c Condition, b *Because) bool {
	if c.Draft == nil {
		return true
	}
	b.Draft = c.Draft
	return slices.ContainsFunc(j.Pulls, func(p Pull) bool { return p.Draft == *c.Draft })
}

func (j *judge) anyOf(l Layer, c Condition, b *Because) bool {
	held := len(c.Any) == 0
	for _, part := range c.Any {
		held = j.holds(l, part, b) || held
	}
	return held
}

// add joins what another condition rests on.
func (b *Because) add(o Because) {
	b.Classes = append(b.Classes, o.Classes...)
	b.Files = append(b.Files, o.Files...)
	b.Labels = append(b.Labels, o.Labels...)
	b.Heads = append(b.Heads, o.Heads...)
	b.Authors = append(b.Authors, o.Authors...)
	if o.Branch != "" {
		b.Branch = o.Branch
	}
	if o.Draft != nil {
		b.Draft = o.Draft
	}
	b.AllFiles = b.AllFiles || o.AllFiles
	b.Assumed = b.Assumed || o.Assumed
}

// sorted returns b with each thing in it once. Contributors keep their order: nothing
// depends on the order of ids.
func (b Because) sorted() *Because {
	b.Classes = unique(b.Classes)
	b.Labels = unique(b.Labels)
	slices.Sort(b.Heads)
	b.Heads = slices.Compact(b.Heads)
	slices.Sort(b.Files)
	b.Files = slices.Compact(b.Files)
	var authors []UserID
	for _, id := range b.Authors {
		if !slices.Contains(authors, id) {
			authors = append(authors, id)
		}
	}
	b.Authors = authors
	return &b
}

// unique sorts the words and leaves each once.
func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
