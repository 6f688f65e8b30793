package publish

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Preview is what a proposed policy changes, and what it would have said about other pull
// requests by the facts that they were last judged by.
type Preview struct {
	Words []Word // what it changes
	Held  bool   // nobody who can write stands behind it: it was not tried
	All   bool   // it is the organisation's: it was tried in all of its repositories

	Of       int            // how many pull requests there are to try it on
	Tried    int            // on how many it was
	Unjudged int            // how many more were never judged
	Differ   []Difference   // the newest first
	Unsaid   int            // of those tried: of how many it cannot be said
	Lacks    map[string]int // why, and of how many

	Elsewhere int            // how many more differ in repositories that are not to be named here
	Clashes   map[string]int // repositories whose own policy could not stand beside it, with how many were to be tried there; "": not to be named
}

// Word is one way in which a proposed policy is not the one in force. Texts are plain.
type Word struct {
	Kind, What, Name string // added, removed or changed; rule, class, group, exception or branches; its name
	Before, After    string
}

// Difference is a pull request of which the proposed policy would have said something else.
type Difference struct {
	Repo       string // owner/name; empty: this one
	Number     int64
	Merged     bool
	Was, Would rules.Outcome
}

// Lack notes a change of which it cannot be said, and for want of what.
func (p *Preview) Lack(of ...string) {
	if p.Lacks == nil {
		p.Lacks = map[string]int{}
	}
	p.Unsaid++
	for _, what := range of {
		p.Lacks[what]++
	}
}

// Clash notes a change of a repository whose own policy could not stand beside the proposed
// one; shown: the repository may be named.
func (p *Preview) Clash(repo string, shown bool) {
	if p.Clashes == nil {
		p.Clashes = map[string]int{}
	}
	if !shown {
		repo = ""
	}
	p.Unsaid++
	p.Clashes[repo]++
}

// paragraphs say in Markdown which verdicts would differ.
func (p Preview) paragraphs() []string {
	where := "the other open pull requests and those merged in the last 90 days"
	if p.All {
		where = "the other open pull requests of all repositories of the organization and those merged in the last 90 days"
	}
	switch {
	case p.Held:
		return []string{"It was not tried on other changes: somebody who can write to the repository has to stand behind it first, by a review of this commit."}
	case p.Tried == 0:
		return []string{"No other pull request is known on which it could be tried."}
	}
	tried := fmt.Sprintf("Of %s it was tried on %d", where, p.Tried)
	if p.Of > p.Tried {
		tried = fmt.Sprintf("Of %s, %d in all, it was tried on %d", where, p.Of, p.Tried)
	}
	switch differ, said := len(p.Differ)+p.Elsewhere, p.Tried-p.Unsaid; {
	case differ > 0:
		tried += fmt.Sprintf(", and would have said something else of %d: %s", differ, p.differ())
	case said == p.Tried:
		tried += ", and would have said the same"
	case said > 0:
		tried += fmt.Sprintf(", and would have said the same of %d", said)
	}
	out := []string{tried + "."}
	if p.Unjudged > 0 {
		out = append(out, fmt.Sprintf("%s never judged, so nothing is known of %s to try it on.",
			was(p.Unjudged), map[bool]string{true: "it", false: "them"}[p.Unjudged == 1]))
	}
	if len(p.Lacks) > 0 {
		out = append(out, fmt.Sprintf("Of %d it cannot be said, because these facts were not read at the time: %s.", p.Unsaid-p.clashing(), tally(p.Lacks)))
	}
	if len(p.Clashes) > 0 {
		out = append(out, "⚠️ "+p.clashes())
	}
	return out
}

func was(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

func (p Preview) differ() string {
	var lines []string
	for _, d := range p.Differ {
		name := fmt.Sprint(d.Number)
		if d.Repo != "" {
			name = code(cut(d.Repo, 200)) + " " + name
		}
		merged := ""
		if d.Merged {
			merged = "merged; "
		}
		lines = append(lines, fmt.Sprintf("%s (%s%s, would be: %s)", name, merged, judged(d.Was), judged(d.Would)))
	}
	lines = atMost(lines, "and %d more")
	if p.Elsewhere > 0 {
		lines = append(lines, fmt.Sprintf("%d in private repositories", p.Elsewhere))
	}
	return strings.Join(lines, ", ")
}

// judged is a verdict's outcome for people; of NotApplicable there is none.
func judged(o rules.Outcome) string {
	if o == rules.NotApplicable {
		return "not judged at all"
	}
	return word(o)
}

func (p Preview) clashing() int {
	n := 0
	for _, of := range p.Clashes {
		n += of
	}
	return n
}

// clashes names the repositories whose own policy could not stand.
func (p Preview) clashes() string {
	var names []string
	for _, repo := range slices.Sorted(maps.Keys(p.Clashes)) {
		if repo == "" {
			names = append(names, "private repositories")
			continue
		}
		names = append(names, code(cut(repo, 200)))
	}
	return "The own policy of these repositories could not stand beside it, because both use a name or one of them rests on what the other says: " +
		strings.Join(atMost(names, "and %d more"), ", ") + ". Whoever looks after them can rename what is theirs first."
}

// tally lists what is lacking, the most frequent first.
func tally(counts map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%s (%d)", inert(cut(k, 200)), counts[k]))
	}
	return strings.Join(atMost(out, "and %d more"), ", ")
}

// maxWords is how many changes of a policy are told in words.
const maxWords = 50

// told are the changes in words, a line each.
func (p Preview) told() []string {
	text := func(s string) string { return inert(cut(s, maxSentence)) }
	var out []string
	for i, w := range p.Words {
		if i == maxWords {
			out = append(out, fmt.Sprintf("- and %d more\n", len(p.Words)-i))
			break
		}
		line := "- " + w.Kind + " " + w.What
		if w.Name != "" && w.Name != w.What {
			line += " " + code(cut(w.Name, 200))
		}
		if w.Before != "" {
			line += "\n  - before: " + text(w.Before)
		}
		if w.After != "" {
			line += "\n  - after: " + text(w.After)
		}
		out = append(out, line+"\n")
	}
	return out
}
