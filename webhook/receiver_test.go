package webhook

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha1" // to show that it is refused
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
)

var (
	at     = time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("", 3600))
	secret = []byte("a secret of this test")
)

// shelf is a Store in memory.
type shelf struct {
	kept []Delivery
	err  error
}

func (s *shelf) Accept(_ context.Context, d Delivery) (bool, error) {
	if s.err != nil {
		return false, s.err
	}
	for _, k := range s.kept {
		if k.App == d.App && k.GUID == d.GUID {
			return false, nil
		}
	}
	s.kept = append(s.kept, d)
	return true, nil
}

func receiver(t testing.TB, s Store, edit ...func(*Options)) *Receiver {
	t.Helper()
	o := Options{Secrets: [][]byte{[]byte("the next secret"), secret}, Store: s, Now: func() time.Time { return at }}
	for _, e := range edit {
		e(&o)
	}
	rc, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return rc
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post returns a request as GitHub makes it.
func post(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "GitHub-Hookshot/044aadd")
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-GitHub-Event", "pull_request")
	r.Header.Set("X-GitHub-Hook-ID", "292430182")
	r.Header.Set("X-GitHub-Hook-Installation-Target-ID", "79929171")
	r.Header.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	r.Header.Set("X-Hub-Signature-256", sign(body))
	return r
}

// Behaviour 42: hostile input is refused or stored without harm, with a clear answer.
func TestReceiver(t *testing.T) {
	good := []byte(`{"action":"opened","number":2}`)
	header := func(name, value string) func() *http.Request {
		return func() *http.Request {
			r := post(good)
			r.Header.Set(name, value)
			return r
		}
	}
	twice := func(name, value string) func() *http.Request {
		return func() *http.Request {
			r := post(good)
			r.Header.Add(name, value)
			return r
		}
	}
	body := func(b []byte) func() *http.Request { return func() *http.Request { return post(b) } }
	bomb := zipped(t, make([]byte, 8<<20))

	tests := []struct {
		name    string
		request func() *http.Request
		status  int
		answer  string // a part of it
		kept    int
	}{
		{"a delivery", body(good), 202, "stored", 1},
		{"an unknown event", header("X-GitHub-Event", "tea_served"), 202, "stored", 1},
		{"a charset", header("Content-Type", "application/json; charset=utf-8"), 202, "stored", 1},
		{"no app id", header("X-GitHub-Hook-Installation-Target-ID", ""), 202, "stored", 1},

		{"a GET", func() *http.Request { r := post(good); r.Method = http.MethodGet; return r }, 405, "posted", 0},

		{"unsigned", func() *http.Request { r := post(good); r.Header.Del("X-Hub-Signature-256"); return r }, 401, "set a secret", 0},
		{"SHA-1 alone", func() *http.Request {
			r := post(good)
			mac := hmac.New(sha1.New, secret)
			mac.Write(good)
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
			return r
		}, 401, "X-Hub-Signature-256 is missing", 0},
		{"signed with another secret", header("X-Hub-Signature-256", vectorHeader), 401, "does not fit", 0},
		{"signed for another body", func() *http.Request {
			r := post([]byte(`{"action":"closed"}`))
			r.Header.Set("X-Hub-Signature-256", sign(good))
			return r
		}, 401, "does not fit", 0},
		{"a misshapen signature", header("X-Hub-Signature-256", "sha256=beef"), 401, "misshapen", 0},
		{"two signatures", twice("X-Hub-Signature-256", vectorHeader), 401, "repeated", 0},

		{"no delivery id", header("X-GitHub-Delivery", ""), 400, "X-GitHub-Delivery", 0},
		{"two delivery ids", twice("X-GitHub-Delivery", "b"), 400, "X-GitHub-Delivery", 0},
		{"a delivery id that forges a log line", header("X-GitHub-Delivery", "a\nlevel=info"), 400, "X-GitHub-Delivery", 0},
		{"a delivery id without end", header("X-GitHub-Delivery", strings.Repeat("a", 65)), 400, "X-GitHub-Delivery", 0},
		{"no event", header("X-GitHub-Event", ""), 400, "X-GitHub-Event", 0},
		{"an event of markup", header("X-GitHub-Event", "<b>push</b>"), 400, "X-GitHub-Event", 0},

		{"a form", header("Content-Type", "application/x-www-form-urlencoded"), 415, "content type of the app's webhook to json", 0},
		{"no content type", header("Content-Type", ""), 415, "application/json", 0},
		{"a gzip bomb", func() *http.Request {
			r := post(bomb)
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}, 415, "Content-Encoding", 0},
		{"a gzip bomb that does not say so", body(bomb), 400, "not JSON", 0},

		{"not JSON", body([]byte("hello")), 400, "not JSON", 0},
		{"nothing", body(nil), 400, "not JSON", 0},
		{"JSON and more", body([]byte(`{} {}`)), 400, "not JSON", 0},
		{"nested a million deep", body(bytes.Repeat([]byte("["), 1_000_000)), 400, "too deep", 0},
		{"nested and closed", body([]byte(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))), 400, "too deep", 0},
		{"the limit to the byte", body(padded(MaxBody)), 202, "stored", 1},
		{"one byte more", body(padded(MaxBody + 1)), 413, "26214400 bytes", 0},
		{"one byte more, its length not announced", func() *http.Request {
			r := post(padded(MaxBody + 1))
			r.ContentLength = -1
			return r
		}, 413, "26214400 bytes", 0},
		{"truncated", func() *http.Request {
			r := post(good)
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(good[:9]), broken{}))
			return r
		}, 400, "broke off", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{}
			w := httptest.NewRecorder()
			receiver(t, s).ServeHTTP(w, tt.request())
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) {
				t.Errorf("answer = %d %q, want %d with %q", w.Code, w.Body, tt.status, tt.answer)
			}
			if len(s.kept) != tt.kept {
				t.Errorf("%d deliveries are stored, want %d", len(s.kept), tt.kept)
			}
			if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
				t.Errorf("content type = %q", got)
			}
		})
	}
}

