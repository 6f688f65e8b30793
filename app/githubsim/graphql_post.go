package githubsim

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// operationName reads the operation's name out of a request, for counting.
func operationName(body []byte) string {
	var in struct {
		Query         string `json:"query"`
		OperationName string `json:"operationName"`
	}
	if json.Unmarshal(body, &in) != nil {
		return "?"
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: in.Query})
	if err != nil || len(doc.Operations) == 0 {
		return "?"
	}
	if op := doc.Operations.ForName(in.OperationName); op != nil {
		return op.Name
	}
	return doc.Operations[0].Name
}

// graphql is POST /graphql. Whatever is wrong comes as errors in an answer of status 200.
func graphql(c *call) (any, error) {
	var in struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	x := &execution{c: c, schema: Schema()}
	doc, err := parser.ParseQuery(&ast.Source{Input: in.Query})
	if err != nil {
		return syntaxErrors(err), nil
	}
	if errs := validator.ValidateWithRules(x.schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return syntaxErrors(errs), nil
	}
	op := doc.Operations.ForName(in.OperationName)
	if op == nil {
		return syntaxErrors(gqlerror.Errorf("An operation name is required")), nil
	}
	if op.Operation != ast.Query {
		c.unknown("GraphQL " + string(op.Operation) + " " + op.Name)
		return syntaxErrors(gqlerror.Errorf("githubsim has no %ss", op.Operation)), nil
	}
	if x.vars, err = validator.VariableValues(x.schema, op, in.Variables); err != nil {
		return syntaxErrors(err), nil
	}
	x.price(op.SelectionSet, 1)
	if x.nodes > maxNodes {
		return obj{"errors": list{obj{
			"type": "MAX_NODE_LIMIT_EXCEEDED", "message": fmt.Sprintf("This query requests up to %d possible nodes which exceeds the maximum limit of %d.", x.nodes, maxNodes),
		}}}, nil
	}
	c.budget("graphql").used += x.cost()
	data, ok := x.selection(rootObject{x}, x.schema.Query, []ast.SelectionSet{op.SelectionSet}, nil)
	answer := obj{"data": data}
	if !ok {
		answer["data"] = nil
	}
	if len(x.errors) > 0 {
		answer["errors"] = x.errors
	}
	return answer, nil
}

func syntaxErrors(err error) obj {
	errs := gqlerror.List{}
	if !errors.As(err, &errs) {
		errs = gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
	}
	out := list{}
	for _, e := range errs {
		locations := list{}
		for _, l := range e.Locations {
			locations = append(locations, obj{"line": l.Line, "column": l.Column})
		}
		out = append(out, obj{"message": e.Message, "locations": locations})
	}
	return obj{"errors": out}
}

// maxNodes is how many nodes a query may ask for at most.
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
const maxNodes = 500_000

// price adds up what the connections below a selection could hold, n being how often it
// is filled: nodes, and the requests that it would take to fill them.
func (x *execution) price(set ast.SelectionSet, n int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			args := newArguments(s.ArgumentMap(x.vars))
			size, paged := args.number("first")
			if !paged {
				size, paged = args.number("last")
			}
			if !paged {
				x.price(s.SelectionSet, n)
				continue
			}
			x.calls += n
			x.nodes += n * size
			x.price(s.SelectionSet, n*size)
		case *ast.InlineFragment:
			x.price(s.SelectionSet, n)
		case *ast.FragmentSpread:
			x.price(s.Definition.SelectionSet, n)
		}
	}
}

// cost is a query's price in points.
func (x *execution) cost() int { return max(1, (x.calls+50)/100) }
