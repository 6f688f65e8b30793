package publish

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

const (
	// maxSummary keeps a summary, with the ledger's line, below GitHub's 65,535. Whether
	// GitHub counts characters or bytes is not documented, so these are bytes.
	maxSummary = 60_000
	// maxSentence bounds one cell, so that one long text cannot push out the other rules.
	maxSentence = 600
)

// text is Markdown up to a limit. It only ever leaves out whole blocks, so that no table
// row, code span or fold is broken, and says so in the end.
type text struct {
	b       strings.Builder
	limit   int
	omitted bool
}

const omission = "\n\n_The rest is left out: the text would be longer than GitHub takes. Every rule was judged._\n"

// add appends a block and reports whether it did. After the first that did not fit none is
// taken: a text with gaps would read as if it were whole.
func (t *text) add(block string) bool {
	if t.omitted || t.b.Len()+len(block)+len(omission) > t.limit {
		t.omitted = true
		return false
	}
	t.b.WriteString(block)
	return true
}

// addFold appends lines that the reader opens, as many as fit.
func (t *text) addFold(title string, lines []string) {
	const end = "\n</details>\n"
	if len(lines) == 0 || !t.add("\n<details><summary>"+title+"</summary>\n\n") {
		return
	}
	t.limit -= len(end)
	for _, l := range lines {
		t.add(l)
	}
	t.limit += len(end)
	t.b.WriteString(end)
}

func (t *text) String() string {
	if t.omitted {
		t.b.WriteString(omission)
	}
	return t.b.String()
}

// summary is the Markdown of a publication: what is missing and what to do first, then
// every rule of every change, who counted and who did not, and what judged.
func summary(items []Item, strangers int) string {
	t := &text{limit: maxSummary}
	worst := heaviest(items)
	t.add(sign(worst.Verdict.Outcome) + " **" + inert(cut(say.Headline(worst.Verdict, worst.Names), maxSentence)) + "**\n\n")
	t.add(next(worst))
	for _, it := range items {
		for _, line := range unaskedLines(it) {
			t.add("\n> " + line + "\n")
		}
	}
	for _, o := range items[0].Overdue { // of the repository, so it is every item's
		t.add("\n> " + say.Overdue(o.Number, o.Due, o.Blocks) + "\n")
	}
	t.add(toSignOff(items))
	for _, p := range proposals(items) {
		t.add("\n> " + p.String() + "\n")
		if p.Preview != nil {
			for _, paragraph := range p.Preview.paragraphs() {
				t.add(">\n> " + paragraph + "\n")
			}
		}
	}
	if len(items) > 1 {
		t.add(fmt.Sprintf("\n%d changes have this commit as their head, and the check belongs to the commit: the heaviest verdict stands.\n", len(items)))
	}
	for _, it := range items {
		if len(items) > 1 {
			t.add("\n### " + sign(it.Verdict.Outcome) + " Into " + code(cut(it.Change.Base, 200)) + "\n\n" + pulls(it) + "\n")
		}
		table(t, it)
	}
	for _, it := range items {
		title := "Who counted, and who did not"
		if len(items) > 1 {
			title += ", into " + inert(cut(it.Change.Base, 100))
		}
		t.addFold(title, people(it))
	}
	for _, p := range proposals(items) {
		if p.Preview != nil {
			t.addFold("What the proposed policy changes, in words", p.Preview.told())
		}
	}
	notices(t, items)
	if _, left := annotate(items); left.Beyond+left.Removed > 0 {
		t.add("\n" + left.String() + "\n")
	}
	if strangers > 0 {
		t.add(fmt.Sprintf("\n%s with the same head, opened by somebody without write access, %s for nothing here.\n",
			count(strangers, "more pull request"), map[bool]string{true: "counts", false: "count"}[strangers == 1]))
	}
	policies(t, items)
	return t.String()
}

// next is what would let the change pass, the fewest steps that do.
func next(it Item) string {
	if !blocks(it.Verdict.Outcome) || len(it.Unblock) == 0 {
		return first(it) + "\n"
	}
	var text strings.Builder
	text.WriteString("To let it pass:\n")
	for _, s := range say.Steps(it.Unblock, it.Change, it.Names) {
		text.WriteString("\n- " + inert(cut(say.Visible(s), maxSentence)))
	}
	return text.String() + "\n"
}

// first is the sentence of the finding that weighs the most, with what to do about it.
func first(it Item) string {
	open := slices.DeleteFunc(slices.Clone(it.Verdict.Findings), func(f rules.Finding) bool { return !blocks(f.Outcome) })
	if len(open) == 0 {
		return nothingMissing(it.Verdict)
	}
	return sentence(slices.MaxFunc(open, func(a, b rules.Finding) int { return weight(a.Outcome) - weight(b.Outcome) }), it)
}

