package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/changewarden/changewarden/rules/calendar"
)

func (p *parser) environments(n *yaml.Node) map[string]Environment {
	out := map[string]Environment{}
	p.pairs(n, "environments", func(key, value *yaml.Node) {
		what := "environment " + strconv.Quote(key.Value)
		if strings.EqualFold(key.Value, string(BeforeMerge)) {
			p.fail(key, "an environment cannot be called %s, which is the moment before all of them: choose another name", key.Value)
			return
		}
		e := Environment{At: position(key)}
		p.mapping(value, what, keys{
			"match": func(n *yaml.Node) { e.Match = p.globs(n, "match of "+what, checkGlob) },
		})
		out[key.Value] = e
	})
	return out
}

// weekdays are the days as a policy writes them, by time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (p *parser) windows(n *yaml.Node) map[string]Window {
	out := map[string]Window{}
	p.pairs(n, "windows", func(key, value *yaml.Node) {
		out[key.Value] = p.window(key, value)
	})
	return out
}

func (p *parser) window(key, value *yaml.Node) Window {
	what := "window " + strconv.Quote(key.Value)
	w := Window{At: position(key), TimeZone: "Etc/UTC"}
	said := map[string]bool{}
	clock := func(into *calendar.Clock, key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			said[key] = true
			c, err := calendar.ParseClock(n.Value)
			if n.Kind != yaml.ScalarNode || err != nil || key == "from" && c == 24*60 {
				p.fail(n, "%s of %s has to be a time of day such as \"09:00\"", key, what)
				said["wrong"] = true
			}
			*into = c
		}
	}
	ok := p.mapping(value, what, keys{
		"time_zone": func(n *yaml.Node) { w.TimeZone = p.zone(n, "time_zone of "+what) },
		"days": func(n *yaml.Node) {
			said["days"] = true
			p.each(n, "days of "+what, func(item *yaml.Node) {
				if d := slices.Index(weekdays, p.oneOf(item, "a day of "+what, weekdays)); d >= 0 {
					w.Days = append(w.Days, time.Weekday(d))
				}
			})
			slices.Sort(w.Days)
		},
		"from": clock(&w.From, "from"),
		"to":   clock(&w.To, "to"),
		"holidays": func(n *yaml.Node) {
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				return // says that there are none
			}
			p.each(n, "holidays of "+what, func(item *yaml.Node) {
				if h, ok := p.holiday(item); ok {
					w.Holidays = append(w.Holidays, h)
				}
			})
		},
	})
	for _, k := range []string{"days", "from", "to"} {
		if ok && !said[k] {
			p.fail(value, "%s does not say its %s: a window has days, from and to", what, k)
		}
	}
	if said["from"] && said["to"] && !said["wrong"] && w.From == w.To {
		p.fail(value, "%s begins and ends at %s: write from \"00:00\" to \"24:00\" for whole days", what, w.From)
	}
	return w
}

// zone reads a time zone by its IANA name.
func (p *parser) zone(n *yaml.Node, what string) string {
	w, ok := p.word(n, what)
	if !ok {
		return "Etc/UTC"
	}
	if _, err := time.LoadLocation(w); err != nil || w == "Local" || !strings.Contains(w, "/") {
		p.fail(n, "%s: there is no time zone %q: write a name such as Europe/Berlin or Etc/UTC", what, w)
		return "Etc/UTC"
	}
	return w
}

// holiday reads a region, a day, or the path of a calendar file.
func (p *parser) holiday(n *yaml.Node) (string, bool) {
	w := n.Value
	if n.Kind == yaml.ScalarNode { // YAML takes a day for a time
		if _, err := calendar.ParseDay(w); err == nil {
			return w, true
		}
	}
	w, ok := p.word(n, "a holiday")
	switch {
	case !ok:
		return "", false
	case strings.HasSuffix(w, ".ics"):
		if strings.Contains(w, "://") || strings.HasPrefix(w, "/") || strings.Contains(w, "..") {
			p.fail(n, "%q is no file of the repository: write its path, such as .github/holidays.ics", w)
			return "", false
		}
		return w, true
	case slices.Contains(calendar.Regions(), w):
		return w, true
	}
	if near := p.nearest(w, calendar.Regions()); near != "" {
		p.fail(n, "no region is called %q: write %q, a day such as 2026-12-24, or a calendar file such as .github/holidays.ics", w, near)
		return "", false
	}
	p.fail(n, "no region is called %q: write one of %s, a day such as 2026-12-24, or a calendar file such as .github/holidays.ics",
		w, strings.Join(calendar.Regions(), ", "))
	return "", false
}

