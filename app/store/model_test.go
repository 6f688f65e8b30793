package store

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/changewarden/changewarden/app/subject"
)

// row is what the worklist promises about one subject, in the plainest form.
type row struct {
	generation, done, attempt, lease int64
	due                              time.Time // zero: never
	floor                            time.Time
	until                            time.Time // zero: not leased
	raised                           time.Time // during the lease; zero: not
}

// ready returns when the row may be claimed; zero: never.
func (r row) ready() time.Time {
	if !r.until.IsZero() {
		return r.until.Add(grace)
	}
	return r.due
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// testWorklistModel compares random histories with the model: what is claimed, when, by whom,
// and that at the end everything that ever happened has been looked at.
func testWorklistModel(t *testing.T, s *Store) {
	rapid.Check(t, func(rt *rapid.T) {
		in(t, s, func(tx *Tx) error { return tx.exec(`delete from subjects`) }) // those of the last history
		const repo = 1
		subjects := []subject.Subject{
			{Kind: subject.PullRequest, Repo: repo, Number: 1},
			{Kind: subject.PullRequest, Repo: repo, Number: 2},
			{Kind: subject.Head, Repo: repo, SHA: "beef"},
		}
		rows := map[subject.Subject]*row{}
		held := map[subject.Subject][]Claim{} // every claim that was made, the newest last
		now := noon
		check := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		claimAll := func(n int) []Claim {
			claims, err := s.Claim(t.Context(), now, "w", n, 30*time.Second)
			check(err)
			var ready []subject.Subject
			for sub, r := range rows {
				if at := r.ready(); !at.IsZero() && !at.After(now) {
					ready = append(ready, sub)
				}
			}
			if len(claims) != min(n, len(ready)) {
				rt.Fatalf("%d claims of %d, ready are %v", len(claims), n, ready)
			}
			for _, c := range claims {
				r := rows[c.Subject]
				if r == nil || !slices.Contains(ready, c.Subject) {
					rt.Fatalf("%s was claimed and is not ready: %+v", c.Subject.Key(), r)
				}
				if !r.until.IsZero() {
					r.attempt++
				}
				r.lease++
				r.until, r.due, r.raised, r.floor = now.Add(30*time.Second), time.Time{}, time.Time{}, time.Time{}
				if c.Generation != r.generation || int64(c.Attempt) != r.attempt || c.Lease != r.lease {
					rt.Fatalf("claim %+v, want %+v", c, r)
				}
				held[c.Subject] = append(held[c.Subject], c)
			}
			return claims
		}
		// end runs a step on any claim ever made; only the newest, if its lease was not ended, may.
		end := func(rt *rapid.T, step func(Claim) error, then func(*row, Claim)) {
			var all []Claim
			for _, sub := range subjects {
				all = append(all, held[sub]...)
			}
			if len(all) == 0 {
				return
			}
			c := rapid.SampledFrom(all).Draw(rt, "claim")
			r := rows[c.Subject]
			err := step(c)
			if ours := c.Lease == r.lease && !r.until.IsZero(); ours != (err == nil) {
				rt.Fatalf("lease %d of %+v: %v", c.Lease, r, err)
			}
			if err == nil {
				then(r, c)
			}
		}
		finish := func(c Claim, next time.Time) error {
			return s.Tx(t.Context(), func(tx *Tx) error { return tx.Done(c, now, next) })
		}
		finished := func(r *row, c Claim, next time.Time) {
			r.done, r.attempt, r.until, r.floor = c.Generation, 0, time.Time{}, time.Time{}
			r.due, r.raised = earlier(r.raised, next), time.Time{}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"raise": func(rt *rapid.T) {
				sub := rapid.SampledFrom(subjects).Draw(rt, "subject")
				at := now.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "in")) * time.Second)
				check(s.Raise(t.Context(), now, Due{Subject: sub, At: at}))
				r := rows[sub]
				if r == nil {
					r = &row{}
					rows[sub] = r
				}
				r.generation++
				if at.Before(r.floor) {
					at = r.floor
				}
				if r.until.IsZero() {
					r.due = earlier(r.due, at)
				} else {
					r.raised = earlier(r.raised, at)
				}
			},
			"claim": func(rt *rapid.T) { claimAll(rapid.IntRange(1, 3).Draw(rt, "n")) },
			"done": func(rt *rapid.T) {
				var next time.Time
				if rapid.Bool().Draw(rt, "timer") {
					next = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "next")) * time.Second)
				}
				end(rt, func(c Claim) error { return finish(c, next) }, func(r *row, c Claim) { finished(r, c, next) })
			},
			"retry": func(rt *rapid.T) {
				at := now.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "in")) * time.Second)
				end(rt, func(c Claim) error { return s.Retry(t.Context(), c, at, "502") }, func(r *row, _ Claim) {
					r.attempt++
					r.until, r.raised, r.due, r.floor = time.Time{}, time.Time{}, at, at
				})
			},
			"extend": func(rt *rapid.T) {
				end(rt, func(c Claim) error { _, err := s.Extend(t.Context(), c, now.Add(time.Minute)); return err },
					func(r *row, _ Claim) { r.until = now.Add(time.Minute) })
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "seconds")) * time.Second)
			},
		})
		// In the end all is quiet: every lease lapses, every timer strikes, and nothing is lost.
		for range 2 {
			now = now.Add(10 * time.Minute)
			for _, c := range claimAll(10) {
				check(finish(c, time.Time{}))
				finished(rows[c.Subject], c, time.Time{})
			}
		}
		for _, sub := range slices.SortedFunc(maps.Keys(rows), func(a, b subject.Subject) int { return int(a.Number - b.Number) }) {
			r := rows[sub]
			if r.done != r.generation {
				rt.Fatalf("%s was looked at up to %d of %d", sub.Key(), r.done, r.generation)
			}
			done, _, err := one(s.reader(t.Context()), column[int64], `select done from subjects where key = $1 and generation = done`, sub.Key())
			check(err)
			if done != r.done {
				rt.Fatalf("%s: the row says it was looked at up to %d, want %d", sub.Key(), done, r.done)
			}
		}
	})
}
