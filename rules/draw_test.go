package rules_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/rules"
)

var noon = time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)

// growing is the prefix of a policy without the conditions that more of a change can switch
// off: sizes from above, words, expressions, whatever must not be.
const growing = "g"

// drawPolicy writes a random policy; its names begin with prefix, so that two policies
// clash in none.
func drawPolicy(t *rapid.T, prefix string) string {
	draw := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	some := func(words ...string) string {
		n := rapid.IntRange(1, len(words)).Draw(t, "n")
		return "['" + strings.Join(rapid.Permutation(words).Draw(t, "words")[:n], "', '") + "']"
	}
	groups := []string{prefix + "g0", prefix + "g1"}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1 # of %s\n", prefix)
	if rapid.Bool().Draw(t, "branches") {
		fmt.Fprintf(&b, "branches: %s\n", some("main", "release/**", "*"))
	}
	if rapid.Bool().Draw(t, "requests") {
		fmt.Fprintf(&b, "review_requests: {%s}\n", draw("teams: true", "people: 2", "teams: true, people: 10"))
	}
	fmt.Fprintf(&b, "groups:\n  %s: {teams: %s%s}\n  %s: {users: %s, teams: [t2#7]%s}\n",
		groups[0], some("t0", "t1"), draw("", ", permission: maintain", ", min_membership_age: 2h"),
		groups[1], some("u1", "U2", "u3#3", "u4"), draw("", ", bots: ['b6[bot]']"))
	fmt.Fprintf(&b, "classes:\n  %sc0: {paths: %s}\n  %sc1: {any: [{class: %sc0}, {labels: %s}]}\n", prefix, some("**/*.go", "a/**", "docs/*"), prefix, prefix, some("risky", "x"))
	b.WriteString("rules:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		fmt.Fprintf(&b, "  - name: %sr%d\n", prefix, i)
		if prefix == "f" && draw("firm", "firm", "lets go") == "lets go" {
			fmt.Fprintf(&b, "    waivable_by: %s\n", some(groups...))
		}
		kinds, above := []string{"", "class", "paths", "branches", "authors", "any", "size", "labels", "text", "not", "expr"}, []string{">", ">=", "<", "<=", "="}
		if prefix == growing {
			kinds, above = kinds[:8], above[:2]
		}
		switch draw(kinds...) {
		case "size":
			fmt.Fprintf(&b, "    when: {lines: '%s 10', files: '%s 1'}\n", draw(above...), draw(above...))
		case "text":
			fmt.Fprintf(&b, "    when: {any: [{title: '^fix'}, {body: x}]}\n")
		case "labels":
			fmt.Fprintf(&b, "    when: {labels: {names: [x], set_by: %s}}\n", some(groups...))
		case "not":
			fmt.Fprintf(&b, "    when: {not: {%s}}\n", draw("class: "+prefix+"c1", "title: fix", "lines: '> 10'", "authors: "+groups[0], "labels: {names: [x], set_by: "+groups[1]+"}"))
		case "expr":
			fmt.Fprintf(&b, "    when: {expr: \"%s\"}\n", draw("lines > 10 * files", "title != body", "'"+groups[0]+"' in author_groups"))
		case "class":
			fmt.Fprintf(&b, "    when: {class: %s}\n", some(prefix+"c0", prefix+"c1", "policy"))
		case "paths":
			fmt.Fprintf(&b, "    when: {not_paths: %s, only_paths: ['**']}\n", some("docs/**", "*.md"))
		case "branches":
			fmt.Fprintf(&b, "    when: {branches: %s, draft: %s}\n", some("main", "release/*"), draw("true", "false"))
		case "authors":
			fmt.Fprintf(&b, "    when: {authors: %s}\n", some(groups...))
		case "any":
			fmt.Fprintf(&b, "    when: {any: [{labels: [x]}, {head_branches: %s}]}\n", some("topic", "*:*"))
		}
		b.WriteString("    require:\n")
		what := draw("approvals", "checks", "both", "other", "any")
		switch what {
		case "other":
			fmt.Fprintf(&b, "      %s\n", draw(
				"signed_commits: true", "linear_history: true", "up_to_date: true", "conversations_resolved: true", "conversations_resolved: by_others", "expr: \"approvals > 0\"",
				"separation: [approver, author]", "section: {heading: plan, min_words: 2}", "ticket: {pattern: '[A-Z]+-[0-9]+', in: [title, commits]}"))
			continue
		case "any":
			one := "{count: 1, from: " + some(groups...) + "}"
			if prefix == growing { // who cannot write blocks by a team alone, and not by one that cannot be seen: strangers could
				one = "1"
			}
			fmt.Fprintf(&b, "      any: [{approvals: %s}, {checks: all, up_to_date: true}]\n", one)
			continue
		}
		if what != "checks" {
			from := ""
			if rapid.Bool().Draw(t, "from") {
				from = ", from: " + some(groups...)
			}
			fmt.Fprintf(&b, "      approvals: {count: %s%s%s, of: %s, unknown_authors: %s}\n", draw("1", "2"), from, draw("", ", distinct: true", ", max_age: 1h"), draw("diff", "commit"), draw("one_more", "block"))
		}
		if what != "approvals" {
			fmt.Fprintf(&b, "      checks: %s\n", draw("all", "{all: true, except: ['l*']}", "{names: [test, 'l*']}", "{names: [test], app: ci, conclusions: [success, skipped]}", "{names: [test], workflow: ci.yml, grace: 10m}"))
		}
	}
	return b.String()
}