func (p *parser) freezes(n *yaml.Node, l *Layer) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "freezes has to be a list, each beginning with `- name:`")
		return
	}
	if len(n.Content) == 0 {
		return // says that there are none
	}
	names := map[string]bool{}
	p.each(n, "freezes", func(item *yaml.Node) {
		f := Freeze{At: position(item)}
		zone := time.UTC
		var from, to *yaml.Node
		ok := p.mapping(item, "a freeze", keys{
			"name": func(n *yaml.Node) { f.Name, _ = p.word(n, "the name of a freeze") },
			"from": func(n *yaml.Node) { from = n },
			"to":   func(n *yaml.Node) { to = n },
			"time_zone": func(n *yaml.Node) {
				if z, err := time.LoadLocation(p.zone(n, "time_zone of a freeze")); err == nil {
					zone = z
				}
			},
			"environments": func(n *yaml.Node) {
				f.Environments = p.words(n, "environments of a freeze")
				known(p, n, "environment", f.Environments, l.Environments)
			},
			"classes": func(n *yaml.Node) {
				f.Classes = p.words(n, "classes of a freeze")
				known(p, n, "class", f.Classes, l.Classes)
			},
			"repositories": func(n *yaml.Node) { f.Repositories = p.globs(n, "repositories of a freeze", repositoryGlob) },
			"except": func(n *yaml.Node) {
				f.Except = p.words(n, "except of a freeze")
				known(p, n, "group", f.Except, l.Groups)
			},
		})
		switch {
		case !ok:
			return
		case f.Name == "" || from == nil || to == nil:
			p.fail(item, "a freeze says its name, from when and to when: write `{name: year end, from: 2026-12-18, to: 2027-01-04}`")
			return
		case names[strings.ToLower(f.Name)]:
			p.fail(item, "two freezes are called %q: choose another name", f.Name)
		}
		names[strings.ToLower(f.Name)] = true
		f.Span = calendar.Span{From: p.edge(from, zone, false), To: p.edge(to, zone, true)}
		if !f.Span.From.IsZero() && !f.Span.To.IsZero() && !f.Span.From.Before(f.Span.To) {
			p.fail(to, "the freeze %q ends before it begins", f.Name)
		}
		l.Freezes = append(l.Freezes, f)
	})
}

// edge reads a day, or a day and a time of day. A freeze goes on to the end of its last day.
func (p *parser) edge(n *yaml.Node, zone *time.Location, last bool) time.Time {
	date, hour, timed := strings.Cut(n.Value, " ")
	d, err := calendar.ParseDay(date)
	c := calendar.Clock(0)
	if err == nil && timed {
		c, err = calendar.ParseClock(hour)
	}
	if last && !timed {
		d = d.Plus(1)
	}
	at := calendar.First(zone, d, c).UTC() // as Print writes it, so that its limits are those of the instant
	if n.Kind != yaml.ScalarNode || err != nil || at.Year() < 2000 || at.Year() > 2200 {
		p.fail(n, "a freeze is from and to a day such as 2026-12-18, or a minute such as \"2026-12-18 17:00\"")
		return time.Time{}
	}
	return at
}

func (p *parser) emergency(n *yaml.Node, l *Layer) {
	e := EmergencyPath{At: position(n), PostMortem: PostMortem{Within: 48 * time.Hour}}
	said := map[string]bool{}
	ok := p.mapping(n, "emergency", keys{
		"declare": func(n *yaml.Node) {
			said["declare"] = true
			p.mapping(n, "declare of emergency", keys{"by": func(n *yaml.Node) {
				e.By = p.words(n, "by of declare")
				known(p, n, "group", e.By, l.Groups)
			}})
		},
		"expires": func(n *yaml.Node) { said["expires"] = true; e.Expires = p.span(n, "expires of emergency") },
		"approvals": func(n *yaml.Node) {
			said["approvals"] = true
			a := p.approvals(n, l, true)
			a.Of = OfCommit
			e.Approvals = *a
		},
		"waives": func(n *yaml.Node) {
			said["waives"] = true
			e.Waives = p.waives(n, l, "emergency", func(r Rule) string {
				if r.reviewsAll() {
					return "asks for review of every change, which an emergency cannot waive"
				}
				return ""
			})
		},
		"post_mortem": func(n *yaml.Node) {
			said["post_mortem"] = true
			p.mapping(n, "post_mortem of emergency", keys{
				"within": func(n *yaml.Node) { e.PostMortem.Within = p.span(n, "within of post_mortem") },
				"reviewed_by": func(n *yaml.Node) {
					e.PostMortem.ReviewedBy = p.words(n, "reviewed_by of post_mortem")
					known(p, n, "group", e.PostMortem.ReviewedBy, l.Groups)
				},
				"when_overdue": func(n *yaml.Node) {
					e.PostMortem.Blocks = p.oneOf(n, "when_overdue of post_mortem", []string{"block", "show"}) == "block"
				},
			})
			if len(e.PostMortem.ReviewedBy) == 0 {
				p.fail(n, "post_mortem does not say who completes it: write `reviewed_by:` with a group")
			}
		},
	})
	for _, key := range []string{"declare", "expires", "approvals", "waives", "post_mortem"} {
		if ok && !said[key] {
			p.fail(n, "emergency does not say its %s: it has declare, expires, approvals, waives and post_mortem", key)
		}
	}
	l.Emergency = &e
}

