package say

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/changewarden/changewarden/rules"
)

// maxStatus is how many characters GitHub keeps of a commit status' description.
const maxStatus = 140

// Headline is the title of a verdict: its outcome, and how much is open.
func Headline(v rules.Verdict, n Names) string {
	var open []string
	for _, r := range blocking(v) {
		open = append(open, brief(r, rules.Change{}, n))
	}
	return headline(v.Outcome, satisfied(v), open)
}

// headline says an outcome with the first of what is open, or with what is held.
func headline(o rules.Outcome, held string, open []string) string {
	word := "Blocked"
	switch o {
	case rules.Pass:
		return "Approved: " + held
	case rules.Pending:
		word = "Waiting"
	case rules.Indeterminate:
		word = "Cannot be judged"
	default: // it fails
	}
	if len(open) > 0 {
		word += ": " + open[0]
	}
	if len(open) > 1 {
		word += fmt.Sprintf(" (and %d more)", len(open)-1)
	}
	return cut(clean(word), maxStatus)
}

func satisfied(v rules.Verdict) string {
	applied, waived, advice := 0, 0, 0
	for _, f := range v.Findings {
		switch f.Outcome {
		case rules.Pass:
			applied++
		case rules.Waived:
			waived++
		case rules.Advice:
			advice++
		default: // no rule of this stage that applies
		}
	}
	text := fmt.Sprintf("all %d rules that apply are satisfied", applied)
	switch {
	case applied == 1 && waived+advice == 0:
		return "the rule that applies is satisfied"
	case applied == 0:
		text = "no rule that applies is left"
	case waived+advice > 0:
		text = fmt.Sprintf("%d of the rules that apply are satisfied", applied)
		if applied == 1 {
			text = "one of the rules that apply is satisfied"
		}
	}
	if waived > 0 {
		text += fmt.Sprintf(", %d waived", waived)
	}
	if advice > 0 {
		text += fmt.Sprintf(", %d not enforced yet", advice)
	}
	return text
}

// Status is a verdict in at most 140 characters: what is missing and who can give it, the
// heaviest first.
func Status(v rules.Verdict, c rules.Change, n Names) string {
	open := blocking(v)
	if len(open) == 0 {
		return cut(capital(satisfied(v)), maxStatus)
	}
	var parts []string
	for _, r := range open {
		if b := brief(r, c, n); !slices.Contains(parts, b) {
			parts = append(parts, b)
		}
	}
	return fit(parts)
}

// fit joins as many parts, at least one, as a status holds, and says how many are left.
func fit(parts []string) string {
	text := parts[0]
	for i, p := range parts[1:] {
		longer := text + "; " + p
		left := len(parts) - i - 2
		if utf8.RuneCountInString(longer+more(left)) > maxStatus {
			text += more(left + 1)
			break
		}
		text = longer
	}
	return cut(clean(text), maxStatus)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; and %d more", n)
}

// blocking returns the reasons that keep the change from moving on, the heaviest first.
// Of several that ask for approvals by anybody the one that asks for most stands for all.
func blocking(v rules.Verdict) []rules.Reason {
	var out []rules.Reason
	anybody := -1
	for _, f := range v.Findings {
		for _, r := range f.Reasons {
			if f.Outcome == rules.Waived || f.Outcome == rules.Advice || !r.Outcome.Blocks() {
				continue
			}
			if r.Code == rules.ApprovalsMissing && r.Approvals != nil && len(r.Approvals.From) == 0 {
				if anybody >= 0 {
					if lacking(r.Approvals) > lacking(out[anybody].Approvals) {
						out[anybody] = r
					}
					continue
				}
				anybody = len(out)
			}
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b rules.Reason) int {
		switch {
		case a.Outcome.Worse(b.Outcome):
			return -1
		case b.Outcome.Worse(a.Outcome):
			return 1
		}
		return 0
	})
	return out
}

