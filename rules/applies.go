package rules

import (
	"slices"
	"strings"
)

// holds says whether every part of the condition holds, and adds to why what made it so.
// The cheap parts come first: what cannot hold by one of them needs no further look.
func (j *judge) holds(l Layer, c Condition, why *Because) truth {
	var b Because
	t := yes
	for _, part := range []func(Layer, Condition, *Because) truth{
		j.aims, j.drafted, j.labelled, j.sized, j.worded, j.inClass, j.touches, j.writtenBy, j.anyOf, j.notThat, j.says,
	} {
		if t = t.and(part(l, c, &b)); !t.may {
			return t
		}
	}
	why.add(b)
	return t
}

func (j *judge) inClass(l Layer, c Condition, b *Because) truth {
	if len(c.Class) == 0 {
		return yes
	}
	in := no
	for _, name := range c.Class {
		member := j.class(l, name)
		if in = in.or(member.holds); member.holds.may {
			b.add(member.why)
			b.Classes = append(b.Classes, name)
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
	holds truth
	why   Because
}

// touches judges the paths. Where the files are not all known every path counts as
// touched, and as left out.
func (j *judge) touches(_ Layer, c Condition, b *Because) truth {
	if len(c.Paths)+len(c.NotPaths)+len(c.OnlyPaths) == 0 {
		return yes
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
	b.AllFiles = j.unlisted()
	t := sure((hit || !wanted) && all)
	if b.AllFiles && (len(c.OnlyPaths) > 0 || !hit) {
		return maybe
	}
	return t
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

// aims judges the branches and the repository.
func (j *judge) aims(_ Layer, c Condition, b *Because) truth {
	t := yes
	if len(c.Branches) > 0 {
		t = sure(matchAny(c.Branches, j.Base))
		b.Branch = j.Base
	}
	if len(c.HeadBranches) > 0 {
		t = t.and(j.ofAny(func(p Pull) bool {
			hit := matchAny(c.HeadBranches, p.HeadRef)
			if hit {
				b.Heads = append(b.Heads, p.Number)
			}
			return hit
		}))
	}
	if len(c.Repositories) > 0 {
		t = t.and(j.named(c.Repositories))
		b.Repository = true
	}
	return t
}

// named judges the repository by the names that it has and had: a rename does not get it
// out of a rule.
func (j *judge) named(globs []string) truth {
	var t truth
	for _, full := range append([]string{j.Repo.Name}, j.Repo.Former...) {
		_, short, _ := strings.Cut(full, "/")
		if slices.ContainsFunc(globs, func(g string) bool {
			if strings.Contains(g, "/") {
				return compileGlob(strings.ToLower(g)).match(strings.ToLower(full))
			}
			return compileGlob(strings.ToLower(g)).match(strings.ToLower(short))
		}) {
			t.may = true
		} else {
			t.mayNot = true
		}
	}
	return t
}

// sized judges how much the change touches.
func (j *judge) sized(_ Layer, c Condition, b *Because) truth {
	t := yes
	if c.Files.set() {
		more := j.gap(GapFiles)
		t = c.Files.judge(j.size(), more)
		b.AllFiles = b.AllFiles || more
		b.Size = &Size{Files: j.size()}
	}
	if c.Lines.set() {
		n, more := j.lines()
		t = t.and(c.Lines.judge(n, more))
		if b.Size == nil {
			b.Size = &Size{Files: j.size()}
		}
		b.Size.Lines, b.Size.More = n, more
	}
	return t
}

// worded judges title and description.
func (j *judge) worded(_ Layer, c Condition, b *Because) truth {
	if len(c.Title)+len(c.Body) == 0 {
		return yes
	}
	if !j.knows(FactText) {
		b.Assumed = true
		return maybe
	}
	t := yes
	if len(c.Title) > 0 {
		b.Text = append(b.Text, "title")
		t = t.and(j.ofAny(func(p Pull) bool { return matchPatterns(c.Title, p.Title) }))
	}
	if len(c.Body) > 0 {
		b.Text = append(b.Text, "description")
		t = t.and(j.ofAny(func(p Pull) bool { return matchPatterns(c.Body, p.Body) }))
	}
	return t
}

// writtenBy judges the authors: all contributors, not the one who opened the pull request
// alone. Whoever is unknown could be in the group.
func (j *judge) writtenBy(l Layer, c Condition, b *Because) truth {
	if len(c.Authors) == 0 {
		return yes
	}
	for _, id := range j.who.order {
		if _, ok := j.seat(l, c.Authors, id); ok {
			b.Authors = append(b.Authors, id)
		}
	}
	if len(b.Authors) > 0 {
		return yes
	}
	fresh := func(id UserID) bool { return j.newcomer(l, c.Authors, id) } // one of the group who does not count for it yet
	if b.Assumed = len(j.who.unknown) > 0 || j.doubts(l, c.Authors) || slices.ContainsFunc(j.who.order, fresh); b.Assumed {
		return maybe
	}
	return no
}

func (j *judge) drafted(_ Layer, c Condition, b *Because) truth {
	if c.Draft == nil {
		return yes
	}
	b.Draft = c.Draft
	return j.ofAny(func(p Pull) bool { return p.Draft == *c.Draft })
}

func (j *judge) anyOf(l Layer, c Condition, b *Because) truth {
	if len(c.Any) == 0 {
		return yes
	}
	held := no
	for _, part := range c.Any {
		held = held.or(j.holds(l, part, b))
	}
	return held
}

// notThat judges what must not hold. Why it does not is said of classes alone: that is
// what people ask for.
func (j *judge) notThat(l Layer, c Condition, b *Because) truth {
	if c.Not == nil {
		return yes
	}
	var why Because
	t := j.holds(l, *c.Not, &why)
	if t.may && t.mayNot {
		b.AllFiles, b.Assumed = b.AllFiles || why.AllFiles, b.Assumed || !why.AllFiles
	} else if len(c.Not.Class) > 0 && len(c.Not.parts()) == 1 {
		b.NotClasses = append(b.NotClasses, c.Not.Class...)
	} else {
		b.Except = true
	}
	return t.not()
}

func (j *judge) says(l Layer, c Condition, b *Because) truth {
	if c.Expr.Text == "" {
		return yes
	}
	t, known := j.expr(l, c.Expr)
	b.Expr, b.Assumed = known, b.Assumed || !known
	return t
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
	b.NotClasses = append(b.NotClasses, o.NotClasses...)
	b.Text = append(b.Text, o.Text...)
	b.Repository = b.Repository || o.Repository
	if o.Size != nil && (b.Size == nil || o.Size.Lines > b.Size.Lines) {
		b.Size = o.Size
	}
	b.Except = b.Except || o.Except
	b.Expr = b.Expr || o.Expr
	b.AllFiles = b.AllFiles || o.AllFiles
	b.Assumed = b.Assumed || o.Assumed
}

// sorted returns b with each thing in it once. Contributors keep their order: nothing
// depends on the order of ids.
func (b Because) sorted() *Because {
	b.Classes = unique(b.Classes)
	b.Labels = unique(b.Labels)
	b.NotClasses = unique(b.NotClasses)
	b.Text = unique(b.Text)
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
