// Package schema describes the policy language to editors: a JSON Schema with every key,
// what it means and which values it takes. It accepts whatever rules.Parse accepts; Parse
// refuses more, since a schema cannot say that a group has to be defined or that a glob
// can match.
//
// The tables below are the one list of keys with their meaning. A test holds them to the
// parser: it makes Parse name the keys of each mapping and compares.
package schema

import (
	"bytes"
	"encoding/json"
	"maps"
)

// ID is where the schema says that it lives. Nothing is fetched from there.
const ID = "https://github.com/changewarden/changewarden/change-management.v1.json"

// node is one JSON Schema.
type node map[string]any

// Text returns the schema as JSON, the same bytes every time.
func Text() []byte {
	root := policy()
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = ID
	root["title"] = "Change management policy"
	root["$defs"] = node{
		"condition":   condition(),
		"requirement": requirement(),
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(err) // maps, slices and texts
	}
	return b.Bytes()
}

// said adds a description, which editors show beside the key.
func (n node) said(text string) node {
	out := maps.Clone(n)
	out["description"] = text
	return out
}

// object is a mapping that has no other keys than these.
func object(properties map[string]node, required ...string) node {
	n := node{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1}
	if len(required) > 0 {
		n["required"] = required
	}
	return n
}

// named is a mapping of names that the file chooses.
func named(value node) node {
	return node{"type": "object", "additionalProperties": value, "minProperties": 1, "maxProperties": 1000}
}

// list is a list that is not empty.
func list(item node) node {
	return node{"type": "array", "items": item, "minItems": 1, "maxItems": 1000}
}

// some is a list that is not empty, or one item that stands for a list of one.
func some(item node) node { return node{"anyOf": []node{item, list(item)}} }

func oneOf(values ...string) node { return node{"type": "string", "enum": values} }

func text() node { return node{"type": "string", "minLength": 1, "maxLength": 250} }

func number(to int) node { return node{"type": "integer", "minimum": 1, "maximum": to} }

func day() node { return node{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`} }

func span() node {
	return node{"type": "string", "pattern": `^[1-9][0-9]{0,4} ?(m|minutes?|h|hours?|d|days?|w|weeks?)$`}
}

func comparison() node {
	return node{"type": "string", "pattern": `^(>=|<=|>|<|=) ?(0|[1-9][0-9]{0,8})$`}
}

func expression() node {
	return node{"anyOf": []node{{"type": "string", "minLength": 1, "maxLength": 1000}, {"type": "boolean"}}}
}

func ref(name string) node { return node{"$ref": "#/$defs/" + name} }

func mappings() map[string]node {
	return map[string]node{
		"policy": policy(), "procedure": procedure(), "group": group(), "rule": rule(),
		"condition": condition(), "requirement": requirement(), "approvals": approvals(), "checks": checks(),
		"labels": labels(), "ticket": ticket(), "section": section(), "exception": exception(), "advice": advice(),
		"environment": environment(), "window": window(), "freeze": freeze(), "emergency": emergency(), "declare": declare(),
		"post_mortem": postMortem(), "rollback": rollback(), "deployed": deployed(), "deployed_by": deployedBy(), "sign_off": signOff(),
		"review_requests": requests(),
	}
}
