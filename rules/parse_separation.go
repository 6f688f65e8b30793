package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// separation reads the list of duties that no person may have two of.
func (p *parser) separation(n *yaml.Node) []Duty {
	var names []string
	for _, d := range duties {
		names = append(names, string(d))
	}
	var out []Duty
	errs := len(p.errs)
	p.each(n, "separation", func(item *yaml.Node) {
		w, ok := p.word(item, "a duty of separation")
		if !ok {
			return
		}
		if slices.Contains(duties, Duty(w)) {
			out = append(out, Duty(w))
		} else if near := p.nearest(w, names); near != "" {
			p.fail(item, "there is no duty %q: did you mean %q?", w, near)
		} else {
			p.fail(item, "there is no duty %q: write %s", w, strings.Join(names, " or "))
		}
	})
	if len(out) < 2 && len(p.errs) == errs {
		p.fail(n, "separation keeps duties apart, and names one alone: write two or more of %s", strings.Join(names, ", "))
	}
	return out
}

// earlyDuties refuses duties that nobody can have yet when a rule before the merge is judged.
func (p *parser) earlyDuties(n *yaml.Node, what string, asked []Duty) {
	for _, d := range asked {
		if !slices.Contains(early, d) {
			p.fail(n, "%s asks for the %s, whom nobody knows before the merge: write `before:` with an environment beside it, or name author, approver and declarer alone",
				what, d)
		}
	}
}
