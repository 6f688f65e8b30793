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
	return p.demand(n, what, l, false)
}

// demand reads a requirement, or a part of one. choice is set within an any: who sits on
// which distinct seat must not hang on which way is taken.
func (p *parser) demand(n *yaml.Node, what string, l *Layer, choice bool) Requirement {
	var r Requirement
	on := func(into *bool, key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			v, ok := p.flag(n, key+" in "+what)
			if ok && !v {
				p.fail(n, "%s: false asks for nothing: take it out", key)
			}
			*into = v
		}
	}
	parts := func(into *[]Requirement, key string, choice bool) func(*yaml.Node) {
		return func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode {
				p.fail(n, "%s in %s has to be a list of requirements", key, what)
				return
			}
			p.each(n, key+" in "+what, func(item *yaml.Node) {
				*into = append(*into, p.demand(item, key+" in "+what, l, choice))
			})
		}
	}
	p.mapping(n, what, keys{
		"approvals":      func(n *yaml.Node) { r.Approvals = p.approvals(n, l, choice) },
		"checks":         func(n *yaml.Node) { r.Checks = p.checks(n) },
		"ticket":         func(n *yaml.Node) { r.Ticket = p.ticket(n) },
		"section":        func(n *yaml.Node) { r.Section = p.section(n) },
		"signed_commits": on(&r.SignedCommits, "signed_commits"),
		"conversations_resolved": func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
				r.ConversationsResolved = p.oneOf(n, "conversations_resolved", []string{byOthers}) != ""
				r.ResolvedByOthers = r.ConversationsResolved
				return
			}
			on(&r.ConversationsResolved, "conversations_resolved")(n)
		},
		"linear_history": on(&r.LinearHistory, "linear_history"),
		"up_to_date":     on(&r.UpToDate, "up_to_date"),
		"any":            parts(&r.Any, "any", true),
		"all":            parts(&r.All, "all", choice),
		"separation":     func(n *yaml.Node) { r.Separation = p.separation(n) },
		"expr":           func(n *yaml.Node) { r.Expr = p.expr(n, what, true) },
		"deployed":       func(n *yaml.Node) { r.Deployed = p.deployed(n, l) },
		"sign_off":       func(n *yaml.Node) { r.SignOff = p.signOff(n, l) },
		"window": func(n *yaml.Node) {
			r.Window, _ = p.word(n, "window in "+what)
			known(p, n, "window", []string{r.Window}, l.Windows)
		},
	})
	return r
}

// byOthers is conversations_resolved where a contributor's word is not enough.
const byOthers = "by_others"

// ticketPlaces is where a ticket is looked for if the policy does not say.
var ticketPlaces = []string{InTitle, InBody, InBranch}

// ticket reads {pattern, in}.
func (p *parser) ticket(n *yaml.Node) *Ticket {
	t := &Ticket{In: ticketPlaces}
	asked := false
	ok := p.mapping(n, "ticket", keys{
		"pattern": func(n *yaml.Node) {
			asked = true
			w, ok := p.word(n, "the pattern of ticket")
			if !ok {
				return
			}
			pattern, err := newPattern(w)
			switch {
			case err != nil:
				p.fail(n, "the pattern of ticket: %v", err)
			case pattern.match(""):
				p.fail(n, "the pattern %q matches what says nothing: write what a ticket looks like, such as [A-Z]+-[0-9]+", w)
			}
			t.Pattern = pattern
		},
		"in": func(n *yaml.Node) {
			t.In = nil
			p.each(n, "in of ticket", func(item *yaml.Node) {
				if w := p.oneOf(item, "in of ticket", []string{InTitle, InBody, InBranch, InCommits}); w != "" {
					t.In = append(t.In, w)
				}
			})
		},
	})
	if ok && !asked {
		p.fail(n, "ticket does not say what one looks like: write `pattern: \"[A-Z]+-[0-9]+\"`")
	}
	return t
}

// section reads {heading, min_words}, or the heading alone.
func (p *parser) section(n *yaml.Node) *Section {
	s := &Section{MinWords: 1}
	heading := func(n *yaml.Node) {
		w, ok := p.word(n, "the heading of section")
		if ok && len(wordsOf(w)) == 0 {
			p.fail(n, "the heading %q has no words: write those of the heading, without #", w)
		}
		s.Heading = w
	}
	if n.Kind == yaml.ScalarNode {
		heading(n)
		return s
	}
	ok := p.mapping(n, "section", keys{
		"heading":   heading,
		"min_words": func(n *yaml.Node) { s.MinWords = int(p.number(n, "min_words of section", 1000)) },
	})
	if ok && s.Heading == "" {
		p.fail(n, "section does not say which: write `heading: Rollback plan`")
	}
	return s
}

func (p *parser) approvals(n *yaml.Node, l *Layer, choice bool) *Approvals {
	a := &Approvals{Of: OfDiff, UnknownAuthors: OneMore}
	count := func(n *yaml.Node) {
		a.Count = int(p.number(n, "the count of approvals", maxApprovals))
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
		"distinct": func(n *yaml.Node) {
			if a.Distinct, _ = p.flag(n, "distinct"); a.Distinct && choice {
				p.fail(n, "distinct seats cannot be part of an any: write them as a rule of their own")
			}
		},
		"max_age": func(n *yaml.Node) { a.MaxAge = p.span(n, "max_age of approvals") },
	})
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
		return &Checks{All: true, Grace: defaultGrace}
	}
	c := &Checks{Grace: defaultGrace}
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
				if Own(name) || Informs(name) {
					p.fail(n, "%q is what this app reports itself, and it never counts: name another check", name)
				}
			}
		},
		"app":         func(n *yaml.Node) { named = n; c.App = p.app(n) },
		"conclusions": func(n *yaml.Node) { named = n; c.Conclusions = p.conclusions(n) },
		"workflow":    func(n *yaml.Node) { named = n; c.Workflow = p.workflow(n) },
		"grace":       func(n *yaml.Node) { c.Grace = p.span(n, "grace of checks") },
	})
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
		return strconv.FormatInt(p.number(n, "app", math.MaxInt64), 10)
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

// workflow reads the glob of a workflow file: its path, or its name alone.
func (p *parser) workflow(n *yaml.Node) string {
	w, ok := p.word(n, "workflow")
	if !ok {
		return ""
	}
	patterns, err := checkPattern(w, pathGlob)
	switch {
	case err != nil:
		p.fail(n, "%q of workflow: %v", w, err)
	case !strings.HasSuffix(w, "l") && !strings.HasSuffix(w, "*") && !strings.HasSuffix(w, "}"):
		p.fail(n, "%q is no workflow file: write its name or path, such as ci.yml, not the name that it gives itself", w)
	}
	p.spread(n, patterns)
	return w
}
