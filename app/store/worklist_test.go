package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func claim(t testing.TB, s *Store, at time.Time) []Claim {
	t.Helper()
	claims, err := s.Claim(t.Context(), at, "w", 10, time.Minute)
	must(t, err)
	return claims
}

func claimOne(t testing.TB, s *Store, at time.Time) Claim {
	t.Helper()
	claims := claim(t, s, at)
	if len(claims) != 1 {
		t.Fatalf("%d claims at %s, want 1: %+v", len(claims), at.Format(time.TimeOnly), claims)
	}
	return claims[0]
}

func claimNone(t testing.TB, s *Store, at time.Time) {
	t.Helper()
	if claims := claim(t, s, at); len(claims) != 0 {
		t.Fatalf("claims at %s, want none: %+v", at.Format(time.TimeOnly), claims)
	}
}

func done(t testing.TB, s *Store, c Claim, at, next time.Time) {
	t.Helper()
	in(t, s, func(tx *Tx) error { return tx.Done(c, at, next) })
}

func nextDue(t testing.TB, s *Store, want time.Time) {
	t.Helper()
	got, found, err := s.NextDue(t.Context())
	if err != nil || found == want.IsZero() || found && !got.Equal(want) {
		t.Fatalf("NextDue = %v, %v, %v, want %v", got, found, err, want)
	}
}

