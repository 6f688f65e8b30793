package edge

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// remembered is how many sources an Allowance knows at least before it forgets the one that
// was quiet for longest; it knows twice as many at most.
const remembered = 4096

// Allowance is how often each source may do a thing: so many times at once, and once more
// for each time that has passed since. It is safe for concurrent use.
type Allowance struct {
	burst float64
	each  time.Duration
	now   func() time.Time

	mu sync.Mutex
	// A source is in recent once it was looked at; when that is full it becomes the past, and
	// who stands in the past alone is forgotten with it.
	recent, past map[Source]*bucket
}

// bucket is what is left to a source at an instant.
type bucket struct {
	left float64 // at most burst
	at   time.Time
}

// NewAllowance returns an Allowance of burst times, and one more after each.
func NewAllowance(burst int, each time.Duration, now func() time.Time) *Allowance {
	return &Allowance{burst: float64(burst), each: each, now: now, recent: map[Source]*bucket{}}
}

// Spent reports whether nothing is left to a source.
func (a *Allowance) Spent(s Source) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.of(s).left < 1
}

// Take takes one of what is left to a source. If nothing is, it takes nothing and returns
// how long it will be until there is one.
func (a *Allowance) Take(s Source) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.of(s)
	if b.left < 1 {
		return time.Duration((1 - b.left) * float64(a.each))
	}
	b.left--
	return 0
}

// of returns a source's bucket as it is now.
func (a *Allowance) of(s Source) *bucket {
	at := a.now()
	b := a.recent[s]
	if b == nil {
		if b = a.past[s]; b == nil {
			b = &bucket{left: a.burst, at: at}
		}
		if len(a.recent) >= remembered {
			a.recent, a.past = map[Source]*bucket{}, a.recent
		}
		a.recent[s] = b
	}
	if since := at.Sub(b.at); since > 0 { // a clock that was put back gives nothing
		b.left = min(a.burst, b.left+float64(since)/float64(a.each))
	}
	b.at = at
	return b
}

// Limit answers 429 to a source that has nothing left, and hands on everything else.
func (a *Allowance) Limit(p Proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait := a.Take(p.Source(r)); wait > 0 {
			w.Header().Set("Retry-After", Seconds(wait))
			http.Error(w, "too many requests: ask again later", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Seconds is a time for a Retry-After header: whole seconds, at least one.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}
