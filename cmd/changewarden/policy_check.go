package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/rules"
)

// policyCheckCmd is "changewarden policy check".
type policyCheckCmd struct {
	Files  []string `arg:"" name:"file" help:"Policy files."`
	Format string   `enum:"text,json,github" default:"text" help:"text; json; or github: workflow commands that annotate the files in a pull request. Default: ${default}."`
	besides
}

// Help is what "changewarden policy check --help" adds to the flags.
func (policyCheckCmd) Help() string {
	return `Each file is read as a repository's .github/change-management.yml beside the floor, as the server would. What is wrong is printed as FILE:LINE:COLUMN: what, and what to write instead.

Exit code: 0 all can be used, 1 one cannot, 2 a file could not be read.`
}

// checkedFile is what is found out about one file.
type checkedFile struct {
	File    string        `json:"file"`
	Usable  bool          `json:"usable"`
	Rules   int           `json:"rules"`
	Groups  int           `json:"groups"`
	Classes int           `json:"classes"` // without the built-in one
	Errors  []policyError `json:"errors,omitempty"`

	err error // what Errors is made of
}

// policyError is one thing that is wrong, with its place if it has one.
type policyError struct {
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"` // in characters, from 1
	Message string `json:"message"`
	Source  string `json:"source,omitempty"`
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
			if err := c.print(k.Stdout, []checkedFile{{File: c.Floor, err: err, Errors: policyErrors(err)}}); err != nil {
				return err
			}
			return errors.New("the floor cannot be used, so nothing was checked beside it")
		}
	}
	broken := 0
	var unread []error
	var all []checkedFile
	for _, file := range c.Files {
		text, err := os.ReadFile(file)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		one := c.check(floor, file, text)
		if all = append(all, one); !one.Usable {
			broken++
		}
	}
	if err := c.print(k.Stdout, all); err != nil {
		return err
	}
	switch {
	case len(unread) > 0:
		return usageError{errors.Join(unread...)}
	case broken > 0:
		return fmt.Errorf("%d of %s cannot be used", broken, count(len(c.Files), "file"))
	}
	return nil
}

func (c policyCheckCmd) check(floor rules.Layer, file string, text []byte) checkedFile {
	layer, err := rules.Parse(file, text)
	if err == nil && c.AsFloor {
		_, err = rules.Compose(layer, nil)
	} else if err == nil {
		_, err = rules.Compose(floor, &layer)
	}
	if err != nil {
		return checkedFile{File: file, err: err, Errors: policyErrors(err)}
	}
	classes := len(layer.Classes)
	if _, ok := layer.Classes[rules.PolicyClass]; ok {
		classes-- // built in, and in every file
	}
	return checkedFile{File: file, Usable: true, Rules: len(layer.Rules), Groups: len(layer.Groups), Classes: classes}
}

func policyErrors(err error) []policyError {
	var out []policyError
	for _, one := range parts(err) {
		if e, ok := errors.AsType[*rules.SyntaxError](one); ok {
			out = append(out, policyError{Line: e.Line, Column: e.Column, Message: e.Msg, Source: e.Source})
			continue
		}
		out = append(out, policyError{Message: one.Error()})
	}
	return out
}

// parts returns the single errors of one that joins several.
func parts(err error) []error {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func (c policyCheckCmd) print(w io.Writer, all []checkedFile) error {
	var b strings.Builder
	for _, one := range all {
		switch {
		case c.Format == "github":
			for _, e := range one.Errors {
				b.WriteString(annotation(one.File, e))
			}
		case c.Format == "json":
		case one.Usable:
			fmt.Fprintf(&b, "%s: ok: %s, %s, %s\n", one.File, count(one.Rules, "rule"), count(one.Groups, "group"), count(one.Classes, "class"))
		default:
			tell(&b, one.File, one.err)
		}
	}
	if c.Format == "json" {
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		if err := e.Encode(map[string]any{"files": all}); err != nil {
			return fmt.Errorf("encode what was found: %w", err)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	return nil
}

// annotation is an error as a workflow command, which GitHub shows at the line.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func annotation(file string, e policyError) string {
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	place := "file=" + property.Replace(file)
	if e.Line > 0 {
		place += fmt.Sprintf(",line=%d,col=%d", e.Line, e.Column)
	}
	return fmt.Sprintf("::error %s,title=Change management policy::%s\n", place, message.Replace(e.Message))
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
