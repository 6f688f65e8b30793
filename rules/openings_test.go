package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
)

// An opening that has begun is told from its beginning; a calendar that cannot be read leaves
// none, and freezes are named as long as they are near.
func TestOpenings(t *testing.T) {
	layer, err := rules.Parse("floor.yml", []byte(`
version: 1
environments: {live: {match: live}}
windows: {hours: {time_zone: Etc/UTC, days: [mon, tue, wed], from: "09:00", to: "17:00", holidays: [2026-05-05, .github/off.ics]}}
freezes:
  - {name: tuesday, from: 2026-05-05, to: 2026-05-05}
  - {name: elsewhere, from: 2026-05-04, to: 2026-05-05, repositories: other}
  - {name: far, from: 2027-05-04, to: 2027-05-05}
  - {name: over, from: 2026-05-01, to: 2026-05-02}
rules: [{name: a reader, require: {approvals: 1}}, {name: in time, before: live, require: {window: hours}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := rules.Compose(layer, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) // a Monday
	for _, tt := range []struct {
		name    string
		days    []calendar.Day
		read    bool
		opens   []string
		open    bool
		freezes []string
	}{
		{"open now", nil, true, []string{"04 09:00", "06 09:00"}, true, []string{"tuesday", "elsewhere"}},
		{"a holiday", []calendar.Day{calendar.DayOf(at), calendar.DayOf(at.AddDate(0, 0, 2))}, true, []string{"11 09:00", "12 09:00"}, false, []string{"tuesday", "elsewhere"}},
		{"unread", nil, false, nil, false, []string{"tuesday", "far", "elsewhere"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, err := policy.Schedules("live", "")[0].Openings(at, 2, func(file string) ([]calendar.Day, bool) {
				return tt.days, tt.read && file == ".github/off.ics"
			})
			if err != nil {
				t.Fatal(err)
			}
			var opens, freezes []string
			for _, s := range next.Spans {
				opens = append(opens, s.From.Format("02 15:04"))
			}
			for _, f := range append(next.Freezes, next.Some...) {
				freezes = append(freezes, f.Name)
			}
			if diff := cmp.Diff(tt.opens, opens); diff != "" || next.Open != tt.open {
				t.Errorf("open %v, openings (-want +got):\n%s", next.Open, diff)
			}
			if diff := cmp.Diff(tt.freezes, freezes); diff != "" {
				t.Errorf("freezes (-want +got):\n%s", diff)
			}
			if (len(next.Unread) == 0) != tt.read {
				t.Errorf("unread: %q", next.Unread)
			}
		})
	}
}

// A window that is frozen for as long as is looked ahead opens no more, and none may be asked for.
func TestOpeningsNone(t *testing.T) {
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	s := rules.Schedule{Window: rules.Window{TimeZone: "Etc/UTC", Days: []time.Weekday{time.Monday}, From: 9 * 60, To: 17 * 60}}
	frozen := s
	frozen.Freezes = []rules.Freeze{{Name: "all", Span: calendar.Span{From: at, To: at.AddDate(10, 0, 0)}}}
	for _, tt := range []struct {
		name    string
		s       rules.Schedule
		n       int
		freezes int
	}{
		{"frozen", frozen, 2, 1},
		{"none asked for", s, 0, 0},
	} {
		next, err := tt.s.Openings(at, tt.n, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(next.Spans) > 0 || next.Open || len(next.Freezes) != tt.freezes {
			t.Errorf("%s: opens %v, open %v, freezes %v", tt.name, next.Spans, next.Open, next.Freezes)
		}
	}
}
