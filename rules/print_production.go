package rules

import (
	"time"
)

func (e Environment) print() mapping {
	var m mapping
	m.words("match", e.Match)
	return m
}

func (w Window) print() mapping {
	var m mapping
	m.word("time_zone", w.TimeZone)
	var days []string
	for _, d := range w.Days {
		days = append(days, weekdays[d])
	}
	m.words("days", days)
	m.word("from", w.From.String())
	m.word("to", w.To.String())
	m.words("holidays", w.Holidays)
	return m
}

func (f Freeze) print() mapping {
	var m mapping
	m.word("name", f.Name)
	m.add("from", edge(f.Span.From))
	m.add("to", edge(f.Span.To))
	m.words("environments", f.Environments)
	m.words("classes", f.Classes)
	m.words("repositories", f.Repositories)
	m.words("except", f.Except)
	return m
}

// edge writes an instant in UTC, the zone of a freeze that names none.
func edge(at time.Time) scalar { return scalar(inQuotes(at.UTC().Format("2006-01-02 15:04"))) }

func (e EmergencyPath) print() mapping {
	var m, declare, after mapping
	declare.words("by", e.By)
	m.add("declare", declare)
	m.add("expires", span(e.Expires))
	a := e.Approvals
	a.Of = OfDiff // an emergency's are of the commit, which goes without saying
	m.add("approvals", a.print())
	m.words("waives", e.Waives)
	after.add("within", span(e.PostMortem.Within))
	after.words("reviewed_by", e.PostMortem.ReviewedBy)
	if e.PostMortem.Blocks {
		after.word("when_overdue", "block")
	}
	m.add("post_mortem", after)
	return m
}

func (r RollbackLane) print() mapping {
	var m mapping
	m.words("by", r.By)
	m.add("reach", span(r.Reach))
	m.words("waives", r.Waives)
	return m
}

func (d Deployed) print() mapping {
	var m, by mapping
	m.word("to", d.To)
	m.add("healthy_for", span(d.HealthyFor))
	m.words("checks", d.Checks)
	by.words("workflows", d.Workflows)
	by.words("apps", d.Apps)
	m.add("by", by)
	return m
}

func (s SignOff) print() mapping {
	var m mapping
	m.word("name", s.Name)
	m.words("from", s.From)
	m.add("lead_time", span(s.LeadTime))
	if s.Of != OfChange {
		m.word("of", string(s.Of))
	}
	return m
}
