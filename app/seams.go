package app

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// seams are where tests of this package take hold of a server, to cut it off from the world
// at an instant of their choice or to look on. All are nil outside of them.
type seams struct {
	transport http.RoundTripper                      // below each request to GitHub
	commit    func() error                           // asked before a transaction is committed; an error keeps it from that
	look      func(subject.Subject) (ended func())   // told of each evaluation
	jitter    func(most time.Duration) time.Duration // in place of chance, in [0, most]
}

// looks notes that an evaluation begins; what it returns, that it has ended.
func (s seams) looks(at subject.Subject) (ended func()) {
	if s.look == nil {
		return func() {}
	}
	return s.look(at)
}

// spreads returns a part of most, so that what failed together does not come back together.
func (s seams) spreads(most time.Duration) time.Duration {
	if s.jitter == nil {
		return rand.N(most + 1)
	}
	return s.jitter(most)
}
