package play

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// dice decide by what is decided and how often that came up before, not by the order of
// everything else: so that a step left out of a history changes little about the others.
type dice struct {
	seed uint64

	mu     sync.Mutex
	thrown map[string]uint64
}

func newDice(seed uint64) *dice { return &dice{seed: seed, thrown: map[string]uint64{}} }

// throw returns the chance of one thing.
func (d *dice) throw(format string, args ...any) *rand.Rand {
	what := fmt.Sprintf(format, args...)
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // it cannot fail
	d.mu.Lock()
	defer d.mu.Unlock()
	d.thrown[what]++
	return rand.New(rand.NewPCG(d.seed, h.Sum64()^d.thrown[what]<<48))
}

// percent says yes so many times in a hundred.
func percent(r *rand.Rand, p int) bool { return r.IntN(100) < p }

// within returns a time up to most.
func within(r *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(most) + 1))
}
