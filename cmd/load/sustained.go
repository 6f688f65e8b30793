package main

import (
	"context"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/publish"
)

// sustained is how the server bears a steady stream.
type sustained struct {
	count
	took    time.Duration // of the stream
	rest    time.Duration // until nothing was left to do after its end
	looks   int
	worked  time.Duration // processor time of the server
	peak    int64         // bytes
	missing int           // deliveries that the server did not store
	wrong   int           // heads that do not show the right verdict in the end
}

// sustain sends that many deliveries a second about that many pull requests: mostly results of
// checks, now and then a review or a push. In the end each change is approved and its tests
// passed, and each has to show it.
func sustain(ctx context.Context, s setup, pulls, perSecond int, for_ time.Duration) (m sustained, err error) {
	b, err := begin(ctx, s)
	if err != nil {
		return m, err
	}
	g := b.g
	runs := map[int]int64{}
	act := func(i int) error {
		number := i%pulls + 1
		switch turn := i / pulls; {
		case turn%50 == 49:
			delete(runs, number)
			return g.pushes(number, i)
		case turn%20 == 19:
			return g.approves(number)
		case runs[number] == 0:
			runs[number], err = g.report(repo, number, "test", "")
			return err
		default:
			return g.AsApp("octo-ci").Conclude(repo, runs[number], []string{"failure", "success"}[turn%2])
		}
	}
	looks, err := b.v.looks(ctx)
	if err != nil {
		return m, err
	}
	stored, err := b.v.metric(ctx, "changewarden_deliveries_total", `outcome="stored"`)
	if err != nil {
		return m, err
	}
	worked, err := b.v.worked()
	if err != nil {
		return m, err
	}
	began, i := time.Now(), 0
	g.pace(paced(perSecond))
	err = g.play(ctx, func() (bool, error) {
		if time.Since(began) >= for_ {
			return false, nil
		}
		i++
		return true, act(i - 1)
	})
	m.took = time.Since(began)
	g.pace(nil)
	if err != nil {
		return m, err
	}
	if err := g.settle(ctx, b.v); err != nil {
		return m, err
	}
	m.rest = time.Since(began) - m.took
	m.count = g.count()
	after, err := b.v.metric(ctx, "changewarden_deliveries_total", `outcome="stored"`)
	if err != nil {
		return m, err
	}
	m.missing = m.deliveries - int(after-stored)
	if m.looks, err = b.v.looks(ctx); err != nil {
		return m, err
	}
	m.looks -= looks
	if m.worked, err = b.v.worked(); err != nil {
		return m, err
	}
	m.worked -= worked
	if m.wrong, err = b.wrong(ctx, pulls); err != nil {
		return m, err
	}
	if m.peak, err = b.v.peak(); err != nil {
		return m, err
	}
	return m, b.end()
}

// wrong approves and passes every change, and returns how many do not show it.
func (b *bench) wrong(ctx context.Context, pulls int) (n int, err error) {
	for i := range pulls {
		if err := b.g.approves(i + 1); err != nil {
			return 0, err
		}
		if err := b.g.reports(repo, i+1, "test", "success"); err != nil {
			return 0, err
		}
	}
	if err := b.g.settle(ctx, b.v); err != nil {
		return 0, err
	}
	for i := range pulls {
		head, err := b.g.Head(repo, i+1)
		if err != nil {
			return 0, err
		}
		shown, err := b.g.Show(repo, head, publish.Context, publish.RunName)
		if err != nil {
			return 0, fmt.Errorf("look at %s#%d: %w", repo, i+1, err)
		}
		if shown.State != "success" || shown.Conclusion != "success" {
			n++
		}
	}
	return n, nil
}
