package app

import (
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/webhook"
)

// receiving measures the webhook's receiver, and makes each request the root of a trace where
// somebody traces: the caller's word for one is not taken, because anybody can call.
func (a *App) receiving(receiver http.Handler) http.Handler {
	measured := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.metrics.receiving.Inc()
		defer a.metrics.receiving.Dec()
		receiver.ServeHTTP(w, r)
	})
	if a.o.Tracer == nil {
		return measured
	}
	return otelhttp.NewHandler(measured, string(atReceive),
		otelhttp.WithSpanNameFormatter(func(name string, _ *http.Request) string { return name }),
		otelhttp.WithTracerProvider(a.o.Tracer), otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
}

// answered measures what the receiver answered. What was refused says nothing about how long
// a delivery takes, and is counted by the status alone: it may be anybody's.
func (a *App) answered(_ webhook.Delivery, status int, began time.Time) {
	outcome := wentWell
	switch {
	case status >= 500:
		outcome = wentWrong
		fallthrough
	case status >= 400:
		a.metrics.refused.WithLabelValues(strconv.Itoa(status)).Inc()
	}
	if status < 400 || status >= 500 {
		a.metrics.stayed(atReceive, outcome, a.now().Sub(began))
	}
}

// eventLabel returns an event's name for a label: the signature does not cover it, and what
// anybody can send must not make a metric grow.
func eventLabel(event string) string {
	if route.Knows(event) {
		return event
	}
	return "other"
}
