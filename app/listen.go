package app

import (
	"context"
	stdlog "log" //nolint:depguard // http.Server takes no other for what it says itself
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/edge"
)

const (
	// maxConnections is how many are open at once: with a body of at most 1 MiB on each, few
	// larger ones and a head of 64 KiB it bounds what strangers can make us hold in memory.
	// GitHub opens some dozens in its worst bursts.
	maxConnections = 512
	// refusals is how many deliveries of one source may be refused at once, and how long it is
	// until there may be one more. They bound lines in the log and places for large bodies;
	// what is signed is taken from everybody.
	refusals     = 60
	refusalsEach = 10 * time.Second
	// views is how many pages one source may load at once, and how long it is until there may
	// be one more. People behind one address share it.
	views     = 120
	viewsEach = 200 * time.Millisecond
)

// server returns the one that listens. Every wait has an end: GitHub gives up a delivery
// after 10 seconds, so that who takes longer to post one is not GitHub.
func (a *App) server(ctx context.Context) *http.Server {
	return &http.Server{
		Handler:           recovered(a.handler),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 16,
		ConnState:         edge.NewConnections(maxConnections).State,
		ErrorLog:          stdlog.New(zerolog.Ctx(ctx), "", 0),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}

// sources is the webhook's account of whom it refused.
type sources struct {
	proxies edge.Proxies
	refused *edge.Allowance
}

// Source implements webhook.Sources.
func (s sources) Source(r *http.Request) string { return string(s.proxies.Source(r)) }

// Suspect implements webhook.Sources.
func (s sources) Suspect(source string) bool { return s.refused.Spent(edge.Source(source)) }

// Refused implements webhook.Sources.
func (s sources) Refused(source string) time.Duration { return s.refused.Take(edge.Source(source)) }
