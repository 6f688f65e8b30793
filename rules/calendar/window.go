package calendar

import (
	"time"
)

// Horizon is how far ahead openings are looked for. A window that stays closed for longer
// counts as one that never opens.
const Horizon = 2 * 366 * 24 * time.Hour

// Window opens on days of the week, from one time of day to another.
//
// An opening belongs to the day on which it begins: where To is not after From it ends on
// the day after, whatever that day is. It begins when clocks in Zone first show From, and
// ends when they first show To after that (see First): it neither begins nor ends twice
// when clocks are put back, and is empty where they are put forward over all of it.
type Window struct {
	Zone     *time.Location
	Days     [7]bool // by time.Weekday
	From, To Clock
	Closed   func(Day) bool // days on which no opening begins; nil: none
}

// Spans returns the parts of the window's openings that lie in within, in order and apart:
// openings without a gap between them are one. within needs both ends.
func (w Window) Spans(within Span) []Span {
	var spans []Span
	// An opening may have begun on the day before, and zones differ by up to a day.
	last := DayOf(within.To.In(w.Zone)).Plus(1)
	for d := DayOf(within.From.In(w.Zone)).Plus(-2); !last.utc().Before(d.utc()); d = d.Plus(1) {
		s, ok := w.on(d)
		if !ok {
			continue
		}
		s = Span{later(s.From, within.From), earlier(s.To, within.To)}
		if !s.From.Before(s.To) {
			continue
		}
		if n := len(spans); n > 0 && !s.From.After(spans[n-1].To) {
			spans[n-1].To = later(spans[n-1].To, s.To)
			continue
		}
		spans = append(spans, s)
	}
	return spans
}

// on returns the opening that begins on the day.
func (w Window) on(d Day) (Span, bool) {
	if !w.Days[d.Weekday()] || w.Closed != nil && w.Closed(d) {
		return Span{}, false
	}
	end := d
	if w.To <= w.From {
		end = d.Plus(1)
	}
	s := Span{First(w.Zone, d, w.From), First(w.Zone, end, w.To)}
	return s, s.From.Before(s.To)
}

// Open returns the part of the window that is open at that moment and in no freeze, and
// false if there is none. The span begins no earlier than two days before at, and where the
// window is always open it ends a week after.
func (w Window) Open(freezes []Span, at time.Time) (Span, bool) {
	around := Span{at.AddDate(0, 0, -2), at.AddDate(0, 0, 7)}
	for _, s := range without(w.Spans(around), freezes) {
		if s.Holds(at) {
			return s, true
		}
	}
	return Span{}, false
}

// Next returns up to n openings, without the freezes, that have not ended at that moment,
// the first of which may have begun. There are fewer where the window opens less often
// within Horizon; one that is still open there ends there.
func (w Window) Next(freezes []Span, at time.Time, n int) []Span {
	var found []Span
	for from, end := at, at.Add(Horizon); from.Before(end) && len(found) <= n; {
		// Month by month, so that a window that opens often costs little.
		to := earlier(from.AddDate(0, 1, 0), end)
		for _, s := range without(w.Spans(Span{from, to}), freezes) {
			if k := len(found); k > 0 && found[k-1].To.Equal(s.From) {
				found[k-1].To = s.To
				continue
			}
			found = append(found, s)
		}
		from = to
	}
	return found[:min(n, len(found))]
}

// NextOpen returns the first moment not before at at which the window is open and nothing
// is frozen, and false if there is none within Horizon.
func (w Window) NextOpen(freezes []Span, at time.Time) (time.Time, bool) {
	next := w.Next(freezes, at, 1)
	if len(next) == 0 {
		return time.Time{}, false
	}
	return next[0].From, true
}
