package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Examine asks the issuer who it is and for its keys, as they stand now, and returns how many of
// them a token can be signed with. It says what is wrong where no token could be verified.
func (v *Verifier) Examine(ctx context.Context) (count int, err error) {
	at := strings.TrimSuffix(v.o.Issuer, "/") + "/.well-known/openid-configuration"
	issuer, err := v.configured(ctx, at)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", at, err)
	}
	if issuer != v.o.Issuer {
		return 0, fmt.Errorf("read %s: it is of the issuer %.100q", at, issuer)
	}
	known, err := v.keys.read(ctx)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", v.keys.url, err)
	}
	if len(known) == 0 {
		return 0, fmt.Errorf("read %s: it has no RSA key for signatures", v.keys.url)
	}
	return len(known), nil
}

// configured returns whom a configuration is of.
func (v *Verifier) configured(ctx context.Context, at string) (issuer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := v.o.Client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", resp.StatusCode)
	}
	var config struct{ Issuer string }
	err = json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(&config)
	return config.Issuer, err
}
