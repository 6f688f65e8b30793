package cases_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/cases"
	"github.com/changewarden/changewarden/rules"
)

// policy is the floor that the cases below are judged by.
const policy = `version: 1
groups:
  seniors: {teams: [seniors]}
  owner: {users: [carol]}
  admins: {permission: admin}
  old: {teams: [seniors], min_membership_age: 30 days}
rules:
  - {name: read, require: {approvals: 1}}
  - {name: infra, when: {paths: ["**/*.tf"]}, require: {approvals: {count: 1, from: seniors}}}
  - {name: small, when: {labels: [big]}, require: {approvals: 2}}
  - {name: release, when: {branches: "release/**"}, require: {approvals: {count: 1, from: owner}}}
  - {name: forks, when: {head_branches: "*:*"}, require: {approvals: {count: 1, from: owner}}}
  - {name: tests, require: {checks: {names: [ci]}}}
  - {name: drafts, when: {draft: true}, require: {checks: {names: [never]}}}
  - {name: signed, when: {labels: [signed]}, require: {signed_commits: true}}
  - {name: talk, when: {labels: [talk]}, require: {conversations_resolved: true}}
  - {name: fresh, when: {labels: [fresh]}, require: {up_to_date: true}}
  - {name: linear, when: {labels: [linear]}, require: {linear_history: true}}
  - {name: ticket, when: {title: "^feat"}, require: {ticket: {pattern: "[A-Z]+-[0-9]+", in: [body, commits]}}}
  - {name: plan, when: {lines: "> 100"}, waivable_by: seniors, require: {section: {heading: Rollback}}}
  - {name: admin, when: {labels: {names: [admin], set_by: owner}}, require: {approvals: {count: 1, from: admins}}}
  - {name: old hands, when: {labels: [old]}, require: {approvals: {count: 1, from: old}}}
`

