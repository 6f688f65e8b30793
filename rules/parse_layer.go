package rules

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// layer reads the whole document. Groups and classes are read before the rules that name
// them, wherever they stand.
func (p *parser) layer(n *yaml.Node) Layer {
	l := Layer{File: p.file, Classes: map[string]Condition{PolicyClass: {Paths: []string{policyPaths}}}}
	var classes, ruleList, exceptions, freezes, emergency, rollback *yaml.Node
	versioned := false
	p.mapping(n, "the policy", keys{
		"version": func(n *yaml.Node) {
			versioned = true
			p.number(n, "version", 1)
		},
		"procedure":  func(n *yaml.Node) { l.Procedure = p.procedure(n) },
		"branches":   func(n *yaml.Node) { l.Branches = p.globs(n, "branches", branchGlob) },
		"groups":     func(n *yaml.Node) { l.Groups = p.groups(n) },
		"classes":    func(n *yaml.Node) { classes = n },
		"rules":      func(n *yaml.Node) { ruleList = n },
		"exceptions": func(n *yaml.Node) { exceptions = n },
		"advice":     func(n *yaml.Node) { l.Advice = p.advice(n) },

		"review_requests": func(n *yaml.Node) { l.Requests = p.requests(n) },
		"environments":    func(n *yaml.Node) { l.Environments = p.environments(n) },
		"windows":         func(n *yaml.Node) { l.Windows = p.windows(n) },
		"freezes":         func(n *yaml.Node) { freezes = n },
		"emergency":       func(n *yaml.Node) { emergency = n },
		"rollback":        func(n *yaml.Node) { rollback = n },
	})
	if !versioned {
		p.fail(n, "the version is missing: begin with `version: 1`")
	}
	if classes != nil {
		p.classes(classes, &l)
	}
	if ruleList != nil {
		p.rules(ruleList, &l)
	}
	if exceptions != nil {
		p.exceptions(exceptions, &l)
	}
	if freezes != nil {
		p.freezes(freezes, &l)
	}
	if emergency != nil {
		p.emergency(emergency, &l)
	}
	if rollback != nil {
		p.rollback(rollback, &l)
	}
	return l
}

// reviewEvery is how often a procedure may say that it is reviewed.
var reviewEvery = regexp.MustCompile(`^[1-9][0-9]{0,2} (day|week|month|year)s?$`)

func (p *parser) procedure(n *yaml.Node) *Procedure {
	var out Procedure
	p.mapping(n, "procedure", keys{
		"owner": func(n *yaml.Node) { out.Owner, _ = p.word(n, "owner") },
		"last_reviewed": func(n *yaml.Node) {
			if _, err := time.Parse(time.DateOnly, n.Value); n.Kind != yaml.ScalarNode || err != nil {
				p.fail(n, "last_reviewed has to be a day such as 2025-01-09")
				return
			}
			out.LastReviewed = n.Value
		},
		"review_every": func(n *yaml.Node) {
			w, ok := p.word(n, "review_every")
			if ok && !reviewEvery.MatchString(w) {
				p.fail(n, "review_every has to be a span such as 3 months")
				return
			}
			out.ReviewEvery = w
		},
		"frameworks": func(n *yaml.Node) {
			out.Frameworks = map[string][]string{}
			p.pairs(n, "frameworks", func(key, value *yaml.Node) {
				out.Frameworks[key.Value] = p.words(value, "the controls of "+key.Value)
			})
		},
	})
	return &out
}

func (p *parser) groups(n *yaml.Node) map[string]Group {
	out := map[string]Group{}
	p.pairs(n, "groups", func(key, value *yaml.Node) {
		what := "group " + strconv.Quote(key.Value)
		g := Group{At: position(key)}
		users := func(into *[]UserRef, kind string, bots bool) func(*yaml.Node) {
			return func(n *yaml.Node) {
				p.each(n, kind+" of "+what, func(item *yaml.Node) {
					u, ok := p.user(item, bots)
					if !ok {
						return
					}
					p.users = append(p.users, item)
					if !slices.Contains(*into, u) { // Bob and bob are one
						*into = append(*into, u)
					}
				})
			}
		}
		p.mapping(value, what, keys{
			"teams": func(n *yaml.Node) {
				p.each(n, "teams of "+what, func(item *yaml.Node) {
					if t, ok := p.team(item); ok && !slices.Contains(g.Teams, t) {
						g.Teams = append(g.Teams, t)
					}
				})
			},
			"users": users(&g.Users, "users", false),
			"bots":  users(&g.Bots, "bots", true),
			"permission": func(n *yaml.Node) {
				g.Permission = p.oneOf(n, "permission of "+what, permissions[1:])
			},
			"min_membership_age": func(n *yaml.Node) {
				g.MinAge = p.span(n, "min_membership_age of "+what)
			},
		})
		if g.MinAge > 0 && len(g.Teams) == 0 {
			p.fail(key, "%s has no teams, and min_membership_age is about members of teams: take it out", what)
		}
		out[key.Value] = g
	})
	return out
}

var (
	teamEntry = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?:#([1-9][0-9]{0,17}))?$`)
	userEntry = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?)(?:#([1-9][0-9]{0,17}))?$`)
	botEntry  = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?\[bot\])(?:#([1-9][0-9]{0,17}))?$`)
	idEntry   = regexp.MustCompile(`^#(0|[1-9][0-9]{0,17})$`)
)

