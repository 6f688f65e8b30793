package githubsim_test

import (
	"encoding/json"
	"errors"
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

// branch pushes one file to a new branch and opens a pull request.
func (s *sim) pull(author, branch, path, content string) (number int, head string) {
	s.t.Helper()
	head = must(s.As(author).Push(infra, branch, text(path, content)))(s.t)
	return must(s.As(author).OpenPull(infra, githubsim.NewPull{Title: "Change " + path, Head: branch}))(s.t), head
}

func check(name, conclusion string) githubsim.Check {
	return githubsim.Check{Name: name, Conclusion: conclusion}
}
