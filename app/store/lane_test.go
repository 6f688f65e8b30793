package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/app/subject"
)

func head(sha string) subject.Subject {
	return subject.Subject{Kind: subject.Head, Repo: 1, SHA: sha}
}

// claimed claims up to n and returns their subjects, in order.
func claimed(t *testing.T, s *Store, at time.Time, n int) (claims []Claim, subjects []string) {
	t.Helper()
	claims, err := s.Claim(t.Context(), at, "w", n, time.Minute)
	must(t, err)
	subjects = []string{}
	for _, c := range claims {
		subjects = append(subjects, c.Subject.Key())
	}
	return claims, subjects
}

func wantClaimed(t *testing.T, s *Store, at time.Time, n int, want ...string) []Claim {
	t.Helper()
	claims, got := claimed(t, s, at, n)
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Fatalf("claimed at %s (-want +got):\n%s", at.Format(time.TimeOnly), diff)
	}
	return claims
}

func wantNextClaim(t *testing.T, s *Store, want time.Time) {
	t.Helper()
	got, found, err := s.NextClaim(t.Context(), "w")
	if err != nil || found == want.IsZero() || found && !got.Equal(want) {
		t.Fatalf("NextClaim = %v, %v, %v, want %v", got, found, err, want)
	}
}

// Behaviour 25: an installation with much to do takes the workers that others leave.
func testTurns(t *testing.T, s *Store) {
	s.o.PerInstallation = 3
	for n := range int64(10) {
		must(t, s.Raise(t.Context(), noon, Due{Subject: pr(n), Installation: 5}))
	}
	wantClaimed(t, s, after(1), 2, "pull_request/1/0", "pull_request/1/1")
	quiet := subject.Subject{Kind: subject.PullRequest, Repo: 2, Number: 1}
	must(t, s.Raise(t.Context(), after(1), Due{Subject: quiet, Installation: 6}))
	claims := wantClaimed(t, s, after(1), 10, "pull_request/2/1", "pull_request/1/2")
	wantNextClaim(t, s, after(71)) // its own leases could be taken over: what is due waits for a free place
	done(t, s, claims[1], after(2), time.Time{})
	wantNextClaim(t, s, noon)
	wantClaimed(t, s, after(2), 10, "pull_request/1/3")
}

// Within an installation people come first, then timers, sweeps and strangers; a subject
// that several have raised goes with the first of them.
func testPriorities(t *testing.T, s *Store) {
	ctx := t.Context()
	due := func(n int64, p subject.Priority) Due { return Due{Subject: pr(n), Installation: 5, Priority: p} }
	must(t, s.Raise(ctx, noon, due(1, subject.Strangers), due(2, subject.Background), due(3, subject.Timers), due(5, subject.Strangers)))
	must(t, s.Raise(ctx, after(1), due(4, subject.People), due(5, subject.Timers), due(5, subject.Background)))
	must(t, s.Raise(ctx, after(2), Due{Subject: head("beef"), Installation: 5}, Due{Subject: subject.Subject{Kind: subject.Repository, Repo: 9}, Installation: 5}))
	must(t, s.Tx(For(ctx, subject.Strangers), func(tx *Tx) error {
		return tx.Raise(after(2), Due{Subject: pr(6), Installation: 5})
	}))
	claims := wantClaimed(t, s, after(3), 10,
		"head/1/beef", "pull_request/1/4", "pull_request/1/3", "pull_request/1/5",
		"pull_request/1/2", "repository/9", "pull_request/1/1", "pull_request/1/6")

	// What was looked at for a person and comes again by itself is nobody's turn any more;
	// what was put back keeps its own, or gets a better one.
	done(t, s, claims[1], after(4), after(10))
	must(t, s.Retry(ctx, claims[4], after(10), "502"))
	must(t, s.Raise(ctx, after(5), due(1, subject.Timers)))
	must(t, s.Wait(ctx, claims[6], after(10), "held"))
	var got []subject.Priority
	for range 3 {
		c, _ := claimed(t, s, after(11), 1)
		got = append(got, c[0].Priority)
		if c[0].Subject == pr(1) && c[0].Attempt != 0 {
			t.Errorf("%+v: waiting was counted as an attempt", c[0])
		}
	}
	if diff := cmp.Diff([]subject.Priority{subject.Timers, subject.Timers, subject.Background}, got); diff != "" {
		t.Errorf("priorities (-want +got):\n%s", diff)
	}
}