func TestReceiverStoresWhatWasSigned(t *testing.T) {
	body := []byte(" {\"title\": \"caf\\u00e9 \xf0\x9f\x8d\xb5\"}\r\n")
	s := &shelf{}
	receiver(t, s).ServeHTTP(httptest.NewRecorder(), post(body))
	want := []Delivery{{
		GUID: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Event: "pull_request", App: 79929171,
		Body: body, At: time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, s.kept); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if s.kept[0].At.Location() != time.UTC {
		t.Errorf("At is in %v, want UTC", s.kept[0].At.Location())
	}
}

func TestReceiverAppID(t *testing.T) {
	tests := []struct {
		header string
		want   int64
	}{
		{"1", 1},
		{"9223372036854775807", 9223372036854775807},
		{"", 0},
		{"-1", 0},
		{"x", 0},
		{"1.5", 0},
		{"9223372036854775808", 0},
	}
	for _, tt := range tests {
		s := &shelf{}
		r := post([]byte("{}"))
		r.Header.Set("X-GitHub-Hook-Installation-Target-ID", tt.header)
		receiver(t, s).ServeHTTP(httptest.NewRecorder(), r)
		if len(s.kept) != 1 || s.kept[0].App != tt.want {
			t.Errorf("%q: stored %+v, want app %d", tt.header, s.kept, tt.want)
		}
	}
}

func TestReceiverRedelivery(t *testing.T) {
	s := &shelf{}
	rc := receiver(t, s)
	var answers []string
	for range 2 {
		w := httptest.NewRecorder()
		rc.ServeHTTP(w, post([]byte("{}")))
		if w.Code != http.StatusAccepted {
			t.Errorf("status = %d, want 202", w.Code)
		}
		answers = append(answers, w.Body.String())
	}
	want := []string{"stored\n", "stored already: a delivery of this id came before\n"}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if len(s.kept) != 1 {
		t.Errorf("%d deliveries are stored, want 1", len(s.kept))
	}
}

func TestReceiverStoreDown(t *testing.T) {
	w := httptest.NewRecorder()
	receiver(t, &shelf{err: errors.New("disk full at /srv/secret-place")}).ServeHTTP(w, post([]byte("{}")))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != retryAfter {
		t.Errorf("answer = %d, Retry-After %q; want 503 and %s", w.Code, w.Header().Get("Retry-After"), retryAfter)
	}
	if strings.Contains(w.Body.String(), "secret-place") {
		t.Errorf("the answer tells a stranger of our disk: %s", w.Body)
	}
}

// One line for each delivery, and in it nothing that was not checked, nor the payload.
func TestReceiverLog(t *testing.T) {
	body := []byte(`{"note":"planted-payload"}`)
	forged := post(body)
	forged.Header.Set("X-GitHub-Delivery", "planted-guid \x1b[2J")
	forged.Header.Set("X-Hub-Signature-256", "sha256=planted-signature")
	tests := []struct {
		name    string
		request *http.Request
		err     error
		want    map[string]any
	}{
		{"stored", post(body), nil, map[string]any{
			"level": "info", "message": "webhook delivery", "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
			"event": "pull_request", "outcome": "stored", "status": 202.0,
		}},
		{"refused", forged, nil, map[string]any{
			"level": "warn", "message": "webhook delivery", "delivery": "", "event": "pull_request",
			"outcome": "refused", "status": 400.0, "reason": "X-GitHub-Delivery is missing, repeated or misshapen",
		}},
		{"unavailable", post(body), errors.New("database is locked"), map[string]any{
			"level": "error", "message": "webhook delivery", "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
			"event": "pull_request", "outcome": "unavailable", "status": 503.0, "error": "database is locked",
		}},
		{"nothing to the store", post(body), fmt.Errorf("account 9: %w", ErrIgnored), map[string]any{
			"level": "info", "message": "webhook delivery", "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
			"event": "pull_request", "outcome": "ignored", "status": 202.0, "error": "account 9: ignored",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			ctx := zerolog.New(&out).WithContext(t.Context())
			receiver(t, &shelf{err: tt.err}).ServeHTTP(httptest.NewRecorder(), tt.request.WithContext(ctx))
			var got map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("want one line of JSON, got %q: %v", &out, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("log line (-want +got):\n%s", diff)
			}
		})
	}
}

// A body of any length costs no more than the limit: what is announced as too large is not
// read at all, what does not say its length is read to the limit, and an unsigned one never.
func TestReceiverReadsNoMoreThanTheLimit(t *testing.T) {
	const limit = 4 << 20
	tests := []struct {
		name      string
		announced int64
		signature string
		most      int64
		status    int
	}{
		{"announced", 1 << 40, vectorHeader, 0, 413},
		{"not announced", -1, vectorHeader, limit + 1, 413},
		{"unsigned", -1, "", 0, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			endless := &counter{}
			r := post(nil)
			r.Body, r.ContentLength = io.NopCloser(endless), tt.announced
			r.Header.Del("X-Hub-Signature-256")
			if tt.signature != "" {
				r.Header.Set("X-Hub-Signature-256", tt.signature)
			}
			w := httptest.NewRecorder()
			receiver(t, &shelf{}, func(o *Options) { o.MaxBody = limit }).ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("answer = %d %s, want %d", w.Code, w.Body, tt.status)
			}
			if endless.n > tt.most {
				t.Errorf("read %d bytes, want at most %d", endless.n, tt.most)
			}
		})
	}
}