func testWorklist(t *testing.T, s *Store) {
	ctx := t.Context()
	nextDue(t, s, time.Time{})
	claimNone(t, s, noon)

	// An event makes it due at once, further ones fold into it.
	must(t, s.Raise(ctx, noon, Due{Subject: pr(1), Installation: 5}))
	must(t, s.Raise(ctx, after(1), Due{Subject: pr(1)}))
	nextDue(t, s, noon)
	claimNone(t, s, after(-1))
	c := claimOne(t, s, after(2))
	want := Claim{Subject: pr(1), Installation: 5, Generation: 2, Lease: 1, Owner: "w", Until: after(62), FirstDue: noon, Priority: subject.People}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Fatalf("claim (-want +got):\n%s", diff)
	}
	claimNone(t, s, after(3))
	nextDue(t, s, after(72)) // when the lease could be taken over

	// What happens during the look makes one more, at once.
	must(t, s.Raise(ctx, after(3), Due{Subject: pr(1)}))
	must(t, s.Raise(ctx, after(4), Due{Subject: pr(1)}))
	claimNone(t, s, after(5))
	done(t, s, c, after(5), after(1000))
	nextDue(t, s, after(3))
	c = claimOne(t, s, after(5))
	if c.Generation != 4 || !c.FirstDue.Equal(after(3)) {
		t.Fatalf("claim %+v, want generation 4, first due at 3 s", c)
	}

	// Undisturbed it is due when it said, and then not by itself.
	done(t, s, c, after(6), after(100))
	nextDue(t, s, after(100))
	claimNone(t, s, after(99))
	c = claimOne(t, s, after(100))
	if c.Generation != 4 {
		t.Fatalf("claim %+v, want the old generation: nothing happened", c)
	}
	done(t, s, c, after(101), time.Time{})
	nextDue(t, s, time.Time{})
	claimNone(t, s, after(1e6))

	// An event pulls a later moment forward, never back.
	must(t, s.Raise(ctx, after(200), Due{Subject: pr(1), At: after(500)}))
	nextDue(t, s, after(500))
	must(t, s.Raise(ctx, after(200), Due{Subject: pr(1), At: after(300)}))
	must(t, s.Raise(ctx, after(200), Due{Subject: pr(1), At: after(400)}))
	nextDue(t, s, after(300))

	// A retry is not pulled forward, is counted, and the count survives events.
	c = claimOne(t, s, after(300))
	must(t, s.Raise(ctx, after(301), Due{Subject: pr(1)}))
	must(t, s.Retry(ctx, c, after(400), "502"))
	must(t, s.Raise(ctx, after(302), Due{Subject: pr(1)}))
	nextDue(t, s, after(400))
	claimNone(t, s, after(399))
	c = claimOne(t, s, after(400))
	if c.Attempt != 1 || c.Generation != 9 || !c.FirstDue.Equal(after(300)) {
		t.Fatalf("claim %+v, want attempt 1, generation 9, first due at 300 s", c)
	}
	must(t, s.Retry(ctx, c, after(500), "502"))
	c = claimOne(t, s, after(501))
	if c.Attempt != 2 {
		t.Fatalf("claim %+v, want attempt 2", c)
	}
	done(t, s, c, after(502), after(600))
	c = claimOne(t, s, after(600))
	if c.Attempt != 0 {
		t.Fatalf("claim %+v, want no attempts", c)
	}

	// A lease can be made longer; lapsed, it is taken over only after the grace.
	c, err := s.Extend(ctx, c, after(700))
	must(t, err)
	claimNone(t, s, after(709))
	late, err := s.Extend(ctx, c, after(720)) // it lapsed, nobody took it
	must(t, err)
	claimNone(t, s, after(729))
	mine := claimOne(t, s, after(730))
	if mine.Attempt != 1 || mine.Lease != late.Lease+1 {
		t.Fatalf("claim %+v, want the next lease, and the lapsed one counted", mine)
	}
	for name, err := range map[string]error{
		"Extend": func() error { _, err := s.Extend(ctx, late, after(900)); return err }(),
		"Retry":  s.Retry(ctx, late, after(900), "late"),
		"Done":   s.Tx(ctx, func(tx *Tx) error { return tx.Done(late, after(731), time.Time{}) }),
	} {
		if !errors.Is(err, ErrLost) {
			t.Errorf("%s of a lost lease: %v, want ErrLost", name, err)
		}
	}
	done(t, s, mine, after(732), time.Time{})
	if err := s.Tx(ctx, func(tx *Tx) error { return tx.Done(mine, after(733), time.Time{}) }); !errors.Is(err, ErrLost) {
		t.Errorf("Done twice: %v, want ErrLost", err)
	}
	nextDue(t, s, time.Time{})

	// A Done that is rolled back leaves the lease as it was.
	must(t, s.Raise(ctx, after(800), Due{Subject: pr(1)}))
	c = claimOne(t, s, after(800))
	boom := errors.New("boom")
	err = s.Tx(ctx, func(tx *Tx) error {
		must(t, tx.Done(c, after(801), time.Time{}))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	done(t, s, c, after(802), time.Time{})

	// Of one priority the longest due comes first, as many as are asked for; all kinds share the list.
	subjects := []subject.Subject{
		{Kind: subject.MergeGroup, Repo: 1, SHA: "beef"},
		{Kind: subject.Deployment, Repo: 1, Number: 2, Name: "production/eu"},
		{Kind: subject.Installation, Number: 3},
	}
	for i, sub := range subjects {
		must(t, s.Raise(ctx, after(1000-i), Due{Subject: sub, Priority: subject.Timers}))
	}
	claims, err := s.Claim(ctx, after(1001), "w", 2, time.Minute)
	must(t, err)
	var got []subject.Subject
	for _, c := range claims {
		got = append(got, c.Subject)
	}
	if diff := cmp.Diff([]subject.Subject{subjects[2], subjects[1]}, got); diff != "" {
		t.Errorf("claimed first (-want +got):\n%s", diff)
	}
}

func testClaimsNeverDouble(t *testing.T, s *Store) {
	const subjects, workers = 40, 8
	for i := range subjects {
		must(t, s.Raise(t.Context(), noon, Due{Subject: pr(int64(i))}))
	}
	var mu sync.Mutex
	held := map[subject.Subject]bool{}
	looks := map[subject.Subject]int{}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				claims, err := s.Claim(t.Context(), after(1), fmt.Sprint(w), 3, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if len(claims) == 0 {
					return
				}
				for _, c := range claims {
					mu.Lock()
					if held[c.Subject] {
						t.Errorf("%s is claimed twice at once", c.Subject.Key())
					}
					held[c.Subject] = true
					looks[c.Subject]++
					again := looks[c.Subject] < 3
					mu.Unlock()
					if again { // an event during the look
						if err := s.Raise(t.Context(), after(1), Due{Subject: c.Subject}); err != nil {
							t.Error(err)
						}
					}
					mu.Lock()
					held[c.Subject] = false
					mu.Unlock()
					if err := s.Tx(t.Context(), func(tx *Tx) error { return tx.Done(c, after(1), time.Time{}) }); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for i := range subjects {
		if got := looks[pr(int64(i))]; got != 3 {
			t.Errorf("%s was looked at %d times, want 3", pr(int64(i)).Key(), got)
		}
	}
	nextDue(t, s, time.Time{})
}

func testClaimDeliveries(t *testing.T, s *Store) {
	due := subject.Result{Subjects: []subject.Subject{pr(1)}}
	first := accept(t, s, noon, due)
	second := accept(t, s, after(1), due)
	c := claimOne(t, s, after(2))
	if diff := cmp.Diff([]string{first, second}, c.Deliveries); diff != "" || c.Delivered != 2 {
		t.Fatalf("%d deliveries (-want +got):\n%s", c.Delivered, diff)
	}
	third := accept(t, s, after(3), due)
	must(t, s.Retry(t.Context(), c, after(4), "502"))
	c = claimOne(t, s, after(4))
	if diff := cmp.Diff([]string{first, second, third}, c.Deliveries); diff != "" || c.Delivered != 3 {
		t.Fatalf("after a retry %d deliveries (-want +got):\n%s", c.Delivered, diff)
	}
	fourth := accept(t, s, after(5), due)
	done(t, s, c, after(6), after(10))
	c = claimOne(t, s, after(6))
	if diff := cmp.Diff([]string{fourth}, c.Deliveries); diff != "" {
		t.Fatalf("of the second look (-want +got):\n%s", diff)
	}
	done(t, s, c, after(7), after(10))
	c = claimOne(t, s, after(10))
	if c.Delivered != 0 || c.Deliveries != nil {
		t.Fatalf("a timer's look names deliveries: %+v", c)
	}
	done(t, s, c, after(11), time.Time{})

	var all []string
	for i := range maxDeliveries + 7 {
		all = append(all, accept(t, s, after(20+i), due))
	}
	c = claimOne(t, s, after(1000))
	if diff := cmp.Diff(all[7:], c.Deliveries); diff != "" || c.Delivered != maxDeliveries+7 {
		t.Fatalf("%d deliveries, want %d, the newest (-want +got):\n%s", c.Delivered, maxDeliveries+7, diff)
	}
}

func testInstallationOfSubject(t *testing.T, s *Store) {
	r := subject.Result{
		Subjects:     []subject.Subject{pr(1)},
		Repositories: []subject.RepositoryFact{{ID: 1, Installation: 8, Account: 9, Owner: "octo-org", Name: "api", At: noon}},
	}
	accept(t, s, noon, r)
	if c := claimOne(t, s, noon); c.Installation != 8 {
		t.Errorf("installation %d, want the repository's", c.Installation)
	} else {
		done(t, s, c, noon, time.Time{})
	}
	r.Installation = 10
	accept(t, s, after(1), r)
	if c := claimOne(t, s, after(1)); c.Installation != 10 {
		t.Errorf("installation %d, want the delivery's", c.Installation)
	}
	accept(t, s, after(1), subject.Result{Subjects: []subject.Subject{{Kind: subject.Installation, Number: 77}}})
	if c := claimOne(t, s, after(1)); c.Installation != 77 {
		t.Errorf("installation %d, want the subject itself", c.Installation)
	}
}

func testWake(t *testing.T, s *Store) {
	woken := func(want bool, what string) {
		t.Helper()
		select {
		case <-s.Wake():
			if !want {
				t.Errorf("%s: woken", what)
			}
		default:
			if want {
				t.Errorf("%s: not woken", what)
			}
		}
	}
	woken(false, "nothing")
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(1)}))
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(2)}))
	woken(true, "two rises")
	woken(false, "two rises, already heard of")
	claims := claim(t, s, noon)
	woken(false, "claim")
	done(t, s, claims[0], noon, after(1))
	woken(true, "done")
	must(t, s.Retry(t.Context(), claims[1], after(1), "502"))
	woken(true, "retry")
	accept(t, s, noon, subject.Result{Subjects: []subject.Subject{pr(3)}})
	woken(true, "delivery")
	_ = s.Tx(t.Context(), func(tx *Tx) error {
		_ = tx.Raise(noon, Due{Subject: pr(4)})
		return errors.New("boom")
	})
	woken(false, "what was rolled back")
}

