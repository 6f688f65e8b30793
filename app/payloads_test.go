package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/contract"
)

// Every real delivery goes through the receiver and the router into the store: none is
// refused, none lost, whether anything is known of its event or not.
func TestRealDeliveriesAreStored(t *testing.T) {
	sim, err := githubsim.New(githubsim.Options{Now: (&clock{}).Now})
	if err != nil {
		t.Fatal(err)
	}
	secret := sim.WebhookSecret()
	a, err := New(t.Context(), Options{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite://" + filepath.Join(t.TempDir(), "test.db"),
		GitHubURL: "http://127.0.0.1", GitHubAPIURL: "http://127.0.0.1", AppID: sim.AppID(),
		PrivateKey: sim.AppKey(), WebhookSecrets: [][]byte{secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	payloads := contract.Payloads(t)
	if len(payloads) < 100 {
		t.Fatalf("only %d real deliveries", len(payloads))
	}
	n := 0
	for file, body := range payloads {
		n++
		guid := fmt.Sprintf("00000000-0000-0000-0000-%012d", n)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhook", bytes.NewReader(body))
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		req.Header.Set("X-GitHub-Event", contract.Event(file))
		req.Header.Set("X-GitHub-Delivery", guid)
		req.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		a.Handler().ServeHTTP(answer, req)
		if answer.Code != http.StatusAccepted {
			t.Errorf("%s: answered %d %s", file, answer.Code, answer.Body)
		}
		d, found, err := a.store.Delivery(context.Background(), sim.AppID(), guid)
		if err != nil || !found || d.Event != contract.Event(file) || !bytes.Equal(d.Body, body) {
			t.Errorf("%s: stored as %q, %d bytes, found %v, %v", file, d.Event, len(d.Body), found, err)
		}
	}
}