// nothingMissing says that a change may be merged, and loudly what it may be merged without.
func nothingMissing(v rules.Verdict) string {
	var without []string
	for _, f := range v.Findings {
		if f.Outcome == rules.Waived {
			without = append(without, code(cut(f.Rule, 200)))
		}
	}
	if len(without) == 0 {
		return "Nothing is missing: this change may be merged."
	}
	loud := ""
	if e := say.Emergency(v); e != "" {
		loud = "🚨 **" + e + "** "
	}
	return loud + "☑️ **Waived: " + strings.Join(atMost(without, "%d more"), ", ") + ".** Nothing else is missing: this change may be merged, although what these rules ask for is not there."
}

// blocks reports whether a finding stands in the way.
func blocks(o rules.Outcome) bool {
	switch o {
	case rules.Pass, rules.Waived, rules.Advice, rules.NotApplicable, rules.Ahead:
		return false
	default:
		return true
	}
}

// sentence says what a finding is and what is next, without the approvals that do not
// count: those stand below the tables.
func sentence(f rules.Finding, it Item) string {
	f.Reasons = slices.Clone(f.Reasons)
	for i, r := range f.Reasons {
		if r.Approvals != nil {
			facts := *r.Approvals
			facts.Dropped = nil
			f.Reasons[i].Approvals = &facts
		}
	}
	return inert(cut(say.Visible(say.Sentence(f, it.Change, it.Names)), maxSentence))
}

// sign is an outcome's mark; it never stands without a word.
func sign(o rules.Outcome) string {
	switch o {
	case rules.Pass:
		return "✅"
	case rules.Pending:
		return "🟡"
	case rules.Fail:
		return "❌"
	case rules.Waived:
		return "☑️"
	case rules.Advice:
		return "💡"
	case rules.NotApplicable:
		return "➖"
	case rules.Ahead:
		return "⏩"
	default:
		return "⚠️"
	}
}

// word is an outcome for people.
func word(o rules.Outcome) string {
	switch o {
	case rules.Pass:
		return "passed"
	case rules.Pending:
		return "waiting"
	case rules.Fail:
		return "blocked"
	case rules.Waived:
		return "waived"
	case rules.Advice:
		return "advice"
	case rules.NotApplicable:
		return "does not apply"
	case rules.Ahead:
		return "comes later"
	default:
		return "cannot be judged"
	}
}

func table(t *text, it Item) {
	if len(it.Verdict.Findings) == 0 {
		return
	}
	t.add("\n| | Rule | What is needed |\n|:--|:--|:--|\n")
	for _, f := range it.Verdict.Findings {
		rule := "the change as a whole"
		if f.Rule != "" {
			rule = code(cut(f.Rule, 200))
		}
		if f.Layer != "" && f.Layer != "floor" {
			rule += " (" + inert(cut(f.Layer, 40)) + ")"
		}
		t.add("| " + sign(f.Outcome) + " " + word(f.Outcome) + " | " + rule + " | " + sentence(f, it) + " |\n")
	}
}

func pulls(it Item) string {
	var numbers []string
	for i, p := range it.Change.Pulls {
		if i == maxPeople {
			numbers = append(numbers, fmt.Sprintf("and %d more", len(it.Change.Pulls)-i))
			break
		}
		numbers = append(numbers, fmt.Sprint(p.Number))
	}
	s := "Pull request " + strings.Join(numbers, ", ")
	if it.Title != "" {
		s += ": " + inert(cut(say.Visible(it.Title), 200))
	}
	return s
}

func notices(t *text, items []Item) {
	var seen []rules.Notice
	for _, it := range items {
		for _, n := range it.Verdict.Notices {
			if slices.Contains(seen, n) {
				continue
			}
			seen = append(seen, n)
			t.add("\n> ⚠️ " + inert(cut(say.Visible(say.Notice(n)), maxSentence)) + "\n")
		}
	}
}

// String is the sentence about the files without an annotation.
func (u unannotated) String() string {
	var parts []string
	if u.Beyond > 0 {
		parts = append(parts, fmt.Sprintf("%s more made a rule apply and carry no annotation (GitHub takes %d)", count(u.Beyond, "file"), maxAnnotations))
	}
	if u.Removed > 0 {
		parts = append(parts, count(u.Removed, "removed file")+" made a rule apply and cannot carry an annotation")
	}
	return strings.Join(parts, "; ") + "."
}

func policies(t *text, items []Item) {
	var seen []PolicyRef
	for _, it := range items {
		for _, p := range it.Policy {
			if slices.Contains(seen, p) {
				continue
			}
			seen = append(seen, p)
			where := inert(cut(p.Path, 200))
			if p.Path != "" {
				where = code(cut(p.Path, 200))
			}
			if p.Repo != "" {
				where += " of " + code(cut(p.Repo, 200))
			}
			if p.Commit != "" {
				where += " at " + code(short(p.Commit))
			}
			t.add("\nJudged by the " + inert(cut(p.Layer, 40)) + " policy: " + where + "\n")
		}
	}
}
