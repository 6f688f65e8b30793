package publish

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

const (
	// maxDescription is GitHub's limit of a status description: a longer one is refused.
	maxDescription = 140
	// maxTitle keeps a run's title on one line of the checks page.
	maxTitle = 160
)

// Item is one change that has the head: there is one for each governed base branch at which
// an open pull request aims it.
type Item struct {
	Change  rules.Change
	Verdict rules.Verdict
	Unblock []rules.Step // what would let it pass
	Unasked []string     // groups of which GitHub let nobody be asked for a review
	Overdue []Overdue    // post-mortems of the repository
	Names   say.Names
	Title   string      // of its pull request; shown where several changes share the head
	URL     string      // of the change's page; empty: there is none that people can open
	Policy  []PolicyRef // the files that it was judged by

	Buttons []Button // what can be signed off now

	Proposal *Proposal // the policy file that it would put in force; nil: it touches none
}

// Overdue is a post-mortem that should be complete and is not.
type Overdue struct {
	Number int64 // of its issue or, where it has none yet, of the change
	Due    time.Time
	Blocks bool // the next standard deployment
}

// PolicyRef is one policy file as it judged.
type PolicyRef struct {
	Layer  string // "floor" or "repository"
	Repo   string // owner/name; empty for the built-in and the operator's file
	Path   string
	Commit string
	Blob   string // or any other address of its text
}

// Options are what a publication depends on besides the verdicts.
type Options struct {
	GitHubURL string // where people open GitHub, such as https://github.com; for addresses of our own making
}

// Compose returns what a head should show. Its items are the changes that have it as their
// head, one a base branch. The heaviest verdict stands, so that no change borrows another's
// pass; beside changes that people with write access opened, those of others count for
// nothing, else a stranger could block a change with a copy of it. Without items there is
// nothing to publish.
func Compose(items []Item, o Options) Wanted {
	items, strangers := counting(items)
	if len(items) == 0 {
		return Wanted{}
	}
	w := render(items, strangers)
	w.Annotations, _ = annotate(items)
	w.AnnotatedKey = annotatedKey(items)
	w.Actions = actions(items)
	w.TargetURL, w.ChecksURL = heaviest(items).URL, checksURL(heaviest(items), o)
	// What a publication says decides whether it changed, apart from what moves by itself:
	// so the digest is that of the same page without times and policy commits.
	still := render(timeless(items), strangers)
	w.Digest = digest(append([]string{string(w.Outcome), still.Title, still.Summary, still.Description, w.TargetURL, w.AnnotatedKey}, actionsKey(w.Actions)...)...)
	return w
}

// counting returns the items that law 7 lets count, by base, public ones without what must
// not be told there, and how many pull requests count for nothing.
func counting(items []Item) (counted []Item, strangers int) {
	byWriter := func(it Item) bool {
		return slices.ContainsFunc(it.Change.Pulls, func(p rules.Pull) bool { return p.Writer })
	}
	some := slices.ContainsFunc(items, byWriter)
	for _, it := range items {
		if some && !byWriter(it) {
			strangers += len(it.Change.Pulls)
			continue
		}
		if it.Change.Repo.Public {
			it.Verdict = discreet(it.Verdict)
		}
		counted = append(counted, it)
	}
	slices.SortFunc(counted, func(a, b Item) int { return strings.Compare(a.Change.Base, b.Change.Base) })
	return counted, strangers
}

// heaviest returns the first of the items with the heaviest verdict.
func heaviest(items []Item) Item {
	return slices.MaxFunc(items, func(a, b Item) int { return weight(a.Verdict.Outcome) - weight(b.Verdict.Outcome) })
}

// weight orders outcomes; one that we do not know weighs the most.
func weight(o rules.Outcome) int {
	state, _, _ := answer(o)
	return stateLevel(state)
}

// render fills what people read.
func render(items []Item, strangers int) Wanted {
	worst := heaviest(items)
	w := Wanted{Outcome: worst.Verdict.Outcome}
	w.StatusState, w.RunStatus, w.Conclusion = answer(w.Outcome)
	title, description := say.Headline(worst.Verdict, worst.Names), say.Status(worst.Verdict, worst.Change, worst.Names)
	if len(items) > 1 {
		into := "into " + cut(say.Visible(worst.Change.Base), 40) + ": "
		title, description = into+title, into+description
	}
	w.Title = cmp.Or(cut(say.Visible(title), maxTitle), word(w.Outcome))
	w.Description = cmp.Or(cut(say.Visible(description), maxDescription), word(w.Outcome))
	w.Summary = summary(items, strangers)
	return w
}

// timeless returns the items without what changes by itself.
func timeless(items []Item) []Item {
	items = slices.Clone(items)
	for i := range items {
		v := clone(items[i].Verdict)
		v.At, v.Recheck = time.Time{}, time.Time{}
		v = v.Map(func(r rules.Reason) rules.Reason { // of a copy: what it points to is ours
			if r.Approvals != nil {
				for k := range r.Approvals.Counted {
					r.Approvals.Counted[k].AsOf = time.Time{}
				}
			}
			if r.Checks != nil {
				r.Checks.Settles = time.Time{}
			}
			return r
		})
		items[i].Verdict = v
		items[i].Policy = slices.Clone(items[i].Policy)
		for k := range items[i].Policy {
			items[i].Policy[k].Commit = ""
		}
	}
	return items
}

// clone copies v as deep as this package changes it.
func clone(v rules.Verdict) rules.Verdict {
	return v.Map(func(r rules.Reason) rules.Reason {
		if r.Approvals != nil {
			facts := *r.Approvals
			facts.Counted = slices.Clone(facts.Counted)
			facts.Dropped = slices.Clone(facts.Dropped)
			facts.Objections = slices.Clone(facts.Objections)
			r.Approvals = &facts
		}
		if r.Checks != nil {
			facts := *r.Checks
			r.Checks = &facts
		}
		return r
	})
}

// annotatedKey names the head and the policies that judged, each once: the same file may
// have judged the change for several bases.
func annotatedKey(items []Item) string {
	var policies []string
	for _, it := range items {
		for _, p := range it.Policy {
			policies = append(policies, digest(p.Layer, p.Repo, p.Path, p.Blob))
		}
	}
	slices.Sort(policies)
	return digest(append([]string{items[0].Change.Head}, slices.Compact(policies)...)...)
}

func checksURL(it Item, o Options) string {
	if o.GitHubURL == "" || len(it.Change.Pulls) == 0 {
		return ""
	}
	return fmt.Sprintf("%s/%s/pull/%d/checks", strings.TrimSuffix(o.GitHubURL, "/"), it.Change.Repo.Name, it.Change.Pulls[0].Number)
}
