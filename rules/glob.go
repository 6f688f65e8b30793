package rules

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxAlternatives is how many patterns the braces of one glob may stand for.
const maxAlternatives = 64

// glob is a glob ready to match: the patterns that its braces stand for. Braces are
// spread once, as doublestar spreads them on every match, and each alternative keeps the
// literal text that a match cannot do without, so that most paths are refused unread.
type glob []alternative

type alternative struct {
	pattern string
	whole   bool     // the pattern has no wildcards: it matches itself alone
	prefix  string   // every match begins so
	suffix  string   // every match ends so
	inside  []string // every match contains each of them
}

// compileGlob returns the glob of a text that checkGlob accepts; of any other it returns
// one that matches what doublestar says of it.
func compileGlob(text string) glob {
	patterns, err := spread(text)
	if err != nil {
		return glob{{pattern: text}}
	}
	g := make(glob, 0, len(patterns))
	for _, p := range patterns {
		g = append(g, newAlternative(p))
	}
	return g
}

// newAlternative finds the literal parts of a pattern without braces: the text up to the
// first wildcard and from the last, and what stands in the segments between. The slashes
// beside a ** may be missing from a match, so they are part of none.
func newAlternative(pattern string) alternative {
	const wild = "*?["
	a := alternative{pattern: pattern}
	if strings.Contains(pattern, `\`) {
		return a // an escaped pattern is rare: doublestar alone reads it
	}
	first := strings.IndexAny(pattern, wild)
	if first < 0 {
		a.whole = true
		return a
	}
	last := strings.LastIndexAny(pattern, "*?]")
	a.prefix = strings.TrimSuffix(pattern[:first], "/")
	a.suffix = strings.TrimPrefix(pattern[last+1:], "/")
	for segment := range strings.SplitSeq(pattern[first:last+1], "/") {
		if strings.Contains(segment, "[") || strings.Contains(segment, "]") {
			continue // what stands in brackets is no literal
		}
		for literal := range strings.FieldsFuncSeq(segment, func(r rune) bool { return r == '*' || r == '?' }) {
			a.inside = append(a.inside, literal)
		}
	}
	return a
}

func (g glob) match(name string) bool {
	for _, a := range g {
		if a.match(name) {
			return true
		}
	}
	return false
}

func (a alternative) match(name string) bool {
	if a.whole {
		return name == a.pattern
	}
	if !strings.HasPrefix(name, a.prefix) || !strings.HasSuffix(name, a.suffix) {
		return false
	}
	for _, literal := range a.inside {
		if !strings.Contains(name, literal) {
			return false
		}
	}
	return doublestar.MatchUnvalidated(a.pattern, name)
}

// matchAny reports whether one of the globs matches the name.
func matchAny(globs []string, name string) bool {
	for _, g := range globs {
		if compileGlob(g).match(name) {
			return true
		}
	}
	return false
}

// spread returns the patterns that a glob's braces stand for, in order.
func spread(text string) ([]string, error) {
	if !doublestar.ValidatePattern(text) {
		return nil, fmt.Errorf("brackets, braces or a backslash are not closed: write \\ before a character that means itself")
	}
	done := []string{""}
	for text != "" {
		i, err := nextBrace(text)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			return appendAll(done, []string{text})
		}
		parts, rest, err := splitBrace(text[i:])
		if err != nil {
			return nil, err
		}
		var alternatives []string
		for _, p := range parts {
			inner, err := spread(p)
			if err != nil {
				return nil, err
			}
			alternatives = append(alternatives, inner...)
		}
		if done, err = appendAll(done, []string{text[:i]}); err != nil {
			return nil, err
		}
		if done, err = appendAll(done, alternatives); err != nil {
			return nil, err
		}
		text = rest
	}
	return done, nil
}

// appendAll returns each head with each tail behind it.
func appendAll(heads, tails []string) ([]string, error) {
	if len(heads)*len(tails) > maxAlternatives {
		return nil, fmt.Errorf("the braces stand for more than %d patterns: write several globs", maxAlternatives)
	}
	all := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, h+t)
		}
	}
	return all, nil
}

// nextBrace returns where the first opening brace stands that is neither escaped nor in
// brackets, or -1.
func nextBrace(text string) (int, error) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			end := bracketEnd(text[i:])
			if strings.ContainsAny(text[i:i+end], "{}/") {
				return 0, fmt.Errorf("braces and slashes cannot stand in brackets: write {a,b} for words, [ab] for characters")
			}
			i += end
		case '{':
			return i, nil
		}
	}
	return -1, nil
}

// bracketEnd returns the offset of the bracket that closes the one that text begins with.
func bracketEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ']':
			return i
		}
	}
	return len(text) - 1
}

// splitBrace returns the alternatives of the brace that text begins with, and what is
// behind its end.
func splitBrace(text string) (parts []string, rest string, err error) {
	depth, from := 0, 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			end := bracketEnd(text[i:])
			if strings.ContainsAny(text[i:i+end], "{},/") {
				return nil, "", fmt.Errorf("braces, commas and slashes cannot stand in brackets within braces: write the words out")
			}
			i += end
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts = append(parts, text[from:i])
				from = i + 1
			}
		case '}':
			if depth--; depth == 0 {
				return append(parts, text[from:i]), text[i+1:], nil
			}
		}
	}
	return nil, "", fmt.Errorf("a brace is not closed: write \\{ for a brace that means itself")
}

// globKind is what a glob is matched with.
type globKind int

const (
	pathGlob globKind = iota
	branchGlob
	checkGlob
	repositoryGlob
)

// checkPattern returns how many patterns a glob of a policy stands for, or why it cannot
// be used: doublestar does not understand it, or it could never match.
func checkPattern(text string, kind globKind) (int, error) {
	patterns, err := spread(text)
	if err != nil {
		return 0, err
	}
	for _, p := range patterns {
		if err := checkAlternative(p, kind); err != nil {
			return 0, err
		}
	}
	return len(patterns), nil
}

func checkAlternative(p string, kind globKind) error {
	if p == "" {
		return fmt.Errorf("one of its alternatives is empty and matches nothing: write the glob without it")
	}
	if kind == checkGlob {
		return nil // the name of a check is free text
	}
	if strings.HasPrefix(p, "!") {
		return fmt.Errorf("! is not a negation here and the glob cannot match: write what is left out under not_paths")
	}
	if kind == repositoryGlob && strings.Count(p, "/") > 1 {
		return fmt.Errorf("it cannot match: write the repository's name, or owner/name")
	}
	if kind == branchGlob && strings.HasPrefix(p, "refs/") {
		return fmt.Errorf("it cannot match: write the branch without refs/heads/")
	}
	if kind == branchGlob && strings.ContainsAny(p, " \t~") {
		return fmt.Errorf("it cannot match: no branch has such a name")
	}
	for i := 0; i+1 < len(p); i++ {
		if p[i] == '\\' {
			if i++; !strings.ContainsRune(`\*?[]{},!^-`, rune(p[i])) {
				return fmt.Errorf("it cannot match: write / between folders, and \\ only before a wildcard that means itself")
			}
		}
	}
	for i, s := range strings.Split(p, "/") {
		switch {
		case s == "" && i == 0:
			return fmt.Errorf("it cannot match: paths begin without a slash")
		case s == "":
			return fmt.Errorf("it cannot match: write ** for whatever is in a folder, and one slash between folders")
		case s == "." || s == "..":
			return fmt.Errorf("it cannot match: write the path from the root of the repository, without dots between the slashes")
		case strings.Contains(s, "**") && s != "**":
			return fmt.Errorf("** stands for folders only where it stands alone between slashes: write **/*.go, or * within one folder")
		}
	}
	return nil
}
