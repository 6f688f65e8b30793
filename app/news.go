package app

import (
	"sync"
	"time"
)

// news is what this process last heard of each installation. A delivery about one reaches one
// process, and the store tells the others.
type news struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

// fresh notes what was heard of an installation, and says whether it was not heard before.
func (n *news) fresh(installation int64, at time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last == nil {
		n.last = map[int64]time.Time{}
	}
	last := n.last[installation]
	n.last[installation] = at
	return at.After(last)
}
