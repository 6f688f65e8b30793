package snapshot

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestQueries holds every query file to GitHub's own schema: also that no fragment of it is
// unused, which GitHub refuses.
func TestQueries(t *testing.T) {
	text, err := os.ReadFile("../githubsim/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := queryFiles.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "fragments.graphql" {
			continue
		}
		t.Run(strings.TrimSuffix(e.Name(), ".graphql"), func(t *testing.T) {
			doc, err := gqlparser.LoadQueryWithRules(schema, document(e.Name()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(doc.Operations) != 1 {
				t.Errorf("%d operations, want 1", len(doc.Operations))
			}
		})
	}
}
