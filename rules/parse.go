package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of a policy file. What is larger was not written by hand, and judging it would
// take time from the others.
const (
	maxPolicyBytes = 1 << 20
	maxPatterns    = 4000 // of all globs, their braces spread
	maxRules       = 1000
	maxEntries     = 1000 // of one list or mapping
	maxLine        = 4000 // bytes
	maxNesting     = 32   // of lists and mappings in each other
	maxErrors      = 100
)

// Parse reads a policy file. It is strict: whatever it does not know, cannot judge or
// cannot make sense of is an error with its line and column, and all of them are in the
// SyntaxErrors that it returns; the Layer is then of no use. The Layer has no Name until
// Compose gives it one.
func Parse(file string, src []byte) (Layer, error) {
	p, doc := newParser(file, src)
	if doc == nil {
		return Layer{}, p.failed()
	}
	layer := p.layer(doc)
	p.checkRoom()
	if err := p.failed(); err != nil {
		return Layer{}, err
	}
	return layer, nil
}

// parser collects the errors of one file.
type parser struct {
	file     string
	text     string // without a byte order mark
	lines    []string
	errs     SyntaxErrors
	patterns int
	exprs    int
	users    []*yaml.Node // the entries that name a user
}

// checkRoom refuses a file that would be too large with its users written as person ids:
// whatever is judged can be stored and read again.
func (p *parser) checkRoom() {
	size := len(p.text)
	for _, n := range p.users {
		if !strings.HasPrefix(n.Value, "#") {
			size += maxIDEntry
		}
	}
	if size > maxPolicyBytes {
		p.at(1, 1, "the file is too large with its %d users: name teams instead", len(p.users))
	}
}

// failed returns the errors found so far in the file's order, or nil.
func (p *parser) failed() error {
	if len(p.errs) == 0 {
		return nil
	}
	p.errs.sort()
	if len(p.errs) > maxErrors {
		last := *p.errs[maxErrors]
		last.Msg = fmt.Sprintf("there are %d errors more from here on: mend those above first", len(p.errs)-maxErrors)
		p.errs = append(p.errs[:maxErrors:maxErrors], &last)
	}
	return p.errs
}

// newParser reads the text as one YAML document of the plain kind that policies are
// written in. The node is nil if it is not; the parser then has the reasons.
func newParser(file string, src []byte) (*parser, *yaml.Node) {
	p := &parser{file: file, text: strings.TrimPrefix(string(src), "\ufeff")}
	if len(src) > maxPolicyBytes {
		p.lines = []string{""}
		p.at(1, 1, "the file has %d bytes, and %d are the limit: say it in fewer rules", len(src), maxPolicyBytes)
		return p, nil
	}
	p.lines = strings.Split(strings.ReplaceAll(p.text, "\r\n", "\n"), "\n")
	if p.checkText(); len(p.errs) > 0 {
		return p, nil
	}
	var docs []yaml.Node
	if err := yaml.Load([]byte(p.text), &docs, yaml.WithAllDocuments()); err != nil {
		p.yamlErrors(err)
		return p, nil
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 || docs[0].Content[0].ShortTag() == "!!null" {
		p.at(1, 1, "the file says nothing: begin with `version: 1`")
		return p, nil
	}
	if len(docs) > 1 {
		p.fail(&docs[1], "a second document begins here, and a policy is one: take the --- out")
		return p, nil
	}
	p.plain(docs[0].Content[0], 0)
	if len(p.errs) > 0 {
		return p, nil
	}
	return p, docs[0].Content[0]
}

// checkText refuses what YAML would refuse without a place, and what a reader cannot see:
// a policy means what it looks like.
func (p *parser) checkText() {
	for i, line := range p.lines {
		if len(line) > maxLine {
			p.at(i+1, 1, "the line has %d bytes, and %d are the limit: write it on several lines", len(line), maxLine)
			p.errs[len(p.errs)-1].Source = "" // nobody wants to read it
		}
		column := 0
		for rest := line; rest != ""; {
			r, size := utf8.DecodeRuneInString(rest)
			rest, column = rest[size:], column+1
			switch {
			case r == utf8.RuneError && size == 1:
				p.at(i+1, column, "this is not UTF-8: save the file as UTF-8")
			case r == '\t':
			case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
				p.at(i+1, column, "there is a character here that cannot be seen (%U): take it out", r)
			}
		}
	}
}

// yamlErrors takes over what the YAML reader found.
func (p *parser) yamlErrors(err error) {
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &many):
		for _, e := range many.Errors {
			p.yamlError(e)
		}
	case errors.As(err, &one):
		p.yamlError(one)
	default:
		p.at(1, 1, "this is not YAML: %v", err)
	}
}