// A start tries again at once what a retry had put off, but never beside a lease.
func TestRaiseNow(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	sub := subject.Subject{Kind: subject.Installation}
	must(t, s.Raise(t.Context(), after(0), Due{Subject: sub, At: after(0)}))
	claims, err := s.Claim(t.Context(), after(0), "a", 1, time.Minute)
	must(t, err)
	must(t, s.Retry(t.Context(), claims[0], after(600), "no key"))
	must(t, s.Raise(t.Context(), after(1), Due{Subject: sub, At: after(1)}))
	if got, err := s.Claim(t.Context(), after(2), "a", 1, time.Minute); err != nil || len(got) != 0 {
		t.Fatalf("claimed before the floor: %v, %v", got, err)
	}
	must(t, s.RaiseNow(t.Context(), after(3), sub))
	got, err := s.Claim(t.Context(), after(3), "a", 1, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatalf("not claimed after RaiseNow: %v, %v", got, err)
	}
	must(t, s.RaiseNow(t.Context(), after(4), sub))
	if got, err := s.Claim(t.Context(), after(4), "b", 1, time.Minute); err != nil || len(got) != 0 {
		t.Fatalf("claimed beside a lease: %v, %v", got, err)
	}
}

// What a process that died had under way waits for its requests to be over, and not for its
// leases to lapse.
func TestOrphan(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	sub := subject.Subject{Kind: subject.Repository, Repo: 1}
	must(t, s.Raise(t.Context(), after(0), Due{Subject: sub, At: after(0)}))
	lost, err := s.Claim(t.Context(), after(0), "dead", 1, time.Hour)
	must(t, err)
	must(t, s.Orphan(t.Context(), after(10)))
	grace := int(s.o.TakeoverGrace / time.Second)
	if got, err := s.Claim(t.Context(), after(9+grace), "b", 1, time.Minute); err != nil || len(got) != 0 {
		t.Fatalf("taken over too early: %v, %v", got, err)
	}
	got, err := s.Claim(t.Context(), after(10+grace), "b", 1, time.Minute)
	if err != nil || len(got) != 1 || got[0].Attempt != 1 {
		t.Fatalf("not taken over: %v, %v", got, err)
	}
	if err := s.Retry(t.Context(), lost[0], after(99), "late"); !errors.Is(err, ErrLost) {
		t.Errorf("the dead one's lease still holds: %v", err)
	}
}
