package say

import (
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules"
)

func textOf(r rules.Reason) rules.TextFacts {
	if r.Text == nil {
		return rules.TextFacts{}
	}
	return *r.Text
}

// where says in which pull requests something is missing, if there are several.
func where(pulls []int64) string {
	if len(pulls) < 2 {
		return ""
	}
	return " of " + all(refs(pulls))
}

func refs(pulls []int64) []string {
	var out []string
	for _, n := range pulls {
		out = append(out, fmt.Sprintf("#%d", n))
	}
	return out
}

// places names where a ticket may stand.
func places(in []string) []string {
	var out []string
	for _, p := range in {
		switch p {
		case rules.InBody:
			p = "the description"
		case rules.InTitle:
			p = "the title"
		case rules.InBranch:
			p = "the branch's name"
		case rules.InCommits:
			p = "a commit's message"
		}
		out = append(out, p)
	}
	return out
}

func ticketFound(t rules.TextFacts) string {
	text := "A ticket is named in " + all(places(t.Found)) + "."
	if len(t.Others) > 0 {
		text += " The same is named in " + all(refs(t.Others)) + ": whoever reviews this can see whether it is meant for each."
	}
	return text
}

func ticketMissing(t rules.TextFacts) string {
	return fmt.Sprintf("No ticket is named in %s%s. Who wrote the pull request can add its reference there.", orList(places(t.In)), where(t.Pulls))
}

func sectionMissing(t rules.TextFacts) string {
	return fmt.Sprintf("The description%s has no heading “%s”. Who wrote the pull request can add it, with %s below it.", where(t.Pulls), t.Heading, words(t.Need))
}

func sectionEmpty(t rules.TextFacts) string {
	return fmt.Sprintf("The description%s has the heading “%s” and %s of its own below it, where %s asked for; the template's text does not count. Who wrote the pull request can add it.",
		where(t.Pulls), t.Heading, words(t.Words), isAre(words(max(t.Need, 1)), t.Need))
}

func words(n int) string {
	switch n {
	case 0:
		return "no text"
	case 1:
		return "one word"
	}
	return fmt.Sprintf("%d words", n)
}

func isAre(what string, n int) string {
	if n == 1 {
		return what + " is"
	}
	return what + " are"
}

func shortAll(commits []string) []string {
	var out []string
	for _, c := range commits {
		out = append(out, short(c))
	}
	return out
}

func conversations(t *rules.ThreadFacts) string {
	if t == nil || t.Open == 1 {
		return "one conversation"
	}
	return fmt.Sprintf("%d conversations", t.Open)
}

func openConversations(t *rules.ThreadFacts, n Names) string {
	by := ""
	if t != nil && len(t.By) > 0 {
		by = ", begun by " + people(t.By, n)
	}
	verb := "is"
	if t != nil && t.Open != 1 {
		verb = "are"
	}
	if t != nil && t.Own > 0 {
		return fmt.Sprintf("%s %s open%s; of them %d resolved by a contributor, which is not enough here. Somebody who can write and contributed nothing can unresolve and resolve what is settled.",
			capital(conversations(t)), verb, by, t.Own)
	}
	return fmt.Sprintf("%s %s open%s. Whoever can write, or wrote the pull request, can resolve what is settled.", capital(conversations(t)), verb, by)
}

// unread says which facts were not read.
func unread(facts []rules.Fact) string {
	var parts []string
	for _, f := range facts {
		name := unreadNames[f]
		if name == "" {
			name = string(f)
		}
		parts = append(parts, name)
	}
	if len(parts) == 0 {
		return "Something that the rule rests on could not be read."
	}
	return fmt.Sprintf("The rule rests on %s, which could not be read. It is judged again when that can be; who runs the app can see why in its log.", all(parts))
}

// Fact names a fact that may not have been read.
func Fact(f rules.Fact) string { return unreadNames[f] }

var unreadNames = map[rules.Fact]string{
	rules.FactText:        "title and description",
	rules.FactMessages:    "the commits' messages",
	rules.FactSignatures:  "the commits' signatures",
	rules.FactLabelings:   "who set the labels",
	rules.FactThreads:     "the conversations of reviews",
	rules.FactBehind:      "how far the base has moved on",
	rules.FactPermissions: "who may do what to the repository",
	rules.FactJoins:       "since when people have been in teams",
	rules.FactOwners:      "who owns the organization",
	rules.FactCommits:     "the commits up to the head",
}

// without leads from what takes the weight from a rule to what the rule says all the same.
const without = "Without it:"

// relief says what takes the weight from a rule.
func relief(r rules.Reason, c rules.Change, n Names) string {
	if r.Relief == nil {
		return "The rule is not met and has no weight here."
	}
	day := r.Relief.Until.UTC().Add(-time.Nanosecond).Format(time.DateOnly)
	switch r.Code {
	case rules.RuleExcepted:
		return fmt.Sprintf("Waived until the end of %s by exception %d of the %s's policy, which %s approved. %s", day, r.Relief.Entry, layerName(r.Relief.Layer), n.of(r.Relief.By), without)
	case rules.RuleWaived:
		if len(r.Relief.Pulls) > 0 {
			return fmt.Sprintf("Waived for %s by %s, until %s at the latest. %s", all(refs(r.Relief.Pulls)), relieved(r.Relief, c, n), clock(r.Relief.Until), without)
		}
		by := n.of(r.Relief.By)
		if c.Repo.Public && r.Relief.Group != "" {
			by = "somebody of " + r.Relief.Group // who that is tells who is in it
		}
		return fmt.Sprintf("Waived for what commit %s would merge, by %s, until %s UTC at the latest. %s", short(c.Head), by, r.Relief.Until.UTC().Format(time.DateTime), without)
	default:
		return fmt.Sprintf("Advice until the end of %s, and enforced after it. It would say:", day)
	}
}

func layerName(layer string) string {
	if layer == rules.RepositoryLayer {
		return "repository"
	}
	return "organization"
}

// alternatives says what each of several ways asks for.
func alternatives(r rules.Reason, c rules.Change, n Names) string {
	if c.Repo.Public {
		n = nil // who is in a group is nobody's business
	}
	var ways []string
	for _, part := range r.Any {
		var open []string
		for _, one := range part {
			if one.Outcome.Blocks() {
				open = append(open, brief(one, c, n))
			}
		}
		if len(open) > 0 {
			ways = append(ways, strings.Join(open, ", and "))
		}
	}
	if len(ways) == 0 {
		return "None of the ways to meet the rule is met."
	}
	return "One of these is missing: " + strings.Join(ways, "; or ") + "."
}

// orList joins words as a choice.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
