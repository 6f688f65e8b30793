package app

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/say"
)

// trap is what somebody writes wherever GitHub lets them: each part would act somewhere if
// it were taken for more than text.
const trap = "<script>alert(1)</script> `x` @olga fixes #1 [a](https://evil.test) ![i](https://evil.test/i.png) \x1b[31m\u202e\u009b2J =cmd|1"

// hostileFloor asks for everything whose answer repeats what contributors wrote.
const hostileFloor = `
version: 1
branches: ["**"]
groups: {leads <b>@olga: {users: [olga]}}
rules:
  - {name: "peer <script> @olga", require: {approvals: {count: 1, from: leads <b>@olga}}, waivable_by: leads <b>@olga}
  - {name: tests, require: {checks: {all: true}}}
  - {name: paths, when: {paths: ["**/*.go"]}, require: {approvals: 2}}
`

// span is a code span of one backtick: nothing in it is live.
var span = regexp.MustCompile("`[^`\n]*`")

// Behaviours 43 and 86: what people write in titles, descriptions, branches, files, commits,
// reviews, checks, statuses and comments is text wherever we repeat it: on GitHub it shows
// nothing, calls nobody, links and loads nothing; on a page and in the log it is inert.
func TestHostileText(t *testing.T) {
	w := newWorldTest(t, t.Cleanup)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.begin([]byte(shop), t.TempDir(), []byte(hostileFloor)))
	must(w.settle())
	const branch = "topic/<b>`@olga`&#evil.test"
	ann, bob, ci := w.sim.As("ann"), w.sim.As("bob"), w.sim.AsApp("octo-ci")
	head, err := ann.Push(w.repo, branch, githubsim.Commit{
		Message: trap + "\n\nCo-authored-by: " + trap + " <x@evil.test>",
		Files:   map[string]string{"a/<script>`@olga` evil.test.go": "package a\n"},
		Author:  githubsim.Ident{Name: trap, Email: "nobody@evil.test"},
	})
	must(err)
	number, err := ann.OpenPull(w.repo, githubsim.NewPull{Title: trap, Body: trap, Head: branch})
	must(err)
	// A change into the branch of that name: it is the base of another.
	onto, err := ann.Push(w.repo, "other", githubsim.Commit{Message: trap, Files: map[string]string{"b.go": "package b\n"}})
	must(err)
	_, err = ann.OpenPull(w.repo, githubsim.NewPull{Title: trap, Head: "other", Base: branch})
	must(err)
	must(ann.Label(w.repo, number, "<b>@olga evil.test"))
	for _, conclusion := range []string{"failure", "success"} {
		_, err = ci.Report(w.repo, head, githubsim.Check{Name: conclusion + trap, Conclusion: conclusion})
		must(err)
	}
	must(ann.Status(w.repo, head, "ci/"+trap, "failure", trap))
	_, err = bob.Review(w.repo, number, githubsim.Review{State: "REQUEST_CHANGES", Body: trap})
	must(err)
	must(w.settle())
	for _, text := range []string{"/waive peer <script> @olga because " + trap, "/waive " + trap + " because x", "/withdraw " + trap} {
		_, err = bob.Comment(w.repo, number, text)
		must(err)
		must(w.settle())
	}

	shown := map[string]string{} // by place, what GitHub renders as Markdown
	plainly := map[string]string{}
	for name, sha := range map[string]string{"head": head, "onto": onto} {
		s, err := w.show(sha)
		must(err)
		if s.Run == 0 || s.State == "" {
			t.Fatalf("nothing is shown on the %s:\n%s", name, w.log)
		}
		shown[name+", summary"] = s.Summary
		plainly[name+", title"], plainly[name+", description"] = s.Title, s.Description
		plainly[name+", annotations"] = strings.Join(s.Annotations, "\n")
	}
	said, err := w.sim.Said(w.repo, number)
	must(err)
	for _, one := range said {
		if one.By == "change-management[bot]" {
			shown["reply"] += one.Body
		}
	}
	for place, text := range shown {
		if place == "head, summary" && !strings.Contains(text, "evil") {
			t.Errorf("the %s repeats nothing of what was planted: %s", place, text)
		}
		text = span.ReplaceAllString(text, "") // FuzzSummaryIsInert renders them
		for _, live := range []string{"<script", "<b>", "@olga", "](http", "https://evil", "www.", "fixes #1", "![i"} {
			if strings.Contains(text, live) {
				t.Errorf("%q is live in the %s:\n%s", live, place, text)
			}
		}
	}
	if shown["reply"] == "" {
		t.Error("no command was answered")
	}
	for _, path := range []string{"/", "/changes/octo-org/shop/2", "/changes/octo-org/shop/3"} {
		resp, err := http.Get(w.url + path)
		must(err)
		body, err := io.ReadAll(resp.Body)
		must(err)
		must(resp.Body.Close())
		page := string(body)
		if resp.StatusCode != http.StatusOK || !strings.Contains(page, "evil.test") {
			t.Errorf("%s: %s", path, resp.Status)
		}
		for _, live := range []string{"<script", "<b>`", "<b>@", `href="https://evil`, "<img"} {
			if strings.Contains(page, live) {
				t.Errorf("%q is live on %s", live, path)
			}
		}
		plainly["page "+path] = page
	}
	maps.Copy(plainly, shown)
	for place, text := range plainly {
		if i := strings.IndexFunc(strings.ReplaceAll(text, "\n", ""), say.Hidden); i >= 0 {
			t.Errorf("what cannot be seen stands in %s: %q", place, text)
		}
	}
	for line := range strings.Lines(w.log.String()) {
		if !json.Valid([]byte(line)) || strings.ContainsFunc(strings.TrimRight(line, "\n"), say.Hidden) || strings.Contains(line, "evil") {
			t.Errorf("log line %q", line)
		}
	}
}
