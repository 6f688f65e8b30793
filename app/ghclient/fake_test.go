package ghclient

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

const testApp = 4711

var testKey = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
})

// fake is a GitHub that gives out tokens, ghs_INSTALLATION_COUNT, and hands everything
// else to the test.
type fake struct {
	*httptest.Server
	api *url.URL

	mu     sync.Mutex
	minted map[string]int
	seen   []string // kinds, statuses of what Observe heard
}

func newFake(t *testing.T, base string, handle http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{minted: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+base+"/app/installations/{id}/access_tokens", f.mint)
	mux.HandleFunc("/", handle)
	f.serve(t, base, mux)
	return f
}

// newFakeAlone is a GitHub that hands requests for tokens to the test as well.
func newFakeAlone(t *testing.T, handle http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{minted: map[string]int{}}
	f.serve(t, "", handle)
	return f
}

func (f *fake) mint(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := r.PathValue("id")
	f.minted[id]++
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"token":      fmt.Sprintf("ghs_%s_%d", id, f.minted[id]),
		"expires_at": time.Now().Add(time.Hour),
	})
}

func (f *fake) serve(t *testing.T, base string, h http.Handler) {
	t.Helper()
	f.Server = httptest.NewServer(h)
	t.Cleanup(f.Close)
	var err error
	if f.api, err = url.Parse(f.URL + base); err != nil {
		t.Fatal(err)
	}
}

func (f *fake) options() Options {
	return Options{
		API: f.api, App: testApp, Key: testKey(), UserAgent: "changewarden/test",
		Observe: func(kind string, status int, _ time.Duration) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.seen = append(f.seen, fmt.Sprintf("%s %d", kind, status))
		},
	}
}

func (f *fake) clients(t *testing.T) *Clients {
	t.Helper()
	c, err := New(f.options())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is a handler that says the same to everybody.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
