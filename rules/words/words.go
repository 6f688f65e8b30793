// Package words says what a policy asks in plain English, for whoever reads it without
// knowing the file's keys: an engineer before a merge, an auditor after one. It says what
// the file says and no more; what a verdict says about one change is for package say.
package words

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Style is how names and globs stand out in a text.
type Style struct {
	Name func(string) string // of groups, classes, rules, teams, people
	Code func(string) string // globs, branches, labels, checks
}

// The styles: for a terminal, for Markdown and for HTML. Markdown and HTML of hostile text are
// inert.
var (
	Plain    = Style{Name: same, Code: same}
	Markdown = Style{Name: escapeMarkdown, Code: codeSpan}
	HTML     = Style{Name: html.EscapeString, Code: func(s string) string { return "<code>" + html.EscapeString(s) + "</code>" }}
)

func same(s string) string { return s }

// escapeMarkdown puts a backslash before whatever could mean something, and breaks what
// GitHub would make a mention or a reference of.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]()<>#+!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' {
			b.WriteString("\u200b")
		}
	}
	return b.String()
}

// codeSpan fences s with more backticks than stand in it.
func codeSpan(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// Rule returns a rule as one sentence: when it applies and what it asks; and what takes its
// weight away, if anything can.
func (s Style) Rule(r rules.Rule) string {
	who := "Every change"
	if when := s.Condition(r.When); when != "" {
		who = "A change " + when
		if strings.ContainsAny(Plain.Condition(r.When), ",;") { // the same in every style
			who += ","
		}
	}
	if before := s.stage(r); before != "" {
		who = before + strings.ToLower(who[:1]) + who[1:]
	}
	text := who + " " + s.Requirement(r.Require) + "."
	if !r.Until.IsZero() {
		text += " It is advice up to " + lastDay(r.Until) + " and blocks nothing until then."
	}
	if len(r.WaivableBy) > 0 {
		text += " Somebody of " + join(s.names(r.WaivableBy), "or") + " can waive it for a change."
	}
	if r.Overridable {
		text += " A repository can make exceptions from it."
	}
	return text
}

// lastDay returns the day before the instant at which something ends, which begins a day.
func lastDay(end time.Time) string { return end.Add(-time.Second).UTC().Format(time.DateOnly) }

// Group returns who is in a group.
func (s Style) Group(g rules.Group) string {
	var parts []string
	if len(g.Teams) > 0 {
		parts = append(parts, plural(len(g.Teams), "the members of team ", "the members of the teams ")+join(s.names(teamNames(g.Teams)), "and"))
	}
	if g.MinAge > 0 && len(parts) > 0 {
		parts[0] += " who have been members for " + span(g.MinAge)
	}
	if len(g.Users) > 0 {
		parts = append(parts, join(s.names(userNames(g.Users)), "and"))
	}
	if g.Permission != "" {
		parts = append(parts, "whoever has at least the permission "+s.Code(g.Permission))
	}
	if len(g.Bots) > 0 {
		parts = append(parts, plural(len(g.Bots), "the app ", "the apps ")+join(s.names(userNames(g.Bots)), "and")+" (never as the last approval)")
	}
	if len(parts) == 0 {
		return "nobody"
	}
	text := strings.Join(parts, ", and ")
	if g.BuiltIn {
		text += " (an owner of the organisation where no such team can be seen)"
	}
	return text
}

func teamNames(refs []rules.TeamRef) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.String())
	}
	return out
}

func userNames(refs []rules.UserRef) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.String())
	}
	return out
}

func (s Style) names(words []string) []string { return apply(s.Name, words) }
func (s Style) codes(words []string) []string { return apply(s.Code, words) }

func apply(f func(string) string, words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = f(w)
	}
	return out
}

// join writes words as people do: a, b or c.
func join(words []string, last string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// number writes the numbers that a policy has in words, others in digits.
func number(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// span writes a length of time in its largest whole unit.
func span(d time.Duration) string {
	for _, unit := range []struct {
		name string
		d    time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if d >= unit.d && d%unit.d == 0 {
			return counted(int(d/unit.d), unit.name, unit.name+"s")
		}
	}
	return d.String()
}

func counted(n int, one, many string) string {
	return fmt.Sprintf("%s %s", number(n), plural(n, one, many))
}
