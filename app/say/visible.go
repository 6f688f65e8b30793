package say

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns s on one line without a character that a reader cannot see: line breaks
// and tabs are spaces, a run of anything else that is invisible or turns the direction of
// writing, or is not UTF-8, is one U+FFFD. Text from outside goes through it wherever people
// read it.
func Visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case Hidden(r):
			r = utf8.RuneError
		}
		if r == utf8.RuneError && strings.HasSuffix(b.String(), string(utf8.RuneError)) {
			continue
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// Hidden reports whether r has no shape of its own: control, formatting and private
// characters, and those that Unicode says to ignore where they cannot be shown.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}
