package main

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/rules/words"
)

// policyExplainCmd is "changewarden policy explain".
type policyExplainCmd struct {
	File   string `arg:"" optional:"" name:"file" help:"A policy file. Default: the floor alone."`
	Format string `enum:"text,markdown" default:"text" help:"text or markdown. Default: ${default}."`
	besides
}

// Help is what "changewarden policy explain --help" adds to the flags.
func (policyExplainCmd) Help() string {
	return `Each rule is one sentence: when it applies and what it asks. The file is read as a repository's, beside the floor.

Exit code: 0 explained, 1 the policy cannot be used, 2 a file could not be read.`
}

// Run explains the policy.
func (c policyExplainCmd) Run(k *kong.Kong) error {
	p, err := c.compose(k.Stdout, c.File)
	if err != nil {
		return err
	}
	style := words.Plain
	if c.Format == "markdown" {
		style = words.Markdown
	}
	if _, err := io.WriteString(k.Stdout, style.Explain(p, c.Format == "markdown")); err != nil {
		return fmt.Errorf("print the explanation: %w", err)
	}
	return nil
}
