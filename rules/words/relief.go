package words

import "github.com/changewarden/changewarden/rules"

// Exception returns what an exception lets pass, until when and why.
func (s Style) Exception(e rules.Exception) string {
	which := "Every change"
	if when := s.Condition(e.Scope); when != "" {
		which = "A change " + when
	}
	return which + " passes the rule " + s.Name(e.Rule) + " up to " + lastDay(e.Expires) + ", approved by " +
		s.Name(e.ApprovedBy.String()) + ": " + s.Name(e.Reason)
}

// Deferral returns until when a repository takes a rule of the floor as advice.
func (s Style) Deferral(d rules.Deferral) string {
	return "The floor's rule " + s.Name(d.Rule) + " is advice here up to " + lastDay(d.Until) + " and blocks nothing until then"
}

// Reliefs returns a layer's exceptions and deferrals as sentences.
func (s Style) Reliefs(l rules.Layer) []string {
	var out []string
	for _, e := range l.Exceptions {
		out = append(out, s.Exception(e)+".")
	}
	for _, d := range l.Advice {
		out = append(out, s.Deferral(d)+".")
	}
	return out
}
