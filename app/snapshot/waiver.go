package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// given is what was said by commands that stand.
type given struct {
	waivers  []subject.Waiver
	declared []subject.Declared
}

// nameSpeakers names whoever gave a command that stands, or that waits, and returns what was
// given and GitHub's ids of all of them.
func (l *look) nameSpeakers(ctx context.Context) (g given, ids []int64, err error) {
	if g.waivers, err = l.Memory.Waivers(ctx, l.target.Repo, l.target.Number); err != nil {
		return g, nil, fmt.Errorf("recall waivers: %w", err)
	}
	if g.declared, err = l.Memory.Declared(ctx, l.target.Repo, l.target.Number); err != nil {
		return g, nil, fmt.Errorf("recall emergencies: %w", err)
	}
	for _, w := range g.waivers {
		ids = append(ids, l.cast.add(w.By))
	}
	for _, d := range g.declared {
		ids = append(ids, l.cast.add(d.By))
	}
	for _, p := range l.target.Speakers {
		ids = append(ids, l.cast.add(p))
	}
	return g, ids, nil
}

// declaredOf returns emergencies as a change has them. Which incident it is stays where the
// command stands: on a public repository nobody may read it in a verdict.
func declaredOf(declared []subject.Declared, k *cast) []rules.Declared {
	var out []rules.Declared
	for _, d := range declared {
		out = append(out, rules.Declared{ID: d.Comment, Pull: d.Number, By: k.who(d.By.User), At: d.At.UTC()})
	}
	return out
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
