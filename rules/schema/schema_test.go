package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/schema"
)

// places are policies with one key too many, by the mapping that it stands in.
var places = map[string]string{
	"policy":          "version: 1\n%s: 1\n",
	"procedure":       "version: 1\nprocedure: {%s: 1}\n",
	"group":           "version: 1\ngroups: {g: {%s: 1}}\n",
	"rule":            "version: 1\nrules: [{name: r, require: {approvals: 1}, %s: 1}]\n",
	"condition":       "version: 1\nclasses: {c: {%s: 1}}\n",
	"requirement":     "version: 1\nrules: [{name: r, require: {%s: 1}}]\n",
	"approvals":       "version: 1\nrules: [{name: r, require: {approvals: {count: 1, %s: 1}}}]\n",
	"labels":          "version: 1\nclasses: {c: {labels: {%s: 1}}}\n",
	"ticket":          "version: 1\nrules: [{name: r, require: {ticket: {%s: 1}}}]\n",
	"section":         "version: 1\nrules: [{name: r, require: {section: {%s: 1}}}]\n",
	"exception":       "version: 1\nexceptions: [{%s: 1}]\n",
	"advice":          "version: 1\nadvice: [{%s: 1}]\n",
	"environment":     "version: 1\nenvironments: {e: {%s: 1}}\n",
	"window":          "version: 1\nwindows: {w: {%s: 1}}\n",
	"freeze":          "version: 1\nfreezes: [{%s: 1}]\n",
	"emergency":       "version: 1\nemergency: {%s: 1}\n",
	"declare":         "version: 1\nemergency: {declare: {%s: 1}}\n",
	"post_mortem":     "version: 1\nemergency: {post_mortem: {%s: 1}}\n",
	"rollback":        "version: 1\nrollback: {%s: 1}\n",
	"deployed":        "version: 1\nrules: [{name: r, require: {deployed: {%s: 1}}}]\n",
	"deployed_by":     "version: 1\nrules: [{name: r, require: {deployed: {by: {%s: 1}}}}]\n",
	"sign_off":        "version: 1\nrules: [{name: r, require: {sign_off: {%s: 1}}}]\n",
	"checks":          "version: 1\nrules: [{name: r, require: {checks: {all: true, %s: 1}}}]\n",
	"review_requests": "version: 1\nreview_requests: {%s: 1}\n",
}

var mayHave = regexp.MustCompile(`(?m)no key "z+q+": it may have (.*)$`)

// The documentation names every key.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	for place, keys := range schema.Keys() {
		for _, key := range keys {
			if !regexp.MustCompile(`\b` + key + `\b`).Match(page) {
				t.Errorf("docs/policy.md does not name %q of %s", key, place)
			}
		}
	}
}

// The schema has the keys that the parser has: its own message lists them.
func TestKeys(t *testing.T) {
	compiled := compile(t)
	keys := schema.Keys()
	if diff := cmp.Diff(sorted(places), sorted(keys)); diff != "" {
		t.Fatalf("mappings (-tested +described):\n%s", diff)
	}
	for place, page := range places {
		src := fmt.Sprintf(page, "zzzzzzzzzzzzqqqqqqqqqqqq")
		_, err := rules.Parse("p.yml", []byte(src))
		if err == nil {
			t.Errorf("%s: the parser takes an unknown key", place)
			continue
		}
		m := mayHave.FindStringSubmatch(err.Error())
		if m == nil {
			t.Errorf("%s: the parser does not say what it may have: %v", place, err)
			continue
		}
		if diff := cmp.Diff(strings.Split(m[1], ", "), keys[place]); diff != "" {
			t.Errorf("keys of %s (-parser +schema):\n%s", place, diff)
		}
		if err := compiled.Validate(value(t, src)); err == nil {
			t.Errorf("%s: the schema takes an unknown key", place)
		}
	}
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Whatever parses has to be accepted: an editor never marks what is right.
func TestAccepts(t *testing.T) {
	compiled := compile(t)
	accepted := 0
	for _, glob := range []string{"../default.yml", "../../testdata/policies/*.yml", "../../.github/change-management.yml", "../../testdata/verdicts/*.txtar"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := string(src)
			if strings.HasSuffix(file, ".txtar") {
				_, text, _ = strings.Cut(text, "-- policy --\n")
				text, _, _ = strings.Cut(text, "\n-- ")
			}
			if strings.HasSuffix(file, ".test.yml") || text == "" {
				continue
			}
			if _, err := rules.Parse(file, []byte(text)); err != nil {
				continue
			}
			accepted++
			if err := compiled.Validate(value(t, text)); err != nil {
				t.Errorf("%s parses and the schema refuses it: %v", file, err)
			}
		}
	}
	if accepted < 10 {
		t.Errorf("%d policies were found: want the corpus", accepted)
	}
}

