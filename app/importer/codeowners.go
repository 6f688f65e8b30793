package importer

import (
	"slices"
	"strings"

	"github.com/hmarr/codeowners"
)

// ownersLine is one line of a CODEOWNERS file.
type ownersLine struct {
	line    int
	pattern string
	globs   []string
	owners  draftGroup // without owners: nobody has to approve
	exempt  bool
}

// Codeowners reads a CODEOWNERS file as GitHub does: the last line that matches a file says
// who owns it. Lines with the same owners become one rule, which asks for one approval of
// theirs; what a later line takes over is left out of the earlier ones.
func Codeowners(name string, src []byte) (Result, error) {
	var found notes
	d := &draft{from: name}
	var lines []ownersLine
	for i, text := range strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n") {
		if l, ok := readOwners(i+1, text, &found); ok {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b ownersLine) int { return a.line - b.line })
	type owned struct {
		group string
		line  int
		when  [][]string
	}
	var rules []*owned
	for i, l := range lines {
		if l.exempt {
			continue
		}
		not, hidden := takenOver(l, lines[i+1:])
		if hidden != 0 {
			found.add(l.line, "line %d takes over all of %s, so nobody is asked by this one", hidden, l.pattern)
			continue
		}
		group := d.group(l.owners)
		when := entries("paths", l.globs)
		if len(not) > 0 {
			when = append(when, entries("not_paths", not)...)
		}
		at := slices.IndexFunc(rules, func(o *owned) bool { return o.group == group })
		if at < 0 {
			rules = append(rules, &owned{group: group, line: l.line})
			at = len(rules) - 1
		}
		rules[at].when = append(rules[at].when, when)
	}
	for _, o := range rules {
		r := draftRule{name: "code owners " + o.group, line: o.line, when: o.when[0], require: []string{"approvals: {count: 1, from: " + quote(o.group) + "}"}}
		if len(o.when) > 1 {
			r.when = []string{"any:"}
			for _, when := range o.when {
				for j, l := range when {
					r.when = append(r.when, map[bool]string{true: "  - ", false: "    "}[j == 0]+l)
				}
			}
		}
		d.rule(r)
	}
	if len(d.rules) > 0 {
		found.add(0, "on GitHub a code owner's approval survives a push unless a setting says otherwise; here it holds while what was reviewed is what would be merged")
		found.add(0, "on GitHub an owner who opened or pushed to the pull request is passed over where nobody else owns the file; here another owner is asked")
	}
	return d.result(found)
}

// readOwners reads one line by itself, so that one that GitHub would skip hides no other.
func readOwners(number int, text string, found *notes) (ownersLine, bool) {
	if trimmed := strings.TrimSpace(text); trimmed == "" || strings.HasPrefix(trimmed, "#") {
		return ownersLine{}, false
	}
	set, err := codeowners.ParseFile(strings.NewReader(text))
	if err != nil {
		found.add(number, "left out, as GitHub leaves it out: %v", strings.TrimPrefix(err.Error(), "line 1: "))
		return ownersLine{}, false
	}
	if len(set) != 1 {
		return ownersLine{}, false
	}
	rule := set[0]
	l := ownersLine{line: number, pattern: rule.RawPattern(), exempt: len(rule.Owners) == 0}
	if strings.HasPrefix(l.pattern, "!") || strings.ContainsAny(l.pattern, "[]") {
		found.add(number, "left out, as GitHub leaves it out: %s has ! or brackets, which mean nothing in CODEOWNERS", l.pattern)
		return ownersLine{}, false
	}
	if l.globs = ownersGlobs(l.pattern); len(l.globs) == 0 {
		found.add(number, "left out: %s matches no file", l.pattern)
		return ownersLine{}, false
	}
	var names []string
	for _, o := range rule.Owners {
		switch o.Type {
		case codeowners.TeamOwner:
			_, slug, _ := strings.Cut(o.Value, "/")
			l.owners.teams = append(l.owners.teams, strings.ToLower(slug))
		case codeowners.UsernameOwner:
			l.owners.users = append(l.owners.users, strings.ToLower(o.Value))
		default:
			found.add(number, "%s is an address, and a policy names people by login: write the login of its account", o.Value)
			continue
		}
		names = append(names, o.String())
	}
	if !l.exempt && len(names) == 0 {
		found.add(number, "left out: none of the owners of %s has a login, so nobody could approve", l.pattern)
		return ownersLine{}, false
	}
	slices.Sort(l.owners.teams)
	slices.Sort(l.owners.users)
	l.owners.teams, l.owners.users = slices.Compact(l.owners.teams), slices.Compact(l.owners.users)
	slices.Sort(names)
	l.owners.name = strings.Join(slices.Compact(names), " or ")
	return l, true
}

