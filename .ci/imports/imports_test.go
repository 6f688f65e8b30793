// Package imports_test shows that the import rules of .golangci.yml bite: for each package
// it has the linter look at a file there that imports everything, and holds what the linter
// lets pass to the table below, which is the architecture's list of directions. "make
// lint-imports" runs it.
package imports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/changewarden/changewarden"

// ours is every package that another could import.
var ours = strings.Fields(`app app/cases app/command app/doctor app/edge app/evidence app/gateclient app/ghclient app/githubsim app/githubsim/contract
	app/githubsim/play app/identity app/importer app/permit app/procedure app/publish app/route app/say app/snapshot app/store
	app/store/pgtest app/subject app/web deploy rules rules/calendar
	rules/schema rules/words webhook`)

// Packages of others, by what they are to us.
const (
	plain   = "embed encoding/json fmt io maps regexp strings time"
	effects = "context crypto/rand database/sql/driver io/fs log log/slog math/rand/v2 net net/http net/url os os/exec syscall testing"
	input   = "context crypto/rand io/fs log/slog math/rand/v2 net net/http net/url os os/exec syscall testing" // effects without log and SQL
	logger  = "github.com/rs/zerolog"
	policy  = "cel.dev/cel-go/cel github.com/bmatcuk/doublestar/v4 go.yaml.in/yaml/v4"
	days    = "github.com/rickar/cal/v2 github.com/rickar/cal/v2/us"
	gogh    = "github.com/google/go-github/v62/github"
	clients = "github.com/bradleyfalzon/ghinstallation/v2"
	jose    = "github.com/go-jose/go-jose/v4/jwt"
	sql     = "database/sql database/sql/driver github.com/jackc/pgx/v5/stdlib github.com/pressly/goose/v3 modernc.org/sqlite"
	others  = policy + " " + days
)

// Whatever a row does not name is refused.
var directions = []struct {
	file string // of the importing package
	ours string
	not  string // with ours "but": all of ours but these
	rest string
}{
	{"cmd/changewarden/probe.go", "but", "app/githubsim/contract app/store/pgtest", plain + " " + input + " " + logger + " " + others},
	{"app/probe.go", "but", "app/githubsim app/githubsim/contract app/githubsim/play app/store/pgtest", plain + " " + input + " " + logger + " " + others},
	{"app/cases/probe.go", "app/say rules", "", plain + " " + input + " " + logger + " " + others},
	{"app/command/probe.go", "", "", plain},
	{"app/doctor/probe.go", "app/ghclient", "", plain + " " + input + " " + logger + " " + others},
	{"app/edge/probe.go", "", "", plain + " " + input + " " + logger + " " + others},
	{"app/evidence/probe.go", "", "", plain + " " + input + " " + logger + " " + others},
	{"app/gateclient/probe.go", "", "", plain + " " + input + " " + logger + " " + others},
	{"app/ghclient/probe.go", "", "", plain + " " + input + " " + logger + " " + others + " " + gogh + " " + clients},
	{"app/githubsim/probe.go", "app/githubsim/play", "", plain + " " + input + " " + logger + " " + others},
	{"app/githubsim/contract/probe.go", "app/githubsim app/githubsim/play", "", plain + " " + input + " " + logger + " " + others},
	{"app/githubsim/play/probe.go", "app/githubsim", "", plain + " " + input + " " + logger + " " + others},
	{"app/identity/probe.go", "", "", plain + " " + input + " " + logger + " " + others + " " + jose},
	{"app/importer/probe.go", "rules", "", plain + " " + input + " " + logger + " " + others},
	{"app/permit/probe.go", "", "", plain + " " + input + " " + logger + " " + others + " " + jose},
	{"app/procedure/probe.go", "rules rules/words", "", plain + " " + input + " " + logger + " " + others},
	{"app/publish/probe.go", "app/ghclient app/say deploy rules", "", plain + " " + input + " " + logger + " " + others + " " + gogh},
	{"app/route/probe.go", "app/command app/subject", "", plain + " net/url"},
	{"app/say/probe.go", "app/command deploy rules", "", plain},
	{"app/snapshot/probe.go", "app/ghclient app/subject deploy rules rules/calendar", "", plain + " " + input + " " + logger + " " + others + " " + gogh},
	{"app/store/probe.go", "app/evidence app/subject", "", plain + " " + input + " " + logger + " " + others + " " + sql},
	{"app/store/pgtest/probe.go", "", "", plain + " " + input + " " + logger + " " + others + " " + sql},
	{"app/subject/probe.go", "", "", plain},
	{"app/web/probe.go", "app/say deploy rules", "", plain + " " + input + " " + logger + " " + others},
	{"app/newcomer/probe.go", "", "", plain + " " + input + " " + logger + " " + others},
	{"deploy/probe.go", "rules", "", plain},
	{"rules/probe.go", "rules/calendar", "", plain + " " + policy},
	{"rules/calendar/probe.go", "", "", plain + " " + days},
	{"rules/schema/probe.go", "rules/calendar", "", plain},
	{"rules/words/probe.go", "rules", "", plain},
	{"rules/newcomer/probe.go", "", "", plain + " " + input + " " + logger + " " + others},
	{"webhook/probe.go", "", "", plain + " " + input + " " + logger + " " + others + " " + gogh},

	// Tests may look at anything of ours; GitHub's types and SQL keep their places.
	{"rules/probe_test.go", "but", "", plain + " " + input + " " + logger + " " + others},
	{"app/probe_test.go", "but", "", plain + " " + input + " " + logger + " " + others},
	{"app/route/probe_test.go", "but", "", plain + " " + input + " " + logger + " " + others},
	{"app/githubsim/probe_test.go", "but", "", plain + " " + input + " " + logger + " " + others + " " + gogh + " " + clients},
	{"app/store/probe_test.go", "but", "", plain + " " + input + " " + logger + " " + others + " " + sql},
}

