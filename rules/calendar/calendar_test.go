package calendar

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

// zones have clock changes of every kind: by an hour, half an hour and two, at midnight, a
// day left out, a year without one, changes of the rule itself.
var zones = []string{
	"Etc/UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/Havana",
	"America/St_Johns", "America/Nuuk", "Atlantic/Azores", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
	"Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati",
	"Pacific/Chatham", "Antarctica/Troll",
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("LoadLocation(%q): %v", name, err)
	}
	return z
}

func clock(t testing.TB, s string) Clock {
	t.Helper()
	c, err := ParseClock(s)
	if err != nil {
		t.Fatalf("ParseClock(%q): %v", s, err)
	}
	return c
}

func week(days ...time.Weekday) (out [7]bool) {
	for _, d := range days {
		out[d] = true
	}
	return out
}

var everyDay = [7]bool{true, true, true, true, true, true, true}

// utc writes spans as an operator would read them, in UTC.
func utc(spans []Span) (out []string) {
	for _, s := range spans {
		out = append(out, s.From.UTC().Format("Mon 2006-01-02 15:04")+" - "+s.To.UTC().Format("Mon 2006-01-02 15:04"))
	}
	return out
}

func TestNext(t *testing.T) {
	const berlin = "Europe/Berlin"
	christmas := func(d Day) bool { return Holiday("de", d) != "" }
	for _, tt := range []struct {
		name     string
		zone     string
		days     [7]bool
		from, to string
		closed   func(Day) bool
		freezes  []Span
		at       string // in UTC
		n        int
		want     []string
	}{
		{
			name: "28: held on Friday evening, released on Monday at 09:00", zone: "Etc/UTC", days: week(1, 2, 3, 4, 5),
			from: "09:00", to: "17:00", at: "2026-11-20T17:00:00Z", n: 2,
			want: []string{"Mon 2026-11-23 09:00 - Mon 2026-11-23 17:00", "Tue 2026-11-24 09:00 - Tue 2026-11-24 17:00"},
		},
		{
			name: "28: one that is open has begun", zone: "Etc/UTC", days: week(1), from: "09:00", to: "17:00",
			at: "2026-11-23T16:59:59Z", n: 1, want: []string{"Mon 2026-11-23 16:59 - Mon 2026-11-23 17:00"},
		},
		{
			name: "28: over midnight belongs to the day on which it begins", zone: "Etc/UTC", days: week(time.Saturday),
			from: "22:00", to: "04:00", at: "2026-11-21T00:00:00Z", n: 2,
			want: []string{"Sat 2026-11-21 22:00 - Sun 2026-11-22 04:00", "Sat 2026-11-28 22:00 - Sun 2026-11-29 04:00"},
		},
		{
			name: "28: over midnight and the end of a month and year", zone: "Etc/UTC", days: everyDay,
			from: "22:00", to: "04:00", at: "2026-12-31T12:00:00Z", n: 1,
			want: []string{"Thu 2026-12-31 22:00 - Fri 2027-01-01 04:00"},
		},
		{
			name: "28: clocks put forward over its end", zone: berlin, days: week(time.Saturday), from: "22:00", to: "02:30",
			at: "2026-03-28T12:00:00Z", n: 1, want: []string{"Sat 2026-03-28 21:00 - Sun 2026-03-29 01:00"},
		},
		{
			name: "28: clocks put forward over its begin", zone: berlin, days: week(time.Sunday), from: "02:30", to: "05:00",
			at: "2026-03-28T12:00:00Z", n: 1, want: []string{"Sun 2026-03-29 01:00 - Sun 2026-03-29 03:00"},
		},
		{
			name: "28: clocks put forward over all of it", zone: berlin, days: week(time.Sunday), from: "02:15", to: "02:45",
			at: "2026-03-28T12:00:00Z", n: 1, want: []string{"Sun 2026-04-05 00:15 - Sun 2026-04-05 00:45"},
		},
		{
			name: "28: clocks put back: it ends once", zone: berlin, days: week(time.Saturday), from: "22:00", to: "02:30",
			at: "2026-10-24T12:00:00Z", n: 1, want: []string{"Sat 2026-10-24 20:00 - Sun 2026-10-25 00:30"},
		},
		{
			name: "28: clocks put back within it: an hour longer", zone: berlin, days: week(time.Saturday), from: "22:00", to: "04:00",
			at: "2026-10-24T12:00:00Z", n: 1, want: []string{"Sat 2026-10-24 20:00 - Sun 2026-10-25 03:00"},
		},
		{
			name: "28: east of UTC, the day before there", zone: "Pacific/Kiritimati", days: week(time.Monday), from: "09:00", to: "17:00",
			at: "2026-11-20T12:00:00Z", n: 1, want: []string{"Sun 2026-11-22 19:00 - Mon 2026-11-23 03:00"},
		},
		{
			name: "28: west of UTC, the day after there", zone: "America/Los_Angeles", days: week(time.Friday), from: "17:00", to: "23:00",
			at: "2026-11-20T12:00:00Z", n: 1, want: []string{"Sat 2026-11-21 01:00 - Sat 2026-11-21 07:00"},
		},
		{
			name: "28: a day that a zone left out", zone: "Pacific/Apia", days: week(time.Friday), from: "09:00", to: "17:00",
			at: "2011-12-28T12:00:00Z", n: 1, want: []string{"Thu 2012-01-05 19:00 - Fri 2012-01-06 03:00"},
		},
		{
			name: "28: holidays stay closed", zone: berlin, days: week(1, 2, 3, 4, 5), from: "09:00", to: "17:00", closed: christmas,
			at: "2026-12-24T20:00:00Z", n: 1, want: []string{"Mon 2026-12-28 08:00 - Mon 2026-12-28 16:00"},
		},
		{
			name: "28: a freeze inside a window", zone: "Etc/UTC", days: week(1, 2), from: "09:00", to: "17:00",
			freezes: []Span{{moment("2026-11-23T11:00:00Z"), moment("2026-11-23T12:00:00Z")}},
			at:      "2026-11-23T00:00:00Z", n: 2,
			want: []string{"Mon 2026-11-23 09:00 - Mon 2026-11-23 11:00", "Mon 2026-11-23 12:00 - Mon 2026-11-23 17:00"},
		},
		{
			name: "28: freezes that overlap, over several openings", zone: "Etc/UTC", days: week(1, 2, 3, 4, 5), from: "09:00", to: "17:00",
			freezes: []Span{{moment("2026-12-20T00:00:00Z"), moment("2027-01-05T00:00:00Z")}, {moment("2026-12-18T12:00:00Z"), moment("2026-12-22T00:00:00Z")}},
			at:      "2026-12-18T11:00:00Z", n: 2,
			want: []string{"Fri 2026-12-18 11:00 - Fri 2026-12-18 12:00", "Tue 2027-01-05 09:00 - Tue 2027-01-05 17:00"},
		},
		{
			name: "a freeze without an end", zone: "Etc/UTC", days: everyDay, from: "09:00", to: "17:00",
			freezes: []Span{{From: moment("2026-12-18T12:00:00Z")}}, at: "2026-12-18T13:00:00Z", n: 1, want: nil,
		},
		{
			name: "openings that meet are one", zone: "Etc/UTC", days: week(1, 2), from: "00:00", to: "24:00",
			at: "2026-11-22T00:00:00Z", n: 1, want: []string{"Mon 2026-11-23 00:00 - Wed 2026-11-25 00:00"},
		},
		{name: "one that never opens", zone: "Etc/UTC", from: "09:00", to: "17:00", at: "2026-11-22T00:00:00Z", n: 3, want: nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := Window{Zone: zone(t, tt.zone), Days: tt.days, From: clock(t, tt.from), To: clock(t, tt.to), Closed: tt.closed}
			if diff := cmp.Diff(tt.want, utc(w.Next(tt.freezes, moment(tt.at), tt.n))); diff != "" {
				t.Errorf("Next (-want +got):\n%s", diff)
			}
		})
	}
}

func moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

// shown is the definition by which the answers are checked, minute by minute: a window opens
// at the first minute at which clocks show From of a day that it has, or later, and closes at
// the first at which they show To of the same day or the next, or later.
type shown struct {
	from time.Time
	open []bool // for each minute since from
}

func show(w Window, freezes []Span, from time.Time, minutes int) shown {
	s := shown{from: from, open: make([]bool, minutes)}
	opens, closes := map[int]int{}, map[int]int{} // by day: the first minute
	days := map[int]Day{}
	wall := func(i int) (day, minute int) {
		local := from.Add(time.Duration(i) * time.Minute).In(w.Zone)
		d := DayOf(local)
		day = int(d.utc().Unix() / 86400)
		days[day] = d
		return day, local.Hour()*60 + local.Minute()
	}
	over := 0
	if w.To <= w.From {
		over = 1
	}
	first := func(m map[int]int, i, day, minute int, c Clock) {
		for d := day - 2; d <= day; d++ {
			if _, ok := m[d]; !ok && (day-d)*1440+minute >= int(c) {
				m[d] = i
			}
		}
	}
	for i := range minutes {
		day, minute := wall(i)
		first(opens, i, day, minute, w.From)
		first(closes, i, day, minute, w.To+Clock(over*1440))
	}
	for d, o := range opens {
		on := DayOf(time.Unix(int64(d)*86400, 0).UTC())
		if !w.Days[on.Weekday()] || w.Closed != nil && w.Closed(on) {
			continue
		}
		c, ok := closes[d]
		if !ok {
			c = minutes
		}
		for i := o; i < c; i++ {
			s.open[i] = true
		}
	}
	for i := range s.open {
		at := from.Add(time.Duration(i) * time.Minute)
		for _, f := range freezes {
			s.open[i] = s.open[i] && !f.Holds(at)
		}
	}
	return s
}

