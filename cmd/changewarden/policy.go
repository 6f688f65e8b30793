package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
	"golang.org/x/text/width"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// policyCmd is "changewarden policy".
type policyCmd struct {
	Check policyCheckCmd `cmd:"" help:"Say what is wrong with policy files, with line and column."`
}

// policyCheckCmd is "changewarden policy check".
type policyCheckCmd struct {
	Files   []string `arg:"" name:"file" help:"Policy files."`
	Floor   string   `placeholder:"FILE" xor:"floor" help:"The floor that the files are to stand beside. Default: the built-in policy."`
	AsFloor bool     `xor:"floor" help:"The files are floors themselves, each to stand alone: for CHANGEWARDEN_POLICY_FILE."`
}

// Help is what "changewarden policy check --help" adds to the flags.
func (policyCheckCmd) Help() string {
	return `Each file is read as a repository's .github/change-management.yml beside the floor, as the server would. What is wrong is printed as FILE:LINE:COLUMN: what, and what to write instead.

Exit code: 0 all can be used, 1 one cannot, 2 a file could not be read.`
}

// Run checks all files, also after one that cannot be used.
func (c policyCheckCmd) Run(k *kong.Kong) error {
	floor := rules.Default()
	if c.Floor != "" {
		text, err := os.ReadFile(c.Floor)
		if err != nil {
			return usageError{fmt.Errorf("read the floor: %w", err)}
		}
		if floor, err = rules.Parse(c.Floor, text); err == nil {
			_, err = rules.Compose(floor, nil)
		}
		if err != nil {
			tell(k.Stdout, c.Floor, err)
			return errors.New("the floor cannot be used, so nothing was checked beside it")
		}
	}
	broken := 0
	var unread []error
	for _, file := range c.Files {
		text, err := os.ReadFile(file)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		layer, err := rules.Parse(file, text)
		if err == nil && c.AsFloor {
			_, err = rules.Compose(layer, nil)
		} else if err == nil {
			_, err = rules.Compose(floor, &layer)
		}
		if err != nil {
			tell(k.Stdout, file, err)
			broken++
			continue
		}
		fmt.Fprintf(k.Stdout, "%s: ok: %s\n", file, contents(layer))
	}
	switch {
	case len(unread) > 0:
		return usageError{errors.Join(unread...)}
	case broken > 0:
		return fmt.Errorf("%d of %s cannot be used", broken, count(len(c.Files), "file"))
	}
	return nil
}

// contents counts what a policy file defines.
func contents(l rules.Layer) string {
	classes := len(l.Classes)
	if _, ok := l.Classes[rules.PolicyClass]; ok {
		classes-- // built in, and in every file
	}
	return fmt.Sprintf("%s, %s, %s", count(len(l.Rules), "rule"), count(len(l.Groups), "group"), count(classes, "class"))
}

func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// tell prints what is wrong with a file: each error with its place, its line and a caret,
// and what is said of the file as a whole with its name.
func tell(w io.Writer, file string, err error) {
	if places, ok := errors.AsType[rules.SyntaxErrors](err); ok {
		for _, e := range places {
			fmt.Fprintln(w, e)
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
			fmt.Fprintf(w, "%s: %v\n", file, e)
		}
		return
	}
	fmt.Fprintf(w, "%s: %v\n", file, err)
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
