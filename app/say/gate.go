package say

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// Gate says what the gate decided about a deployment: first the answer with what is next
// and when, then a line for each reason that holds it, and for what was
// not asked for or rests on another commit. Names come from outside: whoever
// publishes escapes them.
func Gate(d deploy.Decision, s rules.Shipment, n Names) (headline string, lines []string) {
	c := rules.Change{Repo: s.Repo}
	for _, r := range d.Reasons {
		if text := gateReason(r); text != "" {
			lines = append(lines, clean(text))
		}
	}
	for _, f := range d.Verdict.Findings {
		if f.Outcome.Blocks() || f.Outcome == rules.Waived || f.Outcome == rules.Advice || elsewhere(f) {
			name := f.Rule
			if name == "" {
				name = "facts"
			}
			lines = append(lines, clean(name+": "+Sentence(f, c, n)))
		}
	}
	what := fmt.Sprintf("%s of %s", s.Environment, short(s.Commit))
	switch d.Answer {
	case deploy.Approve:
		headline = "Approved: " + what + "."
		if d.Rollback {
			headline = "Approved as a rollback: " + what + "."
		}
	case deploy.Reject:
		headline = "Rejected: " + what + "."
	default:
		headline = "Held: " + what + "."
		if next, ok := opening(d); ok {
			headline += " The next opening is " + next + "."
		}
	}
	return clean(headline), lines
}

// elsewhere reports whether a finding rests on another commit than the one that is deployed.
func elsewhere(f rules.Finding) bool {
	return slices.ContainsFunc(f.Reasons, func(r rules.Reason) bool {
		return f.Outcome == rules.Pass && r.Deployed != nil && r.Deployed.OtherSHA != ""
	})
}

// opening returns when the window that holds a deployment opens, the last one where several do.
func opening(d deploy.Decision) (string, bool) {
	at := NextOpening(d)
	if at.IsZero() {
		return "", false
	}
	return clock(at), true
}

// NextOpening returns when the window that holds a deployment opens, the last one where several
// do; zero: none holds it, or it does not open again.
func NextOpening(d deploy.Decision) time.Time {
	var last time.Time
	for _, f := range d.Verdict.Findings {
		for _, r := range f.Reasons {
			if f.Outcome.Blocks() && r.Window != nil && len(r.Window.Next) > 0 && r.Window.Next[0].From.After(last) {
				last = r.Window.Next[0].From
			}
		}
	}
	return last
}

func gateReason(r deploy.Reason) string {
	switch r.Code {
	case deploy.EnvironmentUnknown:
		return "No environment of the policy has this name, so nothing says what it needs. An owner of the policy can add the name to one of them."
	case deploy.RunEvent:
		return "The run was started by an event whose content others choose. Somebody can run the workflow from the governed branch."
	case deploy.RunBranch:
		return "The run is not on a governed branch. Somebody can run the workflow from one, once the change is merged there."
	case deploy.RunWorkflow:
		return "The workflow file of the run is not the governed branch's. Somebody can run the workflow as it stands there."
	case deploy.CommitUnbranched:
		return "No governed branch holds the commit. Somebody can merge it, and deploy what was merged."
	case deploy.CommitsUnaccounted:
		return "Not every commit came by a change that was passed: " + list(unaccounted(r.Commits)) +
			". An owner of the policy can record an exception, or somebody can revert them through a pull request."
	case deploy.RouteUnknown:
		return "How the commit stands to what runs there cannot be told. It is looked at again; if it stays so, somebody can deploy from the default branch."
	case deploy.BehindGood:
		return "The commit is older than what runs there, and the way for rollbacks is not open for it: it has to have been approved and good there, and somebody of the rollback's group has to run it."
	case deploy.PostMortemOverdue:
		var issues []string
		for _, i := range r.Issues {
			issues = append(issues, fmt.Sprintf("#%d", i))
		}
		return "A post-mortem is overdue: " + list(issues) + ". It goes on by itself when somebody of its reviewing group has completed it."
	case deploy.GitHubWaits:
		return "GitHub's own rules of the environment are still open: " + list(waits(r.Waits)) + ". It is decided after them."
	case deploy.ClockSkewed:
		return "This server's clock is not GitHub's, so that windows cannot be told. Its operator can set it."
	case deploy.Expired:
		return "GitHub waits for an answer for 30 days and no longer. Somebody can run the deployment again."
	case deploy.CommitsAccounted:
		if len(r.Commits) > 0 {
			return "By a recorded exception: " + list(unaccounted(r.Commits)) + "."
		}
	}
	return ""
}

func unaccounted(commits []deploy.Commit) []string {
	words := map[deploy.Status]string{
		deploy.Direct: "pushed directly", deploy.Red: "merged over a verdict that blocked", deploy.Unjudged: "merged before it was judged",
		deploy.Differs: "not what was judged", deploy.Excepted: "excepted",
	}
	var out []string
	for _, c := range commits {
		text := short(c.SHA)
		if c.Pull != 0 {
			text += fmt.Sprintf(" of #%d", c.Pull)
		}
		out = append(out, text+" ("+words[c.Status]+")")
	}
	return out
}

func waits(all []deploy.Wait) []string {
	var out []string
	for _, w := range all {
		switch {
		case w.Kind == deploy.WaitReviewers:
			out = append(out, "its reviewers")
		case !w.Until.IsZero():
			out = append(out, "its timer, until "+clock(w.Until))
		default:
			out = append(out, "its timer")
		}
	}
	return out
}

// GateText is the whole of what is said of a decision, in at most limit bytes.
func GateText(d deploy.Decision, s rules.Shipment, n Names, limit int) string {
	text, lines := Gate(d, s, n)
	for i, line := range lines {
		more := fmt.Sprintf("\n- and %d more", len(lines)-i)
		if len(text)+len("\n- ")+len(line)+len(more) > limit {
			return strings.ToValidUTF8(text+more, "")
		}
		text += "\n- " + line
	}
	return text
}
