package githubsim

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is anything that GraphQL fields can be asked of.
type object interface {
	typename() string // empty: the type that the field is declared with
	field(name string, args arguments) (any, error)
}

// arguments of a field, variables put in and defaults filled. What is read is noted: an
// argument that was given and that nobody read would have been ignored in silence.
type arguments struct {
	given map[string]any
	read  map[string]bool
}

func newArguments(given map[string]any) arguments { return arguments{given, map[string]bool{}} }

func (a arguments) get(name string) any {
	a.read[name] = true
	return a.given[name]
}

func (a arguments) has(name string) bool { return a.get(name) != nil }

func (a arguments) text(name string) string {
	s, _ := a.get(name).(string)
	return s
}

// object reads an argument of an input type.
func (a arguments) object(name string) arguments {
	m, _ := a.get(name).(map[string]any)
	return newArguments(m)
}

// number reads an Int; 0 and false if it was not given.
func (a arguments) number(name string) (int, bool) {
	switch n := a.get(name).(type) {
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
	l, ok := a.get(name).([]any)
	for _, v := range l {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out, ok
}

// ignored is an argument of the query that no resolver read, empty if there is none.
func (a arguments) ignored(f *ast.Field) string {
	for _, arg := range f.Arguments {
		if !a.read[arg.Name] && a.given[arg.Name] != nil {
			return arg.Name
		}
	}
	return ""
}