// drawRelief writes exceptions and advice of a repository about rules that it can reach.
func drawRelief(t *rapid.T) string {
	draw := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "relief") }
	var b strings.Builder
	if rapid.Bool().Draw(t, "exceptions") {
		fmt.Fprintf(&b, "exceptions:\n  - {rule: rr0, scope: {%s}, reason: x, approved_by: %s, expires: %s}\n",
			draw("paths: ['**']", "branches: main", "not: {title: x}"), draw("u1", "u2", "u4"), draw("2025-03-02", "2025-03-03", "2026-01-01"))
	}
	return b.String()
}

// drawChange makes up what was read of a pull request. People are 1 to 6, and 0 is nobody.
func drawChange(t *rapid.T) rules.Change {
	person := func(what string) rules.UserID { return rules.UserID(rapid.IntRange(0, 6).Draw(t, what)) }
	when := func() time.Time {
		return noon.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "minutes")) * time.Minute)
	}
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "pick") }
	c := rules.Change{
		Repo: rules.Repo{ID: 1, Name: "octo-org/shop", DefaultBranch: "main"}, Base: pick("main", "release/1"), Head: "h2",
		Pulls: []rules.Pull{{
			Number: 7, Author: person("opener"), Writer: true, HeadRef: pick("topic", "eve:topic"),
			Draft: rapid.Bool().Draw(t, "draft"), Labels: []string{pick("X", "none")},
		}},
		TakenAt: noon, SeenAt: when(), OwnApp: 99, Exact: pick("d1", "d2", ""), Unnamed: rapid.IntRange(0, 5).Draw(t, "unnamed") == 0,
		Commits: []rules.Commit{
			{SHA: "h1", Parents: []string{"b0"}, Authors: []rules.UserID{person("author")}, Committer: person("committer")},
			{SHA: "h2", Parents: []string{"h1", "b1"}, Authors: []rules.UserID{person("author"), person("trailer")}, CoAuthored: true, ByGitHub: rapid.Bool().Draw(t, "by github")},
		},
		Pushes: []rules.Push{{By: person("pusher"), Before: "h1", After: "h2", At: when(), Exact: rapid.Bool().Draw(t, "same")}},
		Logins: map[string]rules.UserID{"u1": 1, "u2": 2, "u3#3": 3, "b6[bot]": 6},
	}
	for range rapid.IntRange(0, 3).Draw(t, "files") {
		c.Files = append(c.Files, rules.File{Additions: rapid.IntRange(0, 12).Draw(t, "lines"), Counted: rapid.Bool().Draw(t, "counted"), Path: pick("a/b.go", "docs/x", "README.md", ".github/change-management.yml"), Previous: pick("", "a/c")})
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "reviews") {
		r := rules.Review{
			ID: int64(i + 1), Pull: 7, By: person("reviewer"), At: when(), Commit: pick("h1", "h2", ""), Exact: pick("d1", "d2", ""),
			State: rapid.SampledFrom([]rules.ReviewState{rules.Approved, rules.ChangesRequested, rules.Commented, rules.Dismissed}).Draw(t, "state"),
		}
		if r.State == rules.Dismissed && rapid.Bool().Draw(t, "known") {
			r.Dismissal = &rules.Dismissal{By: person("dismisser"), Was: rapid.SampledFrom([]rules.ReviewState{rules.Approved, rules.ChangesRequested}).Draw(t, "was"), At: when()}
		}
		if rapid.Bool().Draw(t, "seen") {
			r.First = &rules.Standing{CanWrite: rapid.Bool().Draw(t, "could write"), Contributor: rapid.Bool().Draw(t, "contributed"), Teams: []string{pick("t0", "t1", "t2")}}
		}
		c.Reviews = append(c.Reviews, r)
	}
	if rapid.IntRange(0, 3).Draw(t, "shift") == 0 {
		c.Shifts = []rules.BaseShift{{Pull: 7, From: "x", To: c.Base, At: when()}}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "runs") {
		c.Runs = append(c.Runs, rules.CheckRun{
			ID: int64(i + 1), Suite: int64(rapid.IntRange(1, 2).Draw(t, "suite")), App: int64(rapid.SampledFrom([]int{5, 6, 99}).Draw(t, "app")),
			AppSlug: pick("ci", "other"), Workflow: pick("", ".github/workflows/ci.yml"), Name: pick("test", "lint", "Change Management"), Status: pick("completed", "queued"),
			Conclusion: pick("success", "failure", "skipped", "neutral"), At: when(),
		})
	}
	for _, name := range []string{"test", "scan", "change-management"} {
		if rapid.Bool().Draw(t, name) {
			c.Status = append(c.Status, rules.Status{Context: name, State: pick("success", "pending", "failure"), By: person("poster"), At: when()})
		}
	}
	c.Suites = []rules.CheckSuite{{ID: 1, App: 5, Status: pick("completed", "completed", "in_progress"), At: when()}}
	c.Need, c.Usual = []string{pick("test", "lint", "change-management")}, []string{pick("test", "scan")}
	for id := range rules.UserID(7) {
		if id > 0 {
			c.People = append(c.People, rules.Person{ID: id, Bot: rapid.IntRange(0, 5).Draw(t, "bot") == 0, CanWrite: rapid.Bool().Draw(t, "write"), Permission: pick("", "write", "admin")})
		}
	}
	for i, slug := range []string{"t0", "t1", "t2"} {
		c.Teams = append(c.Teams, rules.Team{
			Slug: slug, ID: int64(5 + i), Missing: rapid.IntRange(0, 3).Draw(t, "missing") == 0,
			Members: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) rules.UserID { return rules.UserID(rapid.IntRange(1, 6).Draw(t, "member")) }), 0, 3, rapid.ID).Draw(t, "members"), AsOf: noon,
		})
	}
	for _, f := range []rules.Fact{
		rules.FactBehind, rules.FactJoins, rules.FactLabelings, rules.FactMessages, rules.FactPermissions, rules.FactSignatures, rules.FactText, rules.FactThreads,
	} {
		if rapid.IntRange(0, 4).Draw(t, "read") > 0 {
			c.Read = append(c.Read, f)
		}
	}
	c.Pulls[0].Title, c.Pulls[0].Body = pick("fix: ABC-1", "x"), pick("", "## plan\nroll it back", "x")
	c.Commits[1].Signed, c.Commits[1].Message = rapid.Bool().Draw(t, "signed"), pick("", "ABC-2")
	c.Behind = rapid.IntRange(0, 1).Draw(t, "behind")
	c.Threads = []rules.Thread{{ID: "t", Pull: 7, By: 1, Resolved: rapid.Bool().Draw(t, "resolved")}}
	c.Labelings = []rules.Labeling{{Pull: 7, Label: "x", Added: true, By: person("setter"), At: when()}}
	c.Waivers = []rules.Waiver{{ID: 1, Pull: 7, Rule: pick("fr0", "rr0"), By: person("waiver"), At: when(), Exact: pick("d1", "d2")}}
	for i := range c.Teams {
		for _, id := range c.Teams[i].Members {
			if rapid.Bool().Draw(t, "joined") {
				c.Teams[i].Joins = append(c.Teams[i].Joins, rules.Join{ID: id, Since: noon.Add(-time.Duration(rapid.IntRange(0, 4).Draw(t, "hours")) * time.Hour), By: person("adder")})
			}
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
		c.Gaps = []rules.Gap{{Fact: rapid.SampledFrom([]rules.GapFact{rules.GapFiles, rules.GapCommits, rules.GapLabels}).Draw(t, "gap of"), Read: 1}}
	}
	return c
}
