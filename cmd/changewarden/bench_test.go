package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// BenchmarkServer runs the program itself in a process of its own, on a simulated GitHub
// with twenty open pull requests, and lets checks report on them until it has taken 2,000
// deliveries, while it judges and publishes. Beside the time it reports the most memory
// that the process ever held (Linux alone tells).
func BenchmarkServer(b *testing.B) {
	const deliveries, pulls = 2000, 20
	for b.Loop() {
		sim, repo := simulated(b, pulls)
		server := start(b, sim)
		sim.SetWebhookURL(server.url + "/webhook")
		began, taken := time.Now(), 0
		for i := 0; taken < deliveries; i++ {
			head, err := sim.Head(repo, i%pulls+1)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := sim.AsApp("octo-ci").Report(repo, head, githubsim.Check{Name: fmt.Sprintf("test-%d", i/pulls%5), Conclusion: "success"}); err != nil {
				b.Fatal(err)
			}
			if err := sim.Settle(b.Context()); err != nil {
				b.Fatal(err)
			}
			taken = len(sim.Deliveries())
		}
		b.ReportMetric(float64(taken)/time.Since(began).Seconds(), "deliveries/s")
		b.ReportMetric(float64(taken), "deliveries")
		if peak, ok := peakMemory(server.cmd.Process.Pid); ok {
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		}
		server.stop(b)
		sim.Close()
	}
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakMemory returns the most bytes that a process ever held in memory.
func peakMemory(pid int) (int64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	m := highWater.FindSubmatch(text)
	if m == nil {
		return 0, false
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err == nil
}
