package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/cases"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// policyTestCmd is "changewarden policy test".
type policyTestCmd struct {
	Dir     string `arg:"" optional:"" name:"dir" default:".github" help:"Directory with policies and cases, or one file of cases. Default: ${default}."`
	Floor   string `placeholder:"FILE" help:"The floor that the policies are to stand beside. Default: the built-in policy."`
	Verbose bool   `short:"v" help:"Name each case, not only those that differ."`
}

// Help is what "changewarden policy test --help" adds to the flags.
func (policyTestCmd) Help() string {
	return `The cases of change-management.yml stand beside it in change-management.test.yml. Each gives the facts of a change in short words and says what the policy has to answer; docs/policy.md lists the words.

Exit code: 0 every answer is the expected one, 1 one is not, or a policy or a file of cases cannot be used, 2 a file could not be read.`
}

// suffix is how files of cases are called.
const suffix = ".test."

// Run runs the cases of all files, also after one that differs.
func (c policyTestCmd) Run(k *kong.Kong) error {
	files, err := caseFiles(c.Dir)
	if err != nil {
		return usageError{err}
	}
	var ran, differ, broken int
	for _, file := range files {
		results, err := c.runFile(k.Stdout, file)
		if errors.Is(err, errBroken) {
			broken++
			continue
		}
		if err != nil {
			return err
		}
		for _, r := range results {
			ran++
			if len(r.Errors) > 0 {
				differ++
			}
		}
	}
	fmt.Fprintf(k.Stdout, "%s, %d as expected\n", count(ran, "case"), ran-differ)
	switch {
	case broken > 0:
		return fmt.Errorf("%s of cases or their policy cannot be used", count(broken, "file"))
	case differ > 0:
		return fmt.Errorf("%s not as expected", count(differ, "case"))
	}
	return nil
}

// caseFiles returns the files of cases at a place, at least one.
func caseFiles(place string) ([]string, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, fmt.Errorf("find cases: %w", err)
	}
	if !info.IsDir() {
		return []string{place}, nil
	}
	entries, err := os.ReadDir(place)
	if err != nil {
		return nil, fmt.Errorf("find cases: %w", err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".test.yml") || strings.HasSuffix(e.Name(), ".test.yaml") {
			out = append(out, filepath.Join(place, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("find cases: %s has no file that ends in .test.yml: write change-management.test.yml beside the policy", place)
	}
	return out, nil
}

// runFile runs one file of cases and prints what is to be said about it.
func (c policyTestCmd) runFile(w io.Writer, file string) ([]cases.Result, error) {
	i := strings.LastIndex(file, suffix)
	if i < 0 {
		return nil, usageError{fmt.Errorf("find cases: %s does not end in .test.yml", file)}
	}
	policyFile := file[:i] + "." + file[i+len(suffix):]
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("read the cases: %w", err)}
	}
	f, err := cases.Read(file, text)
	if err != nil {
		for _, one := range parts(err) {
			fmt.Fprintln(w, say.Visible(one.Error()))
		}
		return nil, errBroken
	}
	beside := besides{Floor: c.Floor, AsFloor: f.AsFloor}
	policy, err := beside.compose(w, policyFile)
	if err != nil {
		return nil, err
	}
	results, err := f.Run(policy)
	if err != nil {
		for _, one := range parts(err) {
			fmt.Fprintln(w, say.Visible(one.Error()))
		}
		return nil, errBroken
	}
	for _, r := range results {
		switch {
		case len(r.Errors) > 0:
			fmt.Fprintf(w, "DIFFERS %s:%d: %s\n", say.Visible(file), r.Case.Line, say.Visible(r.Case.Name))
			for _, line := range r.Errors {
				fmt.Fprintf(w, "    %s\n", line)
			}
		case c.Verbose:
			fmt.Fprintf(w, "ok      %s:%d: %s\n", say.Visible(file), r.Case.Line, say.Visible(r.Case.Name))
		}
	}
	layer := rules.RepositoryLayer
	if f.AsFloor {
		layer = rules.FloorLayer
	}
	if missing := f.Uncovered(policy, layer); c.Verbose && len(missing) > 0 {
		fmt.Fprintf(w, "%s: no case expects an answer of: %s\n", say.Visible(file), strings.Join(missing, ", "))
	}
	return results, nil
}
