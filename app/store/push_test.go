package store

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testPushes(t *testing.T, s *Store) {
	opened := subject.PushFact{Repo: 1, Number: 5, After: "a1", User: 50, Login: "ann", At: after(1)}
	pushed := subject.PushFact{Repo: 1, Ref: "refs/heads/topic", Before: "a0", After: "a1", User: 51, Login: "bob", At: noon}
	bot := subject.PushFact{Repo: 1, Number: 5, Before: "a1", After: "a2", User: 52, Login: "octo[bot]", Bot: true, At: after(2)}
	other := subject.PushFact{Repo: 1, Ref: "refs/heads/other", After: "ff", User: 53, Login: "carol", At: noon}
	elsewhere := subject.PushFact{Repo: 2, Number: 5, After: "a1", User: 53, Login: "carol", At: noon}
	accept(t, s, noon, subject.Result{Pushes: []subject.PushFact{opened, pushed, other, elsewhere}})
	must(t, s.AddPushes(t.Context(), []subject.PushFact{bot, pushed}))
	again := opened
	again.At, again.Login = after(9), "renamed"
	accept(t, s, after(9), subject.Result{Pushes: []subject.PushFact{again}}) // told twice, kept as first told
	must(t, s.AddPushes(t.Context(), nil))
	for _, test := range []struct {
		name     string
		headRepo int64
		ref      string
		want     []subject.PushFact
	}{
		{"own branch", 1, "topic", []subject.PushFact{pushed, opened, bot}},
		{"own branch, full ref", 1, "refs/heads/topic", []subject.PushFact{pushed, opened, bot}},
		{"fork", 7, "topic", []subject.PushFact{opened, bot}},
		{"deleted fork", 0, "", []subject.PushFact{opened, bot}},
	} {
		got, err := s.Pushes(t.Context(), 1, 5, test.headRepo, test.ref)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s, %v (-want +got):\n%s", test.name, err, diff)
		}
	}
	var many []string
	for i := range 2 * maxListed {
		many = append(many, fmt.Sprint(i))
	}
	for _, test := range []struct {
		name    string
		commits []string
		want    []subject.PushFact
	}{
		{"none", nil, nil},
		{"on any branch, but of no pull request", []string{"a1", "a2", "ff"}, []subject.PushFact{pushed, other}},
		{"more than one statement takes", append(many, "ff"), []subject.PushFact{other}},
	} {
		got, err := s.PushesOf(t.Context(), 1, test.commits)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s, %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}
