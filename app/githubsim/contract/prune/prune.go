package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object of the description.
type object = map[string]any

// prose lists the keywords that say nothing a validator reads. They are dropped
// where a keyword stands, never where a name does: a check run's output has a
// property called summary.
var prose = map[string]bool{
	"deprecated": true, "deprecationDate": true, "description": true, "example": true, "examples": true,
	"externalDocs": true, "removalDate": true, "summary": true, "tags": true, "title": true,
	"x-github": true, "x-github-breaking-changes": true, "x-octokit": true,
}

// named lists the keywords whose object is keyed by names, not by keywords.
var named = map[string]bool{
	"content": true, "headers": true, "mapping": true, "parameters": true, "patternProperties": true,
	"properties": true, "responses": true, "schemas": true,
}

// literal lists the keywords whose value is data, whatever its keys look like.
var literal = map[string]bool{"const": true, "default": true, "enum": true}

// prune returns the part of description that want asks for and what that part
// refers to, without prose, in the one form in which the result is committed:
// keys sorted, a line for each path and each component, a final newline. Pruning
// a result again with the same list returns it unchanged.
//
// A line of want is an operation ("GET /app") or an event ("event push"); an
// event is taken from x-webhooks, or, in a pruned description, from the schema
// of its name. It is an error to ask for what description does not have.
func prune(description []byte, want []string) ([]byte, error) {
	var doc object
	d := json.NewDecoder(bytes.NewReader(description))
	d.UseNumber() // a float64 would not give back every integer
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	out := object{
		"openapi": doc["openapi"],
		"info":    pick(doc["info"], "license", "title", "version"),
		"paths":   object{},
	}
	if servers, ok := doc["servers"]; ok {
		out["servers"] = strip(servers)
	}
	kept := object{}
	for _, line := range want {
		if err := take(doc, line, out["paths"].(object), kept); err != nil {
			return nil, err
		}
	}
	if err := reach(doc, []any{out["paths"], kept}, kept); err != nil {
		return nil, err
	}
	out["components"] = kept

	var b bytes.Buffer
	if err := write(&b, out, 3); err != nil {
		return nil, fmt.Errorf("write description: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// write appends node as JSON: objects down to depth with a line for each key,
// what is deeper on that line.
func write(b *bytes.Buffer, node any, depth int) error {
	o, ok := node.(object)
	if !ok || depth == 0 {
		text, err := json.Marshal(node)
		b.Write(text)
		return err
	}
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n%q:", k)
		if err := write(b, o[k], depth-1); err != nil {
			return err
		}
	}
	b.WriteString("\n}")
	return nil
}

// take copies what one line of the list names into paths or kept.
func take(doc object, line string, paths, kept object) error {
	method, name, ok := strings.Cut(line, " ")
	if !ok {
		return fmt.Errorf("read line %q: want a method and a path, or event and its name", line)
	}
	if method == "event" {
		schema := at(doc, "x-webhooks", name, "post", "requestBody", "content", "application/json", "schema")
		if schema == nil {
			schema = at(doc, "components", "schemas", "event."+name)
		}
		if schema == nil {
			return fmt.Errorf("take event %s: not described", name)
		}
		put(kept, "schemas", "event."+name, strip(schema))
		return nil
	}
	operation := at(doc, "paths", name, strings.ToLower(method))
	if operation == nil {
		return fmt.Errorf("take %s: not described", line)
	}
	put(paths, name, strings.ToLower(method), strip(operation))
	return nil
}

// reach adds to kept every component that roots refer to, and what those refer to.
func reach(doc object, roots []any, kept object) error {
	for len(roots) > 0 {
		node := roots[0]
		roots = roots[1:]
		for ref := range references(node) {
			kind, name, ok := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
			if !ok || at(kept, kind, name) != nil {
				continue
			}
			component := at(doc, "components", kind, name)
			if component == nil {
				return fmt.Errorf("follow %s: not described", ref)
			}
			component = stripNamed(kind, object{name: component})[name]
			put(kept, kind, name, component)
			roots = append(roots, component)
		}
	}
	return nil
}

// references yields the targets of node's references, those of a discriminator included.
func references(node any) func(yield func(string) bool) {
	return func(yield func(string) bool) { refer(node, yield) }
}

func refer(node any, yield func(string) bool) bool {
	switch node := node.(type) {
	case object:
		for _, v := range node {
			if s, ok := v.(string); ok && strings.HasPrefix(s, "#/components/") {
				if !yield(s) {
					return false
				}
			} else if !refer(v, yield) {
				return false
			}
		}
	case []any:
		for _, v := range node {
			if !refer(v, yield) {
				return false
			}
		}
	}
	return true
}

// strip returns node, whose keys are keywords, without its prose. The description
// of a response stays, empty: OpenAPI requires one.
func strip(node any) any {
	switch node := node.(type) {
	case object:
		out := object{}
		for k, v := range node {
			children, ok := v.(object)
			switch {
			case prose[k]:
			case literal[k]:
				out[k] = v
			case named[k] && ok:
				out[k] = stripNamed(k, children)
			default:
				out[k] = strip(v)
			}
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = strip(v)
		}
		return out
	}
	return node
}

func stripNamed(keyword string, children object) object {
	out := object{}
	for name, v := range children {
		out[name] = strip(v)
		if r, ok := out[name].(object); ok && keyword == "responses" && r["$ref"] == nil {
			r["description"] = ""
		}
	}
	return out
}

// at returns what stands at path below node, nil if nothing does.
func at(node any, path ...string) any {
	for _, key := range path {
		o, _ := node.(object)
		node = o[key]
	}
	return node
}

func put(o object, group, name string, v any) {
	if o[group] == nil {
		o[group] = object{}
	}
	o[group].(object)[name] = v
}

func pick(node any, keys ...string) object {
	out := object{}
	for _, k := range keys {
		if v := at(node, k); v != nil {
			out[k] = v
		}
	}
	return out
}

// lines returns the entries of a list: one a line, sorted; empty lines and those
// that start with # do not count.
func lines(list []byte) []string {
	var out []string
	for s := bufio.NewScanner(bytes.NewReader(list)); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
