package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/changewarden/changewarden/app/githubsim"
)

// row is what something cost.
type row struct {
	what  string
	looks int // at pull requests
	count
}

// scenario is something that happens on a world that has come to rest.
type scenario struct {
	what string
	pace int // deliveries a second; 0: one after the other
	act  func(g *github) func() (more bool, err error)
}

// once is a scenario of a single thing that somebody does.
func once(what string, do func(g *github) error) scenario {
	return scenario{what: what, act: func(g *github) func() (bool, error) {
		return times(1, func(int) error { return do(g) })
	}}
}

// times does something n times.
func times(n int, do func(i int) error) func() (bool, error) {
	i := 0
	return func() (bool, error) {
		if i == n {
			return false, nil
		}
		i++
		return true, do(i - 1)
	}
}

// measure plays a scenario and counts until the server has come to rest.
func (b *bench) measure(ctx context.Context, s scenario) (row, error) {
	before, err := b.v.looks(ctx)
	if err != nil {
		return row{}, err
	}
	b.g.forget()
	if s.pace > 0 {
		b.g.pace(paced(s.pace))
		defer b.g.pace(nil)
	}
	if err := b.g.play(ctx, s.act(b.g)); err != nil {
		return row{}, fmt.Errorf("%s: %w", s.what, err)
	}
	if err := b.g.settle(ctx, b.v); err != nil {
		return row{}, fmt.Errorf("%s: %w", s.what, err)
	}
	after, err := b.v.looks(ctx)
	return row{s.what, after - before, b.g.count()}, err
}

// measureAll plays scenarios one after the other on one world.
func measureAll(ctx context.Context, s setup, all []scenario) (rows []row, err error) {
	b, err := begin(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		r, err := b.measure(ctx, s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, b.end()
}

func (g *github) reports(repo string, number int, name, conclusion string) error {
	_, err := g.report(repo, number, name, conclusion)
	return err
}

func (g *github) report(repo string, number int, name, conclusion string) (int64, error) {
	head, err := g.Head(repo, number)
	if err != nil {
		return 0, err
	}
	return g.AsApp("octo-ci").Report(repo, head, githubsim.Check{Name: name, Conclusion: conclusion})
}

func (g *github) pushes(number, i int) error {
	_, err := g.As("ann").Push(repo, "topic-"+strconv.Itoa(number), githubsim.Commit{
		Message: fmt.Sprintf("Change it again %d", i), Files: map[string]string{fmt.Sprintf("f%d.go", number): fmt.Sprintf("package main // %d\n", i)},
	})
	return err
}

func (g *github) approves(number int) error {
	_, err := g.As("bob").Approve(repo, number)
	return err
}

// plain are the scenarios on open pull requests that stand beside each other.
func plain(pulls int) (setup, []scenario) {
	s := setup{state: world([]string{repo}, pulls, false), before: func(g *github) error { return g.reports(repo, 1, "test", "success") }}
	return s, []scenario{
		once("a review", func(g *github) error { return g.approves(1) }),
		once("a push", func(g *github) error { return g.pushes(2, 1) }),
		once("a check that matters to nobody", func(g *github) error { return g.reports(repo, 3, "spelling", "success") }),
		once("a check that matters", func(g *github) error { return g.reports(repo, 4, "test", "success") }),
		once("a redelivery", func(g *github) error {
			all := g.Deliveries()
			return g.Redeliver(all[len(all)-1].GUID)
		}),
		burst(5),
		{what: fmt.Sprintf("%d open pull requests, a check each", pulls), pace: 500, act: func(g *github) func() (bool, error) {
			return times(pulls, func(i int) error { return g.reports(repo, i+1, "test-more", "success") })
		}},
	}
}

// burst is 500 events of fifty checks on one head in two seconds, with many a change of mind.
func burst(number int) scenario {
	const checks, events = 50, 500
	return scenario{what: "a burst of 500 check events on one head in 2 s", pace: events / 2, act: func(g *github) func() (bool, error) {
		var runs [checks]int64
		return times(events, func(i int) error {
			if i < checks {
				var err error
				runs[i], err = g.report(repo, number, fmt.Sprintf("test-%d", i), "")
				return err
			}
			conclusion := "success"
			if i/checks%2 == 0 {
				conclusion = "failure"
			}
			return g.AsApp("octo-ci").Conclude(repo, runs[i%checks], conclusion)
		})
	}}
}

// stack is pull requests that stand on each other, with the results of as many checks on each.
func stack() (setup, []scenario) {
	const pulls, checks = 25, 32
	return setup{state: world([]string{repo}, pulls, true)}, []scenario{
		{what: "25 stacked pull requests × 32 checks, files known", pace: 800, act: func(g *github) func() (bool, error) {
			return times(pulls*checks, func(i int) error {
				return g.reports(repo, i%pulls+1, fmt.Sprintf("test-%d", i/pulls), "success")
			})
		}},
	}
}

// large is a pull request of 1,500 files, 100 commits, 60 reviews and 300 comments.
func large() (setup, []scenario) {
	const files, commits, reviews, comments = 1500, 100, 60, 300
	st := world([]string{repo}, 1, false)
	for i := range files - 1 {
		st.Repositories[0].Pulls[0].Files[fmt.Sprintf("dir/f%d.go", i)] = fmt.Sprintf("package dir // %d\n", i)
	}
	before := func(g *github) error {
		for i := range commits - 1 {
			if err := g.pushes(1, i); err != nil {
				return err
			}
		}
		for i := range reviews {
			if _, err := g.As("bob").Review(repo, 1, githubsim.Review{State: "COMMENT", Body: fmt.Sprintf("Remark %d", i)}); err != nil {
				return err
			}
		}
		for i := range comments {
			if _, err := g.As("bob").Comment(repo, 1, fmt.Sprintf("Remark %d", i)); err != nil {
				return err
			}
		}
		return g.reports(repo, 1, "test", "success")
	}
	return setup{state: st, before: before}, []scenario{
		once("the large pull request: a review", func(g *github) error { return g.approves(1) }),
		once("the large pull request: a push", func(g *github) error { return g.pushes(1, commits) }),
	}
}
