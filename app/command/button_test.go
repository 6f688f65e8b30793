package command_test

import (
	"math"
	"testing"

	"github.com/changewarden/changewarden/app/command"
)

func TestButtons(t *testing.T) {
	qa := command.Button(7, "main", "QA")
	for _, other := range []string{command.Button(8, "main", "QA"), command.Button(7, "release/1", "QA"), command.Button(7, "main", "qa"), command.Button(7, "mainQA", "")} {
		if other == qa {
			t.Errorf("%s means two things", qa)
		}
	}
	if n, ok := command.Pressed(command.Button(math.MaxInt32, "main", "customer notice")); n != math.MaxInt32 || !ok {
		t.Errorf("pull request %d, %t", n, ok)
	}
	for _, other := range []string{"", "so.", "so.7", "so.7.", "so.0.012345678", "so.-7.012345678", "so.+7.012345678", "so.07.012345678", "so.7.01234567", "so.7.01234567X", "so.7.0123456789", "fix.7.012345678"} {
		if n, ok := command.Pressed(other); ok {
			t.Errorf("%q is a button of pull request %d", other, n)
		}
	}
}

// A button's identifier is one that GitHub takes, and belongs to one pull request.
func FuzzButton(f *testing.F) {
	f.Add(int64(7), "main", "QA", "so.7.012345678")
	f.Add(int64(math.MaxInt32), "release/1", "customer notice", "so.zz.abcdef012")
	f.Fuzz(func(t *testing.T, number int64, base, name, any string) {
		if number > 0 && number <= math.MaxInt32 {
			id := command.Button(number, base, name)
			if n, ok := command.Pressed(id); n != number || !ok || len(id) > 20 {
				t.Errorf("%q is of %d, %t: want %d", id, n, ok, number)
			}
		}
		if n, ok := command.Pressed(any); ok && n <= 0 {
			t.Errorf("%q is of pull request %d", any, n)
		}
	})
}