func (p *parser) rollback(n *yaml.Node, l *Layer) {
	r := RollbackLane{At: position(n), Reach: 30 * 24 * time.Hour}
	said := map[string]bool{}
	ok := p.mapping(n, "rollback", keys{
		"by": func(n *yaml.Node) {
			said["by"] = true
			r.By = p.words(n, "by of rollback")
			known(p, n, "group", r.By, l.Groups)
		},
		"reach": func(n *yaml.Node) { r.Reach = p.span(n, "reach of rollback") },
		"waives": func(n *yaml.Node) {
			said["waives"] = true
			r.Waives = p.waives(n, l, "rollback", func(r Rule) string {
				if r.Stage == BeforeMerge {
					return "is about the merge, which a rollback comes long after"
				}
				return ""
			})
		},
	})
	for _, key := range []string{"by", "waives"} {
		if ok && !said[key] {
			p.fail(n, "rollback does not say its %s: it has by, reach and waives", key)
		}
	}
	l.Rollback = &r
}

// waives reads the names of rules that something waives. Those of the floor that a
// repository names are for Compose to look at.
func (p *parser) waives(n *yaml.Node, l *Layer, what string, not func(Rule) string) []string {
	var out []string
	p.each(n, "waives of "+what, func(item *yaml.Node) {
		w, ok := p.word(item, "a rule that "+what+" waives")
		if !ok {
			return
		}
		if r, own := l.rule(w); own {
			if why := not(r); why != "" {
				p.fail(item, "rule %q %s: take it out", w, why)
			}
		}
		out = append(out, w)
	})
	return out
}

func (p *parser) deployed(n *yaml.Node, l *Layer) *Deployed {
	var d Deployed
	ok := p.mapping(n, "deployed", keys{
		"to": func(n *yaml.Node) {
			d.To, _ = p.word(n, "to of deployed")
			known(p, n, "environment", []string{d.To}, l.Environments)
		},
		"healthy_for": func(n *yaml.Node) { d.HealthyFor = p.span(n, "healthy_for of deployed") },
		"checks":      func(n *yaml.Node) { d.Checks = p.globs(n, "checks of deployed", checkGlob) },
		"by": func(n *yaml.Node) {
			p.mapping(n, "by of deployed", keys{
				"workflows": func(n *yaml.Node) {
					p.each(n, "workflows of deployed", func(item *yaml.Node) {
						if w := p.workflow(item); w != "" {
							d.Workflows = append(d.Workflows, w)
						}
					})
				},
				"apps": func(n *yaml.Node) {
					p.each(n, "apps of deployed", func(item *yaml.Node) {
						if a := p.app(item); a != "" {
							d.Apps = append(d.Apps, a)
						}
					})
				},
			})
		},
	})
	if ok && d.To == "" && len(p.errs) == 0 {
		p.fail(n, "deployed does not say where: write `to:` with an environment")
	}
	return &d
}

func (p *parser) signOff(n *yaml.Node, l *Layer) *SignOff {
	s := SignOff{Of: OfChange}
	ok := p.mapping(n, "sign_off", keys{
		"name": func(n *yaml.Node) { s.Name, _ = p.word(n, "the name of sign_off") },
		"from": func(n *yaml.Node) {
			s.From = p.words(n, "from of sign_off")
			known(p, n, "group", s.From, l.Groups)
		},
		"lead_time": func(n *yaml.Node) { s.LeadTime = p.span(n, "lead_time of sign_off") },
		"of": func(n *yaml.Node) {
			s.Of = SignOffScope(p.oneOf(n, "of in sign_off", []string{string(OfChange), string(OfSHA)}))
		},
	})
	if ok && (s.Name == "" || len(s.From) == 0) && len(p.errs) == 0 {
		p.fail(n, "sign_off has to say its name and from whom: write `{name: QA, from: qa}`")
	}
	return &s
}

// staged holds what a rule demands to the moment that it guards: what is about a change is
// asked before the merge, what is about a deployment before one.
func (p *parser) staged(n *yaml.Node, what string, r Rule) {
	r.Require.each(func(part Requirement) {
		late := map[string]bool{"deployed": part.Deployed != nil, "sign_off": part.SignOff != nil, "window": part.Window != ""}
		early := map[string]bool{
			"approvals": part.Approvals != nil, "ticket": part.Ticket != nil, "section": part.Section != nil,
			"signed_commits": part.SignedCommits, "conversations_resolved": part.ConversationsResolved,
			"linear_history": part.LinearHistory, "up_to_date": part.UpToDate, "expr": part.Expr.Text != "",
		}
		if r.Stage == BeforeMerge {
			p.earlyDuties(n, what, part.Separation)
			for _, key := range []string{"deployed", "sign_off", "window"} {
				if late[key] {
					p.fail(n, "%s asks for %s, which is about a deployment: write `before:` with an environment beside it", what, key)
				}
			}
			return
		}
		for _, key := range []string{"approvals", "ticket", "section", "signed_commits", "conversations_resolved", "linear_history", "up_to_date", "expr"} {
			if early[key] {
				p.fail(n, "%s asks for %s, which is judged before the merge: take `before: %s` out", what, key, r.Stage)
			}
		}
	})
}
