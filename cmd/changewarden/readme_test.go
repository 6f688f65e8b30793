package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// TestREADME: the README has each setting of the command line and no other, and names each
// command.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	var told []string
	for _, m := range regexp.MustCompile("CHANGEWARDEN(_[A-Z_]+[A-Z])").FindAllStringSubmatch(readme, -1) {
		told = append(told, m[1])
	}
	// A table row may leave the prefix of all but its first variable out: `_PRIVATE_KEY`.
	for _, m := range regexp.MustCompile("`(_[A-Z_]+[A-Z])`").FindAllStringSubmatch(readme, -1) {
		told = append(told, m[1])
	}
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	var has []string
	for _, leaf := range parser.Model.Leaves(false) {
		if command := "changewarden " + leaf.Path(); !strings.Contains(readme, command) && !strings.Contains(readme, "./cmd/"+command) {
			t.Errorf("the README does not name %s", command)
		}
		for _, flag := range leaf.Flags {
			for _, env := range flag.Envs {
				if name, ours := strings.CutPrefix(env, "CHANGEWARDEN"); ours { // others are set by GitHub Actions
					has = append(has, name)
				}
			}
		}
	}
	slices.Sort(told)
	slices.Sort(has)
	if diff := cmp.Diff(slices.Compact(has), slices.Compact(told)); diff != "" {
		t.Errorf("settings (-of the command line +of the README):\n%s", diff)
	}
}
