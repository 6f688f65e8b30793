package say

import (
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/rules"
)

// Refused is why a command was not carried out, and what its writer can do.
type Refused struct {
	Button bool // it was given by a click on a button of the check run
	Verb   command.Verb
	Why    string    // a command.Refusal, rules.WaiverWhy or rules.SigningWhy
	Rule   string    // the rule, or what is signed off: as the policy names it, else as it was written
	Near   string    // of rules.WaiverNoRule and rules.SigningNoName: what was probably meant
	From   []string  // groups whose members may say it
	Head   string    // the head that stands now; empty: it is not known
	Named  string    // of command.OtherCommit: the commit that was named
	Until  time.Time // of rules.DeclaringStands: for how long the other one holds
}

// Refusal says why a command was not carried out. It names nobody.
func Refusal(r Refused) string { return clean(refusal(r)) }

func refusal(r Refused) string {
	usage := "“" + r.Verb.Usage() + "”"
	if text := pressed(r); r.Button && text != "" {
		return text
	}
	switch r.Why {
	case string(command.NoArgument):
		return "The command does not say what it is about. Write a new comment: " + usage + "."
	case string(command.NoReason):
		return "The command gives no reason, and an auditor will ask for one. Write a new comment: " + usage + "."
	case string(command.NoIncident):
		return "The command does not name both how severe it is and the incident. Write a new comment: " + usage + "."
	case string(command.TwoCommands):
		return "The comment holds more than one command. Write a comment of its own for each of them."
	case string(command.Edited):
		return "The comment was edited before it could be read, so nobody can tell who said what. Write a new comment instead."
	case string(command.Withdrawn):
		return "The same person withdrew it in a later comment, which was read first. If it holds all the same, write a new comment: " + usage + "."
	case string(command.Closed):
		return "The pull request is closed. Whoever can write can reopen it, and the command can be given then."
	case string(command.Merged):
		return fmt.Sprintf("“%s” guards the merge, and the pull request is merged, so waiving it would change nothing any more. Only a rule before an environment can be waived now, by those whom the policy names for it.", r.Rule)
	case string(command.Ungoverned):
		return "The policy does not govern the branch that this pull request aims at, so there is nothing to change by a command."
	case string(command.Unjudged):
		return "The pull request was merged at a commit that was not judged before, so nobody can tell what the command would be bound to, or who contributed. " +
			"The merge is in the record; what it brings can be judged in a new pull request."
	case string(command.UnclearCommit):
		return fmt.Sprintf("The head is commit %s now, and it was pushed, aimed at its base, or judged so shortly before the command that another one may have been meant. "+
			"If it is this one, write a new comment that says so: %s.", short(r.Head), at(usage, r.Head))
	case string(command.OtherCommit):
		return fmt.Sprintf("The command is about commit %s, and the head is commit %s now. If that one is meant too, write a new comment: %s.",
			short(r.Named), short(r.Head), at(usage, r.Head))
	case string(command.NothingGiven):
		return fmt.Sprintf("There is no waiver of “%s” by the same person on this pull request that could be withdrawn, nor anything else of that name: each is withdrawn by whoever gave it.", r.Rule)
	case string(rules.WaiverNoRule):
		if r.Near != "" {
			return fmt.Sprintf("The policy has no rule “%s”. Did you mean “%s”? Then write a new comment with that name.", r.Rule, r.Near)
		}
		return fmt.Sprintf("The policy has no rule “%s”. The check run lists the rules by their names.", r.Rule)
	case string(rules.WaiverNotWaivable):
		return fmt.Sprintf("The policy lets nobody waive “%s”. An owner of the policy can change that, for changes to come.", r.Rule)
	case string(rules.WaiverContributor):
		return fmt.Sprintf("Whoever contributed to a change waives nothing for it. %s who did not can waive “%s”.", somebodyOf(r.From), r.Rule)
	case string(rules.WaiverAuthors):
		return fmt.Sprintf("Not everybody who contributed to the change is known, so nobody can be told to have had no part in it. "+
			"Whoever wrote it can commit it again with an address that belongs to their GitHub account; %s can waive “%s” then.", uncapital(somebodyOf(r.From)), r.Rule)
	case string(rules.WaiverNotInGroup):
		return fmt.Sprintf("“%s” can be waived by %s who contributed nothing to the change, as far as the app can see who that is.", r.Rule, uncapital(somebodyOf(r.From)))
	case string(rules.WaiverContent):
		return "What commit " + short(r.Head) + " would merge could not be read to its end, so a waiver would not be bound to it. The author can split the change into smaller ones."
	case string(rules.WaiverBase):
		return "The pull request was aimed at another branch after the command was given. If it is meant for this one too, write a new comment: " + at(usage, r.Head) + "."
	case string(rules.WaiverExpired):
		return "The command was read too long after it was given. Write a new comment if it still holds."
	case string(rules.SigningNoName):
		if r.Near != "" {
			return fmt.Sprintf("No rule of the policy asks for a sign-off “%s”. Did you mean “%s”? Then write a new comment with that name.", r.Rule, r.Near)
		}
		return fmt.Sprintf("No rule of the policy asks for a sign-off “%s”. An owner of the policy can say which names there are.", r.Rule)
	case string(rules.SigningContributor):
		return fmt.Sprintf("Whoever contributed to a change signs nothing off for it. %s who did not can sign off “%s”.", somebodyOf(r.From), r.Rule)
	case string(rules.SigningAuthors):
		return fmt.Sprintf("Not everybody who contributed to the change is known, so nobody can be told to have had no part in it. "+
			"Whoever wrote it can commit it again with an address that belongs to their GitHub account; %s can sign off “%s” then.", uncapital(somebodyOf(r.From)), r.Rule)
	case string(rules.SigningNotInGroup):
		return fmt.Sprintf("“%s” can be signed off by %s who contributed nothing to the change, as far as the app can see who that is.", r.Rule, uncapital(somebodyOf(r.From)))
	case string(rules.SigningContent):
		return "What commit " + short(r.Head) + " brings could not be read to its end, so a sign-off would not be bound to it. The author can split the change into smaller ones."
	case string(rules.DeclaringNoPath):
		return "The policy has no emergencies, so what it asks for stays. An owner of the policy can say who declares one and what it waives."
	case string(rules.DeclaringNotInGroup):
		return fmt.Sprintf("An emergency can be declared by %s, as far as the app can see who that is.", uncapital(somebodyOf(r.From)))
	case string(rules.DeclaringExpired):
		return "The command was read so long after it was given that the emergency would be over. Write a new comment if it still holds."
	case string(rules.DeclaringBase):
		return "The pull request was aimed at another branch after the command was given. If it is an emergency there too, write a new comment: " + usage + "."
	case string(rules.DeclaringStands):
		return fmt.Sprintf("An emergency that the same person declared holds here until %s. Who declared it can take it back with “/withdraw emergency” and declare another one then.", clock(r.Until))
	}
	return "The command was refused for the reason " + r.Why + "."
}

// pressed says what is to be said of a button in other words than of a command.
func pressed(r Refused) string {
	switch {
	case r.Why == string(command.OtherCommit):
		return fmt.Sprintf("The button belongs to commit %s, and the head is commit %s now. If that one is meant too, press the button of its own check run, or write a comment: “%s”.",
			short(r.Named), short(r.Head), at(r.Verb.Usage(), r.Head))
	case r.Why == string(command.Withdrawn):
		return fmt.Sprintf("The same person has withdrawn it before, or did so after the click: GitHub does not say when a button was pressed. If it holds, write a comment: “%s”.", r.Verb.Usage())
	case r.Why == string(rules.SigningNoName) && r.Rule == "":
		return "What the button signs off is not asked for any more: the policy has changed since, or the branch that the pull request aims at. The newest check run has the buttons of now."
	}
	return ""
}

// at fills the commit into a usage.
func at(usage, head string) string {
	return strings.Replace(usage, "[at COMMIT]", "at "+short(head), 1)
}

func somebodyOf(groups []string) string { return "Somebody of " + orList(groups) }

func uncapital(s string) string { return strings.ToLower(s[:1]) + s[1:] }
