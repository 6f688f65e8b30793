package say

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// approved says who approved.
func approved(a *rules.ApprovalFacts, c rules.Change, n Names) string {
	if len(a.From) > 0 && c.Repo.Public {
		return fmt.Sprintf("Approved by %s of %s.", persons(len(a.Counted)), either(a.From))
	}
	var names []string
	for _, p := range a.Counted {
		name := n.of(p.By)
		if p.Group != "" {
			name += " (" + p.Group + ")"
		}
		names = append(names, name)
	}
	return "Approved by " + list(names) + "."
}

// missing says how many approvals are missing and who can give them.
func missing(a *rules.ApprovalFacts, c rules.Change) string {
	verb := "is"
	if lacking(a) > 1 {
		verb = "are"
	}
	who := givers(a.From, c)
	if len(a.Owners) > 0 {
		who = "an owner of the organization who contributed nothing to the change"
	}
	return fmt.Sprintf("%s %s missing. %s can give %s by approving the pull request.",
		capital(approvals(lacking(a))), verb, capital(who), map[string]string{"is": "it", "are": "them"}[verb])
}

// lacking returns how many approvals are missing, at least one.
func lacking(a *rules.ApprovalFacts) int { return max(a.Need-len(a.Counted), 1) }

// givers says whose approval counts.
func givers(from []string, c rules.Change) string {
	if len(from) > 0 {
		return "somebody in " + either(from) + " who contributed nothing to the change"
	}
	where := c.Repo.Name
	if where == "" {
		where = "the repository"
	}
	return "somebody who can write to " + where + " and contributed nothing to the change"
}

func approvals(n int) string {
	if n == 1 {
		return "one approval"
	}
	return fmt.Sprintf("%d approvals", n)
}

func persons(n int) string {
	if n == 1 {
		return "one"
	}
	return fmt.Sprint(n)
}

