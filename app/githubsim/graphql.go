package githubsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// object is anything that GraphQL fields can be asked of.
type object interface {
	typename() string // empty: the type that the field is declared with
	field(name string, args arguments) (any, error)
}

// arguments of a field, variables put in and defaults filled.
type arguments map[string]any

func (a arguments) text(name string) string {
	s, _ := a[name].(string)
	return s
}

// number reads an Int; 0 and false if it was not given.
func (a arguments) number(name string) (int, bool) {
	switch n := a[name].(type) {
	case int64:
		return int(n), true
	case int:
		return n, true
	case float64:
		return int(n), true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	}
	return 0, false
}

// words reads a list of strings or enum values; ok is false if it was not given.
func (a arguments) words(name string) (out []string, ok bool) {
	l, ok := a[name].([]any)
	for _, v := range l {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out, ok
}

// errUnmodelled is returned by field for what the simulator does not know.
var errUnmodelled = errors.New("not modelled")

// execution carries out one query.
type execution struct {
	c      *call
	schema *ast.Schema
	vars   map[string]any
	errors []obj
	calls  int // requests that filling the connections would take, GitHub's measure of cost
	nodes  int
}

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
			args := arguments(s.ArgumentMap(x.vars))
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

// merged is one field of an answer with all selections that were made of it.
type merged struct {
	field *ast.Field
	sets  []ast.SelectionSet
}

// collect gathers the fields of the selections that apply to a type, in order, those of
// one name merged.
func (x *execution) collect(typ string, sets []ast.SelectionSet, into *[]merged) {
	for _, set := range sets {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if x.skipped(s.Directives) {
					continue
				}
				i := slices.IndexFunc(*into, func(m merged) bool { return m.field.Alias == s.Alias })
				if i < 0 {
					*into, i = append(*into, merged{field: s}), len(*into)
				}
				(*into)[i].sets = append((*into)[i].sets, s.SelectionSet)
			case *ast.InlineFragment:
				if !x.skipped(s.Directives) && x.applies(s.TypeCondition, typ) {
					x.collect(typ, []ast.SelectionSet{s.SelectionSet}, into)
				}
			case *ast.FragmentSpread:
				if !x.skipped(s.Directives) && x.applies(s.Definition.TypeCondition, typ) {
					x.collect(typ, []ast.SelectionSet{s.Definition.SelectionSet}, into)
				}
			}
		}
	}
}

// skipped reads @skip and @include.
func (x *execution) skipped(directives ast.DirectiveList) bool {
	for _, d := range directives {
		on, _ := d.ArgumentMap(x.vars)["if"].(bool)
		if d.Name == "skip" && on || d.Name == "include" && !on {
			return true
		}
	}
	return false
}

// applies says whether an object type meets a fragment's condition: itself, an interface
// that it implements, a union that it is in.
func (x *execution) applies(condition, typ string) bool {
	if condition == "" || condition == typ {
		return true
	}
	d := x.schema.Types[condition]
	return d != nil && slices.ContainsFunc(x.schema.GetPossibleTypes(d), func(p *ast.Definition) bool { return p.Name == typ })
}

// selection answers the fields asked of o. It returns false if a field that may not be
// null had no value: then o itself is null.
func (x *execution) selection(o object, declared *ast.Definition, sets []ast.SelectionSet, path []any) (any, bool) {
	typ := o.typename()
	if typ == "" {
		typ = declared.Name
	}
	var fields []merged
	x.collect(typ, sets, &fields)
	out := obj{}
	for _, m := range fields {
		at := append(slices.Clone(path), m.field.Alias)
		if m.field.Name == "__typename" {
			out[m.field.Alias] = typ
			continue
		}
		v, err := o.field(m.field.Name, m.field.ArgumentMap(x.vars))
		if err != nil {
			x.report(typ, m.field, at, err)
			v = nil
		}
		done, ok := x.complete(v, m.field.Definition.Type, m.sets, at, err == nil)
		if !ok {
			return nil, false
		}
		out[m.field.Alias] = done
	}
	return out, true
}

