package rules

import "slices"

// Needs returns the facts that the policy asks for beyond those that are always read, in
// the order of their names: Change.Read has to hold them.
func (p Policy) Needs() []Fact {
	var facts []Fact
	for _, l := range p.Layers {
		for _, g := range l.Groups {
			facts = append(facts, g.needs()...)
		}
		for _, c := range l.Classes {
			facts = append(facts, c.needs()...)
		}
		for _, e := range l.Exceptions {
			facts = append(facts, e.Scope.needs()...)
		}
		for _, r := range l.Rules {
			facts = append(facts, r.When.needs()...)
			facts = append(facts, r.Require.needs()...)
		}
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

func (g Group) needs() []Fact {
	var facts []Fact
	if g.Permission != "" {
		facts = append(facts, FactPermissions)
	}
	if g.MinAge > 0 {
		facts = append(facts, FactJoins)
	}
	if g.BuiltIn {
		facts = append(facts, FactOwners)
	}
	return facts
}

func (c Condition) needs() []Fact {
	var facts []Fact
	c.each(func(part Condition) {
		if len(part.Labels) > 0 { // who put it on, and who took it off
			facts = append(facts, FactLabelings)
		}
		if len(part.Title)+len(part.Body) > 0 {
			facts = append(facts, FactText)
		}
		facts = append(facts, part.Expr.facts...)
	})
	return facts
}

func (r Requirement) needs() []Fact {
	var facts []Fact
	r.each(func(part Requirement) {
		facts = append(facts, part.Expr.facts...)
		if part.Section != nil {
			facts = append(facts, FactText)
		}
		if part.Ticket != nil {
			facts = append(facts, part.Ticket.needs()...)
		}
		for fact, asked := range map[Fact]bool{
			FactSignatures: part.SignedCommits, FactThreads: part.ConversationsResolved, FactBehind: part.UpToDate,
		} {
			if asked {
				facts = append(facts, fact)
			}
		}
	})
	return facts
}

func (t Ticket) needs() []Fact {
	var facts []Fact
	for _, in := range t.In {
		switch in {
		case InTitle, InBody:
			facts = append(facts, FactText)
		case InCommits:
			facts = append(facts, FactMessages)
		}
	}
	return facts
}
