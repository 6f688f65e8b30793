package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// 85: the tickets that a change names are what the pattern matches, each once whatever its case,
// in the order of the places; those that are longer than a ticket, and more than twenty, are not
// looked for elsewhere.
func TestTickets(t *testing.T) {
	long := strings.Repeat("9", 98)
	var many, first []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("X-%d", i))
	}
	for _, found := range many[:20] {
		first = append(first, strings.ToLower(found))
	}
	tests := []struct {
		name, pattern, title, body string
		want                       []string
	}{
		{"none", `X-\\d+`, "nothing", "", nil},
		{"the title's, then the description's", `X-\\d+`, "X-2 and x-1", "X-3, X-2", []string{"x-2", "x-3"}},
		{"whatever its case", `(?i)x-\\d+`, "X-2 and x-2", "", []string{"x-2"}},
		{"as long as one may be", `X-\\d+`, "X-" + long, "X-1", []string{"x-" + long, "x-1"}},
		{"longer than one may be", `X-\\d+`, "X-" + long + "9", "X-1", []string{"x-1"}},
		{"the first twenty", `X-\\d+`, strings.Join(many, " "), "", first},
		{"the first twenty of both places", `X-\\d+`, strings.Join(many[:12], " "), strings.Join(many[10:], " "), first},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			one := `{name: %s, require: {ticket: {pattern: "` + test.pattern + `", in: [title, body]}}}`
			policy := "version: 1\nrules: [" + fmt.Sprintf(one, "a") + ", " + fmt.Sprintf(one, "b") + "]\n"
			p, err := rules.Compose(layer(t, "floor.yml", policy), nil)
			if err != nil {
				t.Fatal(err)
			}
			c := unblocked()
			c.Pulls[0].Title, c.Pulls[0].Body = test.title, test.body
			if diff := cmp.Diff(test.want, rules.Tickets(p, c)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// Of another change that names the same the number is told.
			c.Tickets = []rules.TicketUse{{Ticket: "x-20", Pulls: []int64{77}}} // the twenty-first
			for _, found := range test.want {
				c.Tickets = append(c.Tickets, rules.TicketUse{Ticket: found, Pulls: []int64{40, 9}})
			}
			if len(test.want) > 0 {
				if got := judge(p, c).Findings[0].Reasons[0].Text.Others; !cmp.Equal(got, []int64{9, 40}) {
					t.Errorf("others: %v", got)
				}
			}
		})
	}
}
