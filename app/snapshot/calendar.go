package snapshot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/rules/calendar"
)

// daysIn returns the days that the events of a calendar file touch, around now, sorted.
func daysIn(file *github.RepositoryContent, at time.Time) ([]calendar.Day, error) {
	text, err := content(file)
	if err != nil {
		return nil, err
	}
	from, to := reach(at)
	return ParseCalendar(text, calendar.DayOf(from), calendar.DayOf(to))
}

// ParseCalendar returns the days from the first up to the last that events of an iCalendar
// touch, each in the zone that it is written in, sorted. A holiday that is left out would open
// a window, so what is not understood is an error: an event that recurs, or has no day.
// Cancelled ones are left out.
func ParseCalendar(text string, from, to calendar.Day) ([]calendar.Day, error) {
	if !strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), "BEGIN:VCALENDAR") || !strings.HasSuffix(strings.TrimSpace(text), "END:VCALENDAR") {
		return nil, errors.New("it is no iCalendar")
	}
	c, err := ics.ParseCalendar(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	if err != nil {
		return nil, err
	}
	var days []calendar.Day
	for _, e := range c.Events() {
		if p := e.GetProperty(ics.ComponentPropertyStatus); p != nil && strings.EqualFold(p.Value, "CANCELLED") {
			continue
		}
		if e.GetProperty(ics.ComponentPropertyRrule) != nil || e.GetProperty("RDATE") != nil {
			return nil, errors.New("it has an event that recurs")
		}
		first, last, err := span(e)
		if err != nil {
			return nil, err
		}
		for d := later(first, from); !after(d, last) && !after(d, to); d = d.Plus(1) {
			days = append(days, d)
		}
	}
	slices.SortFunc(days, order)
	return slices.Compact(days), nil
}

// span returns the first and the last day of an event. An end at midnight is the day before's.
func span(e *ics.VEvent) (first, last calendar.Day, err error) {
	start, err := e.GetStartAt()
	if err != nil {
		return first, last, fmt.Errorf("an event has no start: %w", err)
	}
	first = calendar.DayOf(start)
	if e.GetProperty(ics.ComponentPropertyDtEnd) == nil {
		if e.GetProperty("DURATION") != nil {
			return first, last, errors.New("an event has a duration in the place of an end")
		}
		return first, first, nil
	}
	end, err := e.GetEndAt()
	if err != nil {
		return first, last, fmt.Errorf("an event has no end: %w", err)
	}
	last = calendar.DayOf(end.Add(-time.Nanosecond))
	if after(first, last) {
		last = first
	}
	return first, last, nil
}

func order(a, b calendar.Day) int { return strings.Compare(a.String(), b.String()) }

func after(a, b calendar.Day) bool { return order(a, b) > 0 }

func later(a, b calendar.Day) calendar.Day {
	if after(a, b) {
		return a
	}
	return b
}
