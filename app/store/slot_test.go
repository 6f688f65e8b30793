package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func gateAt(run int64) subject.Subject {
	return subject.Subject{Kind: subject.Deployment, Repo: 1, Number: run, Name: "production"}
}

// held raises gates, looks at them, and leaves them until the opening; each asked a minute
// before the one that is named before it.
func held(t *testing.T, s *Store, opening time.Time, runs ...int64) {
	t.Helper()
	for _, run := range runs {
		must(t, s.Raise(t.Context(), noon, Due{Subject: gateAt(run), Installation: 5}))
	}
	claims, _ := claimed(t, s, noon, len(runs))
	in(t, s, func(tx *Tx) error {
		for _, c := range claims {
			if c.Slots != 0 {
				t.Errorf("%s took %d slots: it is only read", c.Subject.Key(), c.Slots)
			}
			asked := noon.Add(-time.Duration(slices.Index(runs, c.Subject.Number)) * time.Minute)
			must(t, tx.DoneWriting(c, noon, opening, asked))
		}
		return nil
	})
}

// Behaviour 28: what an opening releases all at once is answered as fast as GitHub lets us
// write and no faster, whoever waits longest first. Each is claimed once, when it is its turn.
func testReleased(t *testing.T, s *Store) {
	const many = 1000
	s.o.Pace = Pace{Every: time.Second, Burst: 10, Hour: 480}
	runs := make([]int64, many)
	for i := range runs {
		runs[i] = int64(i*7919%many + 1) // the order of the keys is not that of the asking
	}
	opening := after(3600)
	held(t, s, opening, runs...)
	wantClaimed(t, s, opening.Add(-time.Second), 1)

	var order []int64
	var times []time.Time
	for at := opening; len(order) < many; {
		next, found, err := s.NextClaim(t.Context(), "w")
		must(t, err)
		if !found {
			t.Fatalf("after %d answers nothing can be claimed any more", len(order))
		}
		if next.After(at) {
			at = next
		}
		claims, _ := claimed(t, s, at, 1)
		if len(claims) != 1 || claims[0].Slots != 1 {
			t.Fatalf("at %v, when it says that something can be claimed: %+v", at, claims)
		}
		done(t, s, claims[0], at, time.Time{})
		order, times = append(order, claims[0].Subject.Number), append(times, at)
	}
	slices.Reverse(runs)
	if diff := cmp.Diff(runs, order); diff != "" {
		t.Errorf("not the longest waiting first (-want +got):\n%s", diff)
	}
	for _, limit := range []struct {
		most   int
		within time.Duration
	}{{80, time.Minute}, {500, time.Hour}} {
		for i := limit.most; i < many; i++ {
			if times[i].Sub(times[i-limit.most]) < limit.within {
				t.Fatalf("%d writes within %v, from %v on", limit.most+1, limit.within, times[i-limit.most])
			}
		}
	}
	// As much as the limits allow, less the one write that a head takes more.
	for n, by := range map[int]time.Duration{9: time.Second, 479: 8 * time.Minute, 958: 70 * time.Minute, many: 2*time.Hour + 5*time.Minute} {
		if took := times[n-1].Sub(opening); took > by {
			t.Errorf("answer %d came %v after the opening, want %v", n, took, by)
		}
	}
}

// A gate that an event wakes is read at once, whatever waits to write, unless it waits itself;
// one that owes an answer then waits for its turn, and no attempt is counted.
func testAwaitSlot(t *testing.T, s *Store) {
	ctx := t.Context()
	s.o.Pace = Pace{Every: time.Second, Burst: 2}
	held(t, s, after(100), 1, 2, 3, 4)
	take := func(c *Claim, at int, want bool) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			got, err := tx.TakeSlot(c, after(at))
			if got != want {
				t.Errorf("TakeSlot at second %d = %v, want %v", at, got, want)
			}
			return err
		})
	}
	// Nothing waits: the slot is taken, and given back by whoever does not need it.
	must(t, s.Raise(ctx, after(10), Due{Subject: gateAt(9), Installation: 5}, Due{Subject: gateAt(2), Installation: 5}))
	claims := wantClaimed(t, s, after(10), 9, "deployment/1/2/production", "deployment/1/9/production")
	take(&claims[0], 10, true)
	take(&claims[0], 10, true)
	take(&claims[1], 10, false) // what a head writes, there is no room for
	in(t, s, func(tx *Tx) error { return tx.ChargeWrites(5, after(10), -claims[0].Slots) })
	take(&claims[1], 10, true)
	in(t, s, func(tx *Tx) error { return tx.DoneWriting(claims[0], after(10), after(100), noon.Add(-time.Minute)) })
	done(t, s, claims[1], after(10), time.Time{})

	// At the opening two slots are there, and who asked longest ago has them.
	claims = wantClaimed(t, s, after(101), 9, "deployment/1/4/production")
	must(t, s.Raise(ctx, after(101), Due{Subject: gateAt(9), Installation: 5, Priority: subject.Timers}, Due{Subject: gateAt(3), Installation: 5}))
	claims = append(claims, wantClaimed(t, s, after(101), 9, "deployment/1/9/production")...)
	if claims[1].Slots != 0 {
		t.Errorf("%+v: it is only read", claims[1])
	}
	take(&claims[1], 101, false)
	take(&claims[1], 102, false) // another waits, and came first
	in(t, s, func(tx *Tx) error { return tx.AwaitSlot(claims[1], after(90)) })
	done(t, s, claims[0], after(102), time.Time{})
	var got []string
	for at := 103; at < 110; at++ {
		more, keys := claimed(t, s, after(at), 9)
		got = append(got, keys...)
		for _, c := range more {
			if c.Attempt != 0 || c.Slots != 1 {
				t.Errorf("%+v: want no attempt, and a slot", c)
			}
			done(t, s, c, after(at), time.Time{})
		}
	}
	want := []string{"deployment/1/3/production", "deployment/1/2/production", "deployment/1/1/production", "deployment/1/9/production"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
}
