package app

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/changewarden/changewarden/app/store"
)

// measureLine adds what is measured of the line as a whole: time by station, what comes in,
// how busy it is, and the process under it. What is labelled by station is there from the
// start, so that a rate over it is 0 and not missing.
func (m *metrics) measureLine(version string) {
	m.stations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "changewarden_station_seconds", Help: "Time spent at each station of the line, by how it ended: ok, again (nobody's fault, it is looked at once more) or error.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 14), // to two and a half minutes
	}, []string{"station", "outcome"})
	for _, s := range stations {
		for _, o := range stationOutcomes {
			m.stations.WithLabelValues(string(s), o)
		}
	}
	m.folded = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "changewarden_evaluation_deliveries", Help: "Deliveries that one evaluation answered; none for those that a timer, a sweep or another evaluation asked for.",
		Buckets: []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500},
	})
	m.published = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "changewarden_publication_delay_seconds", Help: "From the moment that something was owed to GitHub until GitHub showed it.",
		Buckets: prometheus.ExponentialBuckets(0.05, 2, 14),
	})
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "changewarden_webhook_refused_total", Help: "Requests to the webhook that were refused, by status: anybody can send them. 503 are deliveries that could not be stored.",
	}, []string{"status"})
	m.redelivered = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "changewarden_redeliveries_total", Help: "Deliveries that GitHub was asked to make again.",
	})
	m.receiving = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "changewarden_webhook_requests_in_flight", Help: "Requests to the webhook that are being answered.",
	})
	m.looking = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "changewarden_workers_busy", Help: "Evaluations under way in this process.",
	})
	most := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "changewarden_workers", Help: "Evaluations that this process has under way at most.",
	})
	most.Set(workers)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "changewarden_build_info", Help: "1, with the program's version.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.stations, m.folded, m.published, m.refused, m.redelivered, m.receiving, m.looking, most, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// stayed measures a stay at a station.
func (m *metrics) stayed(s station, outcome string, took time.Duration) {
	m.stations.WithLabelValues(string(s), outcome).Observe(max(0, took.Seconds()))
}

// pulse shows what stands in the store. With several replicas each shows the same.
type pulse struct {
	store *store.Store
	now   func() time.Time
	file  string // the SQLite file; empty: there is none
}

// pulseTimeout bounds the questions of one look at the metrics.
const pulseTimeout = 5 * time.Second

var (
	storeUp = prometheus.NewDesc("changewarden_store_up",
		"1 if the store could be read for these metrics, else 0.", nil, nil)
	subjectsDue = prometheus.NewDesc("changewarden_subjects_due",
		"Subjects on the worklist that are due and nobody looks at.", nil, nil)
	oldestDue = prometheus.NewDesc("changewarden_oldest_due_seconds",
		"For how long the oldest due subject has been waiting.", nil, nil)
	owedNow = prometheus.NewDesc("changewarden_publications_owed",
		"Publications that are owed and GitHub does not show yet.", nil, nil)
	oldestOwed = prometheus.NewDesc("changewarden_oldest_owed_seconds",
		"For how long the oldest owed publication has been waiting.", nil, nil)
	missedNow = prometheus.NewDesc("changewarden_deliveries_missed",
		"Deliveries that GitHub made, that did not arrive, and that are asked for again.", nil, nil)
	ledgerLogs = prometheus.NewDesc("changewarden_ledger_logs",
		"Logs in the ledger, one a GitHub account.", nil, nil)
	ledgerRecords = prometheus.NewDesc("changewarden_ledger_records",
		"Records in all logs of the ledger. It never falls.", nil, nil)
	ledgerLogRecords = prometheus.NewDesc("changewarden_ledger_log_records",
		"Records in a log of the ledger, by the account's numeric id: of the largest logs alone.", []string{"log"}, nil)
	diskFree = prometheus.NewDesc("changewarden_disk_free_bytes",
		"Space that is left for the SQLite file.", nil, nil)
)

// Describe implements prometheus.Collector.
func (p pulse) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		storeUp, subjectsDue, oldestDue, owedNow, oldestOwed, missedNow, ledgerLogs, ledgerRecords, ledgerLogRecords, diskFree,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Of a store that cannot be read it says that alone.
func (p pulse) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if free, known := freeSpace(p.file); known {
		gauge(diskFree, float64(free))
	}
	ctx, cancel := context.WithTimeout(context.Background(), pulseTimeout)
	defer cancel()
	at := p.now()
	s, err := p.store.Pulse(ctx, at)
	if err != nil {
		gauge(storeUp, 0)
		return
	}
	age := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return max(0, at.Sub(t).Seconds())
	}
	gauge(storeUp, 1)
	gauge(subjectsDue, float64(s.Due))
	gauge(oldestDue, age(s.OldestDue))
	gauge(owedNow, float64(s.Owed))
	gauge(oldestOwed, age(s.OldestOwed))
	gauge(missedNow, float64(s.Missed))
	gauge(ledgerLogs, float64(s.Ledgers))
	gauge(ledgerRecords, float64(s.Records))
	for _, l := range s.Largest {
		gauge(ledgerLogRecords, float64(l.Size), strconv.FormatInt(l.Log, 10))
	}
}
