package say_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
)

var update = flag.Bool("update", false, "write docs/reasons.md")

var (
	names  = say.Names{1: "ann", 2: "bob", 3: "carol"}
	change = rules.Change{
		Repo: rules.Repo{Name: "octo-org/shop"}, Base: "main", Head: "b6f3c2d4e5f60718293a4b5c6d7e8f9012345678",
		Pulls: []rules.Pull{{Number: 6, HeadRef: "other"}, {Number: 7, HeadRef: "topic"}, {Number: 8, HeadRef: "topic"}},
	}
)

var evening = time.Date(2025, 3, 3, 18, 0, 0, 0, time.UTC)

// examples has each reason code with facts of the kind that it comes with.
var examples = []rules.Reason{
	{Outcome: rules.Pass, Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{
		Need: 2, From: []string{"security"}, Counted: []rules.Approval{{By: 2, Group: "security"}, {By: 3, Group: "security"}},
	}},
	{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
		Need: 2, Unknown: []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}, Dropped: []rules.Dropped{{By: 1, Why: rules.DropAuthor}},
	}},
	{Outcome: rules.Fail, Code: rules.ApprovalsObjection, Approvals: &rules.ApprovalFacts{
		Need: 1, Counted: []rules.Approval{{By: 3}}, Objections: []rules.Objection{{By: 2, Review: 4, Dismissed: true, DismissedBy: 1}},
	}},
	{Outcome: rules.Indeterminate, Code: rules.ApprovalsUnknownTeam, Approvals: &rules.ApprovalFacts{
		Need: 1, From: []string{"security"}, NoTeam: []string{"security"}, OtherTeam: []string{"security-eu#12"},
	}},
	{Outcome: rules.Indeterminate, Code: rules.ApprovalsUnknownAuthors, Approvals: &rules.ApprovalFacts{Need: 1, Unknown: []string{rules.UnknownPush}}},
	{Outcome: rules.Pass, Code: rules.ChecksPassed, Checks: &rules.CheckFacts{Passed: []string{"lint", "test"}}},
	{Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &rules.CheckFacts{
		Running: []string{"e2e"}, Missing: []string{"test"}, Since: time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC), Claimed: []string{"scan"}, WrongApp: []string{"test"},
	}},
	{Outcome: rules.Fail, Code: rules.ChecksFailed, Checks: &rules.CheckFacts{Failed: []string{"test (failure)"}}},
	{Outcome: rules.Pending, Code: rules.ChecksNone, Checks: &rules.CheckFacts{}},
	{Outcome: rules.Pass, Code: rules.TicketFound, Text: &rules.TextFacts{In: []string{"title", "body"}, Found: []string{"title"}}},
	{Outcome: rules.Fail, Code: rules.TicketMissing, Text: &rules.TextFacts{In: []string{"title", "body", "branch", "commits"}, Pulls: []int64{7}}},
	{Outcome: rules.Pass, Code: rules.SectionWritten, Text: &rules.TextFacts{Heading: "Rollback plan", Words: 12, Need: 1}},
	{Outcome: rules.Fail, Code: rules.SectionMissing, Text: &rules.TextFacts{Heading: "Rollback plan", Need: 1, Pulls: []int64{7, 8}}},
	{Outcome: rules.Fail, Code: rules.SectionEmpty, Text: &rules.TextFacts{Heading: "Rollback plan", Words: 2, Need: 5, Pulls: []int64{7}}},
	{Outcome: rules.Pass, Code: rules.CommitsSigned},
	{Outcome: rules.Fail, Code: rules.CommitsUnsigned, Commits: []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}},
	{Outcome: rules.Pass, Code: rules.ConversationsDone},
	{Outcome: rules.Pending, Code: rules.ConversationsOpen, Threads: &rules.ThreadFacts{Open: 2, By: []rules.UserID{2}}},
	{Outcome: rules.Pending, Code: rules.ConversationsOpen, Threads: &rules.ThreadFacts{Open: 2, Own: 1, By: []rules.UserID{2}}},
	{Outcome: rules.Pass, Code: rules.HistoryLinear},
	{Outcome: rules.Fail, Code: rules.HistoryMerges, Commits: []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}},
	{Outcome: rules.Pass, Code: rules.BaseHeld},
	{Outcome: rules.Pending, Code: rules.BaseBehind, Behind: 3},
	{Outcome: rules.Pass, Code: rules.ExprTrue},
	{Outcome: rules.Fail, Code: rules.ExprFalse},
	{Outcome: rules.Indeterminate, Code: rules.ExprUnknown},
	{Outcome: rules.Pass, Code: rules.AnyMet},
	{Outcome: rules.Pending, Code: rules.AnyOpen, Any: [][]rules.Reason{
		{{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{Need: 1, From: []string{"security"}}}},
		{{Outcome: rules.Fail, Code: rules.SectionMissing, Text: &rules.TextFacts{Heading: "Risks", Need: 1}}},
	}},
	{Outcome: rules.Indeterminate, Code: rules.FactsUnread, Unread: []rules.Fact{rules.FactBehind}},
	{Outcome: rules.Waived, Code: rules.RuleExcepted, Relief: &rules.Relief{
		Until: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), By: 2, Layer: rules.RepositoryLayer, Entry: 1,
	}},
	{Outcome: rules.Waived, Code: rules.RuleWaived, Relief: &rules.Relief{Until: time.Date(2025, 3, 17, 9, 0, 0, 0, time.UTC), By: 2, Group: "security"}},
	{Outcome: rules.Advice, Code: rules.RuleAdvice, Relief: &rules.Relief{Until: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)}},
	{Outcome: rules.Waived, Code: rules.RuleEmergency, Relief: &rules.Relief{Until: evening, By: 2, Group: "on-call"}},
	{Outcome: rules.Waived, Code: rules.RuleRollback, Relief: &rules.Relief{By: 2, Group: "on-call"}},
	{
		Outcome: rules.Pending, Code: rules.EmergencyUnapproved, Approvals: &rules.ApprovalFacts{Need: 1, From: []string{"on-call", "senior engineers"}},
		Relief: &rules.Relief{Until: evening, By: 2, Group: "on-call"},
	},
	{Outcome: rules.Pass, Code: rules.DeployedDone, Deployed: &rules.DeployedFacts{To: "staging", At: evening}},
	{Outcome: rules.Pending, Code: rules.DeployedMissing, Deployed: &rules.DeployedFacts{To: "staging"}},
	{Outcome: rules.Pending, Code: rules.DeployedClaimed, Deployed: &rules.DeployedFacts{To: "staging", Claimed: []int64{50}}},
	{Outcome: rules.Pending, Code: rules.DeployedRunning, Deployed: &rules.DeployedFacts{To: "staging"}},
	{Outcome: rules.Pending, Code: rules.DeployedFailed, Deployed: &rules.DeployedFacts{To: "staging"}},
	{Outcome: rules.Pending, Code: rules.DeployedRolledBack, Deployed: &rules.DeployedFacts{To: "staging"}},
	{Outcome: rules.Pending, Code: rules.DeployedChecks, Deployed: &rules.DeployedFacts{To: "staging", Missing: []string{"smoke"}}},
	{Outcome: rules.Pending, Code: rules.DeployedSoaking, Deployed: &rules.DeployedFacts{To: "staging", Soaked: evening}},
	{Outcome: rules.Pass, Code: rules.SignOffGiven, SignOff: &rules.SignOffFacts{Name: "QA", Counted: []rules.SignOffCounted{{By: 2, Group: "qa"}}}},
	{Outcome: rules.Pending, Code: rules.SignOffMissing, SignOff: &rules.SignOffFacts{
		Name: "QA", From: []string{"qa"}, Missing: []int64{7, 8}, Dropped: []rules.SignOffDropped{{By: 2, Why: rules.SignOffOtherDiff}},
	}},
	{Outcome: rules.Pending, Code: rules.SignOffRipens, SignOff: &rules.SignOffFacts{Name: "customer notice", Ripe: evening}},
	{Outcome: rules.Pass, Code: rules.WindowOpen, Window: &rules.WindowFacts{Window: "business hours", Until: evening}},
	{Outcome: rules.Pending, Code: rules.WindowClosed, Window: &rules.WindowFacts{Window: "business hours", Next: []calendar.Span{{From: evening}}}},
	{Outcome: rules.Pending, Code: rules.WindowFrozen, Window: &rules.WindowFacts{
		Window: "business hours", Freezes: []string{"year end"}, Next: []calendar.Span{{From: evening}},
	}},
	{Outcome: rules.Fail, Code: rules.WindowNever, Window: &rules.WindowFacts{Window: "business hours"}},
	{Outcome: rules.Pending, Code: rules.WindowUnreadable, Window: &rules.WindowFacts{
		Window: "business hours", Unread: []string{".github/holidays.ics"}, Since: evening,
	}},
	{Outcome: rules.Pass, Code: rules.SeparationKept, Duties: &rules.DutyFacts{
		Duties: []rules.Duty{rules.DutyAuthor, rules.DutyApprover, rules.DutyDeployer},
		Seats:  []rules.DutySeat{{Duty: rules.DutyAuthor, Pull: 7, By: 1}, {Duty: rules.DutyApprover, Pull: 7, By: 2}, {Duty: rules.DutyDeployer, Pull: 7, By: 3}},
	}},
	{Outcome: rules.Pending, Code: rules.SeparationTogether, Duties: &rules.DutyFacts{
		Together: []rules.Together{{Pull: 7, By: 2, Duties: []rules.Duty{rules.DutyMerger, rules.DutyDeployer}}, {Pull: 8, By: 2, Duties: []rules.Duty{rules.DutyMerger, rules.DutyDeployer}}},
		Other:    true, Could: []rules.UserID{3},
	}},
	{Outcome: rules.Fail, Code: rules.SeparationTogether, Duties: &rules.DutyFacts{Together: []rules.Together{{Pull: 7, By: 1, Duties: []rules.Duty{rules.DutyAuthor, rules.DutyMerger}}}}},
	{Outcome: rules.Pending, Code: rules.SeparationTogether, Duties: &rules.DutyFacts{Together: []rules.Together{{Pull: 7, By: 1, Duties: []rules.Duty{rules.DutyAuthor, rules.DutyDeclarer}}}}},
	{Outcome: rules.Pending, Code: rules.SeparationVacant, Duties: &rules.DutyFacts{Vacant: []rules.Vacancy{{Duty: rules.DutyDeployer, Why: rules.VacantBot}}, Other: true}},
	{Outcome: rules.Fail, Code: rules.SeparationVacant, Duties: &rules.DutyFacts{Vacant: []rules.Vacancy{{Duty: rules.DutyMerger, Pull: 7, Why: rules.VacantBot}}}},
	{Outcome: rules.Pending, Code: rules.SeparationVacant, Duties: &rules.DutyFacts{Vacant: []rules.Vacancy{{Duty: rules.DutyApprover, Pull: 7, Why: rules.VacantOpen}}}},
	{Outcome: rules.Indeterminate, Code: rules.SeparationUnknown, Duties: &rules.DutyFacts{Vacant: []rules.Vacancy{
		{Duty: rules.DutyAuthor, Pull: 7, Why: rules.VacantUnknown}, {Duty: rules.DutyMerger, Pull: 7, Why: rules.VacantUnknown}, {Duty: rules.DutyApprover, Pull: 7, Why: rules.VacantUnknown},
	}}},
	{Outcome: rules.Indeterminate, Code: rules.FactsIncomplete, Gaps: []rules.Gap{{Fact: rules.GapFiles, Read: 3000, Of: 3412}}},
	{Outcome: rules.Fail, Code: rules.NoRuleApplies},
	{Outcome: rules.NotApplicable, Code: rules.RuleNotApplicable},
	{Outcome: rules.Ahead, Code: rules.RuleAhead},
	{Outcome: rules.Indeterminate, Code: rules.GroupUnknown},
	{Outcome: rules.Pending, Code: rules.GroupMemberUnread},
	{Outcome: rules.Fail, Code: rules.GroupMemberMoved},
}