// brief is a reason in a few words, for where there is no room.
func brief(r rules.Reason, c rules.Change, n Names) string {
	a, ch := r.Approvals, r.Checks
	if a == nil {
		a = &rules.ApprovalFacts{}
	}
	if ch == nil {
		ch = &rules.CheckFacts{}
	}
	switch r.Code {
	case rules.ApprovalsMissing:
		if len(a.From) > 0 {
			return "needs " + approvals(lacking(a)) + " from " + either(a.From)
		}
		who := "somebody"
		if lacking(a) > 1 {
			who = "people"
		}
		return "needs " + approvals(lacking(a)) + " from " + who + " with write access who did not contribute"
	case rules.ApprovalsObjection:
		if len(a.Objections) > 0 {
			return n.of(a.Objections[0].By) + " requested changes and can lift it"
		}
	case rules.ApprovalsUnknownTeam:
		if len(a.NoTeam) == 0 && len(a.OtherTeam) > 0 {
			return teams(a.OtherTeam) + " is not who has the name now: ask an owner of the policy"
		}
		return teams(append(slices.Clone(a.NoTeam), a.OtherTeam...)) + " cannot be seen: ask an organization owner"
	case rules.ApprovalsUnknownAuthors:
		return doubt(a) + ": commit again with an address of your account"
	case rules.ChecksFailed:
		if len(ch.Failed) > 0 {
			return few(ch.Failed) + ": push a fix, or run it again"
		}
		return few(ch.Skipped) + " skipped, not passed"
	case rules.ChecksPending:
		switch {
		case len(ch.Running) > 0:
			return "waiting for " + few(ch.Running)
		case len(ch.WrongApp) > 0:
			return few(ch.WrongApp) + " reported by another app than the policy names"
		case len(ch.Missing) > 0:
			return few(ch.Missing) + " not reported"
		case len(ch.Claimed) > 0:
			return few(ch.Claimed) + " posted by a contributor does not count"
		}
		return "checks passed, waiting half a minute for more"
	case rules.ChecksNone:
		return "no check has succeeded: make the tests run"
	case rules.SeparationTogether:
		for _, t := range dutiesOf(r).Together {
			return n.of(t.By) + " " + did[t.Duties[0]] + " and " + did[t.Duties[1]]
		}
	case rules.SeparationVacant:
		return "a duty that has to be somebody's is nobody's"
	case rules.SeparationUnknown:
		return "who has which duty is not known"
	case rules.FactsIncomplete:
		for _, g := range r.Gaps {
			return fmt.Sprintf("only %d %s could be read: split the change", g.Read, factNames[g.Fact])
		}
	case rules.TicketMissing:
		return "no ticket in " + either(textOf(r).In) + ": its author can add one"
	case rules.SectionMissing, rules.SectionEmpty:
		return "the description needs text under “" + textOf(r).Heading + "”"
	case rules.CommitsUnsigned:
		return few(shortAll(r.Commits)) + " not signed: sign and push again"
	case rules.HistoryMerges:
		return few(shortAll(r.Commits)) + " is a merge: rebase"
	case rules.ConversationsOpen:
		return conversations(r.Threads) + " open: resolve"
	case rules.BaseBehind:
		return "behind its base: update the branch"
	case rules.ExprFalse:
		return "the rule's expression is not true"
	case rules.ExprUnknown, rules.FactsUnread:
		return "something that the rule asks for could not be read"
	case rules.AnyOpen:
		return "one of " + fmt.Sprint(len(r.Any)) + " ways to meet a rule is open"
	case rules.GroupUnknown:
		return "GitHub does not say which pull requests this group holds: queue them again"
	case rules.GroupMemberUnread:
		return "being judged as it stands now"
	case rules.GroupMemberMoved:
		return "not what was queued any more: queue it again"
	case rules.NoRuleApplies:
		return "no rule applies: ask an owner of the policy"
	default: // the others do not block
	}
	return strings.TrimSuffix(Reason(r, c, n), ".")
}

// few names the first of several.
func few(names []string) string {
	if len(names) > 1 {
		return fmt.Sprintf("%s and %d more", cut(names[0], 60), len(names)-1)
	}
	return cut(strings.Join(names, ""), 60)
}

// cut shortens a text to so many characters.
func cut(s string, to int) string {
	if utf8.RuneCountInString(s) <= to {
		return s
	}
	return string([]rune(s)[:to-1]) + "…"
}
