package words_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

// parse returns the layer of a file with groups g and h and class c beside the text.
func parse(t *testing.T, text string) rules.Layer {
	t.Helper()
	head := "version: 1\ngroups: {g: {teams: [g]}, h: {users: [ann]}}\nclasses: {c: {paths: [\"c/**\"]}, d: {labels: [d]}}\n"
	l, err := rules.Parse("p.yml", []byte(head+text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return l
}

func TestRule(t *testing.T) {
	for _, c := range []struct{ name, rule, want string }{
		{"one approval", "require: {approvals: 1}", "Every change needs one approval by somebody with write access who contributed nothing to it."},
		{
			"approvals from groups", "require: {approvals: {count: 2, from: [g, h]}}",
			"Every change needs two approvals by different people of g or h who contributed nothing to it.",
		},
		{
			"many, bound to the commit", "require: {approvals: {count: 12, of: commit, unknown_authors: block}}",
			"Every change needs 12 approvals by different people with write access who contributed nothing to it (given for the very commit that would be merged, and nothing in it may be of unknown authorship).",
		},
		{"all checks", "require: {checks: all}", "Every change needs all its checks to have concluded, none with a failure and at least one with success."},
		{
			"all checks but", "require: {checks: {all: true, except: [\"a*\", b]}}",
			"Every change needs all its checks to have concluded, none with a failure and at least one with success (a* and b aside).",
		},
		{"named checks", "require: {checks: {names: [a, b]}}", "Every change needs the checks a and b to succeed."},
		{
			"checks of an app", "require: {checks: {names: [a], app: ci, conclusions: [success, skipped]}}",
			"Every change needs check a, reported by the app ci, to conclude with success or skipped.",
		},
		{
			"both", "require: {approvals: 1, checks: {names: [a]}}",
			"Every change needs one approval by somebody with write access who contributed nothing to it, and needs check a to succeed.",
		},
		{"class", "when: {class: [c, d]}\n    require: {checks: {names: [a]}}", "A change of class c or d needs check a to succeed."},
		{
			"paths", "when: {paths: [\"a/**\", b, c], not_paths: [\"a/x\"], branches: main}\n    require: {checks: {names: [a]}}",
			"A change into main and that touches a/**, b or c outside of a/x, needs check a to succeed.",
		},
		{"not paths", "when: {not_paths: [a, b]}\n    require: {checks: {names: [a]}}", "A change that touches anything outside of a and b needs check a to succeed."},
		{"only paths", "when: {only_paths: [a]}\n    require: {checks: {names: [a]}}", "A change that touches nothing but a needs check a to succeed."},
		{
			"the rest", "when: {head_branches: [\"x:*\"], labels: [big], authors: g, draft: true}\n    require: {checks: {names: [a]}}",
			"A change from branch x:*, labelled big, that somebody of g contributed to and that is a draft, needs check a to succeed.",
		},
		{
			"any", "when: {draft: false, any: [{class: c}, {labels: [a, b]}]}\n    require: {checks: {names: [a]}}",
			"A change that is ready for review and (either of class c; or labelled a or b), needs check a to succeed.",
		},
		{"any of one", "when: {any: [{class: c}]}\n    require: {checks: {names: [a]}}", "A change of class c needs check a to succeed."},
	} {
		l := parse(t, "rules:\n  - name: r\n    "+c.rule+"\n")
		if diff := cmp.Diff(c.want, words.Plain.Rule(l.Rules[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What a policy is made of cannot be told from markup.
func TestStyles(t *testing.T) {
	l := parse(t, "rules:\n  - name: r\n    when: {paths: [\"a`b/**\"], class: \"c\"}\n    require: {approvals: {count: 1, from: g}}\n")
	rule := l.Rules[0]
	rule.When.Class = []string{"<img src=x> @octo-org/all"}
	for _, c := range []struct {
		style words.Style
		want  string
	}{
		{words.Markdown, "A change of class \\<img src=x\\> @\u200bocto-org/all and that touches `` a`b/** `` needs one approval by somebody of g who contributed nothing to it."},
		{words.HTML, "A change of class &lt;img src=x&gt; @octo-org/all and that touches <code>a`b/**</code> needs one approval by somebody of g who contributed nothing to it."},
	} {
		if diff := cmp.Diff(c.want, c.style.Rule(rule)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestGroup(t *testing.T) {
	l, err := rules.Parse("p.yml", []byte("version: 1\ngroups: {a: {teams: [x#12, y], users: [ann, bob, carol#7]}, b: {users: ann}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the members of the teams x#12 and y, and ann, bob and carol#7", "ann", "nobody"}
	got := []string{words.Plain.Group(l.Groups["a"]), words.Plain.Group(l.Groups["b"]), words.Plain.Group(rules.Group{})}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiff(t *testing.T) {
	floor := rules.Default()
	compose := func(text string) rules.Policy {
		l := parse(t, text)
		p, err := rules.Compose(floor, &l)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	from := compose("branches: [next]\nrules:\n  - {name: a, require: {approvals: 2}}\n  - {name: b, require: {checks: {names: [x]}}}\n  - {name: c, require: {checks: all}}\n")
	to := compose("rules:\n  - {name: c, require: {checks: all}}\n  - {name: a, require: {approvals: 3}}\n  - {name: d, when: {class: c}, require: {approvals: 1}}\n")
	var got []string
	for _, d := range words.Plain.Diff(from, to) {
		got = append(got, string(d.Kind)+" "+d.What+" "+d.Layer+" "+d.Name+": "+d.Before+" > "+d.After)
	}
	want := []string{
		"changed rule repository a: Every change needs two approvals by different people with write access who contributed nothing to it. > Every change needs three approvals by different people with write access who contributed nothing to it.",
		"added rule repository d:  > A change of class c needs one approval by somebody with write access who contributed nothing to it.",
		"removed rule repository b: Every change needs check x to succeed. > ",
		"removed branches repository branches: Changes into next are judged. > ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := words.Plain.Diff(from, from); len(d) != 0 {
		t.Errorf("a policy differs from itself: %v", d)
	}
}

// The explanation names every rule, class and group of each layer once.
func TestExplain(t *testing.T) {
	l := parse(t, "branches: [next]\nreview_requests: {teams: true, people: 2}\nrules: [{name: extra, require: {approvals: 2}}]\n")
	p, err := rules.Compose(rules.Default(), &l)
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []struct {
		words.Style
		markdown bool
	}{{words.Plain, false}, {words.Markdown, true}} {
		text := style.Explain(p, style.markdown)
		for _, layer := range p.Layers {
			for _, r := range layer.Rules {
				if n := strings.Count(text, style.Rule(r)); n < 1 {
					t.Errorf("rule %q is not in\n%s", r.Name, text)
				}
			}
		}
		for _, want := range []string{"release/", "next", "requested from the team of the group that can give it, or from up to 2 people", "The members of team g.", "touches"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	}
}
