package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testGathering plays what raises a subject against a worker that looks as soon as it may, for
// 100 ms, and says when the looks begin: milliseconds after noon, with a quiet time of 250.
func testGathering(t *testing.T, s *Store) {
	s.o.Quiet = 250 * time.Millisecond
	const look = 100
	type event struct {
		at     int
		result bool
	}
	every := func(to, step int) (out []event) {
		for at := 0; at < to; at += step {
			out = append(out, event{at, true})
		}
		return out
	}
	for i, test := range []struct {
		name   string
		events []event
		want   []int
	}{
		{"a result that comes alone is looked at at once", []event{{0, true}, {2000, true}, {2350, true}}, []int{0, 2000, 2350}},
		{"one that follows waits for others", []event{{0, true}, {200, true}}, []int{0, 450}},
		{"one that comes during a look waits for the quiet time", []event{{0, true}, {50, true}}, []int{0, 350}},
		{"a burst of 500 in two seconds is two looks", every(2000, 4), []int{0, 2246}},
		{"what never ends is looked at all the same", every(10000, 50), []int{0, 2600, 5200, 7800, 10200}},
		{"a person waits for the quiet time alone", []event{{0, false}, {50, false}, {800, false}}, []int{0, 350, 800}},
		{"a person does not wait for a burst", append(every(2000, 4), event{1001, false}), []int{0, 1001, 2246}},
		{"a burst does not put off a person's look", append(every(400, 4), event{150, false}), []int{0, 350, 700}},
	} {
		t.Run(test.name, func(t *testing.T) {
			milli := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Millisecond) }
			slices.SortStableFunc(test.events, func(a, b event) int { return a.at - b.at })
			var looks []int
			var held Claim
			events, until := test.events, -1
			for now := range 20000 {
				for len(events) > 0 && events[0].at == now {
					must(t, s.Raise(t.Context(), milli(now), Due{Subject: pr(int64(i + 1)), Result: events[0].result}))
					events = events[1:]
				}
				if until == now {
					done(t, s, held, milli(now), time.Time{})
					until = -1
				}
				next, due, err := s.NextDue(t.Context())
				must(t, err)
				if until < 0 && due && !next.After(milli(now)) {
					held = claimOne(t, s, milli(now))
					looks, until = append(looks, now), now+look
				}
				if until < 0 && !due && len(events) == 0 {
					break
				}
			}
			if diff := cmp.Diff(test.want, looks); diff != "" {
				t.Errorf("looks (-want +got):\n%s", diff)
			}
		})
	}
}
