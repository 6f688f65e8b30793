package rules

import (
	"slices"
	"strings"
)

// Limits of what is looked for in other pull requests: a pattern may match anything.
const (
	maxTickets   = 20  // of a change
	maxTicketLen = 100 // bytes
)

// ticket judges whether each pull request names a ticket. What the repository's template
// says, and what nobody sees, names none.
func (j *judge) ticket(t Ticket) Reason {
	facts := &TextFacts{In: t.In}
	own := j.template()
	for _, p := range j.Pulls {
		found := false
		for _, in := range t.In {
			if j.names(t.Pattern, in, p, own) {
				found = true
				facts.Found = append(facts.Found, in)
			}
		}
		if !found {
			facts.Pulls = append(facts.Pulls, p.Number)
		}
	}
	facts.Found = unique(facts.Found)
	if len(facts.Pulls) == 0 && len(j.Pulls) > 0 {
		facts.Others = j.sharing(t)
		return Reason{Outcome: Pass, Code: TicketFound, Text: facts}
	}
	unread := slices.DeleteFunc(t.needs(), j.knows)
	if len(unread) > 0 {
		slices.Sort(unread)
		return unreadReason(slices.Compact(unread)...)
	}
	return Reason{Outcome: Fail, Code: TicketMissing, Text: facts}
}

// names reports whether that part of a pull request names a ticket.
func (j *judge) names(pattern Pattern, in string, p Pull, own template) bool {
	return slices.ContainsFunc(j.ticketTexts(in, p, own), pattern.match)
}

// ticketTexts returns the texts of that part of a pull request in which a ticket may be named.
func (j *judge) ticketTexts(in string, p Pull, own template) []string {
	var texts []string
	switch {
	case in == InTitle && j.knows(FactText):
		texts = []string{j.visible(p.Title)}
	case in == InBody && j.knows(FactText):
		texts = own.lines(j.visible(p.Body))
	case in == InBranch:
		texts = []string{p.HeadRef}
	case in == InCommits && j.knows(FactMessages):
		for _, m := range j.Commits {
			texts = append(texts, j.visible(m.Message))
		}
	}
	return texts
}

// tickets returns the tickets that the change names: what the pattern matches, in lower case,
// each once, in the order of the places where it may stand. What is longer than a ticket
// would be is left out, and what comes behind the first twenty.
func (j *judge) tickets(t Ticket) []string {
	var out []string
	own := j.template()
	for _, p := range j.Pulls {
		for _, in := range t.In {
			for _, text := range j.ticketTexts(in, p, own) {
				for _, found := range t.Pattern.all(text) {
					found = strings.ToLower(strings.TrimSpace(found))
					if len(out) < maxTickets && found != "" && len(found) <= maxTicketLen && !slices.Contains(out, found) {
						out = append(out, found)
					}
				}
			}
		}
	}
	return out
}

// sharing returns the numbers of the pull requests of other changes that name a ticket which
// this one names, ascending.
func (j *judge) sharing(t Ticket) []int64 {
	if len(j.Tickets) == 0 {
		return nil
	}
	var out []int64
	own := j.tickets(t)
	for _, use := range j.Tickets {
		if slices.Contains(own, use.Ticket) {
			out = append(out, use.Pulls...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Tickets returns the tickets that the change names where a rule of the policy asks for one,
// each once, for somebody to look who else names them: see Change.Tickets.
func Tickets(p Policy, c Change) []string {
	j := &judge{Change: c, seen: map[string]string{}}
	var out []string
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			r.Require.each(func(part Requirement) {
				if part.Ticket == nil {
					return
				}
				for _, found := range j.tickets(*part.Ticket) {
					if len(out) < maxTickets && !slices.Contains(out, found) {
						out = append(out, found)
					}
				}
			})
		}
	}
	return out
}
