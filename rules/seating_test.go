package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestFillAll: leaving out whom a search in vain has asked changes nobody's seat.
func TestFillAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		can := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.Int64Range(1, 5), 0, 4, rapid.ID), 1, 6).Draw(t, "can")
		var quick, slow seating
		for _, people := range can {
			var s distinctSeat
			for _, id := range people {
				s.can = append(s.can, UserID(id))
			}
			quick.seats, slow.seats = append(quick.seats, s), append(slow.seats, s)
		}
		quick.at, slow.at = map[UserID]int{}, map[UserID]int{}
		want := 0
		for i := range slow.seats {
			if !slow.fill(i, map[UserID]bool{}) {
				want++
			}
		}
		if got := quick.fillAll(); got != want {
			t.Errorf("%d seats stay empty, want %d", got, want)
		}
		if most := mostSeated(quick.seats, map[UserID]bool{}); len(quick.at) != most {
			t.Errorf("%d people sit, want %d", len(quick.at), most)
		}
		if diff := cmp.Diff(slow.at, quick.at); diff != "" {
			t.Errorf("who sits where (-want +got):\n%s", diff)
		}
	})
}

// mostSeated returns how many of the seats can be filled, by trying everything.
func mostSeated(seats []distinctSeat, taken map[UserID]bool) int {
	if len(seats) == 0 {
		return 0
	}
	most := mostSeated(seats[1:], taken)
	for _, id := range seats[0].can {
		if !taken[id] {
			taken[id] = true
			most = max(most, 1+mostSeated(seats[1:], taken))
			delete(taken, id)
		}
	}
	return most
}

// TestListedSeats: two hundred distinct seats are listed with each finding, of more each lists
// its own.
func TestListedSeats(t *testing.T) {
	for _, test := range []struct{ last, want int }{{50, 200}, {51, 50}} {
		var text strings.Builder
		text.WriteString("version: 1\nrules:\n")
		for i, n := range []int{50, 50, 50, test.last} {
			if n > 50 {
				fmt.Fprintf(&text, "  - {name: one more, require: {approvals: {count: %d, distinct: true}}}\n", n-50)
				n = 50
			}
			fmt.Fprintf(&text, "  - {name: rule %d, require: {approvals: {count: %d, distinct: true}}}\n", i, n)
		}
		layer, err := Parse("policy.yml", []byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compose(layer, nil)
		if err != nil {
			t.Fatal(err)
		}
		head := Commit{SHA: "h", Authors: []UserID{1}, Committer: 1}
		v := Evaluate(p, Change{Base: "main", Head: "h", Pulls: []Pull{{Number: 1, Author: 1, Writer: true}}, Commits: []Commit{head}}, time.Unix(0, 0))
		if got := len(v.Findings[0].Reasons[0].Approvals.Seats); got != test.want {
			t.Errorf("with %d in the last rule: %d seats listed, want %d", test.last, got, test.want)
		}
	}
}
