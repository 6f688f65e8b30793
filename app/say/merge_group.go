package say

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// GroupHeadline is the title of a merge group's verdict. Names are those of all its members.
func GroupHeadline(g rules.MergeGroupVerdict, n Names) string {
	open := groupOpen(g, func(int64) rules.Change { return rules.Change{} }, n)
	return headline(g.Outcome, held(g), open)
}

// GroupStatus is a merge group's verdict in at most 140 characters: what is missing, of whom,
// and who can give it. change returns the change that a member is.
func GroupStatus(g rules.MergeGroupVerdict, change func(pull int64) rules.Change, n Names) string {
	open := groupOpen(g, change, n)
	if len(open) == 0 {
		return cut(capital(held(g)), maxStatus)
	}
	return fit(open)
}

func held(g rules.MergeGroupVerdict) string {
	if len(g.Members) == 1 {
		return "the pull request of this merge group satisfies every rule that applies"
	}
	return fmt.Sprintf("all %d pull requests of this merge group satisfy every rule that applies", len(g.Members))
}

// groupOpen is what keeps a group from landing in a few words each, the heaviest first: with
// the members that it is about, unless it is about all of them.
func groupOpen(g rules.MergeGroupVerdict, change func(pull int64) rules.Change, n Names) []string {
	type item struct {
		text  string
		of    []string
		heavy rules.Outcome
	}
	var items []item
	for _, m := range g.Members {
		c := change(m.Pull)
		var reasons []rules.Reason
		for _, v := range []*rules.Verdict{m.Own, m.Group} {
			if v != nil {
				reasons = append(reasons, blocking(*v)...)
			}
		}
		for _, r := range append(reasons, m.Reasons...) {
			text, of := brief(r, c, n), fmt.Sprintf("#%d", m.Pull)
			i := slices.IndexFunc(items, func(it item) bool { return it.text == text })
			if i < 0 {
				i, items = len(items), append(items, item{text: text, heavy: groupWeight(r, m)})
			}
			if !slices.Contains(items[i].of, of) {
				items[i].of = append(items[i].of, of)
			}
		}
	}
	for _, r := range g.Reasons {
		items = append(items, item{text: brief(r, rules.Change{}, n), heavy: r.Outcome})
	}
	slices.SortStableFunc(items, func(a, b item) int {
		switch {
		case a.heavy.Worse(b.heavy):
			return -1
		case b.heavy.Worse(a.heavy):
			return 1
		}
		return 0
	})
	var out []string
	for _, it := range items {
		if len(it.of) > 0 && len(it.of) < len(g.Members) {
			it.text = few(it.of) + ": " + it.text
		}
		out = append(out, it.text)
	}
	return out
}

// groupWeight is a reason's weight in a group: what a person has to bring blocks there.
func groupWeight(r rules.Reason, m rules.MemberVerdict) rules.Outcome {
	if r.Outcome == rules.Pending && m.Outcome == rules.Fail && r.Code != rules.ChecksPending && r.Code != rules.ChecksNone {
		return rules.Fail
	}
	return r.Outcome
}

// GroupSentence says what a merge group's verdict is and what is next.
func GroupSentence(g rules.MergeGroupVerdict, n Names) string {
	var parts []string
	for _, r := range g.Reasons {
		parts = append(parts, Reason(r, rules.Change{}, n))
	}
	switch g.Outcome {
	case rules.Pass:
		parts = append(parts, "Nothing is missing: GitHub may merge this group.")
	case rules.Pending:
		parts = append(parts, "Nothing needs to be done: what is still open is brought by checks, and this answer is kept current.")
	default:
		if len(g.Members) > 0 {
			parts = append(parts, "This group cannot be merged. GitHub takes the pull request that holds it up out of the queue; once what is open below is there, it can be queued again.")
		}
	}
	return clean(strings.Join(parts, " "))
}
