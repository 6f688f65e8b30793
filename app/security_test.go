package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The threat model names for each attack what shows the defence: each of these tests and
// scenarios is there, each of its links leads somewhere, and no attack stands alone but
// those that no test of Go's can show.
func TestThreatModel(t *testing.T) {
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".tools"}, d.Name()):
			return filepath.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllSubmatch(src, -1) {
				known[string(m[1])] = true
			}
		case filepath.Dir(path) == filepath.Join("..", "testdata", "scenarios"):
			known[strings.TrimSuffix(d.Name(), ".txtar")] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*|\\d\\d-[a-z-]+|forged-status)`")
	names := 0
	for _, m := range named.FindAllStringSubmatch(string(text), -1) {
		names++
		if !known[m[1]] {
			t.Errorf("%s is named, and there is no such test or scenario", m[1])
		}
	}
	if names < 60 {
		t.Errorf("%d tests and scenarios were found: the page is not read as it is written", names)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(m[1], "https://") {
			continue
		}
		if _, err := os.Stat(filepath.Join("../docs", m[1])); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	build := false // what the build does no test of Go's can show
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			build = strings.Contains(line, "the build")
		}
		cells := strings.Split(line, "|")
		if len(cells) == 5 && !strings.Contains(line, "---") && strings.TrimSpace(cells[3]) != "shown by" && !build && !named.MatchString(cells[3]) {
			t.Errorf("nothing shows it: %s", line)
		}
	}
}
