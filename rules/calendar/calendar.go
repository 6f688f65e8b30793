// Package calendar says when something may happen: windows that open on days of the week in
// a zone, holidays on which they stay closed, and freezes that close whatever is open. All
// answers are spans of instants, so they do not depend on the zone of whoever asks.
//
// It is pure: time is an argument. Zones are loaded by the caller.
package calendar

import (
	"fmt"
	"slices"
	"time"
)

// Span is a time from From up to, and without, To. One without From or To has no such end.
type Span struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Holds reports whether at is in the span.
func (s Span) Holds(at time.Time) bool {
	return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
}

// Day is a day of the Gregorian calendar, wherever it is.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the day that at is on in its location.
func DayOf(at time.Time) Day {
	y, m, d := at.Date()
	return Day{y, m, d}
}

// ParseDay reads a day as 2026-12-24.
func ParseDay(s string) (Day, error) {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Day{}, fmt.Errorf("%q is not a day such as 2026-12-24", s)
	}
	return DayOf(at), nil
}

// String returns the day as 2026-12-24.
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// Plus returns the day that many days later.
func (d Day) Plus(days int) Day { return DayOf(d.utc().AddDate(0, 0, days)) }

// Weekday returns which day of the week it is.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

func (d Day) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Clock is a time of day in minutes since midnight, 0 to 1440: 1440 is 24:00, the end of the day.
type Clock int

// ParseClock reads a time of day as 09:00, 24:00 at most.
func ParseClock(s string) (Clock, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	at, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time of day such as 09:00", s)
	}
	return Clock(at.Hour()*60 + at.Minute()), nil
}

// String returns the time of day as 09:00.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// First returns the first instant at which clocks in zone show that time of that day, or a
// later one of it or of a day after: where they are put forward over it, that is the moment
// of the change, and where they show it twice, the first time.
func First(zone *time.Location, d Day, c Clock) time.Time {
	wall := d.utc().Add(time.Duration(c) * time.Minute)
	// No zone is further from UTC than a day, so the clock shows less than that here.
	at := wall.Add(-25 * time.Hour).In(zone)
	for {
		_, offset := at.Zone()
		shown := wall.Add(-time.Duration(offset) * time.Second)
		_, end := at.ZoneBounds()
		if end.IsZero() || shown.Before(end) {
			// A clock that was put forward shows a later time from the change on.
			return later(at, shown).UTC()
		}
		at = end
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// without returns what is left of the spans, which are in order and apart, where none of
// the others is.
func without(spans, others []Span) []Span {
	others = slices.Clone(others)
	slices.SortFunc(others, func(a, b Span) int { return a.From.Compare(b.From) })
	var left []Span
	for _, s := range spans {
		for _, o := range others {
			if !o.To.IsZero() && !o.To.After(s.From) {
				continue
			}
			if !o.From.Before(s.To) {
				break
			}
			if o.From.After(s.From) {
				left = append(left, Span{s.From, o.From})
			}
			if o.To.IsZero() || !o.To.Before(s.To) {
				s.From = s.To
				break
			}
			s.From = o.To
		}
		if s.From.Before(s.To) {
			left = append(left, s)
		}
	}
	return left
}
