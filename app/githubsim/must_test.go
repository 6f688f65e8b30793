package githubsim_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
)

const (
	infra = "octo-org/infra"
	site  = "octo-org/site"
)

// must fails the test on an error of somebody's action.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused wants an action to be refused with a status.
func refused(t *testing.T, err error, status int) {
	t.Helper()
	var e *githubsim.Error
	if !errors.As(err, &e) || e.Status != status {
		t.Errorf("got %v, want a refusal with %d", err, status)
	}
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("decode %.200s: %v", raw, err)
	}
}

// text wraps one file's content in a commit.
func text(path, content string) githubsim.Commit {
	return githubsim.Commit{Message: "Change " + path, Files: map[string]string{path: content}}
}

// pull lets ann push one file to a new branch and open a pull request.
func (s *sim) pull(branch, path, content string) (number int, head string) {
	s.t.Helper()
	head = must(s.As("ann").Push(infra, branch, text(path, content)))(s.t)
	return must(s.As("ann").OpenPull(infra, githubsim.NewPull{Title: "Change " + path, Head: branch}))(s.t), head
}

func check(name, conclusion string) githubsim.Check {
	return githubsim.Check{Name: name, Conclusion: conclusion}
}

func contains(s, sub string) bool { return strings.Contains(s, sub) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// only keeps the variables that a query declares: GitHub refuses no others, its judge does.
func only(query string, vars map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range vars {
		if strings.Contains(query, "$"+name+":") {
			out[name] = v
		}
	}
	return out
}

var fragment = regexp.MustCompile(`(?s)fragment (\w+) on .*?\n}\n`)

// onlyUsed drops the fragments that a query does not spread, as a reader that sends files
// together has to: an unused fragment is an error.
func onlyUsed(query string) string {
	for {
		next := fragment.ReplaceAllStringFunc(query, func(f string) string {
			if strings.Contains(query, "..."+fragment.FindStringSubmatch(f)[1]) {
				return f
			}
			return ""
		})
		if next == query {
			return query
		}
		query = next
	}
}
