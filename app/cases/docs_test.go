package cases_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/changewarden/changewarden/app/cases"
	"github.com/changewarden/changewarden/rules"
)

var example = regexp.MustCompile("(?ms)^ *```ya?ml\n(.*?)^ *```$")

// Every example in the documentation is a policy that can stand beside the built-in one or,
// without rules, above it in an organization's name, or
// a file of cases that the built-in policy answers as it says.
func TestDocumentation(t *testing.T) {
	found := 0
	for _, file := range []string{"../../docs/policy.md", "../../docs/production.md", "../../README.md"} {
		for _, m := range example.FindAllStringSubmatch(string(read(t, file)), -1) {
			found++
			text := m[1]
			if strings.HasPrefix(text, "# .github/workflows/") {
				workflow(t, text)
				continue
			}
			if !strings.HasPrefix(text, "version: 1\n") {
				t.Errorf("%s: an example is not a whole file:\n%s", file, text)
				continue
			}
			if strings.Contains(text, "\ncases:") {
				f, err := cases.Read(file, []byte(text))
				if err != nil {
					t.Errorf("%v in\n%s", err, text)
					continue
				}
				p, _ := composed(t, f, []byte("version: 1\n"))
				results, err := f.Run(p)
				if err != nil {
					t.Error(err)
				}
				for _, r := range results {
					if len(r.Errors) > 0 {
						t.Errorf("%s: case %s: %s", file, r.Case.Name, strings.Join(r.Errors, "\n"))
					}
				}
				continue
			}
			l, err := rules.Parse(file, []byte(text))
			switch {
			case err != nil:
			case len(l.Rules) == 0: // an organization's, over the built-in rules
				_, err = rules.ComposeFloor(rules.Default(), l)
			case strings.HasSuffix(file, "production.md"): // an organization's own
				_, err = rules.Compose(l, nil)
			default:
				_, err = rules.Compose(rules.Default(), &l)
			}
			if err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		}
	}
	if found < 5 {
		t.Errorf("%d examples were found", found)
	}
}

// workflow checks an example of a workflow: it goes to staging and to production by names that
// the built-in policy knows, on branches that it governs.
func workflow(t *testing.T, text string) {
	t.Helper()
	var w struct {
		On struct {
			Push struct{ Branches []string }
		}
		Jobs map[string]struct{ Environment string }
	}
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	p, err := rules.Compose(rules.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var enters []string
	for _, job := range w.Jobs {
		enters = append(enters, p.Environments(job.Environment)...)
	}
	slices.Sort(enters)
	if got := strings.Join(enters, ", "); got != "production, staging" || len(w.On.Push.Branches) == 0 {
		t.Errorf("the jobs enter %s on the branches %q in\n%s", got, w.On.Push.Branches, text)
	}
	for _, branch := range w.On.Push.Branches {
		if !p.Governs(branch, "trunk") {
			t.Errorf("the built-in policy does not govern %s", branch)
		}
	}
}

// The page names every key of cases; package schema sees to those of the language.
func TestDocumentationNamesKeys(t *testing.T) {
	page := string(read(t, "../../docs/policy.md"))
	_, err := cases.Read("c.yml", []byte("version: 1\ncases: [{name: a, given: {zzz: 1}, expect: pass}]"))
	if err == nil {
		t.Fatal("an unknown key of given was read")
	}
	_, list, _ := strings.Cut(err.Error(), "it may have ")
	words := strings.Split(list, ", ")
	if len(words) < 20 || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(page, "`"+w+"`") }) {
		for _, w := range words {
			if !strings.Contains(page, "`"+w+"`") {
				t.Errorf("docs/policy.md does not name %q of given", w)
			}
		}
	}
}
