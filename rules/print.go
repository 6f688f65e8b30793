package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Print returns the layer as a policy file that Parse reads as the same layer. Comments of
// the file that it was read from are not in it, nor what that file said without need.
func (l Layer) Print() []byte {
	var doc mapping
	doc.add("version", scalar("1"))
	if l.Procedure != nil {
		doc.add("procedure", l.Procedure.print())
	}
	doc.words("branches", l.Branches)
	doc.add("groups", byName(l.Groups, Group.print))
	classes := maps.Clone(l.Classes)
	delete(classes, PolicyClass)
	doc.add("classes", byName(classes, Condition.print))
	doc.add("environments", byName(l.Environments, Environment.print))
	doc.add("windows", byName(l.Windows, Window.print))
	if r := l.Requests; r != nil {
		var m mapping
		m.add("teams", flag(r.Teams))
		if r.People > 0 {
			m.add("people", number(r.People))
		}
		doc.add("review_requests", m)
	}
	doc.add("rules", list(l.Rules, Rule.print))
	doc.add("freezes", list(l.Freezes, Freeze.print))
	if l.Emergency != nil {
		doc.add("emergency", l.Emergency.print())
	}
	if l.Rollback != nil {
		doc.add("rollback", l.Rollback.print())
	}
	doc.add("exceptions", list(l.Exceptions, Exception.print))
	doc.add("advice", list(l.Advice, Deferral.print))
	var w strings.Builder
	doc.write(&w, 0)
	return []byte(w.String())
}

func (pr Procedure) print() mapping {
	var m mapping
	m.word("owner", pr.Owner)
	m.add("last_reviewed", scalar(pr.LastReviewed))
	m.word("review_every", pr.ReviewEvery)
	var frameworks mapping
	for _, name := range slices.Sorted(maps.Keys(pr.Frameworks)) {
		frameworks.words(name, pr.Frameworks[name])
	}
	m.add("frameworks", frameworks)
	return m
}

func (g Group) print() mapping {
	var m mapping
	m.words("teams", refs(g.Teams))
	m.words("users", refs(g.Users))
	m.word("permission", g.Permission)
	m.words("bots", refs(g.Bots))
	m.add("min_membership_age", span(g.MinAge))
	return m
}

func (c Condition) print() mapping {
	var m mapping
	m.words("class", c.Class)
	m.words("paths", c.Paths)
	m.words("not_paths", c.NotPaths)
	m.words("only_paths", c.OnlyPaths)
	m.words("branches", c.Branches)
	m.words("head_branches", c.HeadBranches)
	m.words("repositories", c.Repositories)
	if len(c.SetBy) > 0 {
		var labels mapping
		labels.words("names", c.Labels)
		labels.words("set_by", c.SetBy)
		m.add("labels", labels)
	} else {
		m.words("labels", c.Labels)
	}
	m.words("authors", c.Authors)
	m.words("title", patternTexts(c.Title))
	m.words("body", patternTexts(c.Body))
	if c.Files.set() {
		m.word("files", c.Files.String())
	}
	if c.Lines.set() {
		m.word("lines", c.Lines.String())
	}
	if c.Draft != nil {
		m.add("draft", scalar(strconv.FormatBool(*c.Draft)))
	}
	m.add("any", list(c.Any, Condition.print))
	if c.Not != nil {
		m.add("not", c.Not.print())
	}
	m.word("expr", c.Expr.Text)
	return m
}

func (r Rule) print() mapping {
	var m mapping
	m.word("name", r.Name)
	if r.Stage != BeforeMerge {
		m.word("before", string(r.Stage))
	}
	m.add("overridable", flag(r.Overridable))
	if !r.Until.IsZero() {
		m.add("enforce", scalar("false"))
		m.add("until", day(r.Until))
	}
	m.words("waivable_by", r.WaivableBy)
	m.add("when", r.When.print())
	m.add("require", r.Require.print())
	return m
}

func (r Requirement) print() mapping {
	var m mapping
	if a := r.Approvals; a != nil {
		m.add("approvals", a.print())
	}
	if c := r.Checks; c != nil {
		m.add("checks", c.print())
	}
	if t := r.Ticket; t != nil {
		var ticket mapping
		ticket.word("pattern", t.Pattern.Text)
		if !slices.Equal(t.In, ticketPlaces) {
			ticket.words("in", t.In)
		}
		m.add("ticket", ticket)
	}
	if s := r.Section; s != nil {
		var section mapping
		section.word("heading", s.Heading)
		if s.MinWords != 1 {
			section.add("min_words", number(s.MinWords))
		}
		m.add("section", section)
	}
	m.add("signed_commits", flag(r.SignedCommits))
	if r.ResolvedByOthers {
		m.word("conversations_resolved", byOthers)
	} else {
		m.add("conversations_resolved", flag(r.ConversationsResolved))
	}
	m.add("linear_history", flag(r.LinearHistory))
	m.add("up_to_date", flag(r.UpToDate))
	m.word("expr", r.Expr.Text)
	if r.Deployed != nil {
		m.add("deployed", r.Deployed.print())
	}
	if r.SignOff != nil {
		m.add("sign_off", r.SignOff.print())
	}
	m.word("window", r.Window)
	m.add("separation", list(r.Separation, func(d Duty) scalar { return scalar(inQuotes(string(d))) }))
	m.add("any", list(r.Any, Requirement.print))
	m.add("all", list(r.All, Requirement.print))
	return m
}

