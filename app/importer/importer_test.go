package importer_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/app/importer"
	"github.com/changewarden/changewarden/rules"
)

var update = flag.Bool("update", false, "write what comes out into the pages")

// Each page holds a file of another tool, the policy that comes of it, and the notes.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(pages) == 0 {
		t.Fatalf("pages: %v, %v", pages, err)
	}
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(page)
			if err != nil {
				t.Fatal(err)
			}
			read := importer.Codeowners
			if a.Files[0].Name != "CODEOWNERS" {
				read = importer.PolicyBot
			}
			r, err := read(a.Files[0].Name, a.Files[0].Data)
			if err != nil {
				t.Fatal(err)
			}
			var notes strings.Builder
			for _, n := range r.Notes {
				fmt.Fprintf(&notes, "%d: %s\n", n.Line, n.Text)
			}
			got := &txtar.Archive{Comment: a.Comment, Files: []txtar.File{
				a.Files[0], {Name: "policy.yml", Data: r.Text}, {Name: "notes", Data: []byte(notes.String())},
			}}
			if *update {
				if err := os.WriteFile(page, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(txtar.Format(a)), string(txtar.Format(got))); diff != "" && !*update {
				t.Errorf("(-want +got):\n%s", diff)
			}
			l, err := rules.Parse("policy.yml", r.Text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rules.Compose(rules.Default(), &l); err != nil {
				t.Errorf("beside the built-in policy: %v", err)
			}
		})
	}
}

// A file that says nothing comes out as a policy that asks for nothing; one that is no such
// file is refused.
func TestEdges(t *testing.T) {
	for _, c := range []struct {
		name, src string
		read      func(string, []byte) (importer.Result, error)
		want      string // in the error; empty: none
	}{
		{"empty owners", "# nobody\n\n", importer.Codeowners, ""},
		{"empty bot", "policy: {approval: []}", importer.PolicyBot, ""},
		{"no approval", "approval_rules: [{name: a}]", importer.PolicyBot, ""},
		{"remote", "remote: octo-org/policy", importer.PolicyBot, ""},
		{"not YAML", "policy: [", importer.PolicyBot, "this is not YAML"},
		{"nothing", "", importer.PolicyBot, "carry over f"},
		{"a list", "- a", importer.PolicyBot, "want a mapping"},
		{"a name nobody can see", "policy: {approval: [\"a\\u200b\"]}\napproval_rules: [{name: \"a\\u200b\", requires: {count: 1}}]", importer.PolicyBot, "cannot be used"},
		{"the floor's names", "policy: {approval: [peer review, security]}\napproval_rules: [{name: peer review, requires: {count: 1}}, {name: security, requires: {count: 1, teams: [o/t]}}]", importer.PolicyBot, ""},
	} {
		r, err := c.read("f", []byte(c.src))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err != nil {
			continue
		}
		l, err := rules.Parse("p.yml", r.Text)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := rules.Compose(rules.Default(), &l); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add("*.go @octo-org/go\n/docs/ ann@example.com @bob\n")
	f.Add("policy: {approval: [{or: [a, b]}]}\napproval_rules: [{name: a, requires: {count: 1}}, {name: b, if: {changed_files: {paths: ['^a/.*']}}}]")
	f.Fuzz(func(t *testing.T, src string) {
		for _, read := range []func(string, []byte) (importer.Result, error){importer.Codeowners, importer.PolicyBot} {
			r, err := read("f", []byte(src))
			if err != nil {
				continue
			}
			if _, err := rules.Parse("p.yml", r.Text); err != nil {
				t.Errorf("%v in\n%s", err, r.Text)
			}
		}
	})
}
