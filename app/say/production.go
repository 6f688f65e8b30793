package say

import (
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// clock writes an instant as people plan by it.
func clock(at time.Time) string { return at.UTC().Format("Mon 2 Jan 2006 15:04 UTC") }

// production says the reasons of rules before an environment, "" for any other.
func production(r rules.Reason, c rules.Change, n Names) string {
	switch r.Code {
	case rules.DeployedDone, rules.DeployedMissing, rules.DeployedClaimed, rules.DeployedRunning, rules.DeployedFailed,
		rules.DeployedRolledBack, rules.DeployedChecks, rules.DeployedSoaking:
		return deployed(r, r.Deployed)
	case rules.SignOffGiven, rules.SignOffMissing, rules.SignOffRipens:
		return signOff(r, c, n)
	case rules.WindowOpen, rules.WindowClosed, rules.WindowFrozen, rules.WindowNever, rules.WindowUnreadable:
		return window(r, c)
	case rules.SeparationKept, rules.SeparationTogether, rules.SeparationVacant, rules.SeparationUnknown:
		return duties(r, c, n)
	case rules.RuleEmergency:
		part := "Waived"
		if len(r.Relief.Pulls) > 0 {
			part += " for " + all(refs(r.Relief.Pulls))
		}
		return fmt.Sprintf("%s by an emergency that %s declared, until %s. A post-mortem is due. %s", part, relieved(r.Relief, c, n), clock(r.Relief.Until), without)
	case rules.RuleRollback:
		return fmt.Sprintf("Skipped for a rollback by %s to what was good here before. %s", relieved(r.Relief, c, n), without)
	case rules.EmergencyUnapproved:
		return fmt.Sprintf("%s declared an emergency, which waives nothing yet: %s for this very commit is missing. %s other than whoever declared it can give it by approving the pull request before %s.",
			capital(relieved(r.Relief, c, n)), approvals(lacking(r.Approvals)), capital("somebody in "+either(r.Approvals.From)+" who contributed nothing to the change"), clock(r.Relief.Until))
	default:
		return ""
	}
}

// Emergency says that a verdict rests on a declared emergency, until when, and what is due;
// empty: it does not.
func Emergency(v rules.Verdict) string {
	for _, f := range v.Findings {
		for _, r := range f.Reasons {
			if f.Outcome == rules.Waived && r.Code == rules.RuleEmergency {
				return fmt.Sprintf("Emergency until %s: a post-mortem is due.", clock(r.Relief.Until))
			}
		}
	}
	return ""
}

// relieved is who took the weight from a rule: in a public repository the group alone.
func relieved(r *rules.Relief, c rules.Change, n Names) string {
	if c.Repo.Public || n[r.By] == "" {
		return "somebody of " + r.Group
	}
	return n.of(r.By) + " (" + r.Group + ")"
}

func deployed(r rules.Reason, d *rules.DeployedFacts) string {
	if d == nil {
		d = &rules.DeployedFacts{}
	}
	switch r.Code {
	case rules.DeployedDone:
		if d.OtherSHA != "" {
			return fmt.Sprintf("The same content runs in %s since %s, as commit %s, whose tree is equal.", d.To, clock(d.At), short(d.OtherSHA))
		}
		return fmt.Sprintf("The commit was deployed to %s at %s.", d.To, clock(d.At))
	case rules.DeployedClaimed:
		return fmt.Sprintf("%s is said to have the commit, but no job that GitHub itself reports put it there. Somebody can run the deployment to %s with the workflow of the governed branch.", capital(d.To), d.To)
	case rules.DeployedRunning:
		return fmt.Sprintf("The deployment to %s has not ended. It goes on by itself.", d.To)
	case rules.DeployedFailed:
		return fmt.Sprintf("The newest deployment of the commit to %s failed. Somebody can repair and run it again.", d.To)
	case rules.DeployedRolledBack:
		return fmt.Sprintf("%s was rolled back to an older commit afterwards. Somebody can deploy this commit there again.", capital(d.To))
	case rules.DeployedChecks:
		return fmt.Sprintf("After the deployment to %s these checks have not passed on the commit: %s. Somebody can run them.", d.To, list(d.Missing))
	case rules.DeployedSoaking:
		return fmt.Sprintf("The commit has to stay in %s until %s. It goes on by itself.", d.To, clock(d.Soaked))
	default:
		return fmt.Sprintf("The commit was not deployed to %s. Somebody who can deploy there can do so; this goes on by itself afterwards.", d.To)
	}
}

func signOff(r rules.Reason, c rules.Change, n Names) string {
	s := r.SignOff
	if s == nil {
		s = &rules.SignOffFacts{}
	}
	switch r.Code {
	case rules.SignOffGiven:
		var by []string
		for _, one := range s.Counted {
			if c.Repo.Public {
				by = append(by, "somebody of "+one.Group)
			} else {
				by = append(by, n.of(one.By)+" ("+one.Group+")")
			}
		}
		return fmt.Sprintf("%s was given by %s.", s.Name, list(slices.Compact(by)))
	case rules.SignOffRipens:
		return fmt.Sprintf("%s was given, and has to stand until %s. It goes on by itself.", s.Name, clock(s.Ripe))
	default:
		return unsigned(s)
	}
}

func unsigned(s *rules.SignOffFacts) string {
	if len(s.NoTeam) > 0 {
		return fmt.Sprintf("Team %s cannot be seen, so nobody's word for %s can be told. An owner of the organization can create the team or let the app see it.", list(s.NoTeam), s.Name)
	}
	of := "the commit"
	if s.Missing[0] != 0 {
		var pulls []string
		for _, number := range s.Missing {
			pulls = append(pulls, fmt.Sprintf("#%d", number))
		}
		of = list(pulls)
	}
	text := fmt.Sprintf("%s is missing for %s. Somebody in %s who contributed nothing to it can give it with the comment “/sign-off %s” on the pull request.", s.Name, of, either(s.From), s.Name)
	for _, d := range s.Dropped {
		if d.Why == rules.SignOffOtherDiff || d.Why == rules.SignOffOtherCommit {
			return text + " What was given before was for other content."
		}
	}
	return text
}

func window(r rules.Reason, c rules.Change) string {
	w := r.Window
	if w == nil {
		w = &rules.WindowFacts{}
	}
	switch r.Code {
	case rules.WindowOpen:
		return fmt.Sprintf("The window %s is open until %s.", w.Window, clock(w.Until))
	case rules.WindowUnreadable:
		text := fmt.Sprintf("The window %s stays closed while the calendar %s cannot be read", w.Window, list(w.Unread))
		if !w.Since.IsZero() {
			text += ", which it cannot since " + clock(w.Since)
		}
		return text + ". Somebody who can write to the repository can mend the file."
	case rules.WindowNever:
		if len(w.Freezes) > 0 {
			return fmt.Sprintf("Held by %s, and the window %s does not open in the next two years. An owner of the policy can change either.", frozen(w, c), w.Window)
		}
		return fmt.Sprintf("The window %s does not open in the next two years. An owner of the policy can change it.", w.Window)
	case rules.WindowFrozen:
		return fmt.Sprintf("Held by %s. It goes on by itself at %s.", frozen(w, c), clock(w.Next[0].From))
	default:
		return fmt.Sprintf("The window %s is closed. It goes on by itself at %s.", w.Window, clock(w.Next[0].From))
	}
}

// frozen names the freezes that hold; on a public repository what they are called is not shown.
func frozen(w *rules.WindowFacts, c rules.Change) string {
	if c.Repo.Public {
		return "a freeze"
	}
	return "the freeze " + list(w.Freezes)
}