// gateReasons has each of the gate's own reasons.
var gateReasons = []deploy.Reason{
	{Code: deploy.EnvironmentUnknown},
	{Code: deploy.RunEvent},
	{Code: deploy.RunBranch},
	{Code: deploy.RunWorkflow},
	{Code: deploy.CommitUnbranched},
	{Code: deploy.RouteUnknown},
	{Code: deploy.BehindGood},
	{Code: deploy.ClockSkewed},
	{Code: deploy.Expired},
	{Code: deploy.CommitsUnaccounted, Commits: []deploy.Commit{
		{SHA: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", Status: deploy.Direct}, {SHA: "1f1e2d3c4b5a69788796a5b4c3d2e1f001234567", Pull: 7, Status: deploy.Red},
	}},
	{Code: deploy.CommitsAccounted, Commits: []deploy.Commit{{SHA: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", Status: deploy.Excepted}}},
	{Code: deploy.PostMortemOverdue, Issues: []int64{31}},
	{Code: deploy.GitHubWaits, Waits: []deploy.Wait{{Kind: deploy.WaitReviewers}, {Kind: deploy.WaitTimer, Until: evening}}},
}

// example returns the example of a code.
func example(code rules.Code) rules.Reason {
	return examples[slices.IndexFunc(examples, func(r rules.Reason) bool { return r.Code == code })]
}

// TestReasonsDocument holds docs/reasons.md to what the product says, and both to the
// codes that rules has.
func TestReasonsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Reasons

Each rule of a verdict rests on reasons with a stable code; the code is what is stored, and
the sentence is made from it and its facts. This is every code with a sentence as an example.
` + "`go test ./app/say -update`" + ` writes the page.

| code | outcome | for example |
|---|---|---|
`)
	said := map[string]bool{}
	for _, r := range examples {
		text := say.Reason(r, change, names)
		said[string(r.Code)] = !strings.Contains(text, string(r.Code))
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Code, r.Outcome, text)
	}
	b.WriteString("\n## Why an approval does not count\n\n| code | the sentence |\n|---|---|\n")
	for _, why := range constants(t, "DropWhy") {
		d := rules.Dropped{By: 2, Why: rules.DropWhy(why), Commit: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}
		if d.Why == rules.DropCoAuthor {
			d.PushedBy = 1
		}
		if d.Why == rules.DropSeated {
			d.Rule = "peer review"
		}
		text := say.Dropped(d, []string{"security"}, change, names)
		said[why] = !strings.Contains(text, "of the reason")
		fmt.Fprintf(&b, "| `%s` | %s |\n", why, text)
	}
	b.WriteString("\n## What the gate says of a deployment itself\n\n| code | the sentence |\n|---|---|\n")
	for _, r := range gateReasons {
		d := deploy.Decision{Answer: deploy.Hold, Reasons: []deploy.Reason{r}}
		_, lines := say.Gate(d, rules.Shipment{Environment: "production", Commit: change.Head}, names)
		said[string(r.Code)] = len(lines) == 1
		fmt.Fprintf(&b, "| `%s` | %s |\n", r.Code, strings.Join(lines, " "))
	}
	b.WriteString("\n## What is said beside the findings\n\n| code | the sentence |\n|---|---|\n")
	for _, code := range constants(t, "NoticeCode") {
		text := say.Notice(rules.Notice{Code: rules.NoticeCode(code), File: ".github/change-management.yml", Team: "security", Pull: 7})
		said[code] = !strings.Contains(text, code)
		fmt.Fprintf(&b, "| `%s` | %s |\n", code, text)
	}
	b.WriteString("\n## Why a command is refused\n\n| code | the sentence |\n|---|---|\n")
	for _, why := range slices.Concat(constants(t, "Refusal"), constants(t, "WaiverWhy"), constants(t, "SigningWhy"), constants(t, "DeclaringWhy")) {
		verb := command.Waive
		if strings.HasPrefix(why, "sign_off.") {
			verb = command.SignOff
		}
		if strings.HasPrefix(why, "emergency.") || why == string(command.NoIncident) {
			verb = command.Declare
		}
		text := say.Refusal(say.Refused{
			Verb: verb, Why: why, Rule: "peer review", Near: map[bool]string{true: "peer reviews"}[strings.Contains(why, "unknown_")], From: []string{"leads"},
			Head: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", Named: "4b5a697", Until: evening,
		})
		said[why] = !strings.Contains(text, why)
		fmt.Fprintf(&b, "| `%s` | %s |\n", why, text)
	}
	b.WriteString("\nAfter a click on a button of the check run, where that is said otherwise:\n\n| code | the sentence |\n|---|---|\n")
	for _, why := range []string{string(command.OtherCommit), string(rules.SigningNoName)} {
		fmt.Fprintf(&b, "| `%s` | %s |\n", why, say.Refusal(say.Refused{
			Button: true, Verb: command.SignOff, Why: why, Head: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", Named: "4b5a697",
		}))
	}
	b.WriteString("\n## Why closing its issue does not complete a post-mortem\n\n| code | the sentence |\n|---|---|\n")
	for _, why := range constants(t, "ReviewingWhy") {
		text := say.NotComplete(say.Unreviewed{Why: rules.ReviewingWhy(why), Missing: []string{"Impact", "Follow-ups"}, From: []string{"leads"}})
		said[why] = !strings.Contains(text, why)
		fmt.Fprintf(&b, "| `%s` | %s |\n", why, text)
	}
	b.WriteString("\n## What would let it pass\n\nThe fewest steps that would, as far as can be known, stand first wherever a verdict is shown.\n\n| code | for example |\n|---|---|\n")
	for _, s := range steps {
		text := say.Step(s, change, names)
		said[string(s.Code)] = !strings.Contains(text, "The step is")
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Code, text)
	}
	for _, kind := range []string{"Code", "DropWhy", "NoticeCode", "Refusal", "WaiverWhy", "SigningWhy", "DeclaringWhy", "ReviewingWhy", "StepCode"} {
		for _, code := range constants(t, kind) {
			if !said[code] {
				t.Errorf("%s %q has no sentence", kind, code)
			}
		}
	}
	const file = "../../docs/reasons.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if diff := cmp.Diff(string(have), b.String()); err != nil || diff != "" {
		t.Errorf("%s: %v (-file +said; go test ./app/say -update writes it):\n%s", file, err, diff)
	}
}

// constants returns the values of the constants of a string type of packages rules and
// command, in the order of their source.
func constants(t *testing.T, kind string) []string {
	t.Helper()
	var out []string
	for _, name := range []string{
		"../../rules/verdict.go", "../../rules/change.go", "../../rules/waiver.go", "../../rules/signing.go", "../../rules/declaring.go", "../../rules/post_mortem.go", "../../rules/step.go", "../command/refusal.go", "../../deploy/decide.go",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != kind {
				return true
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, value)
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("no constants of type %s", kind)
	}
	return out
}

func verdict(o rules.Outcome, reasons ...rules.Reason) rules.Verdict {
	v := rules.Verdict{Outcome: o}
	for _, r := range reasons {
		v.Findings = append(v.Findings, rules.Finding{Rule: "a rule", Outcome: r.Outcome, Reasons: []rules.Reason{r}})
	}
	return v
}

func TestStatus(t *testing.T) {
	need := func(n int, from ...string) rules.Reason {
		return rules.Reason{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{Need: n, From: from}}
	}
	for _, c := range []struct {
		name string
		v    rules.Verdict
		want string
	}{
		{"pass", verdict(rules.Pass, example(rules.ApprovalsEnough), example(rules.ChecksPassed)), "All 2 rules that apply are satisfied"},
		{"one rule", verdict(rules.Pass, example(rules.ChecksPassed)), "The rule that applies is satisfied"},
		{"anybody's approvals are asked for once", verdict(rules.Pending, need(1), need(2)), "needs 2 approvals from people with write access who did not contribute"},
		{
			"the heaviest first", verdict(rules.Indeterminate, need(1, "security"), example(rules.ChecksFailed), example(rules.FactsIncomplete)),
			"only 3000 changed files could be read: split the change; test (failure): push a fix, or run it again; needs one approval from security",
		},
		{
			"another team under the name", verdict(rules.Indeterminate, rules.Reason{
				Outcome: rules.Indeterminate, Code: rules.ApprovalsUnknownTeam, Approvals: &rules.ApprovalFacts{Need: 1, OtherTeam: []string{"qa#12"}},
			}),
			"team qa#12 is not who has the name now: ask an owner of the policy",
		},
		{"duties fall together", verdict(rules.Pending, example(rules.SeparationTogether)), "bob merged it and starts the deployment"},
		{"a duty is nobody's", verdict(rules.Pending, example(rules.SeparationVacant)), "a duty that has to be somebody's is nobody's"},
		{"a duty is who knows whose", verdict(rules.Indeterminate, example(rules.SeparationUnknown)), "who has which duty is not known"},
		{"objection", verdict(rules.Fail, example(rules.ApprovalsObjection)), "bob requested changes and can lift it"},
		{
			"settling", verdict(rules.Pending, rules.Reason{Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &rules.CheckFacts{}}),
			"checks passed, waiting half a minute for more",
		},
		{
			"line breaks from outside", verdict(rules.Fail, rules.Reason{Outcome: rules.Fail, Code: rules.ChecksFailed, Checks: &rules.CheckFacts{Failed: []string{"a\nb\u202e\x1b[31m"}}}),
			"a b[31m: push a fix, or run it again",
		},
	} {
		if diff := cmp.Diff(c.want, say.Status(c.v, change, names)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, c := range []struct {
		v    rules.Verdict
		want string
	}{
		{verdict(rules.Pass, example(rules.ApprovalsEnough), example(rules.ChecksPassed)), "Approved: all 2 rules that apply are satisfied"},
		{verdict(rules.Pending, example(rules.ChecksNone), example(rules.ChecksPending)), "Waiting: no check has succeeded: make the tests run (and 1 more)"},
		{verdict(rules.Fail, example(rules.NoRuleApplies)), "Blocked: no rule applies: ask an owner of the policy"},
		{verdict(rules.Indeterminate, example(rules.FactsIncomplete)), "Cannot be judged: only 3000 changed files could be read: split the change"},
	} {
		if diff := cmp.Diff(c.want, say.Headline(c.v, names)); diff != "" {
			t.Errorf("headline (-want +got):\n%s", diff)
		}
	}
}

// A status fits, stands on one line and says something, whatever the facts are called.
func TestStatusFits(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringN(0, 300, -1), 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		var reasons []rules.Reason
		for range rapid.IntRange(1, 6).Draw(t, "reasons") {
			r := rapid.SampledFrom(examples).Draw(t, "reason")
			if r.Checks != nil {
				r.Checks = &rules.CheckFacts{Failed: words.Draw(t, "failed"), Running: words.Draw(t, "running"), Missing: words.Draw(t, "missing")}
			}
			if r.Approvals != nil {
				r.Approvals = &rules.ApprovalFacts{Need: rapid.IntRange(0, 9).Draw(t, "need"), From: words.Draw(t, "from"), NoTeam: words.Draw(t, "teams")}
			}
			reasons = append(reasons, r)
		}
		o := rapid.SampledFrom([]rules.Outcome{rules.Pass, rules.Pending, rules.Fail, rules.Indeterminate}).Draw(t, "outcome")
		v := verdict(o, reasons...)
		for kind, s := range map[string]string{
			"status": say.Status(v, change, names), "headline": say.Headline(v, names),
			"sentence": say.Sentence(v.Findings[0], change, nil),
		} {
			if s == "" || strings.ContainsAny(s, "\n\r\t") || !utf8.ValidString(s) || kind != "sentence" && utf8.RuneCountInString(s) > 140 {
				t.Fatalf("%s %q of %d characters", kind, s, utf8.RuneCountInString(s))
			}
		}
	})
}

// In a public repository no sentence tells who is in a group and who is not.
func TestPublic(t *testing.T) {
	public := change
	public.Repo.Public = true
	from := []string{"security"}
	f := rules.Finding{Outcome: rules.Pending, Reasons: []rules.Reason{
		{Code: rules.ApprovalsEnough, Approvals: &rules.ApprovalFacts{Need: 1, From: from, Counted: []rules.Approval{{By: 2, Group: "security"}}}},
		{Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{Need: 1, From: from, Dropped: []rules.Dropped{
			{By: 2, Why: rules.DropNotInGroup}, {By: 2, Why: rules.DropUnseenTeam},
		}}},
	}}
	if s := say.Sentence(f, public, names); strings.Contains(s, "bob") {
		t.Errorf("%q names bob", s)
	}
	if s := say.Because(&rules.Because{Authors: []rules.UserID{2}}, public, names); strings.Contains(s, "bob") {
		t.Errorf("%q names bob", s)
	}
}

func TestBecause(t *testing.T) {
	c := change
	c.Files = []rules.File{{Path: "infra/main.tf"}, {Path: "main.go"}}
	yes := true
	for _, x := range []struct {
		b    *rules.Because
		want string
	}{
		{nil, ""},
		{&rules.Because{Classes: []string{"infrastructure"}, Files: []int{0}}, "It applies because the change is infrastructure and it changes infra/main.tf."},
		{&rules.Because{Labels: []string{"risky"}, Branch: "main", Heads: []int64{7, 8}, Draft: &yes}, "It applies because it has the label risky, it aims at main, it comes from topic and it is a draft."},
		{&rules.Because{AllFiles: true, Assumed: true}, "It applies because not all of its files could be looked into and it cannot be ruled out."},
		{&rules.Because{NotClasses: []string{"docs", "tests"}, Size: &rules.Size{Files: 1, Lines: 12}}, "It applies because the change is not docs or tests and it touches one file and 12 lines."},
		{&rules.Because{Size: &rules.Size{Files: 2, Lines: 3, More: true}, Expr: true}, "It applies because it touches 2 files and more lines than can be counted, 3 at least and the rule's expression is true of it."},
		{&rules.Because{Repository: true, Text: []string{"title"}, Except: true}, "It applies because it is made to octo-org/shop, of what its title says and what the rule leaves out does not hold for it."},
		{&rules.Because{}, ""},
		{&rules.Because{Authors: []rules.UserID{1, 9}}, "It applies because ann and somebody contributed to it."},
	} {
		if diff := cmp.Diff(x.want, say.Because(x.b, c, names)); diff != "" {
			t.Errorf("because (-want +got):\n%s", diff)
		}
	}
}

// Who sits on which of the distinct seats is said, but in public.
func TestSeats(t *testing.T) {
	r := rules.Reason{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
		Need: 1, From: []string{"security"}, Seats: []rules.Seat{{Rule: "senior review", From: []string{"seniors"}, By: 2}, {Rule: "security review", From: []string{"security"}}},
		Dropped: []rules.Dropped{{By: 2, Why: rules.DropSeated, Rule: "senior review"}},
	}}
	got := say.Reason(r, change, names)
	if want := "Different people are asked for: senior review (seniors): bob; security review (security): nobody yet."; !strings.Contains(got, want) {
		t.Errorf("said %q, want %q in it", got, want)
	}
	public := change
	public.Repo.Public = true
	if got := say.Reason(r, public, names); strings.Contains(got, "bob") {
		t.Errorf("said in public %q", got)
	}
}

// A rule without weight says why, and is not among what is missing.
func TestRelief(t *testing.T) {
	v := rules.Verdict{Outcome: rules.Pass, Findings: []rules.Finding{
		{Rule: "a", Outcome: rules.Pass, Reasons: []rules.Reason{example(rules.ChecksPassed)}},
		{Rule: "b", Outcome: rules.Waived, Reasons: []rules.Reason{example(rules.RuleWaived), example(rules.ChecksFailed)}},
		{Rule: "c", Outcome: rules.Advice, Reasons: []rules.Reason{example(rules.RuleAdvice), example(rules.ApprovalsMissing)}},
	}}
	if got, want := say.Status(v, change, names), "One of the rules that apply is satisfied, 1 waived, 1 not enforced yet"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	got := say.Sentence(v.Findings[1], change, names)
	if want := "Waived for what commit b6f3c2d would merge, by bob, until 2025-03-17 09:00:00 UTC at the latest. Without it: Failed: test (failure)."; !strings.HasPrefix(got, want) {
		t.Errorf("sentence %q, want %q", got, want)
	}
	public := change
	public.Repo.Public = true
	if got := say.Reason(example(rules.RuleWaived), public, names); strings.Contains(got, "bob") || !strings.Contains(got, "by somebody of security") {
		t.Errorf("behaviour 72: in public it says %q", got)
	}
}

// A check that is missing for too long names who is expected to report it.
func TestOverdue(t *testing.T) {
	for want, f := range map[string]rules.CheckFacts{
		"The app ci is expected to report, by the workflow ci.yml;":     {App: "ci", Workflow: "ci.yml"},
		"The app ci is expected to report;":                             {App: "ci"},
		"The workflow ci.yml is expected to report;":                    {Workflow: "ci.yml"},
		"longer than it should take. Whoever looks after the tests can": {},
	} {
		f.Missing, f.Overdue = []string{"test"}, true
		got := say.Reason(rules.Reason{Outcome: rules.Pending, Code: rules.ChecksPending, Checks: &f}, change, names)
		if !strings.Contains(got, want) {
			t.Errorf("said %q, want %q in it", got, want)
		}
	}
}
