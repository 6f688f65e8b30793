package githubsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

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
		args := newArguments(m.field.ArgumentMap(x.vars))
		v, err := o.field(m.field.Name, args)
		if unread := args.ignored(m.field); err == nil && unread != "" {
			err = fmt.Errorf("argument %s: %w", unread, errUnmodelled)
		}
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
		if argument, ok := strings.CutSuffix(err.Error(), ": "+errUnmodelled.Error()); ok {
			what += " " + argument
		}
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

// upper writes a word of REST as GraphQL's enums have it.
func upper(s string) string { return strings.ToUpper(s) }