// While one large body is in memory another is shed and a small one is taken; once the
// first is stored there is room again.
func TestReceiverLargeBodies(t *testing.T) {
	s := &shelf{}
	rc := receiver(t, s, func(o *Options) { o.Large = 1 })
	answer := func(body []byte, guid string) int {
		r, w := post(body), httptest.NewRecorder()
		r.Header.Set("X-GitHub-Delivery", guid)
		rc.ServeHTTP(w, r)
		return w.Code
	}
	rc.large <- struct{}{}
	got := []int{answer(padded(large+1), "a"), answer(padded(large), "b")}
	<-rc.large
	got = append(got, answer(padded(large+1), "c"), answer(padded(large+1), "d"))
	if diff := cmp.Diff([]int{503, 202, 202, 202}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestReceiverOverHTTP(t *testing.T) {
	s := &shelf{}
	server := httptest.NewServer(receiver(t, s))
	defer server.Close()
	r := post([]byte(`{"zen":"Keep it logically awesome."}`))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, r.Body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.Header
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted || len(s.kept) != 1 {
		t.Errorf("answer = %s with %d stored, want 202 with 1", resp.Status, len(s.kept))
	}
}

func TestNew(t *testing.T) {
	now := func() time.Time { return at }
	tests := []struct {
		name string
		o    Options
		want []string // lines of the error
	}{
		{"all there", Options{Secrets: [][]byte{secret}, Store: &shelf{}, Now: now}, nil},
		{"no secret", Options{Store: &shelf{}, Now: now}, []string{"no webhook secret: without one anybody could post deliveries"}},
		{"an empty one among two", Options{Secrets: [][]byte{secret, {}}, Store: &shelf{}, Now: now}, []string{"empty webhook secret: anybody can sign with it"}},
		{"nothing", Options{MaxBody: -1}, []string{"no webhook secret: without one anybody could post deliveries", "no store", "no clock", "negative limit"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.o)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the headers and the body: no panic, one of the documented answers, and nothing
// is stored unless it was signed and its headers are fit for a log.
func FuzzReceiver(f *testing.F) {
	f.Add("POST", "application/json", "", "72d3162e-cc78", "push", "1", "", true, []byte("{}"))
	f.Add("POST", "application/json", "gzip", "g", "push", "1", "sha256=00", false, []byte("{}"))
	f.Add("POST", "application/x-www-form-urlencoded", "", "g", "push", "x", "sha1=00", false, []byte("payload={}"))
	f.Add("POST", "application/json;;=", "", "\n", strings.Repeat("e", 65), "-1", vectorHeader, false, []byte(vectorBody))
	f.Add("GET", "", "", "", "", "", "", true, []byte("[[[["))
	f.Fuzz(func(t *testing.T, method, media, encoding, guid, event, app, signature string, honest bool, body []byte) {
		r := post(body)
		r.Method = method
		for name, value := range map[string]string{
			"Content-Type": media, "Content-Encoding": encoding, "X-GitHub-Delivery": guid, "X-GitHub-Event": event,
			"X-GitHub-Hook-Installation-Target-ID": app, "X-Hub-Signature-256": signature,
		} {
			r.Header.Set(name, value)
		}
		if honest {
			r.Header.Set("X-Hub-Signature-256", sign(body))
		}
		s := &shelf{}
		w := httptest.NewRecorder()
		receiver(t, s).ServeHTTP(w, r)
		switch w.Code {
		case 202, 400, 401, 405, 413, 415:
		default:
			t.Fatalf("answer = %d %s", w.Code, w.Body)
		}
		if len(s.kept) == 0 {
			return
		}
		if !strings.EqualFold(r.Header.Get("X-Hub-Signature-256"), sign(body)) {
			t.Fatal("an unsigned delivery is stored")
		}
		for _, c := range guid + event {
			if c <= ' ' || c > '~' || strings.ContainsRune(`<>"'\&;`, c) {
				t.Fatalf("%q or %q is stored", guid, event)
			}
		}
	})
}

// counter is a body without end.
type counter struct{ n int64 }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	c.n += int64(len(p))
	return len(p), nil
}

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// padded returns n bytes of JSON.
func padded(n int) []byte {
	b := bytes.Repeat([]byte(" "), n)
	copy(b, "{}")
	return b
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
