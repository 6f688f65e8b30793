package rules

import (
	"cmp"
	"slices"
)

// Objections returns the requests for changes that stand by the verdict, each once, by the
// ids of their reviews: of every rule that applies, those without weight and alternatives
// that are not needed included.
func (v Verdict) Objections() []Objection {
	var out []Objection
	for _, f := range v.Findings {
		each(f.Reasons, func(r Reason) {
			if r.Approvals != nil {
				out = append(out, r.Approvals.Objections...)
			}
		})
	}
	slices.SortStableFunc(out, func(a, b Objection) int { return cmp.Compare(a.Review, b.Review) })
	return slices.CompactFunc(out, func(a, b Objection) bool { return a.Review == b.Review })
}

// each calls yield for every reason, those of alternatives included.
func each(reasons []Reason, yield func(Reason)) {
	for _, r := range reasons {
		yield(r)
		for _, part := range r.Any {
			each(part, yield)
		}
	}
}
