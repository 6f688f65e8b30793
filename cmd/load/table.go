package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

func printRequests(ctx context.Context, _ options, out io.Writer) error {
	fmt.Fprint(out, "\n| what happens | deliveries | within | looks at pull requests | reads | check runs written | statuses written |\n|---|---|---|---|---|---|---|\n")
	for _, world := range []func() (setup, []scenario){func() (setup, []scenario) { return plain(200) }, stack, large} {
		s, all := world()
		s.calm = true
		rows, err := measureAll(ctx, s, all)
		if err != nil {
			return err
		}
		for _, r := range rows {
			fmt.Fprintf(out, "| %s | %d | %.1f s | %d | %d | %d | %d |\n", r.what, r.deliveries, r.lasted.Seconds(), r.looks, r.reads, r.runs, r.statuses)
		}
	}
	return nil
}

func printSustained(ctx context.Context, o options, out io.Writer) error {
	m, err := sustain(ctx, setup{state: world([]string{repo}, o.heads, false)}, o.heads, o.rate, o.duration)
	if err != nil {
		return err
	}
	m.print(out, fmt.Sprintf("%d deliveries a second about %d pull requests", o.rate, o.heads))
	return nil
}

func (m sustained) print(out io.Writer, what string) {
	fmt.Fprintf(out, "\n| %s | |\n|---|---|\n", what)
	line := func(what, format string, args ...any) {
		fmt.Fprintf(out, "| %s | %s |\n", what, fmt.Sprintf(format, args...))
	}
	line("taken", "%d in %.1f s: %.0f a second", m.deliveries, m.took.Seconds(), float64(m.deliveries)/m.took.Seconds())
	line("not acknowledged / not stored / wrong in the end", "%d / %d / %d", m.lost, m.missing, m.wrong)
	line("acknowledged, p50 / p99 / p99.9", "%s / %s / %s", ms(quantile(m.acks, 0.5)), ms(quantile(m.acks, 0.99)), ms(quantile(m.acks, 0.999)))
	line("at rest after the end of the stream", "%s", ms(m.rest))
	line("looks at pull requests", "%d", m.looks)
	line("requests to GitHub for each 1,000 deliveries", "%.0f", float64(m.reads+m.runs+m.statuses)*1000/float64(m.deliveries))
	line("processor time for each 1,000 deliveries", "%.2f s", m.worked.Seconds()*1000/float64(m.deliveries))
	line("peak memory", "%.0f MiB", float64(m.peak)/(1<<20))
}

func printLatency(ctx context.Context, o options, out io.Writer) error {
	for _, limited := range []bool{false, true} {
		events := o.events
		if limited {
			events = max(events/4, 2) // an hour has 480 writes
		}
		all, err := latency(ctx, events, o.lag, limited)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n| delivery → published, API at %s, write limiter %s | p50 | p95 | p99 |\n|---|---|---|---|\n", o.lag, map[bool]string{true: "on", false: "off"}[limited])
		printDelays(out, all)
	}
	return nil
}

func printDelays(out io.Writer, all []delays) {
	for _, d := range all {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", d.what, ms(quantile(d.took, 0.5)), ms(quantile(d.took, 0.95)), ms(quantile(d.took, 0.99)))
	}
}

// quantile returns the q-th of sorted times.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func ms(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
