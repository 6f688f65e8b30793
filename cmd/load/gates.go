package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
)

// workflow is the file that deploys.
const workflow = ".github/workflows/deploy.yml"

// waiting is what many deployments cost that wait for a window.
type waiting struct {
	took  time.Duration // until each of them was held
	wait  time.Duration // that was looked at afterwards
	count               // what was asked of GitHub in it
	open  int           // jobs that wait by then and were told why, as all have to
	peak  int64         // bytes
}

// hold lets deployments ask at gates whose window does not open for days, and then waits.
func hold(ctx context.Context, s setup, jobs int, wait time.Duration) (m waiting, err error) {
	now := time.Now().UTC()
	s.settings.Policy = fmt.Appendf(nil, `version: 1
branches: ["**"]
environments: {production: {match: production}}
windows: {in three days: {time_zone: Etc/UTC, days: [%s], from: "09:00", to: "17:00"}}
rules: [{name: the window, before: production, require: {window: in three days}}]
`, strings.ToLower(now.AddDate(0, 0, 3).Weekday().String()[:3]))
	s.before = func(g *github) error {
		for _, r := range s.state.Repositories {
			if err := g.SetEnvironment(r.Name, "production", githubsim.Environment{Gate: true}); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range s.state.Repositories {
		s.state.Repositories[i].Files[workflow] = "on: push\n"
	}
	b, err := begin(ctx, s)
	if err != nil {
		return m, err
	}
	began, runs, asked := time.Now(), make([]int64, jobs), 0
	nameOf := func(i int) string { return s.state.Repositories[i%len(s.state.Repositories)].Name }
	if err := b.g.play(ctx, func() (bool, error) {
		if asked == jobs {
			return false, nil
		}
		asked++
		actions := b.g.AsApp("github-actions")
		if runs[asked-1], err = actions.RunWorkflow(nameOf(asked-1), "ann", "main", workflow, "push"); err != nil {
			return false, err
		}
		_, err := actions.StartJob(nameOf(asked-1), runs[asked-1], "deploy", "production")
		return true, err
	}); err != nil {
		return m, err
	}
	if err := b.g.settle(ctx, b.v); err != nil {
		return m, err
	}
	m.took = time.Since(began)
	b.g.forget()
	select {
	case <-ctx.Done():
		return m, ctx.Err()
	case <-time.After(wait):
		m.wait = wait
	}
	m.count = b.g.count()
	for i, run := range runs {
		state, said := b.g.Gate(nameOf(i), run, "production")
		if len(said) > 0 && !slices.Contains([]string{publish.GateApproved, publish.GateRejected}, state) {
			m.open++
		}
	}
	if m.peak, err = b.v.peak(); err != nil {
		return m, err
	}
	return m, b.end()
}

func printGates(ctx context.Context, o options, out io.Writer) error {
	const repositories = 20
	var names []string
	for i := range repositories {
		names = append(names, fmt.Sprintf("octo-org/app-%d", i))
	}
	m, err := hold(ctx, setup{state: world(names, 0, false)}, o.gates, time.Minute)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n| %d deployments that wait for a window, in %d repositories | |\n|---|---|\n", o.gates, repositories)
	fmt.Fprintf(out, "| all asked and were held within | %s |\n", m.took.Round(time.Second))
	fmt.Fprintf(out, "| requests to GitHub in %s of waiting | %d |\n", m.wait, m.reads+m.runs+m.statuses)
	fmt.Fprintf(out, "| not held by then | %d |\n", o.gates-m.open)
	fmt.Fprintf(out, "| peak memory | %.0f MiB |\n", float64(m.peak)/(1<<20))
	return nil
}
