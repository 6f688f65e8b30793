package say

import (
	"fmt"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Moment writes an instant as people plan by it.
func Moment(at time.Time) string { return clock(at) }

// Unreviewed is why closing its issue did not complete a post-mortem.
type Unreviewed struct {
	Why     rules.ReviewingWhy
	Missing []string // sections without text
	From    []string // groups whose members can complete it; empty: whoever can write
}

// NotComplete says why closing its issue did not complete a post-mortem, and who can. It names
// nobody.
func NotComplete(u Unreviewed) string { return clean(notComplete(u)) }

func notComplete(u Unreviewed) string {
	who := Completer(u.From)
	switch u.Why {
	case rules.ReviewingDeclarer:
		return "Who declared the emergency does not complete its post-mortem. " + capital(who) + " can, by closing the issue as completed."
	case rules.ReviewingContributor:
		return "Who contributed to the change does not complete the post-mortem of its emergency. " + capital(who) + " can, by closing the issue as completed."
	case rules.ReviewingTogether:
		return "The policy keeps the review of a post-mortem apart from other duties in the change, and who closed it has one of them. " + capital(who) +
			", and has none of those duties either, can, by closing the issue as completed."
	case rules.ReviewingNotInGroup:
		return "A post-mortem is completed by " + who + ", as far as the app can see who that is: by closing the issue as completed."
	case rules.ReviewingUnwritten:
		return "These sections have no text of their own yet: " + list(u.Missing) + ". Somebody can write them into the issue; " + who + " can close it then."
	case rules.ReviewingEdited:
		return "The issue was edited after it was closed, so nobody can tell which text was reviewed. " + capital(who) + " can read it as it is now and close it again."
	case rules.ReviewingNotDone:
		return "A post-mortem is complete when a person closes its issue as completed: no commit or merge does that, and giving it up does not. " + capital(who) + " can."
	}
	return "It was not completed for the reason " + string(u.Why) + "."
}

// Completer is who can complete a post-mortem.
func Completer(from []string) string {
	who := "somebody with write access"
	if len(from) > 0 {
		who = "somebody of " + either(from)
	}
	return who + " who neither declared the emergency nor contributed to the change"
}

// Overdue says, on the changes of a repository, that a post-mortem there is late. Number is
// that of its issue, or of the change where it has none yet.
func Overdue(number int64, due time.Time, blocks bool) string {
	text := fmt.Sprintf("The post-mortem #%d is overdue since %s.", number, clock(due))
	if blocks {
		text += " Until it is complete, the next standard deployment to production waits."
	}
	return text
}
