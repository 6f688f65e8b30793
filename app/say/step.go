package say

import (
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/rules"
)

// Step says what is to be done, by whom, and what for. In a public repository it names the
// groups and not who is in them.
func Step(s rules.Step, c rules.Change, n Names) string {
	text := step(s, c, n)
	if s.Code == rules.StepApprove || s.Code == rules.StepNobody {
		return clean(text) // they say what for themselves
	}
	if len(s.Rules) > 0 {
		text += " For " + rulesOf(s.Rules) + "."
	}
	return clean(text)
}

// rulesOf names rules as a sentence does.
func rulesOf(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, "“"+name+"”")
	}
	return list(out)
}

func step(s rules.Step, c rules.Change, n Names) string {
	switch s.Code {
	case rules.StepLift:
		return lift(s, c, n)
	case rules.StepApprove:
		return approve(s, c, n)
	case rules.StepNobody:
		return nobody(s)
	case rules.StepApart:
		return elsewhereDeclared
	case rules.StepTeam:
		return capital(teams(s.Teams)) + " cannot be seen. An owner of the organization can let the app see it, or an owner of the policy can name another."
	case rules.StepName:
		return sentence(doubt(&rules.ApprovalFacts{Unknown: s.Commits}), "whoever wrote it can commit it again with an address that belongs to their GitHub account")
	case rules.StepFix:
		return fmt.Sprintf("%s can run %s again, or push a fix.", author(c, n), list(s.Checks))
	case rules.StepReport:
		return report(s)
	case rules.StepTicket:
		return fmt.Sprintf("%s can name a ticket in %s%s.", author(c, n), orList(places(textIn(s).In)), where(textIn(s).Pulls))
	case rules.StepSection:
		return fmt.Sprintf("%s can write %s under “%s” in the description%s.", author(c, n), words(max(textIn(s).Need, 1)), textIn(s).Heading, where(textIn(s).Pulls))
	case rules.StepSign:
		return "Whoever committed " + list(shortAll(s.Commits)) + " can sign and push again."
	case rules.StepResolve:
		return "Whoever can write, or wrote the pull request, can resolve the open conversations that are settled."
	case rules.StepRebase:
		return "A contributor can rebase the branch on its base, so that it has no merges such as " + list(shortAll(s.Commits)) + "."
	case rules.StepUpdate:
		return "Whoever can write to the branch can update it, with the button below the pull request."
	case rules.StepPolicy:
		if len(s.Rules) == 0 {
			return "An owner of the policy can add a rule that applies to this change: without one nothing vouches for it."
		}
		return "An owner of the policy can explain or change it."
	case rules.StepSplit:
		return incomplete(s.Gaps)
	case rules.StepDiff:
		return "What would be merged could not be told from other content, so no approval can count for it. It is judged again when it can; who runs the app can see why in its log."
	case rules.StepRead:
		return unread(s.Unread)
	case rules.StepWait:
		return "Nobody has to do anything for these, they run: " + list(s.Checks) + "."
	case rules.StepSettle:
		return "Nobody has to do anything: the answer comes when nothing new has appeared for half a minute."
	}
	return "The step is " + string(s.Code) + "."
}

func textIn(s rules.Step) rules.TextFacts { return textOf(rules.Reason{Text: s.Text}) }

// author names whoever opened the only pull request, to begin a sentence.
func author(c rules.Change, n Names) string {
	if len(c.Pulls) == 1 {
		if name := n[c.Pulls[0].Author]; name != "" {
			return name
		}
	}
	return "Who wrote the pull request"
}

func lift(s rules.Step, c rules.Change, n Names) string {
	if len(s.People) == 0 {
		return fmt.Sprintf("%s can dismiss the request for changes by an account that is gone.", capital(lifters(s.From)))
	}
	who, their := people(s.People, n), "their"
	if c.Repo.Public && len(s.From) > 0 {
		who, their = "Whoever requested changes", "the"
	}
	text := fmt.Sprintf("%s can lift %s request for changes by approving", who, their)
	if len(s.Fills) > 0 {
		text += ", which counts for " + rulesOf(s.Fills) + " as well"
	}
	return text + ", or the review can be dismissed: by them, or by " + lifters(s.From) + "."
}

