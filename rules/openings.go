package rules

import (
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules/calendar"
)

// Openings is when a window opens next.
type Openings struct {
	Zone    *time.Location
	Unread  []string        // calendar files that could not be read, which keep it closed
	Spans   []calendar.Span // in their order; none while a file is unread, or if it opens no more within the horizon
	Open    bool            // the first has begun
	Freezes []Freeze        // of Schedule.Freezes, those that are near: not over, and begun before the last opening ends
	Some    []Freeze        // of Schedule.Some, likewise: the openings do not reckon with them
}

// Openings finds the next n openings of the window from at on. days returns the days of a
// calendar file, and false if it cannot be read. An error is that of a zone which this machine
// does not know.
func (s Schedule) Openings(at time.Time, n int, days func(file string) ([]calendar.Day, bool)) (Openings, error) {
	var out Openings
	off := map[calendar.Day]bool{}
	for _, h := range s.Window.Holidays {
		if !strings.HasSuffix(h, ".ics") {
			continue
		}
		found, ok := days(h)
		if !ok {
			out.Unread = append(out.Unread, h)
		}
		for _, d := range found {
			off[d] = true
		}
	}
	w, err := s.Window.Opens(func(d calendar.Day) bool { return off[d] })
	if err != nil {
		return out, err
	}
	out.Zone = w.Zone
	var closed []calendar.Span
	for _, f := range s.Freezes {
		closed = append(closed, f.Span)
	}
	last := at.Add(calendar.Horizon)
	if len(out.Unread) == 0 {
		out.Spans = w.Next(closed, at, n)
		if now, open := w.Open(closed, at); open && len(out.Spans) > 0 && !out.Spans[0].From.After(at) {
			out.Open, out.Spans[0].From = true, now.From
		}
		if len(out.Spans) == n && n > 0 {
			last = out.Spans[n-1].To
		}
	}
	near := func(all []Freeze) (some []Freeze) {
		for _, f := range all {
			if f.Span.To.After(at) && f.Span.From.Before(last) {
				some = append(some, f)
			}
		}
		return some
	}
	out.Freezes, out.Some = near(s.Freezes), near(s.Some)
	return out, nil
}
