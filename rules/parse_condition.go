package rules

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// classes reads the classes into l. They may name each other in any order, and not in a
// circle.
func (p *parser) classes(n *yaml.Node, l *Layer) {
	bodies := map[string]*yaml.Node{}
	var order []string
	p.pairs(n, "classes", func(key, value *yaml.Node) {
		if key.Value == PolicyClass {
			p.fail(key, "class %q is built in, the same in every file: take this one out, or give it another name", PolicyClass)
			return
		}
		bodies[key.Value] = value
		order = append(order, key.Value)
		l.Classes[key.Value] = Condition{} // so that others may name it
	})
	for _, name := range order {
		l.Classes[name] = p.condition(bodies[name], "class "+strconv.Quote(name), l)
	}
	done := map[string]bool{} // false: on the way that is being followed
	for _, name := range order {
		p.follow(l.Classes, name, bodies, done)
	}
}

// follow looks for circles among the classes that a class names, at any distance.
func (p *parser) follow(classes map[string]Condition, name string, bodies map[string]*yaml.Node, done map[string]bool) {
	if _, ok := done[name]; ok {
		return
	}
	done[name] = false
	for _, next := range named(classes[name]) {
		if finished, ok := done[next]; ok && !finished {
			p.fail(bodies[name], "class %q names class %q, which is defined by it: break the circle", name, next)
			continue
		}
		p.follow(classes, next, bodies, done)
	}
	done[name] = true
}

// named returns the classes that a condition names, in its parts too.
func named(c Condition) []string {
	names := slices.Clone(c.Class)
	for _, part := range c.Any {
		names = append(names, named(part)...)
	}
	return names
}

// condition reads when a rule applies or what belongs to a class.
func (p *parser) condition(n *yaml.Node, what string, l *Layer) Condition {
	var c Condition
	globs := func(into *[]string, key string, kind globKind) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = p.globs(n, key+" in "+what, kind) }
	}
	p.mapping(n, what, keys{
		"class": func(n *yaml.Node) {
			c.Class = p.words(n, "class in "+what)
			known(p, n, "class", c.Class, l.Classes)
		},
		"paths":         globs(&c.Paths, "paths", pathGlob),
		"not_paths":     globs(&c.NotPaths, "not_paths", pathGlob),
		"only_paths":    globs(&c.OnlyPaths, "only_paths", pathGlob),
		"branches":      globs(&c.Branches, "branches", branchGlob),
		"head_branches": globs(&c.HeadBranches, "head_branches", branchGlob),
		"labels": func(n *yaml.Node) {
			if n.Kind == yaml.MappingNode {
				p.fail(n, "labels with set_by are not supported yet: write a list of labels")
				return
			}
			c.Labels = p.words(n, "labels in "+what)
		},
		"authors": func(n *yaml.Node) {
			c.Authors = p.words(n, "authors in "+what)
			known(p, n, "group", c.Authors, l.Groups)
		},
		"draft": func(n *yaml.Node) {
			if v, ok := p.flag(n, "draft in "+what); ok {
				c.Draft = &v
			}
		},
		"any": func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode {
				p.fail(n, "any in %s has to be a list of conditions", what)
				return
			}
			p.each(n, "any in "+what, func(item *yaml.Node) {
				c.Any = append(c.Any, p.condition(item, "any in "+what, l))
			})
		},
	}, "title", "body", "files", "lines", "repositories", "not", "expr")
	return c
}
