package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// delays are, for one kind of event, the times from the sending of the delivery until GitHub
// had taken the last publication that it led to, ascending.
type delays struct {
	what string
	took []time.Duration
}

// delaysOf lets single things happen, one after the other.
func (b *bench) delaysOf(ctx context.Context, what string, n int, do func(i int) error) (delays, error) {
	d := delays{what: what}
	for i := range n {
		r, err := b.measure(ctx, scenario{what: what, act: func(*github) func() (bool, error) {
			return times(1, func(int) error { return do(i) })
		}})
		if err != nil {
			return d, err
		}
		if r.runs+r.statuses == 0 {
			return d, fmt.Errorf("%s %d: nothing was published", what, i)
		}
		d.took = append(d.took, r.published)
	}
	slices.Sort(d.took)
	return d, nil
}

// latency measures from delivery to publication, n events of each kind, with a GitHub that
// takes its time for each answer.
func latency(ctx context.Context, n int, lag time.Duration, limited bool) (all []delays, err error) {
	b, err := begin(ctx, setup{state: world([]string{repo}, 3*n, false), lag: lag, settings: settings{Limited: limited}, before: func(g *github) error {
		for i := range n {
			if err := g.reports(repo, i+1, "test", "success"); err != nil {
				return err
			}
			if err := g.approves(n + i + 1); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		what string
		do   func(i int) error
	}{
		{"a review that lets a change pass", func(i int) error { return b.g.approves(i + 1) }},
		{"a check that lets a change pass", func(i int) error { return b.g.reports(repo, n+i+1, "test", "success") }},
		{"a push", func(i int) error { return b.g.pushes(2*n+i+1, i) }},
	} {
		d, err := b.delaysOf(ctx, kind.what, n, kind.do)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	if err := b.end(); err != nil {
		return nil, err
	}
	big, err := largeLatency(ctx, n/2, lag, limited)
	return append(all, big...), err
}

// largeLatency is latency for the large pull request.
func largeLatency(ctx context.Context, n int, lag time.Duration, limited bool) (all []delays, err error) {
	s, _ := large()
	s.lag, s.settings.Limited = lag, limited
	b, err := begin(ctx, s)
	if err != nil {
		return nil, err
	}
	review, err := b.delaysOf(ctx, "the large pull request: a check", n, func(i int) error {
		return b.g.reports(repo, 1, "test", []string{"failure", "success"}[i%2])
	})
	if err != nil {
		return nil, err
	}
	push, err := b.delaysOf(ctx, "the large pull request: a push", n, func(i int) error { return b.g.pushes(1, 1000+i) })
	if err != nil {
		return nil, err
	}
	return []delays{review, push}, b.end()
}
