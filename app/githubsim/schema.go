package githubsim

import (
	_ "embed"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// schemaText is GitHub's public GraphQL schema without its prose: schema.graphql of the
// npm package @octokit/graphql-schema 15.26.1, licence MIT.
//
//go:embed schema.graphql
var schemaText string

// Schema is GitHub's GraphQL schema, parsed once. Queries are validated against it before
// they are carried out; tests of query files may use it for the same. It panics if the
// embedded text is broken.
func Schema() *ast.Schema { return parsedSchema() }

var parsedSchema = sync.OnceValue(func() *ast.Schema {
	doc, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "schema.graphql", Input: schemaText})
	if err != nil {
		panic(err)
	}
	for _, d := range doc.Definitions {
		// GitHub's text defines two fields of EnterpriseOwnerInfo twice, which the parser refuses.
		seen := map[string]bool{}
		d.Fields = slices.DeleteFunc(d.Fields, func(f *ast.FieldDefinition) bool {
			again := seen[f.Name]
			seen[f.Name] = true
			return again
		})
	}
	s, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		panic(err)
	}
	return s
})
