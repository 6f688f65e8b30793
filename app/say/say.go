// Package say turns findings into sentences: what is missing, and who can give it. It is
// the one place where the product's words about a verdict stand; check runs, statuses and
// pages all take them from here, and none of them is ever stored as truth.
//
// Sentences are plain text, blame nobody and hold no line break. Names of files, checks
// and people come from outside: whoever publishes them escapes them. In a public
// repository no sentence tells who is in a group.
package say

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/changewarden/changewarden/rules"
)

// Names are the logins of people by their person id.
type Names map[rules.UserID]string

// of returns the person's login, or "somebody".
func (n Names) of(id rules.UserID) string {
	if name := n[id]; name != "" {
		return name
	}
	return "somebody"
}

// Sentence says what a rule's finding is and, where it blocks, what the next action is
// and who can take it.
func Sentence(f rules.Finding, c rules.Change, n Names) string {
	var parts []string
	for i, r := range f.Reasons {
		text := Reason(r, c, n)
		if lead, ok := strings.CutSuffix(text, without); ok {
			switch {
			case i+1 < len(f.Reasons) && f.Reasons[i+1].Outcome == rules.Waived: // of several, the last leads on
				text = strings.TrimSpace(lead)
			case f.Outcome.Blocks():
				text = lead + "What else the deployment brings keeps the rule:"
			}
		}
		parts = append(parts, text)
	}
	return clean(strings.Join(parts, " "))
}

// Reason says one reason of a finding.
func Reason(r rules.Reason, c rules.Change, n Names) string {
	text := reason(r, c, n)
	if r.Approvals != nil {
		text = strings.Join(append([]string{text}, asides(r, c, n)...), " ")
	}
	return clean(text)
}

func reason(r rules.Reason, c rules.Change, n Names) string {
	a, ch := r.Approvals, r.Checks
	if a == nil {
		a = &rules.ApprovalFacts{}
	}
	if ch == nil {
		ch = &rules.CheckFacts{}
	}
	switch r.Code {
	case rules.ApprovalsEnough:
		return approved(a, c, n)
	case rules.ApprovalsMissing:
		return missing(a, c)
	case rules.ApprovalsObjection:
		return objections(a, n)
	case rules.ApprovalsUnknownTeam:
		return unseen(a)
	case rules.ApprovalsUnknownAuthors:
		return sentence(doubt(a), "the policy lets nobody approve for authors that are not known. "+
			"Whoever wrote it can commit it again with an address that belongs to their GitHub account")
	case rules.ChecksPassed:
		return sentence("passed", list(ch.Passed))
	case rules.ChecksPending:
		return waiting(ch)
	case rules.ChecksFailed:
		if text := failed(ch); text != "" {
			return text
		}
		return "A check failed on this commit. Whoever works on the change can push a fix, or run it again."
	case rules.ChecksNone:
		return "No check has succeeded on this commit. Somebody who knows the repository's tests can make them run for it."
	case rules.TicketFound:
		return ticketFound(textOf(r))
	case rules.TicketMissing:
		return ticketMissing(textOf(r))
	case rules.SectionWritten:
		return fmt.Sprintf("The description has text of its own under “%s”.", textOf(r).Heading)
	case rules.SectionMissing:
		return sectionMissing(textOf(r))
	case rules.SectionEmpty:
		return sectionEmpty(textOf(r))
	case rules.CommitsSigned:
		return "Every commit is signed."
	case rules.CommitsUnsigned:
		return "GitHub takes no signature for valid on " + list(shortAll(r.Commits)) + ". Whoever committed can sign and push again."
	case rules.ConversationsDone:
		return "Every conversation is resolved."
	case rules.ConversationsOpen:
		return openConversations(r.Threads, n)
	case rules.HistoryLinear:
		return "No commit is a merge."
	case rules.HistoryMerges:
		return "The history is asked to be linear, and has merges: " + list(shortAll(r.Commits)) + ". A contributor can rebase the branch on its base."
	case rules.BaseHeld:
		return "The branch holds everything of its base."
	case rules.BaseBehind:
		return fmt.Sprintf("The branch lacks %s of its base. Whoever can write to it can update it, with the button below the pull request.", commits(r.Behind))
	case rules.ExprTrue:
		return "What the rule's expression asks for is so."
	case rules.ExprFalse:
		return "What the rule's expression asks for is not so. The policy says what it is; an owner of the policy can explain it."
	case rules.ExprUnknown:
		return "The rule's expression cannot be worked out, for a fact that it rests on is missing or it takes too much work. An owner of the policy can write it another way."
	case rules.AnyMet:
		return "One of the ways to meet the rule is met."
	case rules.AnyOpen:
		return alternatives(r, c, n)
	case rules.RuleExcepted, rules.RuleWaived, rules.RuleAdvice:
		return relief(r, c, n)
	case rules.FactsUnread:
		return unread(r.Unread)
	case rules.FactsIncomplete:
		return incomplete(r.Gaps)
	case rules.NoRuleApplies:
		return "No rule of the policy applies to this change, so nothing vouches for it. An owner of the policy can add a rule that does."
	case rules.RuleNotApplicable:
		return "The rule does not apply to this change."
	case rules.RuleAhead:
		return "The rule is judged at a later stage."
	case rules.GroupUnknown:
		return "GitHub does not say which pull requests this merge group holds, so nothing vouches for it. Whoever queued one of them can queue it again; " +
			"if that does not help, an owner of the organization can let the app read merge queues."
	case rules.GroupMemberUnread:
		return "It is being judged as it stands now."
	case rules.GroupMemberMoved:
		return "It is not what was queued any more: it was pushed to, closed, or aims at another branch. Whoever works on it can queue it again."
	default:
		if text := production(r, c, n); text != "" {
			return text
		}
	}
	return "The finding has the reason " + string(r.Code) + "."
}

