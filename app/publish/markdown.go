package publish

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/changewarden/changewarden/app/say"
)

// noJoin is a zero-width space. GitHub looks for mentions, issue numbers, addresses and
// emoji in the text after Markdown was rendered, where a backslash is gone already: only a
// character in between breaks them.
const noJoin = "&#8203;"

// cut returns s with at most n characters, the last an ellipsis if some were taken away.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}

// code returns s as a Markdown code span, in which nothing is Markdown, HTML or a mention.
// It is safe in a table's cell: a text with a pipe is an element with each character that
// could mean something written as a reference, because renderers disagree on what a
// backslash before an escaped pipe is.
func code(s string) string {
	s = say.Visible(s)
	if s == "" {
		return "(empty)"
	}
	if strings.Contains(s, "|") {
		return "<code>" + references(s) + "</code>"
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " " // one on each side is taken away again
	}
	return fence + pad + s + pad + fence
}

// references writes every ASCII character that is no letter, digit or space as a numeric
// character reference, which CommonMark never takes for structure.
func references(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// inert returns s as running Markdown text that renders as it reads: no markup, no HTML, no
// table cell, no link, no mention, no reference to an issue, no emoji. It does not protect
// the begin of a line: what it returns goes behind a text of ours.
func inert(s string) string {
	s = say.Visible(s)
	var b strings.Builder
	for i, r := range s {
		rest := s[i+utf8.RuneLen(r):]
		switch {
		case strings.ContainsRune("\\`*_{}[]()<>|~$&^=", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '#':
			b.WriteString("&#35;" + noJoin)
		case r == '@':
			b.WriteString("@" + noJoin)
		case r == ':' && rest != "" && rest[0] != ' ':
			b.WriteString(":" + noJoin) // https://… and :emoji:
		case r == '.' && hasSuffixFold(s[:i], "www"), r == '-' && hasSuffixFold(s[:i], "gh"):
			b.WriteString(noJoin + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
