package snapshot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules/calendar"
)

func ical(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n")
	for i, e := range events {
		b.WriteString("BEGIN:VEVENT\r\nUID:" + string(rune('a'+i)) + "\r\n" + strings.ReplaceAll(e, " ", "\r\n") + "\r\nEND:VEVENT\r\n")
	}
	return b.String() + "END:VCALENDAR\r\n"
}

// Behaviour 89: what is not understood of a calendar is an error, never a day left out.
func TestParseCalendar(t *testing.T) {
	from := calendar.Day{Year: 2026, Month: time.November, Day: 1}
	to := calendar.Day{Year: 2027, Month: time.November, Day: 30}
	for _, tt := range []struct {
		name, text string
		want       []string
		broken     bool
	}{
		{"a whole day", ical("DTSTART;VALUE=DATE:20261224 DTEND;VALUE=DATE:20261225"), []string{"2026-12-24"}, false},
		{"several", ical("DTSTART;VALUE=DATE:20261231 DTEND;VALUE=DATE:20270102", "DTSTART;VALUE=DATE:20261224"), []string{"2026-12-24", "2026-12-31", "2027-01-01"}, false},
		{"hours", ical("DTSTART:20261224T220000Z DTEND:20261225T010000Z"), []string{"2026-12-24", "2026-12-25"}, false},
		{"until midnight", ical("DTSTART:20261224T220000Z DTEND:20261225T000000Z"), []string{"2026-12-24"}, false},
		{"cancelled", ical("DTSTART;VALUE=DATE:20261224 STATUS:CANCELLED"), nil, false},
		{"long ago", ical("DTSTART;VALUE=DATE:20201224"), nil, false},
		{"none", ical(), nil, false},
		{"it recurs", ical("DTSTART;VALUE=DATE:20201224 RRULE:FREQ=YEARLY"), nil, true},
		{"no start", ical("SUMMARY:x"), nil, true},
		{"cut off", strings.TrimSuffix(ical("DTSTART;VALUE=DATE:20261224"), "END:VCALENDAR\r\n"), nil, true},
		{"no calendar", "2026-12-24", nil, true},
		{"nothing", "", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			days, err := snapshot.ParseCalendar(tt.text, from, to)
			var got []string
			for _, d := range days {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.broken {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// FuzzParseCalendar: days come in order, each once, and none from outside.
func FuzzParseCalendar(f *testing.F) {
	f.Add(ical("DTSTART;VALUE=DATE:20261224 DTEND;VALUE=DATE:20261230", "DTSTART:20261224T220000Z"))
	f.Add(ical("DTSTART:20261224T220000Z DTEND:19000101T000000Z"))
	f.Fuzz(func(t *testing.T, text string) {
		from := calendar.Day{Year: 2026, Month: time.November, Day: 1}
		to := calendar.Day{Year: 2027, Month: time.November, Day: 30}
		days, err := snapshot.ParseCalendar(text, from, to)
		last := ""
		for _, d := range days {
			if s := d.String(); err != nil || s <= last || s < from.String() || s > to.String() {
				t.Fatalf("%s after %s, error %v", s, last, err)
			} else {
				last = s
			}
		}
	})
}