// objections says who requested changes, and who can lift that.
func objections(a *rules.ApprovalFacts, n Names) string {
	var ids []rules.UserID
	for _, o := range a.Objections {
		if !slices.Contains(ids, o.By) {
			ids = append(ids, o.By)
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s requested changes, which blocks until it is lifted: by approving or dismissing the review, or by %s dismissing it.",
		people(ids, n), lifters(a.From))
	for _, o := range a.Objections {
		switch {
		case o.Dismissed && o.DismissedBy == 0:
			fmt.Fprintf(&text, " The review of %s was dismissed, and GitHub does not say by whom: that lifts nothing.", n.of(o.By))
		case o.Dismissed:
			fmt.Fprintf(&text, " %s dismissed the review of %s, and cannot lift it.", n.of(o.DismissedBy), n.of(o.By))
		}
	}
	return text.String()
}

func lifters(from []string) string {
	if len(from) > 0 {
		return "somebody in " + either(from) + " who contributed nothing"
	}
	return "somebody who can write and contributed nothing"
}

// unseen says which teams cannot be seen, and what else is known.
func unseen(a *rules.ApprovalFacts) string {
	var text []string
	if len(a.NoTeam) > 0 {
		text = append(text, fmt.Sprintf("%s cannot be seen, so nobody can say whose approval counts. "+
			"An owner of the organization can let the app see it, or an owner of the policy can name another.", capital(teams(a.NoTeam))))
	}
	if len(a.OtherTeam) > 0 {
		text = append(text, fmt.Sprintf("%s in the policy is not the team that has the name now, and that one's approvals do not count. "+
			"An owner of the policy can write the number of the right team.", capital(teams(a.OtherTeam))))
	}
	if len(text) == 0 {
		return "A team that the policy names cannot be seen. An owner of the policy can name another."
	}
	return strings.Join(text, " ")
}

func teams(refs []string) string {
	if len(refs) == 1 {
		return "team " + refs[0]
	}
	return "teams " + all(refs)
}

// doubt says what has no known author.
func doubt(a *rules.ApprovalFacts) string {
	var parts []string
	for _, u := range a.Unknown {
		switch u {
		case rules.UnknownPush:
			parts = append(parts, "a push")
		case rules.UnknownOpener:
			parts = append(parts, "the pull request itself")
		case rules.UnknownCommits:
			parts = append(parts, "commits that could not be read")
		default:
			parts = append(parts, "commit "+short(u))
		}
	}
	if len(parts) == 0 {
		parts = []string{"a commit"}
	}
	return "nobody is known by name behind " + list(parts)
}

// asides says what else an approvals requirement rests on: doubts that ask for more, what
// blocks besides, and each approval that does not count.
func asides(r rules.Reason, c rules.Change, n Names) []string {
	a := r.Approvals
	var out []string
	if len(a.Unknown) > 0 && r.Code != rules.ApprovalsUnknownAuthors && r.Code != rules.ApprovalsEnough {
		out = append(out, sentence(doubt(a), "one approval more is asked for"))
	}
	if len(a.Objections) > 0 && r.Code != rules.ApprovalsObjection {
		out = append(out, objections(a, n))
	}
	if r.Code == rules.ApprovalsObjection && len(a.Counted) < a.Need {
		out = append(out, missing(a, c))
	}
	if len(a.Seats) > 0 && r.Outcome.Blocks() {
		out = append(out, seats(a.Seats, c, n))
	}
	for _, d := range a.Dropped {
		out = append(out, Dropped(d, a.From, c, n))
	}
	return out
}

// seats says who sits where, of the seats that ask for different people, and which are
// empty. In a public repository it does not say who.
func seats(all []rules.Seat, c rules.Change, n Names) string {
	var parts []string
	for _, s := range all {
		who := "nobody yet"
		if s.By != 0 {
			if who = n.of(s.By); c.Repo.Public {
				who = "taken"
			}
		}
		of := ""
		if len(s.From) > 0 {
			of = " (" + either(s.From) + ")"
		}
		parts = append(parts, s.Rule+of+": "+who)
	}
	return "Different people are asked for: " + strings.Join(parts, "; ") + "."
}

// Dropped says why an approval does not count. from are the groups that the rule asks.
func Dropped(d rules.Dropped, from []string, c rules.Change, n Names) string {
	who, commit := n.of(d.By), short(d.Commit)
	if c.Repo.Public && slices.Contains([]rules.DropWhy{rules.DropNotInGroup, rules.DropUnseenTeam, rules.DropNewMember, rules.DropSeated}, d.Why) {
		if len(from) == 0 {
			return "An approval does not count here: it is needed for another rule."
		}
		return clean("An approval does not count here: this rule asks for " + either(from) + ".")
	}
	pushed := ""
	if d.PushedBy != 0 {
		pushed = ", which " + n.of(d.PushedBy) + " pushed"
	}
	why := map[rules.DropWhy]string{
		rules.DropAuthor:       who + " opened the pull request",
		rules.DropCommitAuthor: who + " wrote commit " + commit,
		rules.DropCommitter:    who + " committed " + commit,
		rules.DropPusher:       who + " pushed " + commit,
		rules.DropCoAuthor:     who + " is named as a co-author in commit " + commit + pushed,
		rules.DropBot:          who + " is a bot",
		rules.DropGhost:        "the account that gave it is gone",
		rules.DropNoWrite:      who + " cannot write to the repository",
		rules.DropNotInGroup:   who + " is not in " + either(from),
		rules.DropUnseenTeam:   who + " is in no team of " + either(from) + " that can be seen",
		rules.DropStale:        who + " reviewed " + commit + " and the change may have moved on since; a new review would count",
		rules.DropOtherBase:    who + " gave it while the change aimed at another branch, and can give it again",
		rules.DropNewMember:    who + " has not been in a team of " + either(from) + " for long enough, or was added by a contributor",
		rules.DropAged:         who + " gave it too long ago for this rule; a new review would count",
		rules.DropSeated:       who + " is needed for the rule " + d.Rule + ", and each of these rules asks for somebody else",
		rules.DropDeclarer:     who + " declared the emergency, and somebody else has to approve it",
		rules.DropLastSeat:     who + " is a bot, and the last approval has to be a person's",
		rules.DropDismissed:    "the approval of " + who + " was dismissed",
	}[d.Why]
	if why == "" {
		why = "of the reason " + string(d.Why)
	}
	return clean("An approval does not count, because " + why + ".")
}
