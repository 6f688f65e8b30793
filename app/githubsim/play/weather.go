package play

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Weather stands between GitHub and the server, in both directions. It is calm at first.
type Weather struct {
	dice *dice

	mu     sync.Mutex
	chance map[string]int // percent, by what strikes
}

// What can strike, and how often where a history says nothing else. Of deliveries: lose,
// double, delay (by up to a minute). Of requests: refuse (502, nothing done), cut (the
// connection, before anything is done), forget (done, but the answer is lost), hang (no
// answer until the client gives up, nothing done), limit (a secondary limit).
var strikes = map[string]int{"lose": 0, "double": 0, "delay": 0, "refuse": 0, "cut": 0, "forget": 0, "hang": 0, "limit": 0}

// NewWeather returns the weather of a history.
func NewWeather(seed uint64) *Weather { return &Weather{dice: newDice(seed), chance: map[string]int{}} }

// set reads "lose=10 hang=5"; what is not named is calm.
func (w *Weather) set(words []string) error {
	chance := map[string]int{}
	for _, word := range words {
		what, text, _ := strings.Cut(word, "=")
		p, err := strconv.Atoi(text)
		if _, known := strikes[what]; err != nil || !known {
			return fmt.Errorf("weather %q: want WHAT=PERCENT", word)
		}
		chance[what] = p
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chance = chance
	return nil
}

func (w *Weather) strike(r *rand.Rand, what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return percent(r, w.chance[what])
}

// hangs is for how long a request hangs: longer than any client waits for it.
const hangs = 30 * time.Second

// Wrap is a githubsim.Options.Middleware: each request takes its time, and may be struck.
func (w *Weather) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the caller is gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		d := w.dice.throw("%s %s %s", r.Method, r.URL, body)
		// A client gets its token under a lock, and under synctest time stands still as long as
		// anybody waits for one.
		prompt := strings.HasSuffix(r.URL.Path, "/access_tokens")
		if !prompt {
			time.Sleep(time.Millisecond + within(d, 60*time.Millisecond))
		}
		switch {
		case w.strike(d, "refuse"):
			http.Error(out, `{"message":"Server Error"}`, http.StatusBadGateway)
		case w.strike(d, "cut"):
			panic(http.ErrAbortHandler)
		case w.strike(d, "forget"):
			h.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case !prompt && w.strike(d, "hang"):
			time.Sleep(hangs)
			panic(http.ErrAbortHandler)
		case w.strike(d, "limit"):
			out.Header().Set("Retry-After", "5")
			http.Error(out, `{"message":"You have exceeded a secondary rate limit."}`, http.StatusForbidden)
		default:
			h.ServeHTTP(out, r)
		}
	})
}
