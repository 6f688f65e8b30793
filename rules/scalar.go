package rules

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxWord is how many characters a name, a glob or a label may have.
const maxWord = 250

// word reads a text. A plain 012, 1.0 or null, which YAML takes for something else, has
// to be put in quotes.
func (p *parser) word(n *yaml.Node, what string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		p.fail(n, "%s has to be a text", what)
	case n.ShortTag() == "!!null" || n.Value == "":
		p.fail(n, "%s is empty: say something, or take it out", what)
	case n.ShortTag() != "!!str":
		p.fail(n, "%s has to be a text, and %s is none: put it in quotes", what, n.Value)
	case strings.TrimSpace(n.Value) != n.Value:
		p.fail(n, "%s begins or ends with a space: take it out", what)
	case strings.ContainsFunc(n.Value, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }):
		p.fail(n, "%s holds a character that cannot be seen: take it out", what)
	case utf8.RuneCountInString(n.Value) > maxWord:
		p.fail(n, "%s is longer than %d characters: shorten it", what, maxWord)
	default:
		return n.Value, true
	}
	return "", false
}

// words reads a list of texts, none twice; one text stands for a list of one.
func (p *parser) words(n *yaml.Node, what string) []string {
	var all []string
	p.each(n, what, func(item *yaml.Node) {
		if w, ok := p.word(item, "an entry of "+what); ok {
			all = append(all, w)
		}
	})
	return all
}

// each calls yield for the items of a list that is not empty, or for the one that stands
// in its place. An item that stands there twice is an error, but not a person id: two
// logins of a policy may have been the same person, or nobody.
func (p *parser) each(n *yaml.Node, what string, yield func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		yield(n)
		return
	}
	if len(n.Content) == 0 {
		p.fail(n, "%s is an empty list, which nothing can satisfy: say what it holds, or take it out", what)
		return
	}
	if len(n.Content) > maxEntries {
		p.fail(n, "%s has %d entries, and %d are the limit", what, len(n.Content), maxEntries)
		return
	}
	seen := map[string]bool{}
	for _, item := range n.Content {
		if item.Kind == yaml.ScalarNode && seen[item.Value] && !idEntry.MatchString(item.Value) {
			p.fail(item, "%q stands twice in %s: leave one", item.Value, what)
			continue
		}
		seen[item.Value] = true
		yield(item)
	}
}

// oneOf reads a text that has to be one of a few.
func (p *parser) oneOf(n *yaml.Node, what string, allowed []string) string {
	w, ok := p.word(n, what)
	if !ok {
		return ""
	}
	if slices.Contains(allowed, w) {
		return w
	}
	p.fail(n, "%s cannot be %q: write %s", what, w, strings.Join(allowed, " or "))
	return ""
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// number reads a whole number from 1 in its usual form, 0 if it is none: YAML also knows 012,
// 0x1 and 1_0.
func (p *parser) number(n *yaml.Node, what string, to int64) int64 {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && decimal.MatchString(n.Value) {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil && i >= 1 && i <= to {
			return i
		}
	}
	switch to {
	case 1:
		p.fail(n, "%s has to be 1", what)
	case math.MaxInt64:
		p.fail(n, "%s has to be a whole number from 1", what)
	default:
		p.fail(n, "%s has to be a whole number from 1 to %d", what, to)
	}
	return 0
}

// flag reads true or false: YAML also knows yes, On and the like.
func (p *parser) flag(n *yaml.Node, what string) (value, ok bool) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && (n.Value == "true" || n.Value == "false") {
		return n.Value == "true", true
	}
	p.fail(n, "%s has to be true or false", what)
	return false, false
}

// globs reads a list of globs that can match.
func (p *parser) globs(n *yaml.Node, what string, kind globKind) []string {
	var all []string
	p.each(n, what, func(item *yaml.Node) {
		text, ok := p.word(item, "an entry of "+what)
		if !ok {
			return
		}
		patterns, err := checkPattern(text, kind)
		if err != nil {
			p.fail(item, "%q of %s: %v", text, what, err)
			return
		}
		p.spread(item, patterns)
		all = append(all, text)
	})
	return all
}

// spread counts the patterns of a glob, and says once that there are too many.
func (p *parser) spread(n *yaml.Node, patterns int) {
	if p.patterns += patterns; p.patterns > maxPatterns && p.patterns-patterns <= maxPatterns {
		p.fail(n, "from here on the file has more than %d globs, each brace spread: write fewer and wider ones", maxPatterns)
	}
}

var spanEntry = regexp.MustCompile(`^([1-9][0-9]{0,4}) ?(m|minutes?|h|hours?|d|days?|w|weeks?)$`)

// maxSpan is longer than anything is waited for.
const maxSpan = 10 * 366 * 24 * time.Hour

// span reads a length of time, such as 30m, 48h or 14 days.
func (p *parser) span(n *yaml.Node, what string) time.Duration {
	m := spanEntry.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil {
		p.fail(n, "%s has to be a length of time such as 30m, 48h or 14 days", what)
		return 0
	}
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[m[2][0]]
	d := time.Duration(entryNumber(m[1])) * unit
	if d > maxSpan {
		p.fail(n, "%s is longer than ten years: write less", what)
		return 0
	}
	return d
}
