package app

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/changewarden/changewarden/app/ghclient"
)

// quotas shows what GitHub leaves each installation, and how our clock stands to GitHub's, as
// the newest answers said.
type quotas struct{ clients *ghclient.Clients }

var (
	quotaLimit = prometheus.NewDesc("changewarden_github_rate_limit",
		"Requests an hour that GitHub allows, by installation and resource.", []string{"installation", "resource"}, nil)
	quotaLeft = prometheus.NewDesc("changewarden_github_rate_remaining",
		"Requests left of the hour, by installation and resource.", []string{"installation", "resource"}, nil)
	quotaReset = prometheus.NewDesc("changewarden_github_rate_reset_timestamp_seconds",
		"When the hour begins anew, by installation and resource.", []string{"installation", "resource"}, nil)
	clockAhead = prometheus.NewDesc("changewarden_github_clock_ahead_seconds",
		"How far GitHub's clock is ahead of ours; negative: behind.", nil, nil)
)

// watch adds them. The installations are those that the app is on: a bounded set.
func (m *metrics) watch(c *ghclient.Clients) { m.registry.MustRegister(quotas{c}) }

// Describe implements prometheus.Collector.
func (q quotas) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{quotaLimit, quotaLeft, quotaReset, clockAhead} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (q quotas) Collect(ch chan<- prometheus.Metric) {
	for _, left := range q.clients.Quotas() {
		labels := []string{strconv.FormatInt(left.Installation, 10), left.Resource}
		ch <- prometheus.MustNewConstMetric(quotaLimit, prometheus.GaugeValue, float64(left.Limit), labels...)
		ch <- prometheus.MustNewConstMetric(quotaLeft, prometheus.GaugeValue, float64(left.Remaining), labels...)
		ch <- prometheus.MustNewConstMetric(quotaReset, prometheus.GaugeValue, float64(left.Reset.Unix()), labels...)
	}
	if ahead, measured := q.clients.Skew(); measured {
		ch <- prometheus.MustNewConstMetric(clockAhead, prometheus.GaugeValue, ahead.Seconds())
	}
}
