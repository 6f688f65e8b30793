package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// description is an OpenAPI description as amended, ready to be asked.
type description struct {
	doc   *openapi3.T
	paths []pathPattern // the one with the most literal text first
}

// pathPattern is one path of a description. kin-openapi's own routers cannot be used:
// legacy refuses the description, gorillamux takes /commits/{ref} for
// /commits/{commit_sha}/pulls as soon as a ref may hold a slash.
type pathPattern struct {
	path  string
	match *regexp.Regexp
	names []string
}

// Loading takes a tenth of a second for requests and half of one for deliveries, so a test
// process does each once, and only if asked.
var (
	loadREST = sync.OnceValues(func() (*description, error) {
		return load("rest.openapi.json", restAmendments)
	})
	loadWebhooks = sync.OnceValues(func() (*description, error) {
		return load("webhooks.openapi.json", webhookAmendments)
	})
)

func restDescription(t testing.TB) *description    { return must(t, loadREST) }
func webhookDescription(t testing.TB) *description { return must(t, loadWebhooks) }

func must[T any](t testing.TB, load func() (T, error)) T {
	t.Helper()
	v, err := load()
	if err != nil {
		t.Fatalf("load GitHub's contract: %v", err)
	}
	return v
}

func load(name string, amendments []amendment) (*description, error) {
	raw, err := readDescription(name)
	if err != nil {
		return nil, err
	}
	for _, a := range amendments {
		if err := a.apply(raw); err != nil {
			return nil, fmt.Errorf("amend %s: %w", name, err)
		}
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("amend %s: %w", name, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return newDescription(doc), nil
}

func readDescription(name string) (any, error) {
	root, err := root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "testdata", "github", name))
	if err != nil {
		return nil, err
	}
	var raw any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a float64 would not give back every integer
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return raw, nil
}

// root returns the folder of go.mod. A test starts in the folder of its package, below it.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find go.mod: none above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

var parameterInPath = regexp.MustCompile(`\{([^{}]+)\}`)

func newDescription(doc *openapi3.T) *description {
	d := &description{doc: doc}
	for path, item := range doc.Paths.Map() {
		p := pathPattern{path: path}
		expression, rest := "^", path
		for _, m := range parameterInPath.FindAllStringSubmatch(path, -1) {
			literal, after, _ := strings.Cut(rest, m[0])
			p.names = append(p.names, m[1])
			expression += regexp.QuoteMeta(literal) + segments(item, m[1])
			rest = after
		}
		p.match = regexp.MustCompile(expression + regexp.QuoteMeta(rest) + "$")
		d.paths = append(d.paths, p)
	}
	slices.SortFunc(d.paths, func(a, b pathPattern) int {
		if n := len(b.literal()) - len(a.literal()); n != 0 {
			return n
		}
		return strings.Compare(a.path, b.path)
	})
	return d
}

func (p pathPattern) literal() string { return parameterInPath.ReplaceAllString(p.path, "") }

// segments matches the values of a path parameter: one segment, several where GitHub
// says so (a branch, a file's path), and none for the root folder of a repository.
func segments(item *openapi3.PathItem, name string) string {
	for _, op := range item.Operations() {
		p := op.Parameters.GetByInAndName(openapi3.ParameterInPath, name)
		switch {
		case p == nil || p.Extensions["x-multi-segment"] != true:
		case name == "path":
			return "(.*)"
		default:
			return "(.+)"
		}
	}
	return "([^/]+)"
}

// find returns the operation that a method and an escaped path ask for.
func (d *description) find(method, path string) (*operation, []mismatch) {
	for _, p := range d.paths {
		m := p.match.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		item := d.doc.Paths.Value(p.path)
		op := item.GetOperation(method)
		if op == nil {
			return nil, []mismatch{{where: "request", reason: "the description has no " + method + " " + p.path}}
		}
		values := map[string]string{}
		for i, name := range p.names {
			v, err := url.PathUnescape(m[i+1])
			if err != nil {
				v = m[i+1]
			}
			if v == "" {
				v = "/" // the root folder; kin-openapi takes an empty value for none
			}
			values[name] = v
		}
		return &operation{
			doc:    d.doc,
			route:  &routers.Route{Spec: d.doc, Path: p.path, PathItem: item, Method: method, Operation: op},
			values: values,
		}, nil
	}
	return nil, []mismatch{{where: "request", reason: "the description has no such path"}}
}
