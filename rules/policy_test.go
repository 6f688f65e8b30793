package rules_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/changewarden/changewarden/rules"
)

// layer parses a policy that the test wrote.
func layer(t testing.TB, file, text string) rules.Layer {
	t.Helper()
	l, err := rules.Parse(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Behaviour 65: the default branch is always governed, whatever its name.
func TestGoverns(t *testing.T) {
	floor := layer(t, "floor.yml", "version: 1\nbranches: ['release/**']\nrules: [{name: a, require: {approvals: 1}}]")
	repo := layer(t, "repo.yml", "version: 1\nbranches: ['hotfix/*']")
	p, err := rules.Compose(floor, &repo)
	if err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]bool{
		"trunk": true, "main": false, "release/1": true, "release/1/x": true, "release": true,
		"hotfix/1": true, "hotfix/1/x": false, "": false, "released": false,
	} {
		if got := p.Governs(base, "trunk"); got != want {
			t.Errorf("Governs(%q) = %v, want %v", base, got, want)
		}
	}
	if p.Governs("", "") {
		t.Error("no branch is governed as the default branch of a repository without one")
	}
}

// Behaviour 54: no file may use a name of the floor, or reach for what the floor keeps.
func TestComposeRefuses(t *testing.T) {
	floor := layer(t, "floor.yml", "version: 1\ngroups: {qa: {teams: [qa]}}\nclasses: {risky: {labels: [risky]}}\nrules: [{name: peer review, require: {approvals: 1}}]")
	for _, c := range []struct{ name, text, want string }{
		{"rule", "version: 1\nrules: [{name: Peer Review, require: {approvals: 1}}]", `rule "Peer Review" of repo.yml has the name of rule "peer review" of floor.yml`},
		{"group", "version: 1\ngroups: {QA: {teams: [mine]}}", `group "QA" of repo.yml has the name of group "qa" of floor.yml`},
		{"class", "version: 1\nclasses: {risky: {labels: [never]}}", `class "risky" of repo.yml has the name of class "risky" of floor.yml`},
	} {
		repo := layer(t, "repo.yml", c.text)
		if _, err := rules.Compose(floor, &repo); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := rules.Compose(layer(t, "floor.yml", "version: 1"), nil); err == nil || !strings.Contains(err.Error(), "no rules") {
		t.Errorf("a floor without rules: %v, want an error", err)
	}
}

// A repository's exceptions and advice are about its own rules, and about those that the
// floor lets go; everything that is wrong is said at once, where it stands.
func TestComposeReach(t *testing.T) {
	floor := layer(t, "floor.yml", "version: 1\nrules: [{name: firm, require: {approvals: 1}}, {name: loose, overridable: true, require: {approvals: 1}}]")
	repo := layer(t, "repo.yml", `version: 1
classes: {eu: {any: [{repositories: ["*-eu"]}]}}
rules: [{name: own, when: {not: {repositories: shop}}, require: {approvals: 1}}]
exceptions:
  - {rule: FIRM, reason: x, approved_by: ann, expires: 2025-03-31}
  - {rule: Loose, reason: x, approved_by: ann, expires: 2025-03-31}
  - {rule: own, scope: {repositories: shop}, reason: x, approved_by: ann, expires: 2025-03-31}
  - {rule: lose, reason: x, approved_by: ann, expires: 2025-03-31}
advice:
  - {rule: firm, until: 2025-03-31}
  - {rule: loose, until: 2025-03-31}
  - {rule: own, until: 2025-03-31}
`)
	_, err := rules.Compose(floor, &repo)
	var all rules.SyntaxErrors
	if !errors.As(err, &all) {
		t.Fatalf("%v, want syntax errors", err)
	}
	var got []string
	for _, e := range all {
		got = append(got, e.Error())
	}
	want := []string{
		"repo.yml:2:15: repositories can be told apart in the organization's file alone: take it out",
		"repo.yml:3:27: repositories can be told apart in the organization's file alone: take it out",
		`repo.yml:5:5: the exception is about rule "FIRM" of floor.yml, which is not overridable: an owner of that file can mark it so`,
		"repo.yml:7:24: repositories can be told apart in the organization's file alone: take it out",
		`repo.yml:8:5: the exception is about rule "lose", and no rule has that name: write the name as it stands at the rule`,
		`repo.yml:10:5: the advice is about rule "firm" of floor.yml, which is not overridable: an owner of that file can mark it so`,
		"repo.yml:12:5: rule \"own\" stands in this file: write `enforce: false` and `until:` there",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	odd := layer(t, "floor.yml", "version: 1\nrules: [{name: a, require: {approvals: 1}}]\nexceptions: [{rule: b, reason: x, approved_by: ann, expires: 2025-03-31}]")
	if _, err := rules.Compose(odd, nil); err == nil || !strings.Contains(err.Error(), `about rule "b", and no rule has that name`) {
		t.Errorf("a floor's exception to nothing: %v", err)
	}
}

// A file of the organisation without rules keeps the built-in ones and says who is who.
func TestComposeFloor(t *testing.T) {
	builtin := rules.Default()
	org := layer(t, ".github/change-management.yml", `version: 1
procedure: {owner: operations}
branches: [main, develop]
groups: {security: {teams: [appsec]}}
exceptions: [{rule: peer review, scope: {paths: ["docs/**"]}, reason: x, approved_by: ann, expires: 2025-03-31}]
`)
	got, err := rules.ComposeFloor(builtin, org)
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Default()
	want.File, want.Procedure, want.Exceptions = org.File, org.Procedure, org.Exceptions
	want.Branches = append(want.Branches, "develop")
	want.Groups["security"] = org.Groups["security"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("floor (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(rules.Default(), builtin); diff != "" {
		t.Errorf("the built-in policy changed (-want +got):\n%s", diff)
	}
	if _, err := rules.Compose(got, nil); err != nil {
		t.Error(err)
	}
	own := layer(t, "org.yml", "version: 1\nrules: [{name: a, require: {approvals: 1}}]")
	if got, err := rules.ComposeFloor(builtin, own); err != nil || len(got.Rules) != 1 || len(got.Groups) != 0 {
		t.Errorf("a file with rules: %+v %v, want it alone", got, err)
	}
	_, err = rules.ComposeFloor(builtin, layer(t, "org.yml", "version: 1\ngroups:\n  securty: {teams: [a]}\nclasses:\n  docs: {paths: [a]}\n"))
	for _, want := range []string{`org.yml:3:3: the file has no rules`, `no group "securty": it has "on-call", "policy owners", "qa", "security", "senior engineers" and "support"`, `org.yml:5:9: the file has no rules, and class "docs"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What a policy asks for beyond the rest is read for it, and for no other.
func TestNeeds(t *testing.T) {
	for text, want := range map[string][]rules.Fact{
		"rules: [{name: a, require: {approvals: 1}}]":                                                  nil,
		"classes: {a: {not: {labels: [x]}}}":                                                           {rules.FactLabelings},
		"rules: [{name: a, when: {any: [{title: x}]}, require: {approvals: 1}}]":                       {rules.FactText},
		"rules: [{name: a, when: {expr: \"body == ''\"}, require: {approvals: 1}}]":                    {rules.FactText},
		"rules: [{name: a, require: {any: [{signed_commits: true}, {all: [{up_to_date: true}]}]}}]":    {rules.FactBehind, rules.FactSignatures},
		"rules: [{name: a, require: {conversations_resolved: true, section: x}}]":                      {rules.FactText, rules.FactThreads},
		"rules: [{name: a, require: {ticket: {pattern: x, in: [commits, branch]}}}]":                   {rules.FactMessages},
		"rules: [{name: a, require: {ticket: {pattern: x}, expr: \"title != ''\"}}]":                   {rules.FactText},
		"groups: {a: {permission: admin}, b: {teams: [x], min_membership_age: 1 day}}":                 {rules.FactJoins, rules.FactPermissions},
		"exceptions: [{rule: a, scope: {title: x}, reason: x, approved_by: ann, expires: 2025-03-31}]": {rules.FactText},
	} {
		p := rules.Policy{Layers: []rules.Layer{layer(t, "p", "version: 1\n"+text)}}
		if diff := cmp.Diff(want, p.Needs(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s needs (-want +got):\n%s", text, diff)
		}
	}
	if diff := cmp.Diff([]rules.Fact{rules.FactLabelings, rules.FactOwners, rules.FactText}, rules.Policy{Layers: []rules.Layer{rules.Default()}}.Needs()); diff != "" {
		t.Errorf("the built-in policy needs (-want +got):\n%s", diff)
	}
}

// What a condition or an expression asks is needed whatever else is asked, and an expression about
// checks hangs on all of them.
func TestAsked(t *testing.T) {
	policy := func(rule string) rules.Policy {
		p, err := rules.Compose(layer(t, "p", "version: 1\nrules:\n  - {name: first, require: {approvals: 1}}\n  - {name: r, "+rule+"}\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for rule, want := range map[string]bool{
		"when: {title: '^fix'}, require: {approvals: 1}":               true,
		"when: {body: 'risk'}, require: {approvals: 1}":                true,
		"when: {title: 'a', body: 'b'}, require: {approvals: 1}":       true,
		"when: {paths: ['*.go']}, require: {approvals: 1}":             false,
		"when: {not: {body: 'risk'}}, require: {approvals: 1}":         true,
		"require: {approvals: 1, section: {heading: Risk}}":            true,
		"require: {any: [{approvals: 1}, {section: {heading: Risk}}]}": true,
	} {
		if got := slices.Contains(policy(rule).Needs(), rules.FactText); got != want {
			t.Errorf("%s: needs the text: %v, want %v", rule, got, want)
		}
	}
	for rule, want := range map[string]rules.Interest{
		"require: {approvals: 1}":                                     {},
		"require: {checks: all}":                                      {All: true},
		`require: {expr: "checks['test'] == 'passed'"}`:               {All: true},
		`require: {expr: "size(paths) < 5"}`:                          {},
		"require: {checks: {names: ['{a,b}', c]}}":                    {Names: []string{"a", "b", "c"}},
		"require: {any: [{checks: all}, {approvals: 2}]}":             {All: true},
		"when: {paths: ['*.tf']}, require: {checks: {names: [plan]}}": {Names: []string{"plan"}},
	} {
		if diff := cmp.Diff(want, policy(rule).Checks(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
}

func TestPolicyNames(t *testing.T) {
	floor := layer(t, "floor.yml", `version: 1
groups: {a: {teams: [Sec, sec#4, ops], users: [Bob, ann#3]}, b: {teams: [ops], users: [bob, "#7"]}}
rules: [{name: a, require: {checks: {names: [test, "ci/{a,b}*"]}}}, {name: b, require: {approvals: 1, checks: {names: [test]}}}]`)
	repo := layer(t, "repo.yml", "version: 1\ngroups: {c: {teams: [docs]}}\nrules: [{name: c, require: {checks: all}}]")
	p, err := rules.Compose(floor, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]rules.TeamRef{{Slug: "ops"}, {Slug: "sec"}, {Slug: "sec", ID: 4}}, p.Teams()); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rules.UserRef{{ID: 7}, {Login: "ann", GitHub: 3}, {Login: "bob"}}, p.Users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(rules.Interest{Names: []string{"ci/a*", "ci/b*", "test"}}, p.Checks()); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if p, err = rules.Compose(floor, &repo); err != nil || !p.Checks().All || len(p.Teams()) != 4 {
		t.Errorf("with the repository's file: %v %+v %v", err, p.Checks(), p.Teams())
	}
}

// Pull requests of one head and base that were read at different times are one change:
// the newest reading, with whatever speaks against it in any of them.
func TestUnite(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	old := rules.Change{
		Base: "main", Head: "h", TakenAt: at(1), SeenAt: at(-9), Exact: "old", Unnamed: true, Pulls: []rules.Pull{{Number: 9, Author: 1, Writer: true}},
		Gaps: []rules.Gap{{Fact: rules.GapLabels, Read: 1}}, Pushes: []rules.Push{{By: 1, After: "h", At: at(0)}},
		Reviews: []rules.Review{{ID: 3, Pull: 9, By: 3, At: at(1)}, {ID: 2, Pull: 9, By: 4, At: at(0)}}, Shifts: []rules.BaseShift{{Pull: 9, At: at(0)}},
		Need: []string{"test"}, Usual: []string{"z"}, Teams: []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{1}}},
		People: []rules.Person{{ID: 1, CanWrite: true}}, Logins: map[string]rules.UserID{"ann": 1},
	}
	newer := rules.Change{
		Base: "main", Head: "h", TakenAt: at(2), SeenAt: at(-5), Exact: "new", Pulls: []rules.Pull{{Number: 7, Author: 2, Writer: true}},
		Pushes:  []rules.Push{{By: 2, After: "h", At: at(-1)}},
		Reviews: []rules.Review{{ID: 1, Pull: 7, By: 3, At: at(0)}}, Need: []string{"test", "lint"}, Usual: []string{"a"},
		Teams: []rules.Team{{Slug: "sec", ID: 6, Members: []rules.UserID{2}}}, People: []rules.Person{{ID: 2}}, Logins: map[string]rules.UserID{"bob": 2},
	}
	other := rules.Change{Base: "release", Head: "h", TakenAt: at(3), Pulls: []rules.Pull{{Number: 8, Writer: true}}}
	want := []rules.Change{{
		Base: "main", Head: "h", TakenAt: at(2), SeenAt: at(-9), Exact: "new", Unnamed: true,
		Pulls:   []rules.Pull{{Number: 7, Author: 2, Writer: true}, {Number: 9, Author: 1, Writer: true}},
		Gaps:    []rules.Gap{{Fact: rules.GapLabels, Read: 1}},
		Pushes:  []rules.Push{{By: 2, After: "h", At: at(-1)}, {By: 1, After: "h", At: at(0)}},
		Reviews: []rules.Review{{ID: 1, Pull: 7, By: 3, At: at(0)}, {ID: 2, Pull: 9, By: 4, At: at(0)}, {ID: 3, Pull: 9, By: 3, At: at(1)}},
		Shifts:  []rules.BaseShift{{Pull: 9, At: at(0)}}, Need: []string{"lint", "test"}, Usual: []string{"a", "z"},
		// Another team has the slug since: nobody is in it by the older reading.
		Teams:  []rules.Team{{Slug: "sec", ID: 6, Members: []rules.UserID{2}}},
		People: []rules.Person{{ID: 2}, {ID: 1, CanWrite: true}}, Logins: map[string]rules.UserID{"ann": 1, "bob": 2},
	}, other}
	for _, in := range [][]rules.Change{{old, newer, other}, {other, newer, old}} {
		if diff := cmp.Diff(want, rules.Unite(in)); diff != "" {
			t.Errorf("Unite (-want +got):\n%s", diff)
		}
	}
	if got := rules.Unite(nil); len(got) != 0 {
		t.Errorf("Unite of nothing: %v", got)
	}
}

func TestAnonymise(t *testing.T) {
	const src = "version: 1 # by ann\r\n" +
		"# ann and bob decide # with carol\n" +
		"groups:\n" +
		"  owners: {users: [ann, 'Bob', \"carol#5\", \"#9\"], teams: [a#1]} # not dave\n" +
		"  \"a # b\": {users: [nobody, ann#7]}#\n" +
		"  'it''s # c':\n    users: ann\t# again\n" +
		"rules: [{name: \"x \\\" # y\", when: {labels: [a#b]}, require: {approvals: 1}}]\n"
	text := strings.Replace(src, "]}#", "]} #", 1)
	ids := map[string]rules.UserID{"ann": 1, "bob": 22, "carol#5": 333, "#9": 9, "ann#7": 7}
	got, err := rules.Anonymise([]byte(text), func(u rules.UserRef) rules.UserID { return ids[u.String()] })
	if err != nil {
		t.Fatal(err)
	}
	want := "version: 1 #\n" +
		"#\n" +
		"groups:\n" +
		"  owners: {users: [\"#1\", \"#22\", \"#333\", \"#9\"], teams: [a#1]} #\n" +
		"  \"a # b\": {users: [\"#0\", \"#7\"]} #\n" +
		"  'it''s # c':\n    users: \"#1\"\t#\n" +
		"rules: [{name: \"x \\\" # y\", when: {labels: [a#b]}, require: {approvals: 1}}]\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Anonymise (-want +got):\n%s", diff)
	}
	if _, err := rules.Anonymise([]byte(text), func(rules.UserRef) rules.UserID { return 1e18 - 1 }); err != nil {
		t.Error(err)
	}
	for _, id := range []rules.UserID{-1, 1e18} {
		if _, err := rules.Anonymise([]byte(text), func(rules.UserRef) rules.UserID { return id }); err == nil {
			t.Errorf("id %d is written, want an error", id)
		}
	}
	if _, err := rules.Anonymise([]byte("version: 2"), nil); err == nil {
		t.Error("a broken policy is anonymised, want an error")
	}
}

// Of readings that differ in what they read nothing is known that one of them left out;
// conversations, labels and waivers are those of all.
func TestUniteOptionalFacts(t *testing.T) {
	one := rules.Change{
		Base: "main", TakenAt: noon, Pulls: []rules.Pull{{Number: 7, Author: 1, Writer: true}}, Read: []rules.Fact{rules.FactText, rules.FactThreads}, Behind: 3,
		Threads: []rules.Thread{{ID: "a", Pull: 7}}, Labelings: []rules.Labeling{{Pull: 7, Label: "x", At: noon}}, Templates: []string{"t"},
		Waivers: []rules.Waiver{{ID: 2, Pull: 7, At: noon}}, Owners: []rules.UserID{1, 2}, People: []rules.Person{{ID: 1}, {ID: 2}},
		Teams: []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{1, 2}, Joins: []rules.Join{{ID: 1, Since: noon}, {ID: 2, Since: noon}}}},
	}
	two := rules.Change{
		Base: "main", TakenAt: noon.Add(time.Minute), Pulls: []rules.Pull{{Number: 8, Author: 1, Writer: true}}, Read: []rules.Fact{rules.FactText}, Behind: 4,
		Threads: []rules.Thread{{ID: "b", Pull: 8}}, Labelings: []rules.Labeling{{Pull: 8, Label: "x", At: noon.Add(-time.Hour)}}, Templates: []string{"t"},
		Waivers: []rules.Waiver{{ID: 1, Pull: 8, At: noon}}, Owners: []rules.UserID{3}, People: []rules.Person{{ID: 1}, {ID: 3}},
		Teams: []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{3}, Joins: []rules.Join{{ID: 3, Since: noon}}}},
	}
	got := rules.Unite([]rules.Change{one, two})
	want := two
	want.Pulls = []rules.Pull{one.Pulls[0], two.Pulls[0]}
	want.Threads = []rules.Thread{{ID: "b", Pull: 8}, {ID: "a", Pull: 7}}
	want.Labelings = []rules.Labeling{two.Labelings[0], one.Labelings[0]}
	want.Waivers = []rules.Waiver{two.Waivers[0], one.Waivers[0]}
	want.Owners = []rules.UserID{3, 2} // 1 is none any more
	want.People = []rules.Person{{ID: 1}, {ID: 3}, {ID: 2}}
	want.Teams = []rules.Team{{Slug: "sec", ID: 5, Members: []rules.UserID{3, 2}, Joins: []rules.Join{{ID: 3, Since: noon}, {ID: 2, Since: noon}}}}
	if diff := cmp.Diff([]rules.Change{want}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("united (-want +got):\n%s", diff)
	}
	stranger := two
	stranger.Pulls = []rules.Pull{{Number: 8, Author: 9}}
	stranger.Waivers = []rules.Waiver{{ID: 1, Pull: 8}}
	if got := rules.Unite([]rules.Change{one, stranger}); len(got) != 1 || len(got[0].Waivers) != 1 || len(got[0].Threads) != 1 {
		t.Errorf("with a stranger's copy: %+v", got)
	}
}

// Whose jobs are read: those of workflows that a rule names, wherever it does.
func TestNamesWorkflow(t *testing.T) {
	p := rules.Policy{Layers: []rules.Layer{layer(t, "p.yml", `version: 1
rules:
  - {name: a, require: {checks: {names: [x]}}}
  - {name: b, require: {any: [{approvals: 1}, {checks: {names: [x], workflow: ci.yml}}]}}
  - {name: c, require: {approvals: 1}}
`), layer(t, "q.yml", "version: 1\nrules: [{name: d, require: {checks: {names: [x], workflow: .github/workflows/test-*.yml}}}]\n")}}
	for path, want := range map[string]bool{
		".github/workflows/ci.yml": true, ".github/workflows/test-go.yml": true, ".github/workflows/lint.yml": false,
	} {
		if got := p.NamesWorkflow(path); got != want {
			t.Errorf("%s is named: %v, want %v", path, got, want)
		}
	}
}

// Whom a stored policy names among those who can give commands: not by a team, and not those of
// groups that approve alone.
func TestNamesSpeaker(t *testing.T) {
	p := rules.Policy{Layers: []rules.Layer{layer(t, "p.yml", `version: 1
groups: {lets: {users: ["#0", "#1"], teams: [a]}, signs: {users: ["#2", ann]}, declares: {users: ["#3"]}, approves: {users: ["#4"]}}
environments: {live: {match: live}}
rules:
  - {name: a, when: {paths: a}, waivable_by: lets, require: {approvals: {count: 1, from: approves}}}
  - {name: b, before: live, require: {all: [{sign_off: {name: QA, from: signs}}]}}
emergency: {declare: {by: declares}, expires: 4h, approvals: {count: 1, from: approves}, waives: a, post_mortem: {reviewed_by: approves}}
`)}}
	for id, want := range map[rules.UserID]bool{0: false, 1: true, 2: true, 3: true, 4: false, 5: false} {
		if got := p.NamesSpeaker(id); got != want {
			t.Errorf("person %d is named: %v, want %v", id, got, want)
		}
	}
}
