package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// SyntaxError is one thing in a policy file that Parse does not accept.
type SyntaxError struct {
	File   string
	Line   int    // from 1
	Column int    // in characters, from 1
	Source string // the line, as it stands in the file
	Msg    string // what is wrong, and what to write instead
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// SyntaxErrors is everything in a policy file that Parse does not accept, in the file's
// order. Parse returns no other error.
type SyntaxErrors []*SyntaxError

func (e SyntaxErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors.
func (e SyntaxErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

func (e SyntaxErrors) sort() {
	slices.SortStableFunc(e, func(a, b *SyntaxError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// nearest returns the word that was probably meant, or "" if none is near, or if enough
// has been said.
func (p *parser) nearest(word string, words []string) string {
	if len(p.errs) > maxErrors {
		return ""
	}
	return nearest(word, words)
}

// nearest returns the word that was probably meant, or "" if none is near.
func nearest(word string, words []string) string {
	best, distance := "", len(word)/3+2
	for _, w := range words {
		if d := editDistance(strings.ToLower(word), strings.ToLower(w)); d < distance {
			best, distance = w, d
		}
	}
	return best
}

// editDistance counts the characters to change, add or take out to get from a to b.
// Long words are as good as different: the caller's words are short.
func editDistance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 100
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
