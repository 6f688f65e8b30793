package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/importer"
	"github.com/changewarden/changewarden/app/say"
)

// policyImportCmd is "changewarden policy import".
type policyImportCmd struct {
	File string `arg:"" name:"file" help:"A CODEOWNERS file, or policy-bot's .policy.yml."`
	From string `enum:"codeowners,policy-bot,name" default:"name" help:"codeowners or policy-bot. Default: told by the file's name."`
}

// Help is what "changewarden policy import --help" adds to the flags.
func (policyImportCmd) Help() string {
	return `The policy goes to standard output. What could not be carried over, and what means something else here, goes to standard error, each with its line. Nothing becomes looser without a line that begins with LOOSER.

Exit code: 0 written, 1 nothing usable comes out, 2 the file could not be read.`
}

// Run carries the file over.
func (c policyImportCmd) Run(k *kong.Kong) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return usageError{fmt.Errorf("read the file: %w", err)}
	}
	read := importer.PolicyBot
	switch base := filepath.Base(c.File); {
	case c.From == "codeowners", c.From == "name" && base == "CODEOWNERS":
		read = importer.Codeowners
	case c.From == "name" && !strings.HasSuffix(base, ".yml") && !strings.HasSuffix(base, ".yaml"):
		return usageError{fmt.Errorf("%s is neither CODEOWNERS nor a .yml file: say which it is by --from", c.File)}
	}
	r, err := read(c.File, text)
	for _, n := range r.Notes {
		place := c.File
		if n.Line > 0 {
			place += fmt.Sprintf(":%d", n.Line)
		}
		fmt.Fprintf(k.Stderr, "%s: %s\n", place, say.Visible(n.Text))
	}
	if err != nil {
		return err
	}
	if _, err := k.Stdout.Write(r.Text); err != nil {
		return fmt.Errorf("print the policy: %w", err)
	}
	return nil
}
