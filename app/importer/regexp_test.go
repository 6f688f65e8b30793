package importer

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/hmarr/codeowners"
)

func TestGlobsOf(t *testing.T) {
	for _, c := range []struct {
		expression string
		want       []string
	}{
		{`^docs/.*$`, []string{"docs/**"}},
		{`^docs/`, []string{"docs/**"}},
		{`\.go$`, []string{"**/*.go"}},
		{`^.*\.(md|txt)$`, []string{"**/*.md", "**/*.txt"}},
		{`^server/views/.*\.tmpl$`, []string{"server/views/**/*.tmpl"}},
		{`^config/special\.file$`, []string{"config/special.file"}},
		{`^[^/]+\.md$`, []string{"*.md"}},
		{`^\.github/workflows/[^/]*$`, []string{".github/workflows/*"}},
		{`^go\.(mod|sum)$`, []string{"go.mod", "go.sum"}},
		{`^(.*/)?Makefile$`, []string{"**/Makefile", "Makefile"}},
		{`^doc.*`, []string{"doc*", "doc*/**"}},
		{`^doc.*/x$`, []string{"doc*/**/x"}},
		{`^doc.*x$`, []string{"doc*x", "doc*/**/*x"}},
		{`.*`, []string{"**"}},
		{`^services?/`, []string{"services/**", "service/**"}},
		{`^a[12]/b$`, []string{"a1/b", "a2/b"}},
		{`^a\*b$`, []string{`a\*b`}},
		{`(?i)readme`, nil},
		{`^a[0-9]+$`, nil},
		{`^a.b$`, nil},
		{`a^b`, nil},
		{`(`, nil},
		{`^/etc`, nil},
	} {
		got, err := globsOf(c.expression)
		if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want != nil) {
			t.Errorf("%s (-want +got): %v\n%s", c.expression, err, diff)
		}
	}
}

// paths are made of few letters, so that expressions often meet them.
func paths(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	out := []string{"a", "docs", "docs/a.md", "a/docs/b", "Makefile", "a/Makefile", "doc", "docs/a/b.md"}
	for range n {
		var segments []string
		for range 1 + random.IntN(4) {
			segments = append(segments, []string{"a", "b", "docs", "a.md", "b.go", "x-y", "service", "services", "Makefile"}[random.IntN(9)])
		}
		out = append(out, strings.Join(segments, "/"))
	}
	return out
}

// What an expression finds, one of its globs matches: no file falls out of a rule.
func TestGlobsCover(t *testing.T) {
	for _, expression := range []string{
		`^docs/.*$`, `docs`, `\.md$`, `^.*\.(md|go)$`, `^a/.*\.md$`, `^[^/]+\.md$`, `^doc.*`, `^d.*s/b`, `s.*a`, `^(.*/)?Makefile$`,
		`/docs/`, `^services?/`, `.*docs.*`, `^a/[^/]*/b`, `(^|/)docs/`,
	} {
		globs, err := globsOf(expression)
		if err != nil {
			if expression != `/docs/` && expression != `(^|/)docs/` {
				t.Errorf("%s: %v", expression, err)
			}
			continue
		}
		re := regexp.MustCompile(expression)
		for _, path := range paths(500) {
			if re.MatchString(path) && !matches(globs, path) {
				t.Errorf("%s finds %s, and none of %q matches", expression, path, globs)
			}
		}
	}
}

// A pattern of CODEOWNERS matches what its globs match. A folder's glob also matches a file
// of the folder's name, which cannot be there beside it.
func TestOwnersGlobs(t *testing.T) {
	for _, pattern := range []string{
		"*", "*.md", "/docs/", "docs/", "docs", "/docs", "docs/*", "/a/*.md", "**/docs", "/docs/**", "a/**/b", "/*", "/*.md",
		"**/a/**", "a/b", "/service?", "Makefile", "**", "*.go", "/docs/a.md", "x-y", "/a/**/docs/*",
	} {
		set, err := codeowners.ParseFile(strings.NewReader(pattern + " @ann"))
		if err != nil {
			t.Fatal(err)
		}
		globs := ownersGlobs(pattern)
		for _, path := range paths(500) {
			want, err := set[0].Match(path)
			if err != nil {
				t.Fatal(err)
			}
			within, err := set[0].Match(path + "/x")
			if err != nil {
				t.Fatal(err)
			}
			if got := matches(globs, path); got != want && (!got || !within) {
				t.Errorf("%s and %s: globs %q say %t, GitHub %t", pattern, path, globs, got, want)
			}
		}
	}
}

func matches(globs []string, path string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return doublestar.MatchUnvalidated(g, path) })
}