// incomplete says which facts are missing.
func incomplete(gaps []rules.Gap) string {
	var parts []string
	advice := "Its author can split the change into smaller ones"
	for _, g := range gaps {
		if g.Fact == rules.GapPolicy {
			return "The organization has a policy that cannot be read, so nothing can be judged by it. " +
				"Whoever looks after the policy can mend the file: a pull request that does so is judged by the policy before it."
		}
		if g.Of > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s", g.Read, g.Of, factNames[g.Fact]))
		} else {
			parts = append(parts, fmt.Sprintf("the first %d %s", g.Read, factNames[g.Fact]))
		}
		if g.Fact == rules.GapChecks {
			advice = "Whoever looks after the tests can make fewer of them report on one commit"
		}
	}
	if len(parts) == 0 {
		return "Something that the rules need to know could not be read."
	}
	return fmt.Sprintf("Only %s could be read, and what was not read could matter. %s.", all(parts), advice)
}

var factNames = map[rules.GapFact]string{
	rules.GapFiles:    "changed files",
	rules.GapCommits:  "commits and their authors",
	rules.GapReviews:  "reviews",
	rules.GapChecks:   "checks",
	rules.GapLabels:   "labels",
	rules.GapTimeline: "events of the pull request",
	rules.GapThreads:  "conversations of reviews",
}

// Because says why a rule applies; "" for one that always does.
func Because(b *rules.Because, c rules.Change, n Names) string {
	if b == nil {
		return ""
	}
	var parts []string
	if len(b.Classes) > 0 {
		parts = append(parts, "the change is "+all(b.Classes))
	}
	if len(b.NotClasses) > 0 {
		parts = append(parts, "the change is not "+orList(b.NotClasses))
	}
	if b.Size != nil {
		parts = append(parts, "it touches "+size(b.Size))
	}
	if b.Repository {
		parts = append(parts, "it is made to "+c.Repo.Name)
	}
	if len(b.Text) > 0 {
		parts = append(parts, "of what its "+all(b.Text)+" says")
	}
	switch {
	case b.AllFiles:
		parts = append(parts, "not all of its files could be looked into")
	case len(b.Files) > 0:
		var paths []string
		for _, i := range b.Files {
			if i >= 0 && i < len(c.Files) {
				paths = append(paths, c.Files[i].Path)
			}
		}
		parts = append(parts, "it changes "+list(paths))
	}
	if len(b.Labels) > 0 {
		parts = append(parts, "it has the label "+all(b.Labels))
	}
	if b.Branch != "" {
		parts = append(parts, "it aims at "+b.Branch)
	}
	if len(b.Heads) > 0 {
		var heads []string
		for _, p := range c.Pulls {
			if slices.Contains(b.Heads, p.Number) && !slices.Contains(heads, p.HeadRef) {
				heads = append(heads, p.HeadRef)
			}
		}
		parts = append(parts, "it comes from "+list(heads))
	}
	if len(b.Authors) > 0 {
		if c.Repo.Public {
			parts = append(parts, "of who contributed to it")
		} else {
			parts = append(parts, people(b.Authors, n)+" contributed to it")
		}
	}
	if b.Draft != nil {
		parts = append(parts, map[bool]string{true: "it is a draft", false: "it is ready for review"}[*b.Draft])
	}
	if b.Expr {
		parts = append(parts, "the rule's expression is true of it")
	}
	if b.Except {
		parts = append(parts, "what the rule leaves out does not hold for it")
	}
	if b.Assumed {
		parts = append(parts, "it cannot be ruled out")
	}
	if len(parts) == 0 {
		return ""
	}
	return clean("It applies because " + all(parts) + ".")
}

