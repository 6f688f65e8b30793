package words

import (
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// dayNames are the days of the week as a sentence has them.
func dayNames(days []time.Weekday) []string {
	var out []string
	for _, d := range days {
		out = append(out, d.String())
	}
	return out
}

// Window returns when a window is open: "Monday to Friday from 09:00 to 17:00 (Etc/UTC)".
func (s Style) Window(w rules.Window) string {
	days := join(dayNames(w.Days), "and")
	if n := len(w.Days); n > 2 && int(w.Days[n-1]-w.Days[0]) == n-1 {
		days = w.Days[0].String() + " to " + w.Days[n-1].String()
	}
	text := fmt.Sprintf("%s from %s to %s", days, w.From, w.To)
	if w.To <= w.From {
		text += " the day after"
	}
	text += " (" + w.TimeZone + ")"
	if len(w.Holidays) > 0 {
		text += ", but for the holidays " + join(s.codes(w.Holidays), "and")
	}
	return text
}

// Freeze returns what a freeze closes and when.
func (s Style) Freeze(f rules.Freeze) string {
	text := "from " + minute(f.Span.From) + " to " + minute(f.Span.To)
	if len(f.Environments) > 0 {
		text += ", of " + join(s.names(f.Environments), "and")
	}
	if len(f.Classes) > 0 {
		text += ", for changes of class " + join(s.names(f.Classes), "or")
	}
	if len(f.Repositories) > 0 {
		text += ", in " + join(s.codes(f.Repositories), "and")
	}
	if len(f.Except) > 0 {
		text += ", but for " + join(s.names(f.Except), "and")
	}
	return text
}

func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// Environment returns the names that an environment has on GitHub.
func (s Style) Environment(e rules.Environment) string {
	return "what GitHub calls " + join(s.codes(e.Match), "or")
}

// Emergency returns how an emergency is declared and what follows.
func (s Style) Emergency(e rules.EmergencyPath) string {
	after := "A post-mortem is due within " + span(e.PostMortem.Within) + " of the merge or the deployment, whichever is first, and somebody of " +
		join(s.names(e.PostMortem.ReviewedBy), "or") + " who neither declared it nor contributed completes it"
	if e.PostMortem.Blocks {
		after += "; while it is overdue the repository's next standard deployment waits"
	}
	return "Somebody of " + join(s.names(e.By), "or") + " can declare an emergency for a change, which holds for " + span(e.Expires) +
		". It needs " + s.approvals(e.Approvals) + ", and waives " + join(s.names(e.Waives), "and") + ". " + after + "."
}

// Rollback returns who may go back to what was good before, and what that skips.
func (s Style) Rollback(r rules.RollbackLane) string {
	return "Somebody of " + join(s.names(r.By), "or") + " can deploy again what was approved and good there within the last " + span(r.Reach) +
		", without " + join(s.names(r.Waives), "and") + "."
}

// before returns what a requirement asks before a deployment.
func (s Style) before(r rules.Requirement) []string {
	var parts []string
	if d := r.Deployed; d != nil {
		text := "the same commit to run in " + s.Name(d.To)
		switch {
		case len(d.Workflows)+len(d.Apps) == 0:
		case len(d.Apps) == 0:
			text += ", deployed by a job of " + join(s.codes(d.Workflows), "or")
		case len(d.Workflows) == 0:
			text += ", deployed by the app " + join(s.codes(d.Apps), "or")
		default:
			text += ", deployed by a job of " + join(s.codes(d.Workflows), "or") + " or by the app " + join(s.codes(d.Apps), "or")
		}
		if d.HealthyFor > 0 {
			text += ", for " + span(d.HealthyFor) + " at least"
		}
		if len(d.Checks) > 0 {
			text += ", with " + join(s.codes(d.Checks), "and") + " passed after it"
		}
		parts = append(parts, text)
	}
	if o := r.SignOff; o != nil {
		text := "the sign-off " + s.Name(o.Name) + " by somebody of " + join(s.names(o.From), "or") + " who contributed nothing to it"
		if o.Of == rules.OfSHA {
			text += ", of the very commit"
		}
		if o.LeadTime > 0 {
			text += ", given " + span(o.LeadTime) + " before"
		}
		parts = append(parts, text)
	}
	if r.Window != "" {
		parts = append(parts, "the window "+s.Name(r.Window)+" to be open")
	}
	return parts
}

// stage begins a sentence about a rule before an environment.
func (s Style) stage(r rules.Rule) string {
	if r.Stage == rules.BeforeMerge || r.Stage == "" {
		return ""
	}
	return "Before " + s.Name(string(r.Stage)) + ", "
}

// Production returns what a layer says about deployments besides its rules, each as a name and
// a sentence.
func (s Style) Production(l rules.Layer) [][2]string {
	var out [][2]string
	add := func(name, sentence string) { out = append(out, [2]string{name, capital(sentence) + "."}) }
	for _, name := range keys(l.Environments, nil) {
		add("environment "+s.Name(name), s.Environment(l.Environments[name]))
	}
	for _, name := range keys(l.Windows, nil) {
		add("window "+s.Name(name), s.Window(l.Windows[name]))
	}
	for _, f := range l.Freezes {
		add("freeze "+s.Name(f.Name), s.Freeze(f))
	}
	if l.Emergency != nil {
		add("emergency", strings.TrimSuffix(s.Emergency(*l.Emergency), "."))
	}
	if l.Rollback != nil {
		add("rollback", strings.TrimSuffix(s.Rollback(*l.Rollback), "."))
	}
	return out
}
