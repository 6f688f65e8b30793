package rules_test

import (
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// showDuties writes who has which duty, and what keeps them from being different people's.
func showDuties(w *strings.Builder, d *rules.DutyFacts, names map[rules.UserID]string) {
	if d == nil {
		return
	}
	for _, s := range d.Seats {
		fmt.Fprintf(w, "      %s: %s\n", s.Duty, names[s.By])
	}
	for _, t := range d.Together {
		fmt.Fprintf(w, "      together: %s is %s and %s\n", names[t.By], t.Duties[0], t.Duties[1])
	}
	for _, v := range d.Vacant {
		fmt.Fprintf(w, "      no %s: %s\n", v.Duty, v.Why)
	}
}