func size(s *rules.Size) string {
	text := fmt.Sprintf("%d files", s.Files)
	if s.Files == 1 {
		text = "one file"
	}
	switch {
	case s.More:
		text += fmt.Sprintf(" and more lines than can be counted, %d at least", s.Lines)
	case s.Lines > 0:
		text += fmt.Sprintf(" and %d lines", s.Lines)
	}
	return text
}

func commits(n int) string {
	if n == 1 {
		return "one commit"
	}
	return fmt.Sprintf("%d commits", n)
}

// Notice says something about the policy itself.
func Notice(no rules.Notice) string {
	switch no.Code {
	case rules.NoticeBrokenPolicy:
		line := ""
		if no.Line > 0 {
			line = fmt.Sprintf(" because of line %d", no.Line)
		}
		return clean(fmt.Sprintf("The policy in %s cannot be read%s: the last one that could, or the one that stands above it, is in force. "+
			"A pull request that mends the file can be merged by the rules in force.", no.File, line))
	case rules.NoticePolicyNotRegular:
		return clean(fmt.Sprintf("%s is not a plain file of readable size, so it is not taken for a policy: the last one that was, "+
			"or the one that stands above it, is in force. Somebody who can write can put a plain file in its place.", no.File))
	case rules.NoticePolicyTwice:
		return clean(fmt.Sprintf("Beside %s, or in its place, stands a file of nearly the same name, which leaves open what is meant: the last policy that was clear, "+
			"or the one that stands above it, is in force. Somebody who can write can keep the one file, under that very name.", no.File))
	case rules.NoticeFloorGone:
		return clean(fmt.Sprintf("The organization's policy, %s, is not there any more, or not shown to the app: the last one that was stays in force. "+
			"An owner of the organization can bring it back, or let the app see it.", no.File))
	case rules.NoticeFloorReplaced:
		return clean(fmt.Sprintf("Another repository has the name of the one with the organization's policy, %s: the last policy that was read stays in force. "+
			"An owner of the organization can bring the former repository back, or put the very same text into this one first and change it afterwards.", no.File))
	case rules.NoticeOwnersStandIn:
		return clean(fmt.Sprintf("Team %s of %s cannot be seen, so owners of the organization stand in for it. "+
			"An owner of the organization can create the team or let the app see it, or write a policy of their own.", no.Team, no.File))
	case rules.NoticeObjected:
		return fmt.Sprintf("Changes of this very diff were requested in #%d, and nobody lifted that there. Whoever reviews it here can read there why.", no.Pull)
	}
	return clean("The policy has the notice " + string(no.Code) + ".")
}

// clean takes out line breaks and what cannot be seen: names come from outside.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// sentence makes "What: that." of two parts.
func sentence(what, that string) string { return capital(what) + ": " + that + "." }

func capital(s string) string {
	if s == "" {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// all joins words as a sentence does.
func all(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// either joins words of which one is enough.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// maxListed is how many names a sentence takes before it counts.
const maxListed = 10

// list joins words, and counts those that are too many to read.
func list(words []string) string {
	if len(words) > maxListed {
		return all(append(append([]string{}, words[:maxListed]...), fmt.Sprintf("%d more", len(words)-maxListed)))
	}
	return all(words)
}

func people(ids []rules.UserID, n Names) string {
	var names []string
	for _, id := range ids {
		names = append(names, n.of(id))
	}
	return list(names)
}

// short is a commit as people write it.
func short(sha string) string {
	if len(sha) > 7 {
		return sha[:7]
	}
	return sha
}
