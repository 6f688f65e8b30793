package rules

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
)

// Condition is when a rule applies, or what belongs to a class. All of its parts that are
// set must hold; the zero Condition always holds. A fact that could not be read counts for
// whatever makes the condition hold. Paths, labels, branches, authors and classes are made
// to hold by adding to a change, never to stop; what a change's author can switch off
// (a title, a description, a size from below, whatever stands under Not) Lint names.
type Condition struct {
	At           Position
	Class        []string    // the change is in any of these classes
	Paths        []string    // globs: the old or new path of some file matches one of them, and none of NotPaths
	NotPaths     []string    // globs: without Paths, some path matches none of them
	OnlyPaths    []string    // globs: every path, old and new, matches one of them; true of no files
	Branches     []string    // globs of the base
	HeadBranches []string    // globs of the head of some pull request
	Labels       []string    // some pull request has one of them; case is folded
	SetBy        []string    // groups: one of them put on the label that counts; empty: anybody
	Authors      []string    // groups: some contributor is in one of them, or authorship is unknown
	Title        []Pattern   // the title of some pull request matches one of them
	Body         []Pattern   // the description of some pull request matches one of them
	Files        Comparison  // how many files the change touches
	Lines        Comparison  // how many lines it adds and removes; more than can be counted if a file's cannot
	Repositories []string    // globs of the repository, "name" or "owner/name"; of the floor alone
	Draft        *bool       // some pull request is a draft, or is none
	Any          []Condition // one of these holds
	Not          *Condition  // this does not hold
	Expr         Expr        // this is true of some pull request
}

// always reports whether the condition says nothing, and so holds for every change.
func (c Condition) always() bool { return len(c.parts()) == 0 }

// each calls yield for the condition and all of its parts.
func (c Condition) each(yield func(Condition)) {
	yield(c)
	for _, part := range c.Any {
		part.each(yield)
	}
	if c.Not != nil {
		c.Not.each(yield)
	}
}

// Position is where something stands in a policy's file, from 1. It is for messages alone:
// two policies that say the same are equal, wherever they say it.
type Position struct{ Line, Column int }

// Equal makes all positions equal.
func (Position) Equal(Position) bool { return true }

// Pattern is a regular expression of RE2, matched anywhere in a text.
type Pattern struct {
	Text string
	re   *regexp.Regexp
}

// maxPattern is how many steps a compiled regular expression may have: a{1000}{1000} is
// short to write.
const maxPattern = 2000

// newPattern compiles a regular expression, or says what is wrong with it.
func newPattern(text string) (Pattern, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q is no regular expression: %s", text, plainSyntax(err))
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxPattern {
		return Pattern{}, fmt.Errorf("%q is too large a regular expression: write it with smaller repetitions", text)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q is no regular expression", text)
	}
	return Pattern{Text: text, re: re}, nil
}

// plainSyntax says in words what is wrong with a regular expression.
func plainSyntax(err error) string {
	if e, ok := err.(*syntax.Error); ok { //nolint:errorlint // syntax.Parse wraps nothing
		return string(e.Code) + " " + strconv.Quote(e.Expr)
	}
	return "it cannot be read"
}

// Equal compares what is written.
func (p Pattern) Equal(o Pattern) bool { return p.Text == o.Text }

// match reports whether the text matches. A Pattern that Parse did not make matches nothing.
func (p Pattern) match(text string) bool { return p.re != nil && p.re.MatchString(text) }

// all returns what of the text matches, in the first twenty places.
func (p Pattern) all(text string) []string {
	if p.re == nil {
		return nil
	}
	return p.re.FindAllString(text, maxTickets)
}

func matchPatterns(patterns []Pattern, text string) bool {
	for _, p := range patterns {
		if p.match(text) {
			return true
		}
	}
	return false
}

// Comparison asks how many there are of something.
type Comparison struct {
	Op string // >, >=, <, <= or =; empty: nothing is asked
	N  int
}

var comparison = regexp.MustCompile(`^(>=|<=|>|<|=) ?(0|[1-9][0-9]{0,8})$`)

func (c Comparison) set() bool { return c.Op != "" }

// String returns the comparison as a policy writes it.
func (c Comparison) String() string { return c.Op + " " + strconv.Itoa(c.N) }

func (c Comparison) holds(n int) bool {
	switch c.Op {
	case ">":
		return n > c.N
	case ">=":
		return n >= c.N
	case "<":
		return n < c.N
	case "<=":
		return n <= c.N
	default:
		return n == c.N
	}
}

// judge compares a number that is n or, where more could not be counted, anything from n.
func (c Comparison) judge(n int, more bool) truth {
	t := sure(c.holds(n))
	if !more {
		return t
	}
	t = t.or(sure(c.holds(math.MaxInt)))
	t.mayNot = !c.holds(n) || !c.holds(math.MaxInt)
	if c.Op == "=" && n <= c.N {
		t.may = true
	}
	return t
}

// parts returns the names of the keys that the condition says something by.
func (c Condition) parts() []string {
	var set []string
	for _, part := range []struct {
		key  string
		says bool
	}{
		{"class", len(c.Class) > 0},
		{"paths", len(c.Paths) > 0},
		{"not_paths", len(c.NotPaths) > 0},
		{"only_paths", len(c.OnlyPaths) > 0},
		{"branches", len(c.Branches) > 0},
		{"head_branches", len(c.HeadBranches) > 0},
		{"labels", len(c.Labels) > 0},
		{"authors", len(c.Authors) > 0},
		{"title", len(c.Title) > 0},
		{"body", len(c.Body) > 0},
		{"files", c.Files.set()},
		{"lines", c.Lines.set()},
		{"repositories", len(c.Repositories) > 0},
		{"draft", c.Draft != nil},
		{"any", len(c.Any) > 0},
		{"not", c.Not != nil},
		{"expr", c.Expr.Text != ""},
	} {
		if part.says {
			set = append(set, part.key)
		}
	}
	return set
}
