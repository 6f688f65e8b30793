package rules

import (
	"strconv"
	"strings"

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
	var names []string
	c.each(func(part Condition) { names = append(names, part.Class...) })
	return names
}

// condition reads when a rule applies or what belongs to a class.
func (p *parser) condition(n *yaml.Node, what string, l *Layer) Condition {
	c := Condition{At: position(n)}
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
		"repositories":  globs(&c.Repositories, "repositories", repositoryGlob),
		"labels":        func(n *yaml.Node) { p.labels(n, what, &c, l) },
		"authors": func(n *yaml.Node) {
			c.Authors = p.words(n, "authors in "+what)
			known(p, n, "group", c.Authors, l.Groups)
		},
		"title": func(n *yaml.Node) { c.Title = p.regexps(n, "title in "+what) },
		"body":  func(n *yaml.Node) { c.Body = p.regexps(n, "body in "+what) },
		"files": func(n *yaml.Node) { c.Files = p.comparison(n, "files in "+what) },
		"lines": func(n *yaml.Node) { c.Lines = p.comparison(n, "lines in "+what) },
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
		"not": func(n *yaml.Node) {
			not := p.condition(n, "not in "+what, l)
			c.Not = &not
		},
		"expr": func(n *yaml.Node) { c.Expr = p.expr(n, what, false) },
	})
	return c
}

// labels reads a list of labels, or {names, set_by}.
func (p *parser) labels(n *yaml.Node, what string, c *Condition, l *Layer) {
	if n.Kind != yaml.MappingNode {
		c.Labels = p.words(n, "labels in "+what)
		return
	}
	ok := p.mapping(n, "labels in "+what, keys{
		"names": func(n *yaml.Node) { c.Labels = p.words(n, "names of labels in "+what) },
		"set_by": func(n *yaml.Node) {
			c.SetBy = p.words(n, "set_by in "+what)
			known(p, n, "group", c.SetBy, l.Groups)
		},
	})
	if ok && c.Labels == nil {
		p.fail(n, "labels do not say which: write `names: [...]`")
	}
}

// regexps reads a list of regular expressions.
func (p *parser) regexps(n *yaml.Node, what string) []Pattern {
	var all []Pattern
	p.each(n, what, func(item *yaml.Node) {
		w, ok := p.word(item, "an entry of "+what)
		if !ok {
			return
		}
		pattern, err := newPattern(w)
		if err != nil {
			p.fail(item, "%s: %v", what, err)
			return
		}
		all = append(all, pattern)
	})
	return all
}

// comparison reads something like "> 1000".
func (p *parser) comparison(n *yaml.Node, what string) Comparison {
	m := comparison.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil {
		p.fail(n, "%s has to be a comparison such as \"> 1000\": write >, >=, <, <= or = and a whole number, in quotes", what)
		return Comparison{}
	}
	number, err := strconv.Atoi(m[2])
	if err != nil {
		p.fail(n, "%s has too large a number", what)
	}
	return Comparison{Op: m[1], N: number}
}

// expr reads an expression in CEL. Its errors stand where they are in the file.
func (p *parser) expr(n *yaml.Node, what string, requirement bool) Expr {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!bool" || n.Value == "" {
		p.fail(n, "expr in %s has to be an expression that is true or false, in quotes", what)
		return Expr{}
	}
	if len(n.Value) > maxExpr {
		p.fail(n, "expr in %s is longer than %d bytes: split it into several rules", what, maxExpr)
		return Expr{}
	}
	if p.exprs++; p.exprs > maxExprs {
		if p.exprs == maxExprs+1 {
			p.fail(n, "from here on the file has more than %d expressions: use the keys of the language where they do", maxExprs)
		}
		return Expr{}
	}
	e, errs := compileExpr(n.Value, requirement)
	for _, wrong := range errs {
		column := max(n.Column, 1)
		if rest := p.from(n); strings.HasPrefix(rest, n.Value) {
			column += wrong.column
		} else if quoted(n) && strings.HasPrefix(rest[1:], n.Value) {
			column += wrong.column + 1
		}
		p.at(max(n.Line, 1), column, "expr in %s: %s", what, wrong.msg)
	}
	e.At = position(n)
	return e
}

// position returns where a node stands.
func position(n *yaml.Node) Position { return Position{max(n.Line, 1), max(n.Column, 1)} }
