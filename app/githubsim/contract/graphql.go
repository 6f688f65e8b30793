package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// The simulator embeds the schema. It is read from there and not through the
// simulator's package, whose own tests import this one.
var loadSchema = sync.OnceValues(func() (*ast.Schema, error) {
	root, err := root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "app", "githubsim", "schema.graphql"))
	if err != nil {
		return nil, err
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		return nil, err
	}
	return s, nil
})

func schema(t testing.TB) *ast.Schema {
	t.Helper()
	return must(t, loadSchema)
}

// Query reports by t.Errorf where query, with the fragments that it uses, does not fit
// GitHub's GraphQL schema, or asks for a connection without a bound between 1 and 100.
// A bound that is a variable is judged where the query is sent.
func Query(t testing.TB, query string) {
	t.Helper()
	doc, found := parseQuery(schema(t), query)
	if doc != nil {
		found = append(found, judgeBounds(doc, nil)...)
	}
	if len(found) > 0 {
		t.Errorf("query breaks GitHub's contract:%s", list(found))
	}
}

func parseQuery(s *ast.Schema, query string) (*ast.QueryDocument, []mismatch) {
	doc, errs := gqlparser.LoadQueryWithRules(s, query, nil)
	var found []mismatch
	for _, err := range errs {
		m := mismatch{where: "query", reason: err.Message}
		if len(err.Locations) > 0 {
			m.where = fmt.Sprintf("query, line %d", err.Locations[0].Line)
		}
		found = append(found, m)
	}
	if found != nil {
		return nil, found
	}
	return doc, nil
}

// sentQuery is a GraphQL request that fits the schema.
type sentQuery struct {
	schema *ast.Schema
	op     *ast.OperationDefinition
}

// readQuery judges a GraphQL request. The result is nil if there is no operation by
// which an answer could be judged.
func readQuery(s *ast.Schema, body []byte) (*sentQuery, []mismatch) {
	var sent struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return nil, []mismatch{{where: "request body", reason: "is no GraphQL request: " + err.Error()}}
	}
	doc, found := parseQuery(s, sent.Query)
	if doc == nil {
		return nil, found
	}
	op := doc.Operations.ForName(sent.OperationName)
	if op == nil {
		return nil, []mismatch{{where: "request body", reason: "names no operation of the query"}}
	}
	variables, err := validator.VariableValues(s, op, sent.Variables)
	if err != nil {
		return nil, []mismatch{{where: "variables", reason: err.Error()}}
	}
	return &sentQuery{schema: s, op: op}, judgeBounds(doc, variables)
}

// judgeBounds looks for connections that GitHub would refuse: first or last is
// required, from 1 to 100.
func judgeBounds(doc *ast.QueryDocument, variables map[string]any) []mismatch {
	var found []mismatch
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if reason := badBound(s, variables); reason != "" {
					found = append(found, mismatch{where: fmt.Sprintf("query, line %d", s.Position.Line), reason: s.Name + " " + reason})
				}
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
	return found
}

func badBound(f *ast.Field, variables map[string]any) string {
	if f.Definition == nil || f.Definition.Arguments.ForName("first") == nil || f.Definition.Arguments.ForName("last") == nil {
		return "" // not a connection
	}
	for _, name := range []string{"first", "last"} {
		arg := f.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		if arg.Value.Kind == ast.Variable && variables[arg.Value.Raw] == nil {
			return ""
		}
		v, err := arg.Value.Value(variables)
		if err != nil {
			return err.Error()
		}
		if n := fmt.Sprint(v); len(n) > 3 || len(n) == 3 && n != "100" || n == "0" || n[0] == '-' {
			return "asks for " + n + " elements: GitHub gives 1 to 100"
		}
		return ""
	}
	return "has neither first nor last"
}