// A held installation is not claimed from at all; what is due there costs nothing until then.
func testHolds(t *testing.T, s *Store) {
	ctx := t.Context()
	other := subject.Subject{Kind: subject.PullRequest, Repo: 2, Number: 1}
	must(t, s.Hold(ctx, Hold{Installation: 5, Until: after(100), Why: "limit"}))
	must(t, s.Hold(ctx, Hold{Installation: 5, Until: after(50), Why: "shorter"}))
	must(t, s.Raise(ctx, noon, Due{Subject: pr(1), Installation: 5}, Due{Subject: other, Installation: 6}))
	done(t, s, wantClaimed(t, s, after(1), 10, other.Key())[0], after(1), time.Time{})
	wantClaimed(t, s, after(99), 10)
	wantNextClaim(t, s, after(100))
	for at, want := range map[int]bool{20: true, 40: false} {
		if resting, err := s.Resting(ctx, after(at), 70*time.Second); err != nil || resting != want {
			t.Errorf("70 s from second %d on it rests: %v, %v, want %v", at, resting, err, want)
		}
	}
	holds, err := s.Holds(ctx, after(99))
	must(t, err)
	if diff := cmp.Diff([]Hold{{Installation: 5, Until: after(100), Why: "limit"}}, holds); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
	c := wantClaimed(t, s, after(100), 10, "pull_request/1/1")[0]

	// The reserve is kept from what can wait, and from nobody else.
	must(t, s.Hold(ctx, Hold{Installation: 5, Until: after(200), Background: true, Why: "reserve"}))
	must(t, s.Wait(ctx, c, after(110), "held"))
	must(t, s.Raise(ctx, after(101), Due{Subject: pr(2), Installation: 5, Priority: subject.Background}))
	wantClaimed(t, s, after(150), 10, "pull_request/1/1")
	wantNextClaim(t, s, after(200))
	must(t, s.Release(ctx, 5))
	wantClaimed(t, s, after(151), 10, "pull_request/1/2")
}

// Publications keep to the pace and to the hour; a claim that writes nothing gives back what
// it took.
func testWritesArePaced(t *testing.T, s *Store) {
	ctx := t.Context()
	s.o.Pace = Pace{Every: time.Second, Burst: 4, Hour: 8}
	for _, sha := range []string{"a", "b", "c", "d", "e", "f"} {
		must(t, s.Raise(ctx, noon, Due{Subject: head(sha), Installation: 5}))
	}
	must(t, s.Raise(ctx, noon, Due{Subject: head("other"), Installation: 6, Priority: subject.Background}))
	claims := wantClaimed(t, s, noon, 10, "head/1/a", "head/1/other", "head/1/b") // the burst
	done(t, s, claims[1], noon, time.Time{})
	wantNextClaim(t, s, after(2))
	c := wantClaimed(t, s, after(2), 10, "head/1/c")[0]
	in(t, s, func(tx *Tx) error { return tx.ChargeWrites(c.Installation, after(2), -PublicationWrites) })
	done(t, s, c, after(2), time.Time{})
	claims = append(claims, wantClaimed(t, s, after(2), 10, "head/1/d")...)
	claims = append(claims, wantClaimed(t, s, after(4), 10, "head/1/e")...) // the eighth of the hour
	for _, i := range []int{0, 2, 3, 4} {
		done(t, s, claims[i], after(5), time.Time{})
	}
	wantClaimed(t, s, after(3000), 10)
	wantNextClaim(t, s, after(3660))
	wantClaimed(t, s, after(3660), 10, "head/1/f")
}

