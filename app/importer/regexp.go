package importer

import (
	"errors"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// part is a piece of a regular expression that globs have a word for.
type part struct {
	kind partKind
	text string // of literal: already a glob
}

type partKind int

const (
	literalPart partKind = iota
	anything             // .*, across folders
	withinName           // [^/]*
	begin
	end
)

// maxAlternatives is how many globs one regular expression may stand for.
const maxAlternatives = 32

var errNoGlob = errors.New("no glob says the same")

// globsOf returns the globs that match what a regular expression finds in a path: it does
// not have to match the whole of it, as a glob has. Where a glob can only say a little more
// than the expression it does.
func globsOf(expression string) ([]string, error) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	alternatives, err := expand(re)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, parts := range alternatives {
		globs, err := write(whole(parts))
		if err != nil {
			return nil, err
		}
		for _, g := range globs {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	if len(out) == 0 || len(out) > maxAlternatives {
		return nil, errNoGlob
	}
	return out, nil
}

// expand returns the sequences of parts that an expression stands for.
func expand(re *syntax.Regexp) ([][]part, error) {
	one := func(p ...part) ([][]part, error) { return [][]part{p}, nil }
	switch re.Op {
	case syntax.OpEmptyMatch:
		return one()
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 && slices.ContainsFunc(re.Rune, unicode.IsLetter) {
			return nil, errNoGlob
		}
		return one(part{literalPart, literal(string(re.Rune))})
	case syntax.OpBeginText, syntax.OpBeginLine:
		return one(part{kind: begin})
	case syntax.OpEndText, syntax.OpEndLine:
		return one(part{kind: end})
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		with, err := expand(re.Sub[0])
		return append(with, nil), err
	case syntax.OpCharClass:
		return characters(re.Rune)
	case syntax.OpStar, syntax.OpPlus:
		switch sub := re.Sub[0]; {
		case sub.Op == syntax.OpAnyChar || sub.Op == syntax.OpAnyCharNotNL:
			return one(part{kind: anything})
		case sub.Op == syntax.OpCharClass && notSlash(sub.Rune):
			return one(part{kind: withinName})
		}
	case syntax.OpAlternate:
		var all [][]part
		for _, sub := range re.Sub {
			more, err := expand(sub)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
		return all, nil
	case syntax.OpConcat:
		all := [][]part{nil}
		for _, sub := range re.Sub {
			tails, err := expand(sub)
			if err != nil {
				return nil, err
			}
			var longer [][]part
			for _, head := range all {
				for _, tail := range tails {
					longer = append(longer, slices.Concat(head, tail))
				}
			}
			if all = longer; len(all) > maxAlternatives {
				return nil, errNoGlob
			}
		}
		return all, nil
	default: // a character of any kind, a word's edge, a count: globs have no word for them
	}
	return nil, errNoGlob
}

// notSlash reports whether a class of characters is [^/].
func notSlash(ranges []rune) bool {
	return slices.Equal(ranges, []rune{0, '/' - 1, '/' + 1, unicode.MaxRune})
}

// characters writes a small class of characters, one alternative each.
func characters(ranges []rune) ([][]part, error) {
	var out [][]part
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] > 10 {
			return nil, errNoGlob
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			out = append(out, []part{{literalPart, literal(string(r))}})
		}
	}
	return out, nil
}

// whole makes parts match a path from its beginning to its end.
func whole(parts []part) []part {
	if len(parts) > 0 && parts[0].kind == begin {
		parts = parts[1:]
	} else {
		parts = append([]part{{kind: anything}}, parts...)
	}
	if n := len(parts); n > 0 && parts[n-1].kind == end {
		parts = parts[:n-1]
	} else {
		parts = append(slices.Clone(parts), part{kind: anything})
	}
	return slices.CompactFunc(slices.Clone(parts), func(a, b part) bool { return a.kind == anything && b.kind == anything })
}

// write returns the globs of a sequence. What matches anything crosses folders, for which a
// glob has ** between slashes alone: within a name it takes two globs, one that stays in the
// name and one that leaves it.
func write(parts []part) ([]string, error) {
	out := []string{""}
	each := func(tails func(glob string) []string) {
		var longer []string
		for _, g := range out {
			for _, tail := range tails(g) {
				longer = append(longer, g+tail)
			}
		}
		out = longer
	}
	for i, p := range parts {
		last := i == len(parts)-1
		slash := !last && strings.HasPrefix(parts[i+1].text, "/")
		switch p.kind {
		case literalPart:
			each(func(string) []string { return []string{p.text} })
		case withinName:
			each(func(g string) []string {
				if strings.HasSuffix(g, "*") {
					return []string{""}
				}
				return []string{"*"}
			})
		case anything:
			each(func(g string) []string {
				fresh := g == "" || strings.HasSuffix(g, "/")
				switch {
				case fresh && (last || slash):
					return []string{"**"}
				case fresh:
					return []string{"**/*"}
				case last:
					return []string{star(g), star(g) + "/**"}
				case slash:
					return []string{star(g) + "/**"}
				}
				return []string{star(g), star(g) + "/**/*"}
			})
		default:
			return nil, errNoGlob // an anchor in the middle
		}
		if len(out) > maxAlternatives {
			return nil, errNoGlob
		}
	}
	if slices.ContainsFunc(out, func(g string) bool {
		return g == "" || strings.HasPrefix(g, "/") || strings.Contains(g, "//") || strings.HasSuffix(g, "/")
	}) {
		return nil, errNoGlob
	}
	return out, nil
}

// star returns what stands for the rest of a name behind a glob.
func star(glob string) string {
	if strings.HasSuffix(glob, "*") {
		return ""
	}
	return "*"
}