// changes returns every change of the zone's clocks in thirty years.
func changes(z *time.Location) (out []time.Time) {
	end := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).In(z); at.Before(end); {
		_, next := at.ZoneBounds()
		if next.IsZero() {
			break
		}
		out = append(out, next)
		at = next
	}
	return out
}

// Windows of every shape, around each change of the clocks of many zones in thirty years,
// and in quiet weeks between, are open exactly when clocks on the wall say so; the next
// opening is open, and nothing before it is.
func TestWallClock(t *testing.T) {
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, name)
			r := rand.New(rand.NewPCG(28, 30))
			instants := changes(z)
			for range 8 {
				instants = append(instants, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(30*365*24*60))*time.Minute))
			}
			for _, instant := range instants {
				w := Window{Zone: z, From: Clock(r.IntN(96) * 15), To: Clock(r.IntN(97) * 15)}
				for d := range w.Days {
					w.Days[d] = r.IntN(4) > 0
				}
				off := r.IntN(8)
				w.Closed = func(d Day) bool { return d.Day%8 == off }
				var freezes []Span
				for range r.IntN(3) {
					from := instant.Add(time.Duration(r.IntN(4000)-2000) * time.Minute)
					freezes = append(freezes, Span{from, from.Add(time.Duration(r.IntN(600)) * time.Minute)})
				}
				against(t, w, freezes, instant.Truncate(time.Minute))
			}
		})
	}
}

func against(t *testing.T, w Window, freezes []Span, instant time.Time) {
	t.Helper()
	const before, after = 4 * 24 * 60, 3 * 24 * 60
	want := show(w, freezes, instant.Add(-before*time.Minute), before+after)
	what := func(at time.Time) string {
		return fmt.Sprintf("%s-%s %v in %s at %s", w.From, w.To, w.Days, w.Zone, at.In(w.Zone).Format(time.RFC3339))
	}
	next, nextAt := -1, time.Time{} // the first open minute not before; found from the end
	for i := before + after - 1; i >= before-24*60; i-- {
		at := want.from.Add(time.Duration(i) * time.Minute)
		if want.open[i] {
			next, nextAt = i, at
		}
		if i%7 != 0 && i != next { // the edges, and a sample of the rest
			continue
		}
		span, open := w.Open(freezes, at.In(time.FixedZone("", 3*3600)))
		if open != want.open[i] || open && !span.Holds(at) {
			t.Fatalf("Open of %s = %v, %v, want %v", what(at), span, open, want.open[i])
		}
		if i%97 != 0 || next < 0 {
			continue
		}
		if got, ok := w.NextOpen(freezes, at); !ok || !got.Equal(nextAt) {
			t.Fatalf("NextOpen of %s = %s, %v, want %s", what(at), got.In(w.Zone), ok, nextAt.In(w.Zone))
		}
	}
}

func TestHoliday(t *testing.T) {
	for _, tt := range []struct{ region, day, want string }{
		{"de", "2026-12-25", "Weihnachtstag"},
		{"DE", "2026-04-06", "Ostermontag"},
		{"de-by", "2026-01-06", "Heilige Drei Könige"},
		{"de", "2026-01-06", ""},
		{"us", "2026-07-04", "Independence Day"}, // a Saturday
		{"us", "2026-07-03", "Independence Day"}, // observed
		{"us", "2021-12-31", "New Year's Day"},   // of the year after
		{"us", "2026-07-06", ""},
		{"gb", "2022-01-03", "New Year's Day"},
		{"nowhere", "2026-12-25", ""},
	} {
		t.Run(tt.region+" "+tt.day, func(t *testing.T) {
			d, err := ParseDay(tt.day)
			if err != nil {
				t.Fatal(err)
			}
			if got := Holiday(tt.region, d); got != tt.want {
				t.Errorf("Holiday(%q, %s) = %q, want %q", tt.region, d, got, tt.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"00:00", "09:00", "23:59", "24:00"} {
		if c, err := ParseClock(s); err != nil || c.String() != s {
			t.Errorf("ParseClock(%q) = %v, %v, want the same", s, c, err)
		}
	}
	for _, s := range []string{"", "9:00", "24:01", "25:00", "09:60", "09:00:00", "nine", "0900"} {
		if c, err := ParseClock(s); err == nil {
			t.Errorf("ParseClock(%q) = %v, want an error", s, c)
		}
	}
	for _, s := range []string{"", "2026-02-30", "2026-13-01", "26-01-01", "2026-1-1"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("ParseDay(%q) = %v, want an error", s, d)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	w := Window{
		Zone: zone(b, "Europe/Berlin"), Days: week(1, 2, 3, 4, 5), From: 9 * 60, To: 17 * 60,
		Closed: func(d Day) bool { return Holiday("de", d) != "" },
	}
	from := moment("2026-11-22T00:00:00Z")
	for b.Loop() {
		if got := w.Next(nil, from, 10); len(got) != 10 {
			b.Fatalf("Next gave %d openings, want 10", len(got))
		}
	}
}
