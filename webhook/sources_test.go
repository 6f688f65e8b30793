package webhook

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
)

// patience is Sources that lets each address be refused so many times.
type patience map[string]int

func (p patience) Source(r *http.Request) string { return r.RemoteAddr }
func (p patience) Suspect(source string) bool    { return p[source] == 0 }
func (p patience) Refused(source string) time.Duration {
	if p.Suspect(source) {
		return 1500 * time.Millisecond
	}
	p[source]--
	return 0
}

// Behaviour 42: who is refused too often is told to slow down, and why; who posts what is
// signed never is, be it from the same address and a thousand times.
func TestReceiverSources(t *testing.T) {
	s := &shelf{}
	sources := patience{"stranger": 2, "github": 1, "both": 1}
	var out bytes.Buffer
	ctx := zerolog.New(&out).Level(zerolog.InfoLevel).WithContext(t.Context())
	rc := receiver(t, s, func(o *Options) { o.Sources = sources })
	ask := func(from string, good bool) *httptest.ResponseRecorder {
		r, w := post([]byte("{}")).WithContext(ctx), httptest.NewRecorder()
		r.RemoteAddr = from
		if !good {
			r.Header.Set("X-Hub-Signature-256", vectorHeader)
		}
		rc.ServeHTTP(w, r)
		return w
	}
	var got []int
	for range 4 {
		got = append(got, ask("stranger", false).Code)
	}
	if diff := cmp.Diff([]int{401, 401, 429, 429}, got); diff != "" {
		t.Errorf("answers to a stranger (-want +got):\n%s", diff)
	}
	w := ask("stranger", false)
	if after := w.Header().Get("Retry-After"); after != "2" {
		t.Errorf("Retry-After %q, want the 1.5 s rounded up", after)
	}
	if text := w.Body.String(); !strings.Contains(text, "the signature does not fit") {
		t.Errorf("the answer does not say why: %s", text)
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines in the log, want one for each refusal until it was too many:\n%s", n, &out)
	}
	for range 1000 {
		if w := ask("github", true); w.Code != http.StatusAccepted {
			t.Fatalf("answer to a signed delivery: %d %s", w.Code, w.Body)
		}
	}
	if got := []int{ask("both", false).Code, ask("both", false).Code, ask("both", true).Code}; !cmp.Equal(got, []int{401, 429, 202}) {
		t.Errorf("answers to an address that others share: %v", got)
	}
}

// The large bodies of suspect sources share one place: the others' are free.
func TestReceiverLargeBodiesOfSuspects(t *testing.T) {
	rc := receiver(t, &shelf{}, func(o *Options) { o.Sources, o.Large = patience{"github": 1}, 1 })
	answer := func(from, guid string) int {
		r, w := post(padded(small+1)), httptest.NewRecorder()
		r.RemoteAddr = from
		r.Header.Set("X-GitHub-Delivery", guid)
		rc.ServeHTTP(w, r)
		return w.Code
	}
	rc.suspect <- struct{}{}
	got := []int{answer("stranger", "a"), answer("github", "b")}
	<-rc.suspect
	if diff := cmp.Diff([]int{503, 202, 202}, append(got, answer("stranger", "c"))); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