func compose(t *testing.T) rules.Policy {
	t.Helper()
	l, err := rules.Parse("p.yml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compose(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each word of a case moves the verdict as its name says.
func TestGiven(t *testing.T) {
	p := compose(t)
	for _, c := range []struct{ name, given, expect string }{
		{"enough", "{approvals: bob, checks: {ci: success}}", "pass"},
		{"nothing", "{checks: {ci: success}}", "{verdict: pending, rules: {read: approvals.missing}}"},
		{"own approval", "{author: bob, approvals: bob, checks: {ci: success}}", "pending"},
		{"contributor", "{contributors: [bob], approvals: [bob], checks: {ci: success}}", "pending"},
		{"login folds", "{contributors: [BOB], approvals: [bob], checks: {ci: success}}", "pending"},
		{"unknown author", "{unknown_author: true, approvals: [bob], checks: {ci: success}}", "pending"},
		{"unknown author, one more", "{unknown_author: true, approvals: [bob, dave], checks: {ci: success}}", "pass"},
		{"stale", "{stale_approvals: [bob], checks: {ci: success}}", "pending"},
		{"objection", "{objections: [dave], approvals: [bob], checks: {ci: success}}", "{verdict: fail, rules: {read: approvals.objection}}"},
		{"outsider", "{outsiders: [bob], approvals: [bob], checks: {ci: success}}", "pending"},
		{"bot", "{bots: [bob], approvals: [bob], checks: {ci: success}}", "pending"},
		{"file", "{files: main.tf, approvals: bob, checks: {ci: success}}", "{verdict: pending, rules: {infra: pending, read: pass}}"},
		{"file, team", "{files: main.tf, approvals: bob, teams: {seniors: bob}, checks: {ci: success}}", "{verdict: pass, rules: {infra: pass}}"},
		{"file, team of all cases", "{files: main.tf, approvals: erin, checks: {ci: success}}", "pass"},
		{"file, empty team", "{files: main.tf, approvals: erin, teams: {seniors: []}, checks: {ci: success}}", "pending"},
		{"rename", "{files: [{path: a, from: main.tf}], approvals: bob, checks: {ci: success}}", "{rules: {infra: pending}}"},
		{"missing team", "{files: main.tf, missing_teams: [seniors], approvals: bob, checks: {ci: success}}", "{verdict: indeterminate, rules: {infra: approvals.unknown_team}}"},
		{"label", "{labels: [big], approvals: bob, checks: {ci: success}}", "{rules: {small: pending}}"},
		{"no label", "{approvals: bob, checks: {ci: success}}", "{rules: {small: not applicable, infra: not_applicable}}"},
		{"base", "{base: release/1, approvals: carol, checks: {ci: success}}", "{rules: {release: pass}}"},
		{"fork", "{head: \"erin:fix\", fork: true, approvals: bob, checks: {ci: success}}", "{rules: {forks: pending}}"},
		{"failed", "{approvals: bob, checks: {ci: failure}}", "fail"},
		{"running", "{approvals: bob, checks: {ci: running}}", "{verdict: pending, rules: {tests: checks.pending}}"},
		{"signed", "{labels: signed}", "{rules: {signed: pass}}"},
		{"unsigned", "{labels: signed, unsigned: true}", "{rules: {signed: fail}}"},
		{"resolved", "{labels: talk}", "{rules: {talk: pass}}"},
		{"open conversations", "{labels: talk, open_conversations: 2}", "{rules: {talk: pending}}"},
		{"up to date", "{labels: fresh}", "{rules: {fresh: pass}}"},
		{"behind", "{labels: fresh, behind: 1}", "{rules: {fresh: base.behind}}"},
		{"linear", "{labels: linear}", "{rules: {linear: pass}}"},
		{"merge", "{labels: linear, merge: true}", "{rules: {linear: fail}}"},
		{"another title", "{title: fix}", "{rules: {ticket: not applicable}}"},
		{"no ticket", "{title: feat x}", "{rules: {ticket: fail}}"},
		{"ticket", "{title: feat x, description: see ABC-1}", "{rules: {ticket: pass}}"},
		{"ticket in a commit", "{title: feat x, message: ABC-1}", "{rules: {ticket: pass}}"},
		{"no plan", "{lines: 101}", "{rules: {plan: fail}}"},
		{"few lines", "{lines: 100}", "{rules: {plan: not applicable}}"},
		{"plan", "{lines: 101, description: \"# Rollback\\n\\nRevert it.\"}", "{rules: {plan: pass}}"},
		{"template's plan", "{lines: 101, template: \"# Rollback\\n\\nRevert it.\", description: \"# Rollback\\n\\nRevert it.\"}", "{rules: {plan: fail}}"},
		{"waived", "{lines: 101, waivers: {plan: erin}}", "{rules: {plan: waived}}"},
		{"waived by somebody else", "{lines: 101, waivers: {plan: bob}}", "{rules: {plan: fail}}"},
		{"label by owner", "{labels: admin, labels_by: {admin: carol}, approvals: bob}", "{rules: {admin: pending}}"},
		{"label by author", "{labels: admin, approvals: bob}", "{rules: {admin: not applicable}}"},
		{"permission", "{labels: admin, labels_by: {admin: carol}, approvals: bob, permissions: {bob: admin}}", "{rules: {admin: pass}}"},
		{"member for long", "{labels: old, approvals: erin}", "{rules: {old hands: pass}}"},
		{"new member", "{labels: old, approvals: erin, member_for_days: {erin: 3}}", "{rules: {old hands: pending}}"},
		{"draft", "{draft: true, approvals: bob, checks: {ci: success}}", "{rules: {drafts: pending}}"},
	} {
		text := "version: 1\nas_floor: true\nteams: {seniors: [erin]}\ncases:\n  - name: it\n    given: " + c.given + "\n    expect: " + c.expect + "\n"
		f, err := cases.Read("c.yml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := f.Run(p)
		if err != nil || len(got) != 1 || len(got[0].Errors) > 0 {
			t.Errorf("%s: %v %+v", c.name, err, got)
		}
	}
}

// What differs is told with the rule's own sentence.
func TestDiffers(t *testing.T) {
	f, err := cases.Read("c.yml", []byte(`version: 1
cases:
  - name: whole
    given: {checks: {ci: success}}
    expect: pass
  - name: rules
    given: {approvals: bob, checks: {ci: failure}}
    expect: {verdict: fail, rules: {tests: pass, read: approvals.missing, gone: pass}}
`))
	if err != nil {
		t.Fatal(err)
	}
	results, err := f.Run(compose(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, r.Errors...)
	}
	want := []string{
		"verdict: want pass, got pending",
		"read: pending (approvals.missing)",
		"    One approval is missing. Somebody who can write to octo-org/repo and contributed nothing to the change can give it by approving the pull request.",
		"tests: want pass, got fail (checks.failed)",
		"    Failed: ci (failure). A contributor can push a fix, or run them again.",
		"read: want approvals.missing, got pass (approvals.enough)",
		"    Approved by bob.",
		`line 8: no rule is named "gone"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", "c.yml:1:1: want one document"},
		{"- a", "c.yml:1:1: the file of cases has to be a mapping"},
		{"version: 1", "there are no cases"},
		{"version: 2\ncases: []", "c.yml:1:10: version has to be 1"},
		{"cases: [{name: a, expect: pass}]", "the version is missing"},
		{"version: 1\ncases: [{expect: pass}]", "c.yml:2:9: the case has no name"},
		{"version: 1\ncases: [{name: a}]", `case "a" expects nothing`},
		{"version: 1\ncases: [{name: a, expect: green}]", `c.yml:2:27: a verdict cannot be "green": write pass, pending, fail, indeterminate`},
		{"version: 1\ncases: [{name: a, expect: {rules: {r: green}}}]", `a rule cannot answer "green"`},
		{"version: 1\ncases: [{name: a, given: {approval: bob}, expect: pass}]", `given has no key "approval": it may have approvals,`},
		{"version: 1\ncases: [{name: a, given: {checks: {ci: green}}, expect: pass}]", `a check cannot be "green"`},
		{"version: 1\ncases: [{name: a, given: {lines: many}, expect: pass}]", "lines has to be a whole number"},
		{"version: 1\ncases: [{name: a, given: {member_for_days: {bob: long}}, expect: pass}]", "bob in member_for_days has to be a whole number"},
		{"version: 1\ncases: [{name: a, given: {fork: maybe}, expect: pass}]", "fork has to be true or false"},
		{"version: 1\ncases: [{name: a, name: b, expect: pass}]", `"name" stands twice`},
		{"version: 1\ncases: [{name: a, given: {labels: }, expect: pass}]", "labels is empty"},
		{"version: 1\nteams: &a {x: y}\ncases: [{name: a, expect: pass}]", "anchors and aliases"},
		{"version: 1\ncases: [", "this is not YAML"},
		{"version: 1\n---\nversion: 1", "want one document"},
		{strings.Repeat("#", 1<<20+1), "are the limit"},
	} {
		_, err := cases.Read("c.yml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %q", c.src, err, c.want)
		}
	}
}

// A team that no group has would make a case say something else than it seems to.
func TestUnknownTeam(t *testing.T) {
	f, err := cases.Read("c.yml", []byte("version: 1\ncases: [{name: a, given: {teams: {senior: bob}}, expect: pass}]"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Run(compose(t)); err == nil || !strings.Contains(err.Error(), `no group of the policy has a team "senior"`) {
		t.Errorf("Run: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("version: 1\ncases: [{name: a, given: {files: [{path: a, from: b}], checks: {ci: success}, lines: 3}, expect: {verdict: pass, rules: {r: pass}}}]")
	l, err := rules.Parse("p.yml", []byte(policy))
	if err != nil {
		f.Fatal(err)
	}
	p, err := rules.Compose(l, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, src string) {
		file, err := cases.Read("c.yml", []byte(src))
		if err == nil {
			_, _ = file.Run(p)
		}
	})
}
