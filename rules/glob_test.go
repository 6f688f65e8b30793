package rules

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// A glob that a policy may hold matches what doublestar says that one of its alternatives
// matches: looking at their literal parts first changes nothing. And what doublestar
// matches with the braces in it is matched; the other way round it misses some: to it
// "a*{,b}" does not match "a".
func FuzzGlob(f *testing.F) {
	for _, g := range []string{
		"**/*.{tf,tofu,tfvars,tftpl,tfquery.hcl}", "**/.terraform*", "**/atlantis.y{a,}ml", "**/terraform/**", policyPaths,
		"a/**/b", "a/**", "**", "*", "a?c/[a-c]*", "a/[!b]/c", `\*x`, "{a,b/{c,d}}/e*", "x*y*z", "release/**", "a*{,b}", "v?.?", "a?c/x*y", "[ab]c/**/d?e", "{[!,}]x,y}", "a[{]b{c,d}", "[^{]{a,b}", `a\{b{c,d}`,
	} {
		for _, name := range []string{"main.tf", "a/b", "a/x/y/b", "infra/terraform/x", "terraform", ".github/change-management.yml", "*x", "b/d/ef", "xayaz", "release/1/2", "a/c/c", "v1.2", "v1x2", "abc/xy", "abc/x1y", "bc/q/dde", "cc/q/dde", "zx", ",x", "y", "a{bc", "a{bd", "za", "{a", "a{b"} {
			f.Add(g, name)
		}
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		if !utf8.ValidString(text) || !utf8.ValidString(name) || name == "" {
			return // neither a policy nor GitHub has such
		}
		for _, kind := range []globKind{pathGlob, branchGlob, checkGlob} {
			if _, err := checkPattern(text, kind); err != nil {
				continue
			}
			patterns, err := spread(text)
			if err != nil {
				t.Fatal(err)
			}
			got := compileGlob(text).match(name)
			want := slices.ContainsFunc(patterns, func(p string) bool {
				ok, err := doublestar.Match(p, name)
				if err != nil {
					t.Fatalf("doublestar refuses %q of %q", p, text)
				}
				return ok
			})
			if got != want {
				t.Fatalf("%q matches %q: %v, want %v as one of %q", text, name, got, want, patterns)
			}
			if ok, err := doublestar.Match(text, name); err != nil || ok && !got {
				t.Fatalf("%q matches %q: %v, to doublestar %v %v", text, name, got, ok, err)
			}
		}
	})
}

func TestCheckPattern(t *testing.T) {
	for _, c := range []struct {
		text string
		kind globKind
		want int // how many patterns; 0: refused
	}{
		{"**/*.{tf,tofu}", pathGlob, 2},
		{"{a,b}{c,d}", pathGlob, 4},
		{"y{a,}ml", pathGlob, 2},
		{"{a,b{c,d}}", pathGlob, 3},
		{`\{a\}`, pathGlob, 1},
		{"[ab]{c,d}", pathGlob, 2},
		{`[\]a]{c,d}`, pathGlob, 2},
		{"{[ab]c,d}", pathGlob, 2},
		{`{a\},b\,c}`, pathGlob, 2},
		{"!x", checkGlob, 1},
		{"/x ", checkGlob, 1},
		{"build / test (a, b)", checkGlob, 1},
		{"a:b", branchGlob, 1},
		{"{a,b", checkGlob, 0},
		{"[a", checkGlob, 0},
		{`a\`, checkGlob, 0},
		{"{,}", checkGlob, 0},
		{"[{a,b}]", pathGlob, 0},
		{`a\b`, pathGlob, 0},
		{"a**", pathGlob, 0},
		{"a/./b", branchGlob, 0},
		{"{!x,y}", pathGlob, 0},
	} {
		got, err := checkPattern(c.text, c.kind)
		if got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("checkPattern(%q) = %d, %v, want %d", c.text, got, err, c.want)
		}
	}
}
