package app

import (
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
)

// readyFor is for how long an answer about readiness holds: each one writes to the disk, and
// whoever can reach the listener may ask.
const readyFor = time.Second

// readiness answers whether deliveries can be taken. GitHub's own state does not count:
// deliveries must be taken while its API is down.
type readiness struct {
	a *App

	mu     sync.Mutex
	at     time.Time
	status int
	text   string
}

func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.a.now(); r.status == 0 || now.Sub(r.at).Abs() >= readyFor {
		r.at, r.status, r.text = now, http.StatusOK, "ready"
		if err := r.a.store.Ready(req.Context()); err != nil {
			zerolog.Ctx(req.Context()).Error().Err(err).Msg("store not ready")
			r.status, r.text = http.StatusServiceUnavailable, "the store is not ready"
			if store.Full(err) {
				r.text = "the database's disk is full: make room on it. Deliveries are refused until then and asked for again afterwards; no restart is needed"
			}
			if req.Context().Err() != nil {
				r.status = 0 // nothing was found out: who asked is gone
				return
			}
		}
	}
	if r.status != http.StatusOK {
		http.Error(w, r.text, r.status)
		return
	}
	_, _ = w.Write([]byte(r.text + "\n"))
}