func TestRefuses(t *testing.T) {
	compiled := compile(t)
	for _, src := range []string{
		"rules: []", "version: 2", "version: 1\nrules: []", "version: 1\nbranches: []", "version: 1\nrules: [{name: a}]",
		"version: 1\nrules: [{require: {approvals: 1}}]",
		"version: 1\nrules: [{name: a, require: {approvals: 0}}]",
		"version: 1\nrules: [{name: a, require: {approvals: {from: x}}}]",
		"version: 1\nrules: [{name: a, require: {checks: some}}]",
		"version: 1\nrules: [{name: a, require: {checks: {all: false}}}]",
		"version: 1\nrules: [{name: a, require: {approvals: {count: 1, of: head}}}]",
		"version: 1\nprocedure: {last_reviewed: yesterday}",
		"version: 1\nprocedure: {review_every: often}",
		"version: 1\ngroups: {g: {users: ['@ann']}}",
		"version: 1\nclasses: {c: {draft: maybe}}",
		"version: 1\nclasses: {c: {lines: many}}",
		"version: 1\nclasses: {c: {not: {}}}",
		"version: 1\ngroups: {g: {permission: owner}}",
		"version: 1\nrules: [{name: a, require: {up_to_date: false}}]",
		"version: 1\nrules: [{name: a, require: {any: []}}]",
		"version: 1\nrules: [{name: a, require: {ticket: {in: title}}}]",
		"version: 1\nrules: [{name: a, require: {approvals: {count: 1, max_age: long}}}]",
		"version: 1\nexceptions: [{rule: a}]",
	} {
		if err := compiled.Validate(value(t, src)); err == nil {
			t.Errorf("the schema takes %q", src)
		}
	}
}

// Every key says what it is for.
func TestDescriptions(t *testing.T) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for key, p := range properties {
					object, _ := p.(map[string]any)
					if d, _ := object["description"].(string); d == "" && object["$ref"] == nil {
						t.Errorf("%s.%s has no description", path, key)
					}
				}
			}
			for key, p := range v {
				walk(path+"."+key, p)
			}
		case []any:
			for _, p := range v {
				walk(path, p)
			}
		}
	}
	var v any
	if err := json.Unmarshal(schema.Text(), &v); err != nil {
		t.Fatal(err)
	}
	walk("", v)
	if !bytes.Equal(schema.Text(), schema.Text()) {
		t.Error("Text is not the same twice")
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Text()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.ID, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(schema.ID)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// value is a policy as an editor hands it to a schema: days are texts.
func value(t *testing.T, src string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Load([]byte(strings.TrimPrefix(src, "\ufeff")), &n); err != nil {
		t.Fatalf("%v in\n%s", err, src)
	}
	return plain(t, n.Content[0])
}

func plain(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, plain(t, c))
		}
		return out
	default:
		return scalar(n)
	}
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!int":
		return json.Number(n.Value)
	case "!!bool":
		return n.Value == "true"
	case "!!null":
		return nil
	}
	return n.Value
}
