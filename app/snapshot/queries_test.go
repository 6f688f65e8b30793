package snapshot_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/changewarden/changewarden/app/githubsim/contract"
)

// Each query file, sent with the fragments that it uses, fits GitHub's schema and asks
// for no more of a list than GitHub gives; and each fragment is used.
func TestQueriesFitGitHubsSchema(t *testing.T) {
	files, err := filepath.Glob("*.graphql")
	if err != nil || len(files) < 2 {
		t.Fatalf("list queries: %v, %v", files, err)
	}
	fragments := parse(t, "fragments.graphql").Fragments
	var used []string
	for _, file := range files {
		if file == "fragments.graphql" {
			continue
		}
		t.Run(file, func(t *testing.T) {
			doc := parse(t, file)
			for _, op := range doc.Operations {
				spread(op.SelectionSet, fragments, doc)
			}
			for _, f := range doc.Fragments {
				used = append(used, f.Name)
			}
			var query strings.Builder
			formatter.NewFormatter(&query).FormatQueryDocument(doc)
			contract.Query(t, query.String())
		})
	}
	for _, f := range fragments {
		if !slices.Contains(used, f.Name) {
			t.Errorf("no query uses the fragment %s", f.Name)
		}
	}
}

func parse(t *testing.T, file string) *ast.QueryDocument {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parser.ParseQuery(&ast.Source{Name: file, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// spread adds to doc the fragments that set uses, and those that they use.
func spread(set ast.SelectionSet, fragments ast.FragmentDefinitionList, doc *ast.QueryDocument) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			spread(s.SelectionSet, fragments, doc)
		case *ast.InlineFragment:
			spread(s.SelectionSet, fragments, doc)
		case *ast.FragmentSpread:
			if f := fragments.ForName(s.Name); f != nil && doc.Fragments.ForName(s.Name) == nil {
				doc.Fragments = append(doc.Fragments, f)
				spread(f.SelectionSet, fragments, doc)
			}
		}
	}
}
