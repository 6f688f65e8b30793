package store

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// testTold: what a delivery alone tells is remembered for ever, and the last one counts.
func testTold(t *testing.T, s *Store) {
	ctx := t.Context()
	tell := func(at time.Time, team, join string) {
		t.Helper()
		accept(t, s, at, subject.Result{
			Teams: []subject.TeamFact{{Account: 9, Team: 21, Slug: "qa", By: subject.Person{User: 1, Login: team}, At: at}},
			Joins: []subject.JoinFact{{Account: 9, Team: 21, User: 5, By: subject.Person{User: 2, Login: join}, At: at}},
		})
	}
	tell(noon, "ann", "bob")
	tell(noon.Add(time.Hour), "carol", "dave")
	tell(noon.Add(time.Minute), "late", "late")
	for kind, key := range map[string]string{
		subject.TeamMaking: subject.TeamMakingKey(9, 21, "QA"), subject.JoinMemory: subject.JoinKey(9, 21, 5),
	} {
		body, asOf, found, err := s.Recall(ctx, kind, key, noon.AddDate(10, 0, 0))
		if err != nil || !found {
			t.Fatalf("Recall(%s, %s) = found %t, %v", kind, key, found, err)
		}
		var who subject.Person
		if err := json.Unmarshal(body, &who); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{subject.TeamMaking: "carol", subject.JoinMemory: "dave"}[kind]
		if who.Login != want || !asOf.Equal(noon.Add(time.Hour)) {
			t.Errorf("Recall(%s) = %+v as of %v, want %s an hour after noon", kind, who, asOf, want)
		}
	}
}
