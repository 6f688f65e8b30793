package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// policyCmd is "changewarden policy".
type policyCmd struct {
	Check     policyCheckCmd     `cmd:"" help:"Say what is wrong with policy files, with line and column."`
	Test      policyTestCmd      `cmd:"" help:"Run the cases beside a policy, offline."`
	Explain   policyExplainCmd   `cmd:"" help:"Say in plain words what a policy asks."`
	Procedure policyProcedureCmd `cmd:"" help:"Write the change management procedure that a policy is."`

	Diff   policyDiffCmd   `cmd:"" help:"Say in plain words how two policies differ, and which changes they judge differently."`
	Schema policySchemaCmd `cmd:"" help:"Print the JSON Schema of policy files, for editors."`
	Import policyImportCmd `cmd:"" help:"Write the nearest policy to a CODEOWNERS or policy-bot file."`
}

// besides says what a policy file stands beside.
type besides struct {
	Floor   string `placeholder:"FILE" xor:"floor" help:"The floor that the file is to stand beside. Default: the built-in policy."`
	AsFloor bool   `xor:"floor" help:"The file is a floor itself: an organisation's, which stands over the built-in rules if it has none, or that of CHANGEWARDEN_POLICY_FILE, which has to have some."`
}

// errBroken is a policy that cannot be used. What is wrong with it has been printed.
var errBroken = errors.New("the policy cannot be used")

// compose reads a policy file and sets it beside its floor. What is wrong with either is
// printed to w. No file is the floor alone.
func (b besides) compose(w io.Writer, file string) (rules.Policy, error) {
	floor := rules.Default()
	if b.Floor != "" {
		layer, err := read(w, b.Floor)
		if err != nil {
			return rules.Policy{}, err
		}
		floor = layer
	}
	if file == "" {
		return composed(w, floor.File, floor, nil)
	}
	layer, err := read(w, file)
	switch {
	case err != nil:
		return rules.Policy{}, err
	case b.AsFloor:
		policy, err := asFloor(layer)
		return told(w, file, policy, err)
	}
	return composed(w, file, floor, &layer)
}

// asFloor is the policy of an organisation whose file it is, where no repository has one.
func asFloor(layer rules.Layer) (rules.Policy, error) {
	floor, err := rules.ComposeFloor(rules.Default(), layer)
	if err != nil {
		return rules.Policy{}, err
	}
	return rules.Compose(floor, nil)
}

func composed(w io.Writer, file string, floor rules.Layer, own *rules.Layer) (rules.Policy, error) {
	p, err := rules.Compose(floor, own)
	return told(w, file, p, err)
}

// told prints what is wrong with a policy.
func told(w io.Writer, file string, p rules.Policy, err error) (rules.Policy, error) {
	if err != nil {
		tell(w, file, err)
		return rules.Policy{}, errBroken
	}
	return p, nil
}

// read parses a policy file and prints what is wrong with it.
func read(w io.Writer, file string) (rules.Layer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return rules.Layer{}, usageError{fmt.Errorf("read the policy: %w", err)}
	}
	layer, err := rules.Parse(file, text)
	if err != nil {
		tell(w, file, err)
		return rules.Layer{}, errBroken
	}
	return layer, nil
}

// tell prints what is wrong with a file: each error with its place, its line and a caret,
// and what is said of the file as a whole with its name.
func tell(w io.Writer, file string, err error) {
	if places, ok := errors.AsType[rules.SyntaxErrors](err); ok {
		for _, e := range places {
			fmt.Fprintln(w, say.Visible(e.Error()))
			if e.Source != "" {
				line, caret := point(e.Source, e.Column)
				fmt.Fprintf(w, "  %s\n  %s\n", line, caret)
			}
		}
		return
	}
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, e := range joined.Unwrap() {
			fmt.Fprintf(w, "%s: %s\n", say.Visible(file), say.Visible(e.Error()))
		}
		return
	}
	fmt.Fprintf(w, "%s: %s\n", say.Visible(file), say.Visible(err.Error()))
}

// point returns a line as a terminal may show it, and the line below it with a caret under
// the column, which counts characters from 1. Tabs stay tabs in both, so that they end at
// the same place whatever their width is; a wide character takes two places, one that
// combines with the letter before it none. What cannot be seen is shown as U+FFFD: a
// terminal would obey some of it.
func point(source string, column int) (line, caret string) {
	var l, c strings.Builder
	at := 0
	for _, r := range source {
		at++
		if r != '\t' && say.Hidden(r) {
			r = unicode.ReplacementChar
		}
		l.WriteRune(r)
		if at >= column {
			continue
		}
		switch kind := width.LookupRune(r).Kind(); {
		case r == '\t':
			c.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			c.WriteString("  ")
		default:
			c.WriteByte(' ')
		}
	}
	return strings.TrimRightFunc(l.String(), unicode.IsSpace), c.String() + "^"
}
