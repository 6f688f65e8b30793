package rules

import (
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxApprovals is more than any change ever gathers.
const maxApprovals = 50

func (p *parser) requirement(n *yaml.Node, what string, l *Layer) Requirement {
	var r Requirement
	p.mapping(n, what, keys{
		"approvals": func(n *yaml.Node) { r.Approvals = p.approvals(n, l) },
		"checks":    func(n *yaml.Node) { r.Checks = p.checks(n) },
	}, "deployed", "sign_off", "window", "ticket", "section", "signed_commits",
		"conversations_resolved", "linear_history", "up_to_date", "any", "all", "expr")
	return r
}

func (p *parser) approvals(n *yaml.Node, l *Layer) *Approvals {
	a := &Approvals{Of: OfDiff, UnknownAuthors: OneMore}
	count := func(n *yaml.Node) {
		a.Count = int(p.number(n, "the count of approvals", 1, maxApprovals))
	}
	if n.Kind == yaml.ScalarNode {
		count(n)
		return a
	}
	counted := false
	ok := p.mapping(n, "approvals", keys{
		"count": func(n *yaml.Node) { counted = true; count(n) },
		"from": func(n *yaml.Node) {
			a.From = p.words(n, "from of approvals")
			known(p, n, "group", a.From, l.Groups)
		},
		"of": func(n *yaml.Node) {
			a.Of = Content(p.oneOf(n, "of", []string{string(OfDiff), string(OfCommit)}))
		},
		"unknown_authors": func(n *yaml.Node) {
			a.UnknownAuthors = UnknownAuthors(p.oneOf(n, "unknown_authors", []string{string(OneMore), string(Block)}))
		},
	}, "distinct", "max_age")
	if ok && !counted {
		p.fail(n, "approvals do not say how many: write `count: 1`")
	}
	return a
}

func (p *parser) checks(n *yaml.Node) *Checks {
	if n.Kind == yaml.ScalarNode {
		if n.Value != "all" {
			p.fail(n, "checks has to be all, or a mapping: write `checks: all` or `checks: {names: [%s]}`", n.Value)
		}
		return &Checks{All: true}
	}
	c := &Checks{}
	var all, except, named *yaml.Node
	ok := p.mapping(n, "checks", keys{
		"all": func(n *yaml.Node) {
			all = n
			if v, ok := p.flag(n, "all in checks"); ok && !v {
				p.fail(n, "all: false asks for nothing: take it out and write names")
			}
			c.All = true
		},
		"except": func(n *yaml.Node) { except = n; c.Except = p.globs(n, "except in checks", checkGlob) },
		"names": func(n *yaml.Node) {
			named = n
			c.Names = p.globs(n, "names in checks", checkGlob)
			for _, name := range c.Names {
				if Own(name) {
					p.fail(n, "%q is what this app reports itself, and it never counts: name another check", name)
				}
			}
		},
		"app":         func(n *yaml.Node) { named = n; c.App = p.app(n) },
		"conclusions": func(n *yaml.Node) { named = n; c.Conclusions = p.conclusions(n) },
	}, "workflow", "grace")
	switch {
	case !ok:
	case all != nil && named != nil:
		p.fail(named, "checks asks for all of them or for those named: split it into two rules")
	case all == nil && except != nil:
		p.fail(except, "except needs `all: true` beside it")
	case all == nil && c.Names == nil:
		p.fail(n, "checks do not say which: write `all: true` or `names: [...]`")
	}
	if c.Conclusions == nil && !c.All {
		c.Conclusions = []string{success}
	}
	return c
}

// app reads which app has to report: by slug, or by the number that GitHub gave it.
func (p *parser) app(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		return strconv.FormatInt(p.number(n, "app", 1, math.MaxInt64), 10)
	}
	w, ok := p.word(n, "app")
	if ok && (!teamEntry.MatchString(w) || strings.Contains(w, "#")) {
		p.fail(n, "%q is no app: write its slug, as in its address, or its number", w)
	}
	return strings.ToLower(w)
}

func (p *parser) conclusions(n *yaml.Node) []string {
	var out []string
	p.each(n, "conclusions", func(item *yaml.Node) {
		if w := p.oneOf(item, "a conclusion that passes", []string{success, neutral, skipped}); w != "" {
			out = append(out, w)
		}
	})
	return out
}
