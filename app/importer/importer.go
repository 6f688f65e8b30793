// Package importer writes the nearest policy to what another tool was told: a CODEOWNERS
// file, or policy-bot's .policy.yml. Nearest is never looser by silence: what cannot be said
// is left out of a condition, so that the rule applies more often, or of a list of people, so
// that fewer count; and each such place is a Note with its line.
package importer

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Result is what was carried over.
type Result struct {
	Text  []byte // a policy file, which parses
	Notes []Note // by line
}

// Note is something that could not be carried over, or that means something else here.
type Note struct {
	Line int // in the file that was read; 0: it is about the file as a whole
	Text string
}

// notes collects.
type notes []Note

func (n *notes) add(line int, format string, args ...any) {
	*n = append(*n, Note{Line: line, Text: fmt.Sprintf(format, args...)})
}

// draft is a policy that is being written.
type draft struct {
	from   string // what it is made of, for the head of the file
	groups []draftGroup
	rules  []draftRule
}

type draftGroup struct {
	name         string
	teams, users []string
	permission   string // admin, maintain and so on: those who have it count too
}

type draftRule struct {
	name    string
	line    int
	when    []string // lines of YAML below when
	require []string // lines of YAML below require
}

// group defines a group, unless there is one with the same people, and returns its name.
func (d *draft) group(g draftGroup) string {
	for _, have := range d.groups {
		if slices.Equal(have.teams, g.teams) && slices.Equal(have.users, g.users) && have.permission == g.permission {
			return have.name
		}
	}
	taken := slices.Collect(maps.Keys(rules.Default().Groups)) // it is to stand beside them
	for _, have := range d.groups {
		taken = append(taken, have.name)
	}
	g.name = unique(g.name, taken)
	d.groups = append(d.groups, g)
	return g.name
}

func (d *draft) rule(r draftRule) {
	var taken []string
	for _, r := range rules.Default().Rules {
		taken = append(taken, r.Name)
	}
	for _, have := range d.rules {
		taken = append(taken, have.name)
	}
	r.name = unique(r.name, taken)
	d.rules = append(d.rules, r)
}

// maxName leaves room for a number behind a name.
const maxName = 230

// unique shortens a name and numbers it if it is taken; case is folded.
func unique(name string, taken []string) string {
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName])
	}
	name = strings.TrimSpace(name)
	is := func(s string) bool {
		return slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, s) })
	}
	out := name
	for i := 2; is(out); i++ {
		out = fmt.Sprintf("%s (%d)", name, i)
	}
	return out
}

// result writes the draft and makes sure that it parses.
func (d *draft) result(found notes) (Result, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Written by changewarden policy import from %s. Read it before you use it.", d.from)
	line("version: 1")
	if len(d.groups) > 0 {
		line("\ngroups:")
	}
	for _, g := range d.groups {
		var parts []string
		if len(g.teams) > 0 {
			parts = append(parts, "teams: "+list(g.teams))
		}
		if len(g.users) > 0 {
			parts = append(parts, "users: "+list(g.users))
		}
		if g.permission != "" {
			parts = append(parts, "permission: "+g.permission)
		}
		line("  %s: {%s}", quote(g.name), strings.Join(parts, ", "))
	}
	if len(d.rules) > 0 {
		line("\nrules:")
	}
	for _, r := range d.rules {
		line("  - name: %s # line %d", quote(r.name), r.line)
		if len(r.when) > 0 {
			line("    when:")
		}
		for _, l := range r.when {
			line("      %s", l)
		}
		line("    require:")
		for _, l := range r.require {
			line("      %s", l)
		}
	}
	slices.SortStableFunc(found, func(a, b Note) int { return a.Line - b.Line })
	if _, err := rules.Parse("the policy", []byte(b.String())); err != nil {
		return Result{Text: []byte(b.String()), Notes: found}, fmt.Errorf("carry over %s: what comes out cannot be used: %w", d.from, err)
	}
	return Result{Text: []byte(b.String()), Notes: found}, nil
}

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)

// quote writes a text as YAML reads it back.
func quote(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
	default:
		if plainWord.MatchString(s) {
			return s
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a text always encodes
	}
	return strings.TrimSpace(b.String())
}

// list writes a list on one line.
func list(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// maxInline is how long a list may be on its line.
const maxInline = 100

// entries writes a key with a list: on one line, or one entry a line where that is long.
func entries(key string, items []string) []string {
	if one := key + ": " + list(items); len(one) <= maxInline {
		return []string{one}
	}
	out := []string{key + ":"}
	for _, s := range items {
		out = append(out, "  - "+quote(s))
	}
	return out
}

// literal writes a text as a glob that matches it alone.
func literal(s string) string {
	var b strings.Builder
	for i, r := range s {
		if strings.ContainsRune(`*?[]{}\`, r) || r == '!' && i == 0 {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
