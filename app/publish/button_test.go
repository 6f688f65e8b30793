package publish

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Buttons ride in the requests that write the run, and go with the next one.
func TestButtonsAreWrittenWithTheRun(t *testing.T) {
	with := func(text string, labels ...string) Wanted {
		w := want(rules.Pass, text)
		for _, l := range labels {
			w.Actions = append(w.Actions, Action{ID: "so.1." + l, Label: l, Description: "Give " + l})
		}
		w.Digest = digest(append([]string{w.Digest}, actionsKey(w.Actions)...)...)
		return w
	}
	g := &fakeGitHub{t: t}
	c, said := g.client(), Said{}
	for i, step := range []struct {
		w    Wanted
		want []string
	}{
		{with("a"), []string{"new run success", "status success"}},
		{with("a", "QA", "notice"), []string{"run 1 success buttons=[QA notice]"}},
		{with("a", "notice"), []string{"run 1 success buttons=[notice]"}},
		{with("a"), []string{"run 1 success buttons=[]"}},
		{want(rules.Pass, "b"), []string{"run 1 success", "status success"}},
	} {
		g.writes = nil
		var err error
		if said, err = publisher().Publish(t.Context(), c, target, step.w, Ledger{}, said); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, g.writes); d != "" {
			t.Errorf("step %d (-want +got):\n%s", i, d)
		}
	}
	// After a crash nobody knows what stands.
	g.runs[0].Buttons, said.Writing, g.writes = []string{"QA"}, true, nil
	at := target
	at.Attempted = said.Mark
	if _, err := publisher().Publish(t.Context(), c, at, with("c"), Ledger{}, said); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"run 1 success buttons=[]", "status success"}, g.writes); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A run has buttons where a click says which change is meant, once GitHub would show them;
// whatever they are called, GitHub takes them.
func TestWhichRunsHaveButtons(t *testing.T) {
	passed := toBeSignedOff("QA")
	plain, waiting, other := passed, passed, passed
	plain.Buttons = nil
	waiting.Verdict = terraform(rules.Pending).Verdict
	other.Change.Base = "release/1"
	for name, test := range map[string]struct {
		items []Item
		want  int
	}{
		"passed": {[]Item{passed}, 1}, "nothing to sign off": {[]Item{plain}, 0},
		"not completed": {[]Item{waiting}, 0}, "two changes": {[]Item{passed, other}, 0},
	} {
		if got := len(Compose(test.items, Options{}).Actions); got != test.want {
			t.Errorf("%s: %d buttons, want %d", name, got, test.want)
		}
	}
	if len(Full(Compose([]Item{passed}, Options{})).Actions) != 0 {
		t.Error("a commit on which nothing can be said any more is signed off")
	}
	if Compose([]Item{plain}, Options{}).Digest == Compose([]Item{passed}, Options{}).Digest {
		t.Error("a button more is no change")
	}
}

func FuzzActions(f *testing.F) {
	f.Add("QA", "\u202e\x00<b>", "ᄀ\u0301 a name that nobody can read to its end, however wide")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, action := range actions([]Item{toBeSignedOff(a, b, c, a)}) {
			for _, text := range []struct {
				text string
				most int
			}{{action.ID, 20}, {action.Label, maxActionLabel}, {action.Description, maxActionDescription}} {
				if n := utf8.RuneCountInString(text.text); n == 0 || n > text.most {
					t.Errorf("%q has %d characters", text.text, n)
				}
			}
		}
	})
}
