package deploy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

var update = flag.Bool("update", false, "write what was decided into the golden pages")

// TestGates judges each page of testdata/gates. The file usual.json in that folder is a
// deployment with which nothing is wrong, on a Monday morning; the file request of a page
// says what is different about it, and at when it is judged. policy is the floor, or the
// built-in policy where there is none; repository is the repository's own.
func TestGates(t *testing.T) {
	usual, err := os.ReadFile("../testdata/gates/usual.json")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../testdata/gates/*.txtar")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	seen := map[string]bool{}
	for _, name := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			page, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(page.Comment)) == 0 {
				t.Error("the page does not say what it shows")
			}
			d := decide(t, usual, page)
			for _, r := range d.Reasons {
				seen[string(r.Code)] = true
			}
			for _, f := range d.Verdict.Findings {
				for _, r := range f.Reasons {
					seen[string(r.Code)] = true
					if r.SignOff != nil {
						for _, one := range r.SignOff.Dropped {
							seen["sign-off dropped: "+string(one.Why)] = true
						}
					}
				}
			}
			got := show(t, d)
			if *update {
				set(page, "want", got)
				if err := os.WriteFile(name, txtar.Format(page), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(file(page, "want"), got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
	want := constants(t, "decide.go", "Code")
	for _, code := range constants(t, "../rules/verdict.go", "Code") {
		if regexp.MustCompile(`^(deployed|sign_off|window|separation)\.|^rule\.(emergency|rollback)$`).MatchString(code) {
			want = append(want, code)
		}
	}
	for _, why := range constants(t, "../rules/signoff.go", "SignOffDrop") {
		want = append(want, "sign-off dropped: "+why)
	}
	for _, code := range want {
		if !seen[code] {
			t.Errorf("no page shows %s", code)
		}
	}
}

func decide(t *testing.T, usual []byte, page *txtar.Archive) deploy.Decision {
	t.Helper()
	floor := rules.Default()
	var repo *rules.Layer
	var facts map[string]any
	if err := json.Unmarshal(usual, &facts); err != nil {
		t.Fatal(err)
	}
	at := time.Time{}
	for _, f := range page.Files {
		switch f.Name {
		case "policy", "repository":
			l, err := rules.Parse(f.Name, f.Data)
			if err != nil {
				t.Fatalf("parse %s:\n%v", f.Name, err)
			}
			if f.Name == "policy" {
				floor = l
			} else {
				repo = &l
			}
		case "request":
			var other map[string]any
			if err := json.Unmarshal(f.Data, &other); err != nil {
				t.Fatalf("read request: %v", err)
			}
			merge(facts, other)
		case "at":
			var err error
			if at, err = time.Parse(time.RFC3339, string(bytes.TrimSpace(f.Data))); err != nil {
				t.Fatal(err)
			}
		case "want":
		default:
			t.Fatalf("no file is called %s", f.Name)
		}
	}
	var r deploy.Request
	dec := json.NewDecoder(bytes.NewReader(encode(t, facts)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("read request: %v", err)
	}
	if at.IsZero() {
		at = r.Shipment.TakenAt
	}
	r.Shipment.TakenAt = at
	p, err := rules.Compose(floor, repo)
	if err != nil {
		t.Fatal(err)
	}
	d := deploy.Decide(p, r, at)
	once, again := encode(t, d), encode(t, deploy.Decide(p, r, at))
	if !bytes.Equal(once, again) {
		t.Errorf("the same request is decided otherwise:\n%s\n%s", once, again)
	}
	return d
}

// merge puts what other says in the place of what is in facts, field by field; lists as a whole.
func merge(facts, other map[string]any) {
	for key, v := range other {
		was, ok := facts[key].(map[string]any)
		if is, also := v.(map[string]any); ok && also {
			merge(was, is)
			continue
		}
		facts[key] = v
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show writes a decision for people, a line a reason.
func show(t *testing.T, d deploy.Decision) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s", d.Answer)
	if d.Rollback {
		b.WriteString(" (rollback lane)")
	}
	if !d.Recheck.IsZero() {
		fmt.Fprintf(&b, ", looked at again %s", d.Recheck.Format("Mon 2006-01-02 15:04"))
	}
	b.WriteString("\n")
	for _, r := range d.Reasons {
		fmt.Fprintf(&b, "%s: %s%s\n", r.Answer, r.Code, rest(t, r, "answer", "code"))
	}
	for _, f := range d.Verdict.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Rule, f.Outcome)
		for _, r := range f.Reasons {
			fmt.Fprintf(&b, "    %s %s%s\n", r.Outcome, r.Code, rest(t, r, "outcome", "code"))
		}
	}
	return b.String()
}

// rest returns the facts of a reason as JSON, without the fields that are said already, and
// one of the next openings.
func rest(t *testing.T, v any, said ...string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(encode(t, v), &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range said {
		delete(m, key)
	}
	if w, ok := m["window"].(map[string]any); ok {
		if next, ok := w["next"].([]any); ok {
			w["next"] = next[:1]
		}
	}
	if len(m) == 0 {
		return ""
	}
	return " " + string(encode(t, m))
}

func file(page *txtar.Archive, name string) string {
	for _, f := range page.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func set(page *txtar.Archive, name, text string) {
	for i := range page.Files {
		if page.Files[i].Name == name {
			page.Files[i].Data = []byte(text)
			return
		}
	}
	page.Files = append(page.Files, txtar.File{Name: name, Data: []byte(text)})
}

// constants returns the values of a file's string constants of a type.
func constants(t *testing.T, path, kind string) []string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +`+kind+` += "([^"]+)"`).FindAllSubmatch(src, -1) {
		values = append(values, string(m[1]))
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", kind, path)
	}
	return values
}
