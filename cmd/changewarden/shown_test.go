package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/say"
)

// Behaviour 43: what stands in the names and texts of files is read on a terminal, and does
// nothing there; nor does it begin a line, which GitHub Actions would take for a command.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	const name = "a\n::error::planted \x1b[31m\u202e,y"
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write(name+".yml", "version: 1\nrules: [{name: a, require: {approvals: 1}}]\n")
	unknown := write(name+"z.yml", "version: 1\nrulez: []\n")
	hidden := write(name+"h.yml", "version: 1\n# \u009b31m\u202e\n\"\x1b[2J\": []\n")
	cases := write(name+".test.yml", "version: 1\ncases: [{name: \"\\e[31m\", change: {}, want: pass}]\n")
	owners := write(name+"CODEOWNERS", "/\x1b[31m<b> @octo/te\u202eam\n*.go bob\n")
	for _, args := range [][]string{
		{"policy", "check", good, unknown, hidden, filepath.Join(dir, "none\x1b[31m")},
		{"policy", "check", "--format", "github", good, unknown, hidden},
		{"policy", "explain", unknown},
		{"policy", "procedure", hidden},
		{"policy", "test", cases},
		{"policy", "test", dir},
		{"policy", "diff", good, hidden},
		{"policy", "diff", good, unknown},
		{"policy", "import", owners},
		{"windows", "next", unknown},
		{"windows", "next", "--class", "\x1b[31m"},
		{"check", "--snapshot", hidden},
		{"check", "octo-org/\x1b[31m#1"},
		{"timeline", "octo-org/\x1b[31m#1"},
		{"verify", "--head", "\x1b[31m"},
		{"\x1b[31m"},
	} {
		var out, problems bytes.Buffer
		run(args, &out, &problems)
		if out.Len()+problems.Len() == 0 {
			t.Errorf("%q says nothing", args)
		}
		all := problems.String()
		if args[0] == "policy" { // for people; what others print is data
			all += shownLines(out.String(), args)
		}
		for line := range strings.Lines(all) {
			if strings.ContainsFunc(strings.TrimRight(line, "\n"), say.Hidden) {
				t.Errorf("%q prints %q", args, line)
			}
		}
		if strings.Contains("\n"+out.String(), "\n::error::") {
			t.Errorf("%q prints a command of another's: %s", args, &out)
		}
	}
}

// shownLines is what a command printed, without the file of GitHub's annotations: its name
// is the file's.
func shownLines(out string, args []string) string {
	if len(args) < 4 || args[3] != "github" {
		return out
	}
	var b strings.Builder
	for line := range strings.Lines(out) {
		_, after, _ := strings.Cut(line, ",line=")
		b.WriteString(after)
	}
	return b.String()
}

func TestShown(t *testing.T) {
	var out bytes.Buffer
	const text = "a\tb\x1b[31m\u202e\r\n\u009bc é\n"
	if n, err := (shown{&out}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if want := "a\tb\ufffd[31m\ufffd\ufffd\n\ufffdc é\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}
