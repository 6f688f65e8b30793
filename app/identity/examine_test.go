package identity

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestExamine: an issuer is fine that says so of itself and has a key that a token can be signed with.
func TestExamine(t *testing.T) {
	const config, keys = "/.well-known/openid-configuration", "/.well-known/jwks"
	for _, tt := range []struct {
		name   string
		issuer string // that it says it is; empty: itself
		keys   []jose.JSONWebKey
		down   string // path that does not answer
		want   string // in the error; empty: none
	}{
		{"as it should be", "", []jose.JSONWebKey{public("one", 0), public("two", 1)}, "", ""},
		{"it is another", "https://elsewhere.example", []jose.JSONWebKey{public("one", 0)}, "", `openid-configuration: it is of the issuer "https://elsewhere.example"`},
		{"it has no keys", "", nil, "", "jwks: it has no RSA key for signatures"},
		{"it does not say who it is", "", []jose.JSONWebKey{public("one", 0)}, config, "openid-configuration: status 502"},
		{"its keys cannot be read", "", []jose.JSONWebKey{public("one", 0)}, keys, "jwks: status 502"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var self string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case tt.down:
					http.Error(w, "not now", http.StatusBadGateway)
				case config:
					issuer := tt.issuer
					if issuer == "" {
						issuer = self
					}
					_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer})
				case keys:
					_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: tt.keys})
				}
			}))
			defer server.Close()
			self = server.URL
			count, err := New(Options{Issuer: self, Audience: "https://changewarden.example", Now: func() time.Time { return noon }, Client: server.Client()}).Examine(t.Context())
			if tt.want == "" && (err != nil || count != len(tt.keys)) {
				t.Errorf("Examine: %d keys, %v", count, err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Examine: %v, want %s", err, tt.want)
			}
		})
	}
}
