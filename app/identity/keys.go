package identity

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// keysLife is for how long the issuer's keys are taken as they were read: one that it took
	// away is not taken for longer.
	keysLife = time.Hour
	// keysEach is the least time between two reads, whatever key tokens name.
	keysEach = 10 * time.Second
	// maxKeys is far above the size of an issuer's keys.
	maxKeys = 1 << 20
	// leastBits of a key: RS256 asks for no fewer.
	leastBits = 2048
)

// keys are the issuer's, by their ids.
type keys struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu     sync.Mutex // held while they are read: many ask at once, and one read does
	known  map[string]*rsa.PublicKey
	readAt time.Time // of known
	tried  time.Time
}

// key returns a key of the issuer's; nil: it has none of that id.
func (k *keys) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.now()
	fresh := k.known != nil && at.Sub(k.readAt) < keysLife
	if key := k.known[id]; fresh && key != nil {
		return key, nil
	}
	if !k.tried.IsZero() && at.Sub(k.tried) < keysEach {
		if fresh {
			return nil, nil
		}
		return nil, fmt.Errorf("read %s: it failed less than %s ago", k.url, keysEach)
	}
	k.tried = at
	known, err := k.read(context.WithoutCancel(ctx)) // others wait for it too; the client has a limit
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.url, err)
	}
	k.known, k.readAt = known, at
	return known[id], nil
}

func (k *keys) read(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&set); err != nil {
		return nil, err
	}
	known := map[string]*rsa.PublicKey{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil {
			continue // of a kind that is not ours to know
		}
		public, ok := key.Key.(*rsa.PublicKey)
		if ok && key.KeyID != "" && (key.Use == "" || key.Use == "sig") && (key.Algorithm == "" || key.Algorithm == string(jose.RS256)) && public.N.BitLen() >= leastBits {
			known[key.KeyID] = public
		}
	}
	return known, nil
}