func (p *parser) yamlError(e *yaml.LoadError) {
	mark, msg := e.Mark, e.Message
	if e.ContextMsg != "" {
		msg += " " + e.ContextMsg
		if e.ContextMark.Line > 0 {
			msg += fmt.Sprintf(" that begins at line %d", e.ContextMark.Line)
		}
	}
	if strings.Contains(msg, "no documents in stream") {
		p.at(1, 1, "the file says nothing: begin with `version: 1`")
		return
	}
	p.at(max(mark.Line, 1), max(mark.Column, 1), "this is not YAML: %s", msg)
}

// plain refuses the parts of YAML that let a text mean something else than it seems to:
// anchors and aliases, tags, merge keys, texts over several lines.
func (p *parser) plain(n *yaml.Node, depth int) {
	switch {
	case depth > maxNesting:
		p.fail(n, "this is nested too deeply: %d levels are the limit", maxNesting)
		return
	case n.Kind == yaml.AliasNode:
		p.fail(n, "aliases are not for policies: write out what *%s stands for", n.Value)
	case n.Anchor != "":
		p.fail(n, "anchors are not for policies: take &%s out", n.Anchor)
	case n.ShortTag() == "!!merge":
		p.fail(n, "merge keys are not for policies: write out what it brings in")
	case n.Style&yaml.TaggedStyle != 0:
		p.fail(n, "tags are not for policies: take %s out", n.Tag)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		p.fail(n, "write this on one line, in quotes")
	case n.Kind == yaml.ScalarNode && !p.oneLine(n):
		p.fail(n, "this goes on over the end of the line: write it on one line")
	}
	for _, c := range n.Content {
		p.plain(c, depth+1)
	}
}

// oneLine reports whether a scalar ends on the line where it begins.
func (p *parser) oneLine(n *yaml.Node) bool {
	rest := p.from(n)
	switch {
	case n.Value == "" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0:
		return true
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quotedLength(rest) > 0
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quotedLength(rest) > 0
	}
	return strings.HasPrefix(rest, n.Value)
}

// from returns the rest of the line at which the node begins; "" if it is nowhere.
func (p *parser) from(n *yaml.Node) string {
	if n.Line < 1 || n.Line > len(p.lines) || n.Column < 1 {
		return ""
	}
	line := p.lines[n.Line-1]
	return line[byteColumn(line, n.Column):]
}

// byteColumn returns the offset in bytes of a column that counts characters from 1.
func byteColumn(line string, column int) int {
	for i := range line {
		if column--; column == 0 {
			return i
		}
	}
	return len(line)
}

// quotedLength returns the length in bytes of the quoted text that a line begins with,
// quotes included; 0 if it does not end there.
func quotedLength(line string) int {
	if line == "" {
		return 0
	}
	quote := line[0]
	for i := 1; i < len(line); i++ {
		switch {
		case quote == '"' && line[i] == '\\':
			i++
		case line[i] == quote && quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		case line[i] == quote:
			return i + 1
		}
	}
	return 0
}

func (p *parser) at(line, column int, format string, args ...any) {
	e := &SyntaxError{File: p.file, Line: line, Column: column, Msg: fmt.Sprintf(format, args...)}
	if line >= 1 && line <= len(p.lines) {
		e.Source = strings.ToValidUTF8(p.lines[line-1], "\ufffd")
	}
	p.errs = append(p.errs, e)
}

func (p *parser) fail(n *yaml.Node, format string, args ...any) {
	p.at(max(n.Line, 1), max(n.Column, 1), format, args...)
}

// keys is what a mapping may hold: the readers of its values by key.
type keys map[string]func(*yaml.Node)

// mapping reads a mapping. what is said of it in messages. It returns false if n is no
// mapping.
func (p *parser) mapping(n *yaml.Node, what string, known keys) bool {
	return p.pairs(n, what, func(key, value *yaml.Node) {
		if read, ok := known[key.Value]; ok {
			read(value)
			return
		}
		words := slices.Sorted(maps.Keys(known))
		if near := p.nearest(key.Value, words); near != "" {
			p.fail(key, "%s has no key %q: write %q", what, key.Value, near)
			return
		}
		p.fail(key, "%s has no key %q: it may have %s", what, key.Value, strings.Join(words, ", "))
	})
}

// pairs calls yield for each key of a mapping that is a text and stands there once.
func (p *parser) pairs(n *yaml.Node, what string, yield func(key, value *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s has to be a mapping of keys to values", what)
		return false
	}
	if len(n.Content) == 0 {
		p.fail(n, "%s is empty: say something, or take it out", what)
		return false
	}
	if len(n.Content) > 2*maxEntries {
		p.fail(n, "%s has %d keys, and %d are the limit", what, len(n.Content)/2, maxEntries)
		return false
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if _, ok := p.word(key, "a key of "+what); !ok {
			continue
		}
		if line, ok := seen[key.Value]; ok {
			p.fail(key, "%q stands twice in %s, first in line %d: leave one", key.Value, what, line)
			continue
		}
		seen[key.Value] = key.Line
		yield(key, value)
	}
	return true
}
