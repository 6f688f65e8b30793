package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/procedure"
	"github.com/changewarden/changewarden/rules"
)

// policyProcedureCmd is "changewarden policy procedure".
type policyProcedureCmd struct {
	File   string `arg:"" optional:"" name:"file" help:"A policy file. Default: the floor alone."`
	Format string `enum:"markdown,html" default:"markdown" help:"markdown or html. Default: ${default}."`
	Today  string `placeholder:"DAY" help:"The day that an overdue review is told by, such as 2025-04-09. Default: today."`
	besides
}

// Help is what "changewarden policy procedure --help" adds to the flags.
func (policyProcedureCmd) Help() string {
	return `The document is the evidence item "change management procedure": purpose, scope, roles, each rule in words under the clause of the control that it serves, and what this version does not enforce. As HTML it is one page without anything beside it, made for paper too.

Exit code: 0 written, 1 the policy cannot be used, 2 a file could not be read or the day is none.`
}

// Run writes the document.
func (c policyProcedureCmd) Run(k *kong.Kong) error {
	today := time.Now().UTC()
	if c.Today != "" {
		var err error
		if today, err = time.Parse(time.DateOnly, c.Today); err != nil {
			return usageError{fmt.Errorf("read --today: %q is no day: write it as 2025-04-09", c.Today)}
		}
	}
	p, err := c.compose(k.Stdout, c.File)
	if err != nil {
		return err
	}
	var sources []procedure.Source
	for _, l := range p.Layers {
		text := []byte(rules.DefaultText())
		if l.File != rules.DefaultFile {
			if text, err = os.ReadFile(l.File); err != nil {
				return usageError{fmt.Errorf("read the policy: %w", err)}
			}
		}
		sources = append(sources, procedure.Source{File: l.File, Text: text})
	}
	if c.Format == "html" {
		return procedure.HTML(k.Stdout, p, sources, today)
	}
	return procedure.Markdown(k.Stdout, p, sources, today)
}
