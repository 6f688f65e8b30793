package say

import (
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// waiting says which checks are awaited, and what to do about those that do not come by
// themselves.
func waiting(f *rules.CheckFacts) string {
	var out []string
	if len(f.Running) > 0 {
		out = append(out, sentence("still running", list(f.Running)))
	}
	if len(f.Missing) > 0 {
		since := ""
		if !f.Since.IsZero() {
			since = " since " + f.Since.UTC().Format(time.DateTime) + " UTC"
		}
		who := "Whoever looks after the tests"
		if f.Overdue {
			who = "That is longer than it should take. " + expected(f)
		}
		out = append(out, fmt.Sprintf("Not reported%s: %s. %s can make them run for this commit.", since, list(f.Missing), who))
	}
	if len(f.Skipped) > 0 && len(f.Missing) > 0 {
		out = append(out, sentence("skipped, which is no success", list(f.Skipped)))
	}
	if len(f.WrongApp) > 0 {
		out = append(out, sentence("reported by another app than the policy names", list(f.WrongApp)))
	}
	if len(f.Elsewhere) > 0 {
		out = append(out, sentence("reported by something other than a job of the workflow that the policy names", list(f.Elsewhere)))
	}
	if len(f.Claimed) > 0 {
		out = append(out, fmt.Sprintf("A contributor's own status does not count: %s. Whoever runs the tests can let them report instead.", list(f.Claimed)))
	}
	if len(out) == 0 {
		return "All checks have succeeded; the answer comes when nothing new has appeared for half a minute."
	}
	return strings.Join(out, " ")
}

// expected says who is expected to report what is missing.
func expected(f *rules.CheckFacts) string {
	switch {
	case f.Workflow != "" && f.App != "":
		return "The app " + f.App + " is expected to report, by the workflow " + f.Workflow + "; whoever looks after it"
	case f.Workflow != "":
		return "The workflow " + f.Workflow + " is expected to report; whoever looks after it"
	case f.App != "":
		return "The app " + f.App + " is expected to report; whoever looks after it"
	}
	return "Whoever looks after the tests"
}

// failed says which checks failed.
func failed(f *rules.CheckFacts) string {
	var out []string
	if len(f.Failed) > 0 {
		out = append(out, sentence("failed", list(f.Failed))+" A contributor can push a fix, or run them again.")
	}
	if len(f.Beside) > 0 {
		out = append(out, "What succeeded under the same name is not a re-run of what failed, which stands until it runs again itself: "+list(f.Beside)+".")
	}
	if len(f.Skipped) > 0 && len(f.Failed) == 0 {
		out = append(out, sentence("skipped, which the policy does not take for a success", list(f.Skipped))+" A contributor can make them run for this commit.")
	}
	if len(f.Running)+len(f.Missing)+len(f.WrongApp)+len(f.Claimed)+len(f.Elsewhere) > 0 {
		out = append(out, waiting(f))
	}
	return strings.Join(out, " ")
}
