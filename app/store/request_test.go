package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// testReviewRequests: a request stands until it is dropped, and only one that was never made
// can be; whom a person took off is known for ever.
func testReviewRequests(t *testing.T, s *Store) {
	ctx := t.Context()
	team := ReviewRequest{Repo: 7, Number: 5, Content: "d1", Seat: "floor/qa", Team: 21, Slug: "qa", State: RequestOwed, At: noon}
	user := ReviewRequest{Repo: 7, Number: 5, Content: "d1", Seat: "floor/dba", User: 15, Person: 900, State: RequestOwed, At: noon.Add(time.Minute)}
	other := ReviewRequest{Repo: 7, Number: 6, Content: "d1", Seat: "floor/qa", Team: 21, Slug: "qa", State: RequestOwed, At: noon}
	write := func(do func(tx *Tx) error) {
		t.Helper()
		if err := s.Tx(ctx, do); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(want ...ReviewRequest) {
		t.Helper()
		got, err := s.ReviewRequests(ctx, 7, 5)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("review requests (-want +got):\n%s", d)
		}
	}
	write(func(tx *Tx) error {
		return errors.Join(tx.PutReviewRequest(team), tx.PutReviewRequest(user), tx.PutReviewRequest(other))
	})
	wants(team, user)
	team.State, team.At = RequestAsked, noon.Add(time.Hour)
	write(func(tx *Tx) error { return errors.Join(tx.PutReviewRequest(team), tx.DropReviewRequest(team)) })
	wants(user, team)
	write(func(tx *Tx) error { return tx.DropReviewRequest(user) })
	wants(team)

	accept(t, s, noon, subject.Result{Unasked: []subject.UnaskedFact{{Repo: 7, Number: 5, Team: 21, By: subject.Person{User: 1}, At: noon}}})
	for _, c := range []struct {
		number, team, user int64
		want               bool
	}{{5, 21, 0, true}, {5, 0, 21, false}, {6, 21, 0, false}} {
		if got, err := s.Unasked(ctx, 7, c.number, c.team, c.user); err != nil || got != c.want {
			t.Errorf("Unasked(#%d, team %d, user %d) = %t, %v, want %t", c.number, c.team, c.user, got, err, c.want)
		}
	}
}