func (a Approvals) print() value {
	var m mapping
	m.add("count", number(a.Count))
	m.words("from", a.From)
	m.add("distinct", flag(a.Distinct))
	m.add("max_age", span(a.MaxAge))
	if a.Of != OfDiff {
		m.word("of", string(a.Of))
	}
	if a.UnknownAuthors != OneMore {
		m.word("unknown_authors", string(a.UnknownAuthors))
	}
	if len(m) == 1 {
		return number(a.Count)
	}
	return m
}

func (c Checks) print() value {
	var m mapping
	m.add("all", flag(c.All))
	m.words("except", c.Except)
	m.words("names", c.Names)
	m.word("app", c.App)
	m.word("workflow", c.Workflow)
	if !c.All && !slices.Equal(c.Conclusions, []string{success}) {
		m.words("conclusions", c.Conclusions)
	}
	if c.Grace != defaultGrace {
		m.add("grace", span(c.Grace))
	}
	if c.All && len(m) == 1 {
		return scalar("all")
	}
	return m
}

func (e Exception) print() mapping {
	var m mapping
	m.word("rule", e.Rule)
	m.add("scope", e.Scope.print())
	m.word("reason", e.Reason)
	m.word("approved_by", e.ApprovedBy.String())
	m.add("expires", day(e.Expires))
	return m
}

func (d Deferral) print() mapping {
	var m mapping
	m.word("rule", d.Rule)
	m.add("until", day(d.Until))
	return m
}

// value is part of a file to be written: a scalar, a mapping or a sequence.
type value interface {
	empty() bool
	// write writes the value behind its key, from a depth of so many levels.
	write(w *strings.Builder, depth int)
}

// scalar is one text, as it stands in the file.
type scalar string

func (s scalar) empty() bool { return s == "" }

func (s scalar) write(w *strings.Builder, _ int) { fmt.Fprintf(w, " %s\n", string(s)) }

// mapping is keys with their values, in order.
type mapping []entry

type entry struct {
	key   string
	value value
}

func (m mapping) empty() bool { return len(m) == 0 }

// add leaves out what says nothing.
func (m *mapping) add(key string, v value) {
	if !v.empty() {
		*m = append(*m, entry{inQuotes(key), v})
	}
}

func (m *mapping) word(key, text string) {
	if text != "" {
		m.add(key, scalar(inQuotes(text)))
	}
}

// words adds a list; a list of one is written as the one, as Parse takes it.
func (m *mapping) words(key string, all []string) {
	if len(all) == 1 {
		m.word(key, all[0])
		return
	}
	m.add(key, list(all, func(s string) scalar { return scalar(inQuotes(s)) }))
}

func (m mapping) write(w *strings.Builder, depth int) {
	if depth > 0 {
		w.WriteByte('\n')
	}
	m.lines(w, depth, strings.Repeat("  ", depth))
}

// lines writes a line a key; the first behind what stands before it already.
func (m mapping) lines(w *strings.Builder, depth int, first string) {
	for i, e := range m {
		if i > 0 {
			first = strings.Repeat("  ", depth)
		}
		w.WriteString(first + e.key + ":")
		e.value.write(w, depth+1)
	}
}

// sequence is a list.
type sequence []value

func (s sequence) empty() bool { return len(s) == 0 }

func (s sequence) write(w *strings.Builder, depth int) {
	w.WriteByte('\n')
	for _, v := range s {
		bullet := strings.Repeat("  ", depth) + "-"
		if m, ok := v.(mapping); ok {
			m.lines(w, depth+1, bullet+" ")
			continue
		}
		w.WriteString(bullet)
		v.write(w, depth+1)
	}
}

func list[T any, V value](all []T, print func(T) V) sequence {
	var s sequence
	for _, one := range all {
		s = append(s, print(one))
	}
	return s
}

func byName[T any](all map[string]T, print func(T) mapping) mapping {
	var m mapping
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m.add(name, print(all[name]))
	}
	return m
}

func flag(on bool) scalar {
	if !on {
		return ""
	}
	return "true"
}

func number(n int) scalar { return scalar(strconv.Itoa(n)) }

// day writes the last day of what ends at an instant.
func day(end time.Time) scalar { return scalar(end.AddDate(0, 0, -1).Format(time.DateOnly)) }

func span(d time.Duration) scalar {
	switch {
	case d == 0:
		return ""
	case d == 24*time.Hour:
		return "1 day"
	case d%(24*time.Hour) == 0:
		return scalar(fmt.Sprintf("%d days", d/(24*time.Hour)))
	case d%time.Hour == 0:
		return scalar(fmt.Sprintf("%dh", d/time.Hour))
	}
	return scalar(fmt.Sprintf("%dm", d/time.Minute))
}

func refs[T fmt.Stringer](all []T) []string {
	var words []string
	for _, r := range all {
		words = append(words, r.String())
	}
	return words
}

func patternTexts(all []Pattern) []string {
	var words []string
	for _, p := range all {
		words = append(words, p.Text)
	}
	return words
}

// plainText is what needs no quotes, unless YAML takes it for something else.
var plainText = regexp.MustCompile(`^[A-Za-z](?:[A-Za-z0-9 _./-]*[A-Za-z0-9_./-])?$`)

func inQuotes(text string) string {
	if plainText.MatchString(text) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)) {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
