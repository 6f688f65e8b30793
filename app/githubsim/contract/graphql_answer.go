package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// judge judges an answer: its data has every field that was asked for and no other, in
// the schema's types, and null only where the schema allows it.
func (q *sentQuery) judge(status int, body []byte) []mismatch {
	if status != http.StatusOK {
		if _, ok := usualAnswers[status]; ok {
			return nil
		}
		return []mismatch{{where: fmt.Sprintf("answer %d", status), reason: "GraphQL does not answer so"}}
	}
	var got struct {
		Data   map[string]any `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return []mismatch{{where: "answer", reason: "is no GraphQL answer: " + err.Error()}}
	}
	if got.Data == nil {
		if len(got.Errors) == 0 {
			return []mismatch{{where: "answer", reason: "has neither data nor errors"}}
		}
		return nil
	}
	found := q.object(q.schema.Types[rootType(q.schema, q.op)], q.op.SelectionSet, got.Data, "/data")
	for i := range found {
		found[i].where = "answer"
	}
	return found
}

func rootType(s *ast.Schema, op *ast.OperationDefinition) string {
	if op.Operation == ast.Mutation {
		return s.Mutation.Name
	}
	return s.Query.Name
}

// object judges the fields of o, an object of type t.
func (q *sentQuery) object(t *ast.Definition, set ast.SelectionSet, o map[string]any, pointer string) []mismatch {
	if name, ok := o["__typename"].(string); ok {
		if !slices.ContainsFunc(q.schema.GetPossibleTypes(t), func(d *ast.Definition) bool { return d.Name == name }) {
			return []mismatch{{pointer: pointer + "/__typename", reason: "is no " + t.Name, value: name}}
		}
		t = q.schema.Types[name]
	}
	asked := map[string][]*ast.Field{}
	required := map[string]bool{}
	q.collect(t, set, true, asked, required)

	var found []mismatch
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		at := pointer + "/" + name
		v, ok := o[name]
		if !ok {
			if required[name] {
				found = append(found, mismatch{pointer: at, reason: "was asked for and is missing"})
			}
			continue
		}
		var below ast.SelectionSet // the same field can be asked for in several places
		for _, f := range asked[name] {
			below = append(below, f.SelectionSet...)
		}
		f := asked[name][0]
		if n, ok := v.(float64); ok && n == math.Trunc(n) && f.Name == wideInt {
			continue
		}
		found = append(found, q.value(f.Definition.Type, below, v, at)...)
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if asked[name] == nil {
			found = append(found, mismatch{pointer: pointer + "/" + name, reason: "was not asked for"})
		}
	}
	return found
}

// collect adds the fields that set asks of an object of type t. They are required
// unless a directive decides, or t is abstract and the answer does not say which of its
// types the object has.
func (q *sentQuery) collect(t *ast.Definition, set ast.SelectionSet, sure bool, asked map[string][]*ast.Field, required map[string]bool) {
	into := func(condition string, below ast.SelectionSet, directives ast.DirectiveList) {
		c := q.schema.Types[condition]
		applies := condition == "" || condition == t.Name || slices.Contains(q.schema.GetPossibleTypes(c), t)
		if applies || t.IsAbstractType() {
			q.collect(t, below, sure && applies && len(directives) == 0, asked, required)
		}
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			asked[s.Alias] = append(asked[s.Alias], s)
			required[s.Alias] = required[s.Alias] || sure && len(s.Directives) == 0
		case *ast.InlineFragment:
			into(s.TypeCondition, s.SelectionSet, s.Directives)
		case *ast.FragmentSpread:
			into(s.Definition.TypeCondition, s.Definition.SelectionSet, s.Directives)
		}
	}
}

func (q *sentQuery) value(t *ast.Type, set ast.SelectionSet, v any, pointer string) []mismatch {
	if v == nil {
		if t.NonNull {
			return []mismatch{{pointer: pointer, reason: "is null, and the schema says " + t.String()}}
		}
		return nil
	}
	if t.Elem != nil {
		elements, ok := v.([]any)
		if !ok {
			return []mismatch{{pointer: pointer, reason: "is no list", value: v}}
		}
		var found []mismatch
		for i, e := range elements {
			found = append(found, q.value(t.Elem, set, e, pointer+"/"+strconv.Itoa(i))...)
		}
		return found
	}
	d := q.schema.Types[t.NamedType]
	if d.IsCompositeType() {
		o, ok := v.(map[string]any)
		if !ok {
			return []mismatch{{pointer: pointer, reason: "is no " + d.Name, value: v}}
		}
		return q.object(d, set, o, pointer)
	}
	if !fits(d, v) {
		return []mismatch{{pointer: pointer, reason: "is no " + d.Name, value: v}}
	}
	return nil
}

// fits reports whether v can be a value of d, a scalar or an enum. Scalars of which
// nothing is known but the name take any string.
func fits(d *ast.Definition, v any) bool {
	if d.Kind == ast.Enum {
		return d.EnumValues.ForName(fmt.Sprint(v)) != nil
	}
	switch d.Name {
	case "Boolean":
		_, ok := v.(bool)
		return ok
	case "Int":
		n, ok := v.(float64)
		return ok && n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32
	case "Float":
		_, ok := v.(float64)
		return ok
	case "DateTime", "GitTimestamp", "PreciseDateTime":
		s, _ := v.(string)
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	case "BigInt":
		s, _ := v.(string)
		_, err := strconv.ParseInt(s, 10, 64)
		return err == nil
	case "GitObjectID":
		s, _ := v.(string)
		return commit.MatchString(s)
	}
	_, ok := v.(string)
	return ok
}

var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)
