package publish

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// Group is a merge group as it was judged.
type Group struct {
	Base    string // branch
	Verdict rules.MergeGroupVerdict
	// Members stand beside Verdict.Members: what each is. Their verdicts are the group's; one
	// that could not be judged has a Title alone.
	Members []Item
}

// ComposeGroup returns what the commit of a merge group should show.
func ComposeGroup(g Group, o Options) Wanted {
	g = g.discreet()
	w := renderGroup(g)
	if m := g.heaviest(); m >= 0 {
		w.TargetURL, w.ChecksURL = g.Members[m].URL, checksURL(g.Members[m], o)
	}
	still := renderGroup(g.timeless())
	w.Digest = digest(string(w.Outcome), still.Title, still.Summary, still.Description, w.TargetURL)
	return w
}

// heaviest is the first of the members with the heaviest answer; -1: there is none.
func (g Group) heaviest() int {
	worst := -1
	for i, m := range g.Verdict.Members {
		if worst < 0 || weight(m.Outcome) > weight(g.Verdict.Members[worst].Outcome) {
			worst = i
		}
	}
	return worst
}

// each returns g with every member's verdicts replaced.
func (g Group) each(change func(Item) Item) Group {
	members := make([]rules.MemberVerdict, len(g.Verdict.Members))
	items := make([]Item, len(g.Members))
	for i, m := range g.Verdict.Members {
		items[i] = change(g.Members[i])
		for _, v := range []**rules.Verdict{&m.Own, &m.Group} {
			if *v != nil {
				it := g.Members[i]
				it.Verdict = **v
				verdict := change(it).Verdict
				*v = &verdict
			}
		}
		members[i] = m
	}
	g.Verdict.Members, g.Members = members, items
	return g
}

// discreet leaves out what must not be told on a public repository.
func (g Group) discreet() Group {
	return g.each(func(it Item) Item {
		if it.Change.Repo.Public {
			it.Verdict = discreet(it.Verdict)
		}
		return it
	})
}

func (g Group) timeless() Group {
	g = g.each(func(it Item) Item { return timeless([]Item{it})[0] })
	g.Verdict.At, g.Verdict.Recheck = time.Time{}, time.Time{}
	return g
}

// names are everybody's who is named in a member.
func (g Group) names() say.Names {
	all := say.Names{}
	for _, it := range g.Members {
		maps.Copy(all, it.Names)
	}
	return all
}

func (g Group) change(pull int64) rules.Change {
	for i, m := range g.Verdict.Members {
		if m.Pull == pull {
			return g.Members[i].Change
		}
	}
	return rules.Change{}
}

func renderGroup(g Group) Wanted {
	w := Wanted{Outcome: g.Verdict.Outcome}
	w.StatusState, w.RunStatus, w.Conclusion = answer(w.Outcome)
	n := g.names()
	w.Title = cmp.Or(cut(say.Visible(say.GroupHeadline(g.Verdict, n)), maxTitle), word(w.Outcome))
	w.Description = cmp.Or(cut(say.Visible(say.GroupStatus(g.Verdict, g.change, n)), maxDescription), word(w.Outcome))
	w.Summary = groupSummary(g, n)
	return w
}

// groupSummary is the Markdown of a merge group: its members with their answers, then the
// rules of each, the heaviest first, as many as fit.
func groupSummary(g Group, n say.Names) string {
	t := &text{limit: maxSummary}
	t.add(sign(g.Verdict.Outcome) + " **" + inert(cut(say.GroupHeadline(g.Verdict, n), maxSentence)) + "**\n\n")
	t.add(inert(cut(say.Visible(say.GroupSentence(g.Verdict, n)), maxSentence)) + "\n")
	if len(g.Members) > 0 {
		t.add(fmt.Sprintf("\nThis commit would bring %s into %s. Each has to satisfy the rules by itself, and again with the checks of this commit.\n\n",
			count(len(g.Members), "pull request"), code(cut(g.Base, 200))))
		t.add("| | Pull request | What is needed |\n|:--|:--|:--|\n")
	}
	for i, m := range g.Verdict.Members {
		t.add("| " + sign(m.Outcome) + " " + word(m.Outcome) + " | " + groupMember(m, g.Members[i]) + " | " + groupNeed(m, g.Members[i]) + " |\n")
	}
	for i, m := range g.Verdict.Members {
		it := g.Members[i]
		if m.Group == nil {
			continue
		}
		t.add("\n### " + sign(m.Outcome) + " " + groupMember(m, it) + "\n")
		it.Verdict = *m.Group
		table(t, it)
		if it.Verdict.Findings = onlyOwn(m, it); len(it.Verdict.Findings) > 0 {
			t.add("\nAt its own head " + code(short(m.Head)) + " besides:\n")
			table(t, it)
		}
	}
	policies(t, g.Members)
	return t.String()
}

// onlyOwn are the findings that block a member at its own head, and are not said of it with
// the group's checks in the same words.
func onlyOwn(m rules.MemberVerdict, it Item) []rules.Finding {
	said := map[string]bool{}
	for _, f := range m.Group.Findings {
		said[f.Rule+"\n"+sentence(f, it)] = true
	}
	return slices.DeleteFunc(slices.Clone(m.Own.Findings), func(f rules.Finding) bool {
		return !blocks(f.Outcome) || said[f.Rule+"\n"+sentence(f, it)]
	})
}

func groupMember(m rules.MemberVerdict, it Item) string {
	return strings.TrimSuffix(inert(fmt.Sprintf("%d: %s", m.Pull, cut(say.Visible(it.Title), 200))), ": ")
}

// groupNeed is the sentence of a member's finding that weighs the most.
func groupNeed(m rules.MemberVerdict, it Item) string {
	if m.Own == nil {
		var parts []string
		for _, r := range m.Reasons {
			parts = append(parts, say.Reason(r, it.Change, it.Names))
		}
		return inert(cut(say.Visible(strings.Join(parts, " ")), maxSentence))
	}
	it.Verdict = *m.Own
	if weight(m.Group.Outcome) > weight(m.Own.Outcome) {
		it.Verdict = *m.Group
	}
	if !it.Verdict.Outcome.Blocks() {
		return "Nothing."
	}
	return first(it)
}
