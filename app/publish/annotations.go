package publish

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

const (
	// maxAnnotations is how many annotations GitHub takes in one request. A second request
	// for the rest would be a third write, so the rest is counted in the summary.
	maxAnnotations = 50
	// maxDemands is how many rules one annotation lists.
	maxDemands = 20
)

// unannotated counts the files that made a rule apply and carry no annotation.
type unannotated struct {
	Removed int // not in the head, so there is no line to annotate
	Beyond  int // GitHub takes no more
}

// annotate returns the errors of a proposed policy, and a note on the first changed line of each file that made a rule apply, by
// path, saying what the path needs. It says nothing of what is still missing: annotations
// are sent once and that moves on.
func annotate(items []Item) ([]Annotation, unannotated) {
	type note struct {
		line    int
		demands []string
	}
	var left unannotated
	notes := map[string]*note{}
	removed := map[string]bool{}
	for _, it := range items {
		for _, f := range it.Verdict.Findings {
			if f.Because == nil || f.Outcome == rules.NotApplicable {
				continue
			}
			text := demand(f)
			for _, i := range f.Because.Files {
				if i < 0 || i >= len(it.Change.Files) {
					continue
				}
				file := it.Change.Files[i]
				if file.Status == "removed" {
					removed[file.Path] = true
					continue
				}
				n := notes[file.Path]
				if n == nil {
					n = &note{line: max(file.FirstLine, 1)}
					notes[file.Path] = n
				}
				if !slices.Contains(n.demands, text) {
					n.demands = append(n.demands, text)
				}
			}
		}
	}
	left.Removed = len(removed)
	var out []Annotation
	for _, p := range proposals(items) {
		out = append(out, p.annotations()...)
	}
	out = out[:min(len(out), maxAnnotations)]
	for i, path := range slices.Sorted(maps.Keys(notes)) {
		if len(out) == maxAnnotations {
			left.Beyond = len(notes) - i
			break
		}
		n := notes[path]
		out = append(out, Annotation{Path: path, Line: n.line, Message: message(n.demands)})
	}
	return out, left
}

func message(demands []string) string {
	if len(demands) == 1 {
		return "This path needs " + demands[0] + "."
	}
	more := ""
	if n := len(demands) - maxDemands; n > 0 {
		demands, more = demands[:maxDemands], fmt.Sprintf("\n- and what %d more rules ask for", n)
	}
	return "This path needs\n- " + strings.Join(demands, "\n- ") + more
}

// demand says what a rule asks for, whether or not it is there already.
func demand(f rules.Finding) string {
	var wants []string
	for _, r := range f.Reasons {
		switch {
		case r.Approvals != nil:
			w := count(r.Approvals.Need, "approval")
			if len(r.Approvals.From) > 0 {
				w += " from " + cut(say.Visible(strings.Join(r.Approvals.From, " or ")), 100)
			}
			wants = append(wants, w)
		case r.Checks != nil:
			wants = append(wants, "passing checks")
		}
	}
	rule := cut(say.Visible(f.Rule), 100)
	if len(wants) == 0 {
		return "what the rule “" + rule + "” asks for"
	}
	return strings.Join(wants, ", ") + " (rule “" + rule + "”)"
}

// count writes n things: "1 approval", "2 approvals".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