// Behaviour 67: a change that asks too much of GitHub comes last until its share has caught up.
func testSpend(t *testing.T, s *Store) {
	ctx := t.Context()
	priority := func(at int) subject.Priority {
		t.Helper()
		must(t, s.Raise(ctx, after(at), Due{Subject: pr(1), Installation: 5}))
		c := claimOne(t, s, after(at))
		done(t, s, c, after(at), time.Time{})
		return c.Priority
	}
	must(t, s.Raise(ctx, noon, Due{Subject: pr(1), Installation: 5}))
	done(t, s, claimOne(t, s, noon), noon, time.Time{})
	must(t, s.Spend(ctx, pr(1), noon, 100)) // 1,000 s of its share
	if got := priority(10); got != subject.People {
		t.Errorf("after one large look: priority %d", got)
	}
	must(t, s.Raise(ctx, after(11), Due{Subject: pr(1), Installation: 5}))
	must(t, s.Spend(ctx, pr(1), after(11), 100)) // 2,000 s, and it is due already
	if got := claimOne(t, s, after(11)); got.Priority != subject.Strangers {
		t.Errorf("after two: priority %d", got.Priority)
	} else {
		done(t, s, got, after(11), time.Time{})
	}
	if got := priority(700); got != subject.Strangers {
		t.Errorf("before its share has caught up: priority %d", got)
	}
	if got := priority(801); got != subject.People {
		t.Errorf("after: priority %d", got)
	}
}

// Whatever is written when, an hour never holds more than Hour, nor a stretch of time more than
// Burst and what Every gives; and nobody waits for ever.
func TestPace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := Pace{
			Every: time.Duration(rapid.IntRange(1, 20).Draw(rt, "every")) * time.Second,
			Burst: rapid.IntRange(2, 20).Draw(rt, "burst"), Hour: rapid.IntRange(2, 60).Draw(rt, "hour"),
		}
		var w written
		var at []int64 // of each pair of writes
		now := noon.UnixMicro()
		for range rapid.IntRange(1, 80).Draw(rt, "publications") {
			next := p.next(w, 2)
			if next > now+61*minute+p.Every.Microseconds()*2 {
				rt.Fatalf("the next publication waits for %s", time.Duration(next-now)*time.Microsecond)
			}
			now = max(now, next) + int64(rapid.IntRange(0, 100).Draw(rt, "wait"))*1e6
			w = p.charge(w, now, 2)
			at = append(at, now)
		}
		for i := range at {
			for j := i; j < len(at); j++ {
				writes, span := int64(2*(j-i+1)), at[j]-at[i]
				if span < 60*minute && writes > int64(p.Hour) {
					rt.Fatalf("%d writes in %s, want at most %d", writes, time.Duration(span)*time.Microsecond, p.Hour)
				}
				if most := int64(p.Burst) + span/p.Every.Microseconds(); writes > most {
					rt.Fatalf("%d writes in %s, want at most %d", writes, time.Duration(span)*time.Microsecond, most)
				}
			}
		}
	})
}

// Deliveries say who waits: whoever did it, unless it is many changes that are judged anew. A
// check's result is for whom the change was looked at last.
func testDeliveryPriorities(t *testing.T, s *Store) {
	const repo = 1
	look := func(r subject.Result) subject.Priority {
		t.Helper()
		accept(t, s, noon, r)
		c := claimOne(t, s, noon)
		done(t, s, c, noon, time.Time{})
		return c.Priority
	}
	must(t, s.Tx(t.Context(), func(tx *Tx) error {
		return tx.PutPull(Pull{Repo: repo, Number: 1, Head: "beef", Base: "main", Open: true, Governed: true})
	}))
	result := subject.Result{Installation: 5, Selectors: []subject.Selector{{
		Kind: subject.ByHead, Repo: repo, SHA: "beef", Check: &subject.Check{Source: subject.CheckRun, ID: 1, App: 2, Name: "ci", Status: "queued"},
	}}}
	by := func(kind subject.SelectorKind) subject.Result {
		return subject.Result{Installation: 5, Selectors: []subject.Selector{{Kind: kind, Repo: repo, Branch: "main", Moved: true, User: 3}}}
	}
	named := subject.Result{Installation: 5, Subjects: []subject.Subject{pr(1)}}
	strange := named
	strange.Stranger = true
	for i, test := range []struct {
		what subject.Result
		want subject.Priority
	}{
		{result, subject.People},
		{strange, subject.Strangers},
		{result, subject.Strangers},
		{named, subject.People},
		{result, subject.People},
		{by(subject.ByRepository), subject.Background},
		{by(subject.ByBase), subject.Background},
		{by(subject.ByPerson), subject.Timers},
		{result, subject.People},
	} {
		if got := look(test.what); got != test.want {
			t.Errorf("step %d: priority %d, want %d", i, got, test.want)
		}
	}
}
