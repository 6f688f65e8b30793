package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// mismatch is one difference between what was said and what GitHub describes.
type mismatch struct {
	where   string // "request body", "answer OK", "query parameter page"
	pointer string // JSON pointer to the value; empty for all of it
	reason  string
	value   any // what stands there, for the excerpt; nil for none
}

// judgeValue judges v, and each field of v that schema does not know.
func judgeValue(where string, schema *openapi3.Schema, v any, direction openapi3.SchemaValidationOption) []mismatch {
	found := schemaMismatches(schema.VisitJSON(v, openapi3.MultiErrors(), direction), direction)
	for _, pointer := range undescribed([]*openapi3.Schema{schema}, v, "") {
		found = append(found, mismatch{pointer: pointer, reason: "not described"})
	}
	for i := range found {
		found[i].where = where
	}
	return found
}

// parameterMismatches takes apart what openapi3filter says about a request's parameters.
func parameterMismatches(err error) []mismatch {
	if all, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // the outermost is meant: a parameter's own error wraps one too
		var found []mismatch
		for _, e := range all {
			found = append(found, parameterMismatches(e)...)
		}
		return found
	}
	m := mismatch{where: "request", reason: err.Error()}
	var wrong *openapi3filter.RequestError
	if errors.As(err, &wrong) && wrong.Parameter != nil {
		m.where = wrong.Parameter.In + " parameter " + wrong.Parameter.Name
		m.reason = wrong.Reason
		if wrong.Err != nil {
			m.reason = wrong.Err.Error()
		}
	}
	var schema *openapi3.SchemaError
	if errors.As(err, &schema) {
		m.reason, m.value = schema.Reason, schema.Value
	}
	return []mismatch{m}
}

// schemaMismatches takes apart what a schema says about a value. Of alternatives that
// all fail the nearest is told, the one with the fewest mismatches.
func schemaMismatches(err error, direction openapi3.SchemaValidationOption) []mismatch {
	var all openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &one) && !errors.As(err, &all):
	case errors.As(err, &all):
		var found []mismatch
		for _, e := range all {
			found = append(found, schemaMismatches(e, direction)...)
		}
		return found
	default:
		return []mismatch{{reason: err.Error()}}
	}
	pointer := ""
	for _, key := range one.JSONPointer() {
		pointer += "/" + key
	}
	var nearest []mismatch
	for _, s := range slices.Concat(one.Schema.OneOf, one.Schema.AnyOf) {
		found := schemaMismatches(s.Value.VisitJSON(one.Value, openapi3.MultiErrors(), direction), direction)
		if len(found) > 0 && (nearest == nil || len(found) < len(nearest)) {
			nearest = found
		}
	}
	if one.SchemaField == "allOf" {
		for _, s := range one.Schema.AllOf {
			nearest = append(nearest, schemaMismatches(s.Value.VisitJSON(one.Value, openapi3.MultiErrors(), direction), direction)...)
		}
	}
	if nearest == nil {
		return []mismatch{{pointer: pointer, reason: one.Reason, value: one.Value}}
	}
	for i := range nearest {
		nearest[i].pointer = pointer + nearest[i].pointer
	}
	return nearest
}

// undescribed returns the pointers to the fields in v that none of schemas describes.
// Alternatives and parts are taken together: a field that one of them knows is known.
// An object of which no field is described is free.
func undescribed(schemas []*openapi3.Schema, v any, pointer string) []string {
	schemas = parts(schemas)
	var found []string
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			var below []*openapi3.Schema
			free := true
			for _, s := range schemas {
				free = free && len(s.Properties) == 0
				if p := s.Properties[name]; p != nil {
					below = append(below, p.Value)
				} else if extra := s.AdditionalProperties.Schema; extra != nil {
					below = append(below, extra.Value)
				}
			}
			at := pointer + "/" + name
			switch {
			case below != nil:
				found = append(found, undescribed(below, field, at)...)
			case !free:
				found = append(found, at)
			}
		}
	case []any:
		var below []*openapi3.Schema
		for _, s := range schemas {
			if s.Items != nil {
				below = append(below, s.Items.Value)
			}
		}
		for i, element := range v {
			found = append(found, undescribed(below, element, pointer+"/"+strconv.Itoa(i))...)
		}
	}
	slices.Sort(found)
	return found
}

// parts returns schemas with all that they are made of.
func parts(schemas []*openapi3.Schema) []*openapi3.Schema {
	var out []*openapi3.Schema
	for len(schemas) > 0 {
		s := schemas[0]
		schemas = schemas[1:]
		out = append(out, s)
		for _, p := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
			if !slices.Contains(out, p.Value) {
				schemas = append(slices.Clone(schemas), p.Value)
			}
		}
	}
	return out
}

// maxListed is how many mismatches one exchange is told of: a wrong list is wrong in
// each of its elements.
const maxListed = 12

func list(found []mismatch) string {
	var b strings.Builder
	for i, m := range found {
		if i == maxListed {
			fmt.Fprintf(&b, "\n\tand %d more", len(found)-i)
			break
		}
		b.WriteString("\n\t" + m.String())
	}
	return b.String()
}

func (m mismatch) String() string {
	s := m.where
	if m.pointer != "" {
		s += " at " + m.pointer
	}
	s += ": " + m.reason
	if m.value != nil {
		s += ", in " + excerpt(m.pointer, m.value)
	}
	return s
}

const maxExcerpt = 160

// excerpt shows the start of v without what must not stand in a log.
func excerpt(pointer string, v any) string {
	if secretField.MatchString(pointer) {
		return redacted
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	s := redact(string(text)) // before it is cut: half a token is still told
	if r := []rune(s); len(r) > maxExcerpt {
		s = string(r[:maxExcerpt]) + "…"
	}
	return s
}

const redacted = "[redacted]"

var (
	secretField = regexp.MustCompile(`/(access_token|token|pem|secret|client_secret|webhook_secret|hashed_token)$`)
	secretValue = regexp.MustCompile(`("(?:access_token|token|pem|secret|client_secret|webhook_secret|hashed_token)":\s*)"[^"]*"|` +
		`\b(?:gh[a-z]_|github_pat_|eyJ)[A-Za-z0-9_.\-]+|-----BEGIN [^"]*`)
)

// redact takes tokens, keys and secrets out of s, by their looks and by the names of
// the fields in which GitHub sends them.
func redact(s string) string {
	return secretValue.ReplaceAllStringFunc(s, func(found string) string {
		if name, _, ok := strings.Cut(found, ":"); ok && strings.HasPrefix(found, `"`) {
			return name + `:"` + redacted + `"`
		}
		return redacted
	})
}