// approve says who can give approvals, and all that they are good for.
func approve(s rules.Step, c rules.Change, n Names) string {
	verb, once := "counts", ""
	if s.Count > 1 {
		verb = "count"
	}
	if len(s.Rules) > 1 {
		once = ", all at once"
	}
	text := fmt.Sprintf("%s by %s %s for %s%s.", capital(approvals(s.Count)), approvers(s, c, n), verb, rulesOf(s.Rules), once)
	if known := knownOf(s, c, n); len(known) > 0 && !s.Only {
		text += fmt.Sprintf(" %s reviewed it before and could.", orList(known))
	}
	return text
}

// approvers says whose approvals they are.
func approvers(s rules.Step, c rules.Change, n Names) string {
	known := knownOf(s, c, n)
	several := ""
	if s.Count > 1 {
		several = "different people: "
	}
	switch {
	case s.Only && len(known) > 0 && len(s.From) > 0:
		return several + orList(known) + " (" + either(s.From) + ")"
	case s.Only && len(known) > 0:
		return several + orList(known)
	case s.Only && len(s.Rules) > 1 && len(s.From) > 1:
		return several + "somebody who is in a group of each of these rules (" + either(s.From) + ") and contributed nothing to the change"
	case len(s.From) > 0 && s.Write:
		return several + "somebody in " + either(s.From) + " who can write to " + place(c) + " and contributed nothing to the change"
	}
	return several + givers(s.From, c)
}

// knownOf names those who are known to be able to; nobody, where that would tell who is in
// a group.
func knownOf(s rules.Step, c rules.Change, n Names) []string {
	var known []string
	for _, id := range s.People {
		if name := n[id]; name != "" && (!c.Repo.Public || len(s.From) == 0) {
			known = append(known, name)
		}
	}
	return known
}

func place(c rules.Change) string {
	if c.Repo.Name == "" {
		return "the repository"
	}
	return c.Repo.Name
}

// nobody says why nobody can approve, and who can change that.
func nobody(s rules.Step) string {
	text := fmt.Sprintf("Nobody who is known here can give %s for %s", approvals(s.Count), rulesOf(s.Rules))
	if len(s.From) > 0 {
		text += ": whoever is in " + either(s.From) + " contributed to the change, has approved already, or cannot be seen"
	}
	text += ". "
	switch {
	case len(s.Teams) > 0:
		return text + "An owner of the organization can let the app see " + teams(s.Teams) + ", or an owner of the policy can name others."
	case len(s.Unread) > 0:
		return text + unread(s.Unread)
	}
	return text + "An owner of the policy can name more people; what is in force then judges this change too."
}

// report says which checks have to report, and from where.
func report(s rules.Step) string {
	what, them := "some check", "it"
	if len(s.Checks) > 0 {
		what = list(s.Checks)
	}
	if len(s.Checks) > 1 {
		them = "them"
	}
	var from []string
	if s.App != "" {
		from = append(from, "the app "+s.App)
	}
	if s.Workflow != "" {
		from = append(from, "the workflow "+s.Workflow)
	}
	if len(from) > 0 {
		return fmt.Sprintf("Still to report: %s, by %s. Whoever looks after that can make %s run for this commit.", what, all(from), them)
	}
	return fmt.Sprintf("Still to report: %s. Whoever looks after the tests can make %s run for this commit.", what, them)
}

// Steps returns the sentence of each step, as many as fit a short block, and then how many
// more there are.
func Steps(steps []rules.Step, c rules.Change, n Names) []string {
	const most = 8
	var out []string
	for i, s := range steps {
		if i == most && len(steps) > most+1 {
			return append(out, fmt.Sprintf("And %d more, below.", len(steps)-most))
		}
		if text := Step(s, c, n); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
