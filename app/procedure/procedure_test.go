package procedure_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/procedure"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

func compose(t *testing.T, text string) rules.Policy {
	t.Helper()
	l, err := rules.Parse("team.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compose(rules.Default(), &l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func day(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// write returns both forms of the document.
func write(t *testing.T, p rules.Policy, today string) (markdown, html string) {
	t.Helper()
	sources := []procedure.Source{{File: "rules/default.yml", Text: []byte("abc")}}
	var md, page bytes.Buffer
	if err := procedure.Markdown(&md, p, sources, day(t, today)); err != nil {
		t.Fatal(err)
	}
	if err := procedure.HTML(&page, p, sources, day(t, today)); err != nil {
		t.Fatal(err)
	}
	return md.String(), page.String()
}

// Every rule of the control's own policy stands under the sentence of the control that it
// serves.
func TestServes(t *testing.T) {
	l := rules.Default()
	got := map[string][]string{}
	for _, r := range l.Rules {
		for _, c := range procedure.Serves(r, l) {
			got[r.Name] = append(got[r.Name], c.Title)
		}
	}
	want := map[string][]string{
		"peer review":                            {"Peer review"},
		"infrastructure needs two approvals":     {"Infrastructure"},
		"infrastructure needs a senior engineer": {"Infrastructure"},
		"security review":                        {"Security code review"},
		"policy owners approve policy changes":   {"The process itself"},
		"automated tests pass":                   {"Automated tests"},

		"staging first":                             {"Staging first"},
		"QA sign-off":                               {"QA sign-off"},
		"standard changes in business hours":        {"Change window"},
		"high-risk changes in a maintenance window": {"Change window"},
		"customer notice":                           {"Change window"},
		"rollback plan":                             {"Rollback"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whom a rule asks says what review it is, where the class does not.
func TestServesByGroup(t *testing.T) {
	p := compose(t, "version: 1\ngroups: {second line: {teams: [information-security]}}\nrules:\n  - {name: a, when: {labels: [critical]}, require: {approvals: {count: 1, from: second line}}}\n")
	got := procedure.Serves(p.Layers[1].Rules[0], p.Layers[1])
	if len(got) != 1 || got[0].Title != "Security code review" {
		t.Errorf("got %v", got)
	}
}

// Both forms hold each rule and role, the head, the digest, and what there is for production.
func TestDocument(t *testing.T) {
	p := compose(t, `version: 1
procedure: {owner: platform, last_reviewed: 2025-01-31, review_every: 1 month, frameworks: {SOC 2: [CC8.1, CC6.1]}}
groups: {payments: {teams: [pay], users: [ann]}}
classes:
  clusters: {any: [{paths: ["**/*.tf"]}]}
rules:
  - {name: money, when: {paths: ["pay/**"]}, require: {approvals: {count: 1, from: payments}, checks: {names: [ci]}}}
  - {name: clusters, when: {class: clusters}, require: {approvals: 2}}
  - {name: plan, waivable_by: payments, require: {section: Rollback plan, ticket: {pattern: "A-[0-9]+"}}}
exceptions:
  - {rule: money, scope: {paths: [pay/old/**]}, reason: it is being taken out, approved_by: ann, expires: 2025-12-31}
`)
	markdown, html := write(t, p, "2025-03-01")
	for form, text := range map[string]string{"markdown": markdown, "html": html} {
		style := words.Markdown
		if form == "html" {
			style = words.HTML
		}
		want := []string{
			"platform", "2025-01-31", "2025-02-28", "SOC 2 CC8.1, CC6.1", "The review is overdue: it was due on 2025-02-28, 1 day ago.",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			"2025-12-31", "it is being taken out", "can waive it for a change",
			style.Group(p.Layers[1].Groups["payments"]), style.Condition(p.Layers[1].Classes["clusters"]),
		}
		for _, l := range p.Layers {
			for _, r := range l.Rules {
				want = append(want, style.Rule(r))
			}
			for _, said := range style.Production(l) {
				want = append(want, said[1])
			}
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in\n%s", form, w, text)
			}
		}
	}
	for _, open := range []string{"asks for a rollback plan", "asks for a ticket", "asks for it", "has no emergency path"} {
		if strings.Contains(markdown, open) {
			t.Errorf("the document says that no rule %s", open)
		}
	}
	if i, j := strings.Index(markdown, "### Infrastructure"), strings.Index(markdown, "**clusters**"); i < 0 || j < i {
		t.Error("a rule about Terraform stands elsewhere than under infrastructure")
	}
}

// A name in a policy cannot become markup, and the page asks nobody for anything.
func TestInert(t *testing.T) {
	p := compose(t, `version: 1
procedure: {owner: "<script>x</script> | [a](http://b)"}
groups: {"<img src=//x>": {users: [ann]}}
classes: {c: {paths: ["a|x"]}}
rules:
  - {name: "</li><b>|", when: {paths: ["<i>"]}, require: {approvals: {count: 1, from: "<img src=//x>"}}}
`)
	markdown, html := write(t, p, "2025-03-01")
	for _, bad := range []string{"<script", "<img", "<b>", "<i>", "href", "src=\"", "@import", "url("} {
		if strings.Contains(html, bad) {
			t.Errorf("html holds %q", bad)
		}
	}
	for _, bad := range []string{"<script>", "<img", "</li>", "[a](", "|x`"} {
		if strings.Contains(strings.NewReplacer(`\<`, "", `\[`, "", `\|`, "").Replace(markdown), bad) {
			t.Errorf("markdown holds %q", bad)
		}
	}
}

func TestNextReview(t *testing.T) {
	for _, c := range []struct{ last, every, want string }{
		{"2025-01-09", "3 months", "2025-04-09"},
		{"2025-01-31", "1 month", "2025-02-28"},
		{"2024-11-30", "3 months", "2025-02-28"},
		{"2025-01-09", "10 days", "2025-01-19"},
		{"2025-01-09", "2 weeks", "2025-01-23"},
		{"2025-01-09", "1 year", "2026-01-09"},
		{"2025-01-09", "", ""},
		{"", "1 year", ""},
	} {
		got := ""
		if next, ok := procedure.NextReview(rules.Procedure{LastReviewed: c.last, ReviewEvery: c.every}); ok {
			got = next.Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("%s every %s: %q, want %q", c.last, c.every, got, c.want)
		}
	}
	markdown, _ := write(t, compose(t, "version: 1\n"), "2025-04-09")
	if strings.Contains(markdown, "review is overdue") {
		t.Error("the review is called overdue on the day that it is due")
	}
}
