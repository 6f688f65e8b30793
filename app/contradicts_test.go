package app

import (
	"testing"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
)

// What stands on a head in our name and is not ours is found by the next look,
// whether its event came or not, and where a process does not know yet who we are.
func TestContradicts(t *testing.T) {
	const bot, ann = 9, 1
	said := store.Publication{SaidDigest: "d", CheckRun: 5, RunStatus: "completed", RunConclusion: "failure", StatusState: "failure"}
	stands := snapshot.Shown{Known: true, Run: 5, RunStatus: "completed", Conclusion: "failure", State: "failure", By: bot}
	for _, tt := range []struct {
		name  string
		shown func(*snapshot.Shown)
		bot   int64
		want  bool
	}{
		{"as said", func(*snapshot.Shown) {}, bot, false},
		{"another state", func(s *snapshot.Shown) { s.State = "success" }, bot, true},
		{"another run", func(s *snapshot.Shown) { s.Run = 6 }, bot, true},
		{"another conclusion", func(s *snapshot.Shown) { s.Conclusion = "success" }, bot, true},
		{"the same state by somebody else", func(s *snapshot.Shown) { s.By = ann }, bot, true},
		{"nobody knows who we are", func(*snapshot.Shown) {}, 0, true},
		{"not read to the end", func(s *snapshot.Shown) { s.Known, s.State = false, "" }, bot, false},
	} {
		shown := stands
		tt.shown(&shown)
		if got := contradicts(shown, said, tt.bot); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	being := said
	being.WritingDigest = "e"
	if stands.State = "success"; contradicts(stands, being, bot) {
		t.Error("what is just being said is not known yet")
	}
}
