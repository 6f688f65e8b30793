package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules/calendar"
)

// WindowFacts is what a window requirement rests on.
type WindowFacts struct {
	Window  string          `json:"window"`
	Until   time.Time       `json:"until,omitzero"`    // when it closes, if it is open
	Next    []calendar.Span `json:"next,omitempty"`    // the next openings, if it is not
	Freezes []string        `json:"freezes,omitempty"` // that hold now
	Except  string          `json:"except,omitempty"`  // the group as whose member somebody may deploy in a freeze
	Unread  []string        `json:"unread,omitempty"`  // calendar files that cannot be read
	Since   time.Time       `json:"since,omitzero"`    // since when the first of them cannot
}

// openings is how many next openings a verdict names.
const openings = 10

// window judges the moment: inside the window, and outside of every freeze that applies.
// A calendar that cannot be read keeps it closed.
func (j *judge) window(l Layer, name string) Reason {
	facts := &WindowFacts{Window: name}
	answer := func(o Outcome, code Code) Reason { return Reason{Outcome: o, Code: code, Window: facts} }
	w, ok := j.opening(l.Windows[name], facts)
	if !ok {
		return answer(Pending, WindowUnreadable)
	}
	freezes := j.freezes(l, facts)
	if span, open := w.Open(freezes, j.at); open {
		facts.Until = span.To.UTC()
		j.again(span.To)
		return answer(Pass, WindowOpen)
	}
	facts.Next = w.Next(freezes, j.at, openings)
	if len(facts.Next) == 0 {
		return answer(Fail, WindowNever)
	}
	j.again(facts.Next[0].From)
	if len(facts.Freezes) > 0 {
		return answer(Pending, WindowFrozen)
	}
	return answer(Pending, WindowClosed)
}

// opening returns a window with its holidays, and false if one of its calendars cannot be read.
func (j *judge) opening(w Window, facts *WindowFacts) (calendar.Window, bool) {
	out, err := w.Opens(nil)
	if err != nil {
		return out, false
	}
	days := map[calendar.Day]bool{}
	for _, h := range w.Holidays {
		if !strings.HasSuffix(h, ".ics") {
			continue
		}
		i := slices.IndexFunc(j.shipment.Calendars, func(f CalendarFile) bool { return f.Path == h })
		if i < 0 || !j.shipment.Calendars[i].Since.IsZero() {
			facts.Unread = append(facts.Unread, h)
			if i >= 0 && (facts.Since.IsZero() || j.shipment.Calendars[i].Since.Before(facts.Since)) {
				facts.Since = j.shipment.Calendars[i].Since
			}
			continue
		}
		for _, d := range j.shipment.Calendars[i].Days {
			days[d] = true
		}
	}
	if out, err = w.Opens(func(d calendar.Day) bool { return days[d] }); err != nil {
		return out, false
	}
	return out, len(facts.Unread) == 0
}

// Opens returns the window as the calendar knows it: closed on its regions' holidays, on
// the days that it names, and where also says so (nil: nowhere), which stands for the
// calendar files that it names. The error says that its zone is unknown here.
func (w Window) Opens(also func(calendar.Day) bool) (calendar.Window, error) {
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return calendar.Window{}, err
	}
	out := calendar.Window{Zone: zone, From: w.From, To: w.To, Closed: func(d calendar.Day) bool {
		return also != nil && also(d) || slices.ContainsFunc(w.Holidays, func(h string) bool {
			return h == d.String() || calendar.Holiday(h, d) != ""
		})
	}}
	for _, d := range w.Days {
		out.Days[d] = true
	}
	return out, nil
}

// freezes returns the spans of the layer's freezes that apply to the shipment. One that
// somebody is excepted from is named with the group.
func (j *judge) freezes(l Layer, facts *WindowFacts) []calendar.Span {
	var out []calendar.Span
	here := l.environmentsOf(j.shipment.Environment)
	for _, f := range l.Freezes {
		if len(f.Environments) > 0 && !slices.ContainsFunc(here, func(e string) bool { return slices.Contains(f.Environments, e) }) {
			continue
		}
		if len(f.Repositories) > 0 && !j.named(f.Repositories).may {
			continue
		}
		if len(f.Classes) > 0 && !slices.ContainsFunc(f.Classes, func(c string) bool { return j.class(l, c).holds.may }) {
			continue
		}
		if role, ok := j.seat(l, f.Except, j.shipment.By); ok && !j.people[j.shipment.By].Bot {
			if f.Span.Holds(j.at) {
				facts.Except = role.group
			}
			continue
		}
		if f.Span.Holds(j.at) {
			facts.Freezes = append(facts.Freezes, f.Name)
		}
		out = append(out, f.Span)
	}
	return out
}
