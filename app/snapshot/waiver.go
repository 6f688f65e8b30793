package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// nameSpeakers names whoever gave a waiver that stands, or a command that waits, and returns
// the waivers and GitHub's ids of all of them.
func (l *look) nameSpeakers(ctx context.Context) ([]subject.Waiver, []int64, error) {
	waivers, err := l.Memory.Waivers(ctx, l.target.Repo, l.target.Number)
	if err != nil {
		return nil, nil, fmt.Errorf("recall waivers: %w", err)
	}
	var ids []int64
	for _, w := range waivers {
		ids = append(ids, l.cast.add(w.By))
	}
	for _, p := range l.target.Speakers {
		ids = append(ids, l.cast.add(p))
	}
	return waivers, ids, nil
}

// waiversOf returns waivers as a change has them. Why they were given stays where the
// command stands.
func waiversOf(waivers []subject.Waiver, k *cast) []rules.Waiver {
	var out []rules.Waiver
	for _, w := range waivers {
		out = append(out, rules.Waiver{ID: w.Comment, Pull: w.Number, Rule: w.Rule, By: k.who(w.By.User), At: w.At.UTC(), Exact: w.Exact})
	}
	return out
}
