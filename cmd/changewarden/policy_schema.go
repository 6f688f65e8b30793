package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/rules/schema"
)

// policySchemaCmd is "changewarden policy schema".
type policySchemaCmd struct{}

// Help is what "changewarden policy schema --help" adds to the flags.
func (policySchemaCmd) Help() string {
	return `Write it to a file, and tell your editor: with the YAML language server by a first line

    # yaml-language-server: $schema=./change-management.schema.json

It describes every key and marks what does not exist; policy check finds more.`
}

// Run prints the schema.
func (policySchemaCmd) Run(k *kong.Kong) error {
	if _, err := k.Stdout.Write(schema.Text()); err != nil {
		return fmt.Errorf("print the schema: %w", err)
	}
	return nil
}
