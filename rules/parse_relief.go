package rules

import (
	"time"

	"go.yaml.in/yaml/v4"
)

// enforced holds enforce and until of a rule to each other: what is not enforced says when
// it will be, so that nobody forgets it.
func (p *parser) enforced(what string, enforce, until *yaml.Node) {
	on := true
	if enforce != nil {
		on, _ = p.flag(enforce, "enforce of "+what)
	}
	switch {
	case !on && until == nil:
		p.fail(enforce, "%s is not enforced and does not say for how long: write `until:` with the last day beside it", what)
	case on && until != nil:
		p.fail(until, "%s is enforced, and until says how long it is not: write `enforce: false` beside it, or take it out", what)
	}
}

// lastDay reads a day such as 2025-12-31 as the last of something, in UTC, and returns the
// first instant behind it.
func (p *parser) lastDay(n *yaml.Node, what string) time.Time {
	day, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || day.Year() < 2000 || day.Year() > 2200 {
		p.fail(n, "%s has to be a day such as 2025-12-31, its last", what)
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

// exceptions reads the list of exceptions. Whether their rules are there, and can be
// reached, is for Compose to say: a repository's may be about rules of the floor.
func (p *parser) exceptions(n *yaml.Node, l *Layer) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "exceptions has to be a list, each beginning with `- rule:`")
		return
	}
	p.each(n, "exceptions", func(item *yaml.Node) {
		e := Exception{At: position(item)}
		said := map[string]bool{}
		ok := p.mapping(item, "an exception", keys{
			"rule":  func(n *yaml.Node) { e.Rule, said["rule"] = p.named(n, "the rule of an exception") },
			"scope": func(n *yaml.Node) { e.Scope = p.condition(n, "the scope of an exception", l) },
			"reason": func(n *yaml.Node) {
				e.Reason, said["reason"] = p.named(n, "the reason of an exception")
			},
			"approved_by": func(n *yaml.Node) {
				said["approved_by"] = true
				if u, ok := p.user(n, false); ok {
					e.ApprovedBy = u
					p.users = append(p.users, n)
				}
			},
			"expires": func(n *yaml.Node) { said["expires"] = true; e.Expires = p.lastDay(n, "expires of an exception") },
		})
		for _, key := range []string{"rule", "reason", "approved_by", "expires"} {
			if ok && !said[key] {
				p.fail(item, "the exception does not say its %s: an exception has rule, reason, approved_by and expires", key)
			}
		}
		l.Exceptions = append(l.Exceptions, e)
	})
}

// named reads a text and reports that it was there, be it right or wrong.
func (p *parser) named(n *yaml.Node, what string) (string, bool) {
	w, _ := p.word(n, what)
	return w, true
}

// advice reads the rules of the floor that a repository does not enforce yet.
func (p *parser) advice(n *yaml.Node) []Deferral {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "advice has to be a list, each beginning with `- rule:`")
		return nil
	}
	var all []Deferral
	p.each(n, "advice", func(item *yaml.Node) {
		d := Deferral{At: position(item)}
		ok := p.mapping(item, "an entry of advice", keys{
			"rule":  func(n *yaml.Node) { d.Rule, _ = p.word(n, "the rule of advice") },
			"until": func(n *yaml.Node) { d.Until = p.lastDay(n, "until of advice") },
		})
		if ok && (d.Rule == "" || d.Until.IsZero()) && len(p.errs) == 0 {
			p.fail(item, "advice has to name a rule of the floor and the last day: write `{rule: NAME, until: 2025-12-31}`")
		}
		all = append(all, d)
	})
	return all
}
