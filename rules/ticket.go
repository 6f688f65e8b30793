package rules

import "slices"

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
	switch in {
	case InTitle:
		return j.knows(FactText) && pattern.match(j.visible(p.Title))
	case InBody:
		return j.knows(FactText) && slices.ContainsFunc(own.lines(j.visible(p.Body)), pattern.match)
	case InBranch:
		return pattern.match(p.HeadRef)
	case InCommits:
		return j.knows(FactMessages) && slices.ContainsFunc(j.Commits, func(m Commit) bool { return pattern.match(j.visible(m.Message)) })
	}
	return false
}