// report turns a resolver's error into one of the answer.
func (x *execution) report(typ string, f *ast.Field, path []any, err error) {
	e := obj{"message": err.Error(), "path": path}
	if p := f.Position; p != nil {
		e["locations"] = list{obj{"line": p.Line, "column": p.Column}}
	}
	var refused *Error
	switch {
	case errors.Is(err, errUnmodelled):
		what := typ + "." + f.Name
		e["message"] = "githubsim does not model " + what
		x.c.unknown("GraphQL field " + what)
	case errors.As(err, &refused):
		e["message"] = refused.Message
		if refused.Type != "" {
			e["type"] = refused.Type
		}
	}
	x.errors = append(x.errors, e)
}

// complete fits a value to the type that the schema declares; false where it must not be
// null and is. quiet says that no error stands for that yet.
func (x *execution) complete(v any, t *ast.Type, sets []ast.SelectionSet, path []any, quiet bool) (any, bool) {
	if v == nil {
		if t.NonNull && quiet {
			x.errors = append(x.errors, obj{"message": fmt.Sprintf("githubsim: %v is null, and the schema says that it cannot be", path), "path": path})
			x.c.unknown(fmt.Sprintf("GraphQL null at %v", path))
		}
		return nil, !t.NonNull
	}
	if t.Elem != nil {
		items := v.(list)
		out := make(list, 0, len(items))
		for i, item := range items {
			done, ok := x.complete(item, t.Elem, sets, append(slices.Clone(path), i), true)
			if !ok {
				return nil, !t.NonNull
			}
			out = append(out, done)
		}
		return out, true
	}
	def := x.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Scalar:
		return scalar(v), true
	case ast.Enum:
		if s, ok := v.(string); !ok || def.EnumValues.ForName(s) == nil {
			x.errors = append(x.errors, obj{"message": fmt.Sprintf("githubsim: %v is not a value of %s", v, def.Name), "path": path})
			x.c.unknown(fmt.Sprintf("GraphQL enum %s has no %v", def.Name, v))
			return nil, !t.NonNull
		}
		return v, true
	default:
		done, ok := x.selection(v.(object), def, sets, path)
		return done, ok || !t.NonNull
	}
}

// scalar renders a leaf.
func scalar(v any) any {
	if t, ok := v.(time.Time); ok {
		return stamp(t)
	}
	return v
}

// permit is the error of a field that the token may not read, nil if it may.
func (x *execution) permit(permission string) error {
	if x.c.token.can(permission, "read") {
		return nil
	}
	return &Error{Status: 403, Type: "FORBIDDEN", Message: "Resource not accessible by integration"}
}

// rootObject is Query.
type rootObject struct{ *execution }

func (q rootObject) typename() string { return "Query" }

func (q rootObject) field(name string, args arguments) (any, error) {
	switch name {
	case "rateLimit":
		return rateObject{q.execution}, nil
	case "repository":
		full := args.text("owner") + "/" + args.text("name")
		r := q.c.Server.repo(full)
		if r == nil || r.private && !q.c.reaches(r) {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", full)}
		}
		return repoObject{q.execution, r}, nil
	case "organization":
		a := q.c.account(args.text("login"))
		if a == nil || !a.isOrg() {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to an Organization with the login of '%s'.", args.text("login"))}
		}
		return accountObject{q.execution, a}, nil
	case "user":
		a := q.c.account(args.text("login"))
		if a == nil || a.typ != "User" {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a User with the login of '%s'.", args.text("login"))}
		}
		return accountObject{q.execution, a}, nil
	case "viewer":
		return accountObject{q.execution, q.c.install.app.bot}, nil
	}
	return nil, errUnmodelled
}

// rateObject is RateLimit.
type rateObject struct{ *execution }

func (r rateObject) typename() string { return "RateLimit" }

func (r rateObject) field(name string, _ arguments) (any, error) {
	b := r.c.budget("graphql")
	switch name {
	case "cost":
		return r.cost(), nil
	case "limit":
		return hourly, nil
	case "nodeCount":
		return r.nodes, nil
	case "remaining":
		return max(0, hourly-b.used), nil
	case "resetAt":
		return b.reset, nil
	case "used":
		return b.used, nil
	}
	return nil, errUnmodelled
}

// upper writes a word of REST as GraphQL's enums have it.
func upper(s string) string { return strings.ToUpper(s) }
