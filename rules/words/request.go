package words

import (
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Requests says who is asked for the approvals that rules of a file lack.
func (s Style) Requests(r rules.Requests) string {
	var who []string
	if r.Teams {
		who = append(who, "the team of the group that can give it")
	}
	switch {
	case r.People == 1:
		who = append(who, "one person of a group without a team")
	case r.People > 1:
		who = append(who, fmt.Sprintf("up to %d people of a group without a team", r.People))
	}
	return "For an approval that one of these rules lacks, GitHub's review is requested from " + strings.Join(who, ", or from ") + "."
}