// takenOver returns the globs of the later lines that may match a file of l, and the line of
// one that says the very same pattern, 0 if there is none.
func takenOver(l ownersLine, later []ownersLine) (globs []string, hidden int) {
	for _, other := range later {
		if slices.Equal(other.globs, l.globs) || slices.Equal(other.globs, []string{"**"}) {
			return nil, other.line
		}
		if other.owners.name == l.owners.name && !other.exempt {
			continue // the same people would be asked
		}
		for _, g := range other.globs {
			if slices.ContainsFunc(l.globs, func(mine string) bool { return mayMeet(mine, g) }) && !slices.Contains(globs, g) {
				globs = append(globs, g)
			}
		}
	}
	return widest(globs), 0
}

// widest leaves out the globs of what stands in a folder that another one takes whole.
func widest(globs []string) []string {
	return slices.DeleteFunc(slices.Clone(globs), func(g string) bool {
		return slices.ContainsFunc(globs, func(other string) bool {
			folder, ok := strings.CutSuffix(other, "**")
			return ok && other != g && fixedPart(other) == folder && strings.HasPrefix(g, folder)
		})
	})
}

// mayMeet reports whether some path could match both globs, by the folders that both begin
// with. In doubt it is true.
func mayMeet(a, b string) bool {
	x, y := fixedPart(a), fixedPart(b)
	return strings.HasPrefix(x, y) || strings.HasPrefix(y, x)
}

// fixedPart is what every match of a glob begins with.
func fixedPart(glob string) string {
	if i := strings.IndexAny(glob, `*?[{\`); i >= 0 {
		return glob[:i]
	}
	return glob
}

// ownersGlobs returns the globs that match what a pattern of a CODEOWNERS file matches.
func ownersGlobs(pattern string) []string {
	segments := strings.Split(pattern, "/")
	switch {
	case pattern == "/":
		return nil
	case segments[0] == "":
		segments = segments[1:]
	case len(segments) == 1 || len(segments) == 2 && segments[1] == "":
		if segments[0] != "**" {
			segments = append([]string{"**"}, segments...)
		}
	}
	for i, s := range segments {
		if s != "**" {
			segments[i] = ownersSegment(s)
		}
	}
	last := len(segments) - 1
	switch segments[last] {
	case "":
		segments[last] = "**" // a folder's: whatever is in it
		return []string{collapse(segments)}
	case "**":
		return []string{collapse(segments)}
	case "*":
		if last > 0 && segments[last-1] == "**" && last == 1 {
			return []string{"**"}
		}
		return []string{collapse(segments)} // files right in the folder
	}
	return []string{collapse(segments), collapse(append(segments, "**"))}
}

// ownersSegment writes one segment: * and ? as they are, and nothing else means anything.
func ownersSegment(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteString(literal(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*' || r == '?':
			b.WriteRune(r)
		default:
			b.WriteString(literal(string(r)))
		}
	}
	return strings.ReplaceAll(b.String(), "**", "*")
}

// collapse joins segments, one ** for several in a row.
func collapse(segments []string) string {
	return strings.Join(slices.CompactFunc(slices.Clone(segments), func(a, b string) bool { return a == "**" && b == "**" }), "/")
}