func (p *parser) team(n *yaml.Node) (TeamRef, bool) {
	w, ok := p.word(n, "a team")
	if !ok {
		return TeamRef{}, false
	}
	m := teamEntry.FindStringSubmatch(w)
	if m == nil {
		p.fail(n, "%q is no team: write its slug, as in its address, or slug#number, without the organisation", w)
		return TeamRef{}, false
	}
	return TeamRef{Slug: strings.ToLower(m[1]), ID: entryNumber(m[2])}, true
}

// user reads an entry that names a user or, where bots are asked for, an app. A stored
// policy names both by "#id".
func (p *parser) user(n *yaml.Node, bot bool) (UserRef, bool) {
	w, ok := p.word(n, "a user")
	if !ok {
		return UserRef{}, false
	}
	if m := idEntry.FindStringSubmatch(w); m != nil {
		return UserRef{ID: UserID(entryNumber(m[1]))}, p.verbatim(n)
	}
	m := userEntry.FindStringSubmatch(w)
	if b := botEntry.FindStringSubmatch(w); bot && b != nil {
		return UserRef{Login: strings.ToLower(b[1]), GitHub: entryNumber(b[2])}, p.verbatim(n)
	}
	switch {
	case bot:
		p.fail(n, "%q is no app: write its login, such as \"dependabot[bot]\", in quotes", w)
	case m != nil:
		return UserRef{Login: strings.ToLower(m[1]), GitHub: entryNumber(m[2])}, p.verbatim(n)
	case strings.HasSuffix(w, "[bot]"):
		p.fail(n, "%q is an app: write it under bots", w)
	case strings.HasPrefix(w, "@"):
		p.fail(n, "%q is no user: write the login without the @", w)
	default:
		p.fail(n, "%q is no user: write the login, or login#number", w)
	}
	return UserRef{}, false
}

// verbatim reports whether the entry stands in the file as it reads, without escapes, so
// that Anonymise can put another in its place.
func (p *parser) verbatim(n *yaml.Node) bool {
	rest := p.from(n)
	for _, quote := range []string{"", "'", `"`} {
		if strings.HasPrefix(rest, quote+n.Value+quote) {
			return true
		}
	}
	p.fail(n, "write this user without escapes")
	return false
}

// entryNumber reads digits that fit; none are 0.
func entryNumber(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (p *parser) rules(n *yaml.Node, l *Layer) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "rules has to be a list of rules, each beginning with `- name:`")
		return
	}
	if len(n.Content) > maxRules {
		p.fail(n, "the file has %d rules, and %d are the limit", len(n.Content), maxRules)
		return
	}
	names := map[string]int{}
	p.each(n, "rules", func(item *yaml.Node) {
		rule, name := p.rule(item, l)
		if name == nil {
			return
		}
		folded := strings.ToLower(rule.Name)
		if line, ok := names[folded]; ok {
			p.fail(name, "a rule of the name %q stands in line %d already: choose another name", rule.Name, line)
			return
		}
		names[folded] = name.Line
		l.Rules = append(l.Rules, rule)
	})
}

// rule reads one rule; name is where its name stands, nil if it has none.
func (p *parser) rule(n *yaml.Node, l *Layer) (rule Rule, name *yaml.Node) {
	rule.At, rule.Stage = position(n), BeforeMerge
	what, demands := "a rule", false
	var enforce, until *yaml.Node
	if n.Kind == yaml.MappingNode { // for messages: the name, wherever it stands
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" && n.Content[i+1].Kind == yaml.ScalarNode {
				what = "rule " + strconv.Quote(n.Content[i+1].Value)
			}
		}
	}
	ok := p.mapping(n, what, keys{
		"name": func(n *yaml.Node) {
			if w, ok := p.word(n, "the name of a rule"); ok {
				rule.Name, name = w, n
			}
		},
		"before": func(n *yaml.Node) {
			if w, ok := p.word(n, "before"); ok && w != string(BeforeMerge) {
				known(p, n, "environment", []string{w}, l.Environments)
				rule.Stage = Stage(w)
			}
		},
		"when": func(n *yaml.Node) { rule.When = p.condition(n, "when of "+what, l) },
		"require": func(n *yaml.Node) {
			demands = true
			rule.Require = p.requirement(n, "require of "+what, l)
		},
		"overridable": func(n *yaml.Node) { rule.Overridable, _ = p.flag(n, "overridable of "+what) },
		"waivable_by": func(n *yaml.Node) {
			rule.WaivableBy = p.words(n, "waivable_by of "+what)
			known(p, n, "group", rule.WaivableBy, l.Groups)
		},
		"enforce": func(n *yaml.Node) { enforce = n },
		"until":   func(n *yaml.Node) { until = n; rule.Until = p.lastDay(n, "until of "+what) },
	})
	if !ok {
		return rule, nil
	}
	p.enforced(what, enforce, until)
	p.staged(n, what, rule)
	if name == nil && what == "a rule" {
		p.fail(n, "the rule has no name: begin with `- name:`")
	}
	if !demands {
		p.fail(n, "%s demands nothing: say what under require", what)
	}
	return rule, name
}

// known reports an error for each of the names that is not among those defined.
func known[V any](p *parser, n *yaml.Node, kind string, names []string, defined map[string]V) {
	for _, name := range names {
		if _, ok := defined[name]; ok {
			continue
		}
		at := n
		for _, item := range n.Content {
			if item.Value == name {
				at = item
			}
		}
		if near := p.nearest(name, slices.Sorted(maps.Keys(defined))); near != "" {
			p.fail(at, "no %s is named %q: write %q, or define it", kind, name, near)
			continue
		}
		p.fail(at, "no %s is named %q: define it in this file", kind, name)
	}
}
