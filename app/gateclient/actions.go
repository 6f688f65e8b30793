package gateclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Actions returns what gets a new token from the runner of a GitHub Actions job, for an audience.
// address and secret are ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.
func Actions(client *http.Client, address, secret, audience string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		u, err := url.Parse(address)
		if err != nil {
			return "", errors.New("get an identity token: ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")
		}
		query := u.Query()
		query.Set("audience", audience)
		u.RawQuery = query.Encode()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return "", fmt.Errorf("get an identity token: %w", err)
		}
		req.Header.Set("Authorization", "bearer "+secret)
		req.Header.Set("Accept", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return "", fmt.Errorf("get an identity token: %w", err)
		}
		defer func() { _ = resp.Body.Close() }() // it was only read
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("get an identity token: the runner answered %s", resp.Status)
		}
		var out struct{ Value string }
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&out); err != nil || out.Value == "" {
			return "", errors.New("get an identity token: the runner's answer holds none")
		}
		return out.Value, nil
	}
}
