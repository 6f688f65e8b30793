package store

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testPersons(t *testing.T, s *Store) {
	drawn := []int64{1, 1, 2, 3} // the second user draws the id of the first
	s.o.NewID = func() (int64, error) {
		id := drawn[0]
		drawn = drawn[1:]
		return id, nil
	}
	ann, bob := subject.Person{User: 50, Login: "ann"}, subject.Person{User: 51, Login: "bob[bot]", Bot: true}
	ids, err := s.Persons(t.Context(), []subject.Person{ann, bob, {User: 0, Login: "ghost"}, ann})
	must(t, err)
	if diff := cmp.Diff(map[int64]int64{50: 1, 51: 2}, ids); diff != "" {
		t.Fatalf("persons (-want +got):\n%s", diff)
	}
	s.o.NewID = func() (int64, error) { return 0, fmt.Errorf("nothing new is needed") }
	again, err := s.Persons(t.Context(), []subject.Person{{User: 50}, bob})
	if diff := cmp.Diff(ids, again); err != nil || diff != "" {
		t.Errorf("again, %v (-want +got):\n%s", err, diff)
	}
	s.o.NewID = RandomID
	_, err = s.Persons(t.Context(), []subject.Person{{User: 50, Login: "ann-lee"}, {User: 52, Login: "ann"}})
	must(t, err)
	names, err := s.Names(t.Context(), []int64{1, 2, 999})
	want := map[int64]subject.Person{1: {User: 50, Login: "ann-lee"}, 2: bob}
	if diff := cmp.Diff(want, names); err != nil || diff != "" {
		t.Errorf("names, %v (-want +got):\n%s", err, diff)
	}

	// Forgotten is possible: the id stays and names nobody, and the user gets another one.
	in(t, s, func(tx *Tx) error {
		return tx.exec(`update persons set user_id = null, login = null where person in (1, 2)`)
	})
	names, err = s.Names(t.Context(), []int64{1, 2})
	if err != nil || len(names) != 0 {
		t.Errorf("forgotten persons are %+v, %v", names, err)
	}
	anew, err := s.Persons(t.Context(), []subject.Person{ann})
	if err != nil || anew[50] == 1 || anew[50] == 0 {
		t.Errorf("a forgotten user is person %d again, %v", anew[50], err)
	}
}

func testPersonsConcurrent(t *testing.T, s *Store) {
	var people []subject.Person
	for i := range int64(20) {
		people = append(people, subject.Person{User: 100 + i, Login: fmt.Sprint("user", i)})
	}
	got := make([]map[int64]int64, 8)
	var wg sync.WaitGroup
	for w := range got {
		wg.Go(func() {
			var err error
			if got[w], err = s.Persons(t.Context(), people); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	taken := map[int64]bool{}
	for user, id := range got[0] {
		if id < 1 || id >= 1<<53 || taken[id] {
			t.Errorf("user %d is person %d, want an id of their own in [1, 2^53)", user, id)
		}
		taken[id] = true
	}
	for _, other := range got[1:] {
		if diff := cmp.Diff(got[0], other); diff != "" {
			t.Errorf("two callers disagree (-one +other):\n%s", diff)
		}
	}
}
