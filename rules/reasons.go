package rules

// Map returns the verdict with each reason replaced by what change returns for it, those
// of alternatives before the reason that holds them. What the reasons point to is shared:
// change has to copy what it writes to.
func (v Verdict) Map(change func(Reason) Reason) Verdict {
	findings := make([]Finding, len(v.Findings))
	for i, f := range v.Findings {
		f.Reasons = mapReasons(f.Reasons, change)
		findings[i] = f
	}
	v.Findings = findings
	return v
}

func mapReasons(reasons []Reason, change func(Reason) Reason) []Reason {
	out := make([]Reason, len(reasons))
	for i, r := range reasons {
		if r.Any != nil {
			parts := make([][]Reason, len(r.Any))
			for k, part := range r.Any {
				parts[k] = mapReasons(part, change)
			}
			r.Any = parts
		}
		out[i] = change(r)
	}
	return out
}
