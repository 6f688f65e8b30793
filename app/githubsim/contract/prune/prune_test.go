package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The committed descriptions are what the command makes from themselves: nothing was
// added by hand, and the lists name all that is in them and nothing else.
func TestCommitted(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "..", "testdata", "github")
	for _, name := range []string{"rest", "webhooks"} {
		t.Run(name, func(t *testing.T) {
			list, err := os.ReadFile(filepath.Join(folder, name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			committed, err := os.ReadFile(filepath.Join(folder, name+".openapi.json"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := prune(committed, lines(list))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, committed) {
				t.Errorf("%s.openapi.json is not what prune makes of it with %s.txt", name, name)
			}
		})
	}
}

const description = `{
	"openapi": "3.0.3",
	"info": {"title": "t", "description": "d", "version": "1", "license": {"name": "MIT"}},
	"servers": [{"url": "https://h", "description": "d"}],
	"tags": [{"name": "pulls"}],
	"paths": {
		"/pulls": {
			"get": {"summary": "s", "tags": ["pulls"], "x-github": {}, "parameters": [{"$ref": "#/components/parameters/page"}],
				"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/pull"}, "examples": {"x": {"$ref": "#/components/examples/pull"}}}}},
					"404": {"$ref": "#/components/responses/gone"}}},
			"post": {"responses": {"201": {"description": "d"}}}
		},
		"/other": {"get": {"responses": {"200": {"description": "d"}}}}
	},
	"x-webhooks": {
		"pull-opened": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/pull"}}}}}}
	},
	"components": {
		"examples": {"pull": {"value": 1}},
		"parameters": {"page": {"name": "page", "in": "query", "description": "d", "schema": {"type": "integer", "default": 30, "maximum": 9007199254740993}}, "unused": {"name": "u", "in": "query"}},
		"responses": {"gone": {"description": "d"}},
		"schemas": {
			"pull": {"type": "object", "title": "t", "description": "d", "required": ["summary"],
				"properties": {"summary": {"type": "string", "example": "e"}, "description": {"type": "string"}, "head": {"discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/head"}}},
					"state": {"enum": [{"title": "kept"}], "default": {"description": "kept"}}}},
			"head": {"type": "object", "properties": {"pull": {"$ref": "#/components/schemas/pull"}}},
			"unused": {"type": "object"}
		}
	}
}`

func TestPrune(t *testing.T) {
	const schemas = `"schemas":{
"head":{"properties":{"pull":{"$ref":"#/components/schemas/pull"}},"type":"object"},
"pull":{"properties":{"description":{"type":"string"},"head":{"discriminator":{"mapping":{"a":"#/components/schemas/head"},"propertyName":"k"}},"state":{"default":{"description":"kept"},"enum":[{"title":"kept"}]},"summary":{"type":"string"}},"required":["summary"],"type":"object"}
}`
	const info = `"info":{
"license":{
"name":"MIT"
},
"title":"t",
"version":"1"
},
"openapi":"3.0.3",
`
	const servers = `,
"servers":[{"url":"https://h"}]
}
`
	tests := []struct {
		name, list, want, err string
	}{
		{
			"operation", "# those we use\nGET /pulls\n\n", `{
"components":{
"parameters":{
"page":{"in":"query","name":"page","schema":{"default":30,"maximum":9007199254740993,"type":"integer"}}
},
"responses":{
"gone":{"description":""}
},
` + schemas + `
},
` + info + `"paths":{
"/pulls":{
"get":{"parameters":[{"$ref":"#/components/parameters/page"}],"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/pull"}}},"description":""},"404":{"$ref":"#/components/responses/gone"}}}
}
}` + servers, "",
		},
		{
			"event", "event pull-opened", `{
"components":{
` + strings.Replace(schemas, "\n", "\n\"event.pull-opened\":{\"$ref\":\"#/components/schemas/pull\"},\n", 1) + `
},
` + info + `"paths":{
}` + servers, "",
		},
		{"no such operation", "DELETE /pulls", "", "take DELETE /pulls: not described"},
		{"no such path", "GET /pull", "", "take GET /pull: not described"},
		{"no such event", "event pull-closed", "", "take event pull-closed: not described"},
		{"no path", "GET", "", `read line "GET": want a method and a path, or event and its name`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := prune([]byte(description), lines([]byte(tt.list)))
			if err != nil && err.Error() != tt.err || err == nil && tt.err != "" {
				t.Fatalf("got error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What prune makes it makes again from its own result, and it has an answer for any input.
func FuzzPrune(f *testing.F) {
	f.Add([]byte(description), "GET /pulls\nevent pull-opened")
	f.Add([]byte(`{"paths":{"/a":{"get":{"$ref":"#/components/schemas/a"}}},"components":{"schemas":{"a":[]}}}`), "GET /a")
	f.Add([]byte(`{"paths":[],"components":{"schemas":1}}`), "event a")
	f.Fuzz(func(t *testing.T, description []byte, list string) {
		once, err := prune(description, lines([]byte(list)))
		if err != nil {
			return
		}
		twice, err := prune(once, lines([]byte(list)))
		if err != nil {
			t.Fatalf("prune again: %v", err)
		}
		if diff := cmp.Diff(string(once), string(twice)); diff != "" {
			t.Errorf("prune again (-once +twice):\n%s", diff)
		}
	})
}
