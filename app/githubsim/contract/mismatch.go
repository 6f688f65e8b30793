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
	where   string // "request body", "answer 200", "query parameter page"
	pointer string // JSON pointer to the value; empty for all of it
	reason  string
	value   any  // what stands there, for the excerpt; nil for none
	missing bool // a required field is not there
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
	if wrong, ok := errors.AsType[*openapi3filter.RequestError](err); ok && wrong.Parameter != nil {
		m.where = wrong.Parameter.In + " parameter " + wrong.Parameter.Name
		m.reason = wrong.Reason
		if wrong.Err != nil {
			m.reason = wrong.Err.Error()
		}
	}
	if schema, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		m.reason, m.value = schema.Reason, schema.Value
	}
	return []mismatch{m}
}

// schemaMismatches takes apart what a schema says about a value.
func schemaMismatches(err error, direction openapi3.SchemaValidationOption) []mismatch {
	switch err := err.(type) { //nolint:errorlint // the outermost is meant: an alternative's error wraps those of its parts
	case nil:
		return nil
	case openapi3.MultiError:
		var found []mismatch
		for _, e := range err {
			found = append(found, schemaMismatches(e, direction)...)
		}
		return found
	case *openapi3.SchemaError:
		pointer := strings.Join(append([]string{""}, err.JSONPointer()...), "/")
		found := partMismatches(err.Schema, err.SchemaField, err.Value, direction)
		if found == nil {
			return []mismatch{{pointer: pointer, reason: err.Reason, value: err.Value, missing: err.SchemaField == "required"}}
		}
		for i := range found {
			found[i].pointer = pointer + found[i].pointer
		}
		return found
	default:
		return []mismatch{{reason: err.Error()}}
	}
}

// partMismatches says what is wrong with v where the parts of schema under field (allOf,
// anyOf, oneOf) refused it. Of alternatives the nearest is told: the one with the fewest
// mismatches, where a field that is not there weighs double: another alternative has
// other fields. Returns nil for other keywords.
func partMismatches(schema *openapi3.Schema, field string, v any, direction openapi3.SchemaValidationOption) []mismatch {
	var all, nearest []mismatch
	of := map[string]openapi3.SchemaRefs{"allOf": schema.AllOf, "anyOf": schema.AnyOf, "oneOf": schema.OneOf}
	for _, part := range of[field] {
		found := schemaMismatches(part.Value.VisitJSON(v, openapi3.MultiErrors(), direction), direction)
		if len(found) == 0 {
			continue
		}
		all = append(all, found...)
		if nearest == nil || weight(found) < weight(nearest) {
			nearest = found
		}
	}
	if field == "allOf" {
		return all
	}
	return nearest
}

func weight(found []mismatch) int {
	n := len(found)
	for _, m := range found {
		if m.missing {
			n++
		}
	}
	return n
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
			case !free && !excused(at, field):
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

// excused reports whether undescribedFields lists the field.
func excused(pointer string, v any) bool {
	text, err := json.Marshal(v)
	if err != nil {
		return false
	}
	for _, f := range undescribedFields {
		if f.at.MatchString(pointer) && f.value.Match(text) {
			return true
		}
	}
	return false
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

const secretNames = `(?:access_token|token|pem|secret|client_secret|webhook_secret|hashed_token)`

var (
	secretField = regexp.MustCompile(`/` + secretNames + `$`)
	inJSON      = regexp.MustCompile(`("` + secretNames + `":\s*")(?:[^"\\]|\\.)*`)
	inURL       = regexp.MustCompile(`([?&](?:code|` + secretNames + `)=|/app-manifests/)[^/&"\\]*`)
	byLooks     = regexp.MustCompile(`\b(?:gh[a-z]_|github_pat_|eyJ)[A-Za-z0-9_.\-]+|-----BEGIN [^"]*`)
)

// redact takes tokens, keys and secrets out of s, by their looks and by the names of
// the fields and parameters in which they are sent.
func redact(s string) string {
	s = inJSON.ReplaceAllString(s, "${1}"+redacted)
	s = inURL.ReplaceAllString(s, "${1}"+redacted)
	return byLooks.ReplaceAllString(s, redacted)
}
