package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// metrics is what an operator watches: deliveries in, evaluations, verdicts, requests to
// GitHub, and how old the oldest work is. Labels are from closed sets: no repository, no
// person.
type metrics struct {
	registry    *prometheus.Registry
	deliveries  *prometheus.CounterVec
	evaluations *prometheus.HistogramVec
	verdicts    *prometheus.CounterVec
	requests    *prometheus.HistogramVec
	commands    *prometheus.CounterVec
	accepted    prometheus.Gauge
	holds       *prometheus.CounterVec
	errors      *prometheus.CounterVec
}

func newMetrics(s *store.Store, now func() time.Time) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "changewarden_deliveries_total", Help: "Webhook deliveries accepted, by event and whether they were stored, known already or ignored.",
		}, []string{"event", "outcome"}),
		evaluations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "changewarden_evaluation_seconds", Help: "Evaluations of subjects, by kind and outcome.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"kind", "outcome"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "changewarden_verdicts_total", Help: "Verdicts recorded, by outcome.",
		}, []string{"outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "changewarden_github_request_seconds", Help: "Requests to GitHub, by kind and status.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 11),
		}, []string{"kind", "status"}),
	}
	m.commands = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "changewarden_commands_total", Help: "Commands in comments that were decided, by verb and outcome.",
	}, []string{"verb", "outcome"})
	m.accepted = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "changewarden_github_key_accepted", Help: "1 if GitHub accepted the app's key when it was last asked as the app, else 0.",
	})
	m.holds = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "changewarden_github_holds_total", Help: "Times that an installation was left alone for a while, by the limit that it met.",
	}, []string{"limit"})
	m.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "changewarden_github_errors_total", Help: "Evaluations put back, by the kind of trouble that GitHub gave.",
	}, []string{"kind"})
	m.registry.MustRegister(m.deliveries, m.evaluations, m.verdicts, m.requests, m.commands, m.accepted, m.holds, m.errors,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "changewarden_oldest_due_seconds", Help: "For how long the oldest due subject has been waiting.",
		}, func() float64 {
			next, ok, err := s.NextDue(context.Background())
			if err != nil || !ok {
				return 0
			}
			return max(0, now().Sub(next).Seconds())
		}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// delivery counts one delivery. Event names come from outside, signed; GitHub has fewer
// than a hundred.
func (m *metrics) delivery(event, outcome string) {
	m.deliveries.WithLabelValues(event, outcome).Inc()
}

// command counts one command; edited ones have no verb.
func (m *metrics) command(verb command.Verb, state store.CommandState) {
	m.commands.WithLabelValues(string(verb), string(state)).Inc()
}

func (m *metrics) evaluated(kind subject.Kind, err error, took time.Duration) {
	outcome := "done"
	if err != nil {
		outcome = "put_back"
	}
	m.evaluations.WithLabelValues(string(kind), outcome).Observe(took.Seconds())
}

// key notes whether GitHub took the app's key.
func (m *metrics) key(accepted bool) {
	m.accepted.Set(0)
	if accepted {
		m.accepted.Set(1)
	}
}

func (m *metrics) verdict(o rules.Outcome) { m.verdicts.WithLabelValues(string(o)).Inc() }

func (m *metrics) held(limit string) { m.holds.WithLabelValues(limit).Inc() }

func (m *metrics) trouble(kind ghclient.Kind) { m.errors.WithLabelValues(string(kind)).Inc() }

// request counts one request to GitHub; status 0 is one that got no answer.
func (m *metrics) request(kind string, status int, took time.Duration) {
	m.requests.WithLabelValues(kind, strconv.Itoa(status)).Observe(took.Seconds())
}
