package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// policyCheckCmd is "changewarden policy check".
type policyCheckCmd struct {
	Files  []string `arg:"" name:"file" help:"Policy files."`
	Format string   `enum:"text,json,github" default:"text" help:"text; json; or github: workflow commands that annotate the files in a pull request. Default: ${default}."`
	Strict bool     `help:"A warning is an error."`
	besides
}

// Help is what "changewarden policy check --help" adds to the flags.
func (policyCheckCmd) Help() string {
	return `Each file is read as a repository's .github/change-management.yml beside the floor, as the server would. What is wrong is printed as FILE:LINE:COLUMN: what, and what to write instead. A warning is something that can be used and is hardly meant as it is written.

Exit code: 0 all can be used, 1 one cannot, or has a warning and --strict is given, 2 a file could not be read.`
}

// checkedFile is what is found out about one file.
type checkedFile struct {
	File    string        `json:"file"`
	Usable  bool          `json:"usable"`
	Rules   int           `json:"rules"`
	Groups  int           `json:"groups"`
	Classes int           `json:"classes"` // without the built-in one
	Errors  []policyError `json:"errors,omitempty"`
	// Warnings are about a file that can be used.
	Warnings []policyError `json:"warnings,omitempty"`

	err error // what Errors is made of
}

// policyError is one thing that is wrong, with its place if it has one.
type policyError struct {
	Code    string `json:"code,omitempty"` // of a warning
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
		if all = append(all, one); !one.Usable || c.Strict && len(one.Warnings) > 0 {
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
		if c.Strict {
			return fmt.Errorf("%d of %s cannot be used, or has warnings", broken, count(len(c.Files), "file"))
		}
		return fmt.Errorf("%d of %s cannot be used", broken, count(len(c.Files), "file"))
	}
	return nil
}

func (c policyCheckCmd) check(floor rules.Layer, file string, text []byte) checkedFile {
	layer, err := rules.Parse(file, text)
	var policy rules.Policy
	if err == nil && c.AsFloor {
		policy, err = asFloor(layer)
	} else if err == nil {
		policy, err = rules.Compose(floor, &layer)
	}
	if err != nil {
		return checkedFile{File: file, err: err, Errors: policyErrors(err)}
	}
	classes := len(layer.Classes)
	if _, ok := layer.Classes[rules.PolicyClass]; ok {
		classes-- // built in, and in every file
	}
	one := checkedFile{File: file, Usable: true, Rules: len(layer.Rules), Groups: len(layer.Groups), Classes: classes}
	for _, w := range rules.Lint(policy, rules.LintFacts{At: time.Now()}) {
		if w.File == file { // the floor's are for whoever wrote it
			one.Warnings = append(one.Warnings, policyError{Code: string(w.Code), Line: w.Line, Column: w.Column, Message: w.Msg})
		}
	}
	return one
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
				b.WriteString(annotation("error", one.File, e))
			}
			for _, e := range one.Warnings {
				b.WriteString(annotation("warning", one.File, e))
			}
		case c.Format == "json":
		case one.Usable:
			for _, e := range one.Warnings {
				fmt.Fprintf(&b, "%s:%d:%d: warning: %s (%s)\n", say.Visible(one.File), e.Line, e.Column, say.Visible(e.Message), e.Code)
			}
			fmt.Fprintf(&b, "%s: ok: %s, %s, %s\n", say.Visible(one.File), count(one.Rules, "rule"), count(one.Groups, "group"), count(one.Classes, "class"))
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

// annotation is an error or a warning as a workflow command, which GitHub shows at the line.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func annotation(level, file string, e policyError) string {
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	place := "file=" + property.Replace(file)
	if e.Line > 0 {
		place += fmt.Sprintf(",line=%d,col=%d", e.Line, e.Column)
	}
	return fmt.Sprintf("::%s %s,title=Change management policy::%s\n", level, place, message.Replace(e.Message))
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