func TestDirections(t *testing.T) {
	linter := os.Getenv("GOLANGCI_LINT")
	if linter == "" {
		t.Fatal("GOLANGCI_LINT is not set: run this by make lint-imports")
	}
	external := strings.Fields(strings.Join([]string{logger, policy, days, gogh, clients, jose, "github.com/jackc/pgx/v5/stdlib github.com/pressly/goose/v3 modernc.org/sqlite github.com/pkg/errors"}, " "))
	standard := strings.Fields(plain + " " + effects + " database/sql io/ioutil")
	root := skeleton(t, external)
	for _, d := range directions {
		t.Run(d.file, func(t *testing.T) {
			self := strings.TrimSuffix(d.file, "/"+filepath.Base(d.file))
			var imports, want []string
			for _, p := range ours {
				if p == self {
					continue
				}
				imports = append(imports, module+"/"+p)
				named := slices.Contains(strings.Fields(d.ours), p)
				if d.ours == "but" {
					named = !slices.Contains(strings.Fields(d.not), p)
				}
				if named {
					want = append(want, module+"/"+p)
				}
			}
			imports = append(imports, append(slices.Clone(external), standard...)...)
			want = append(want, strings.Fields(d.rest)...)
			slices.Sort(want)

			probe := filepath.Join(root, d.file)
			name := filepath.Base(self)
			text := "package " + name + "\n\nimport (\n"
			for _, p := range imports {
				text += fmt.Sprintf("\t_ %q\n", p)
			}
			write(t, probe, text+")\n")
			defer os.Remove(probe)

			refused := lint(t, linter, root, "./"+self)
			got := slices.DeleteFunc(slices.Sorted(slices.Values(imports)), func(p string) bool { return refused[p] })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("imports that pass (-want +got):\n%s", diff)
			}
		})
	}
}

// lint returns the imports that depguard refuses in one package.
func lint(t *testing.T, linter, root, pkg string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), linter, "run", "--enable-only=depguard", "--output.json.path=stdout", "--show-stats=false", pkg)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var report struct {
		Issues []struct{ FromLinter, Text string }
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("run the linter: %v, %v\n%s", err, jsonErr, &stderr)
	}
	refused := map[string]bool{}
	for _, i := range report.Issues {
		_, rest, ok := strings.Cut(i.Text, "import '")
		path, _, _ := strings.Cut(rest, "'")
		if i.FromLinter != "depguard" || !ok {
			t.Fatalf("the linter says something else: %s: %s", i.FromLinter, i.Text)
		}
		refused[path] = true
	}
	return refused
}

// skeleton returns a module of the same name with an empty package in each place, with
// our linter's configuration and a stand-in for each package of others.
func skeleton(t *testing.T, external []string) string {
	t.Helper()
	root := t.TempDir()
	config, err := os.ReadFile("../../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, ".golangci.yml"), string(config))
	for _, p := range append(slices.Clone(ours), "cmd/changewarden", "app/newcomer", "rules/newcomer") {
		write(t, filepath.Join(root, p, "empty.go"), "package "+filepath.Base(p)+"\n")
	}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module %s\n\ngo 1.26\n", module)
	made := map[string]bool{}
	for _, p := range external {
		write(t, filepath.Join(root, "stand-in", p, "empty.go"), "package empty\n")
		m, version := moduleOf(p)
		if made[m] {
			continue
		}
		made[m] = true
		write(t, filepath.Join(root, "stand-in", m, "go.mod"), "module "+m+"\n")
		fmt.Fprintf(&mod, "require %s %s\nreplace %s => ./stand-in/%s\n", m, version, m, m)
	}
	write(t, filepath.Join(root, "go.mod"), mod.String())
	return root
}

// moduleOf returns the module of a package in external, and a version that fits its name.
func moduleOf(pkg string) (path, version string) {
	segments := strings.Split(pkg, "/")
	for i, s := range segments {
		if len(s) > 1 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == "" {
			return strings.Join(segments[:i+1], "/"), s + ".0.0"
		}
	}
	n := 3
	if segments[0] != "github.com" {
		n = 2
	}
	return strings.Join(segments[:min(n, len(segments))], "/"), "v0.0.0"
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
