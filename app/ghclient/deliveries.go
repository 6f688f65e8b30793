package ghclient

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-github/v62/github"
)

// Attempt is one attempt of GitHub's to hand a delivery over. All attempts of a delivery
// have its GUID.
type Attempt struct {
	ID           int64
	GUID         string
	At           time.Time
	Installation int64 // 0: none
}

// Attempts returns a page of the app's deliveries, the newest attempts first, and the cursor
// of the next page; empty: GitHub remembers none that is older. The first page's is empty.
// github.com remembers three days, an Enterprise Server seven.
// https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
func (c *Clients) Attempts(ctx context.Context, cursor string) (page []Attempt, next string, err error) {
	list, resp, err := c.self.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 100, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list the app's deliveries: %w", err)
	}
	for _, d := range list {
		page = append(page, Attempt{
			ID: d.GetID(), GUID: d.GetGUID(), At: d.GetDeliveredAt().UTC(), Installation: d.GetInstallationID(),
		})
	}
	return page, resp.Cursor, nil
}

// Redeliver asks GitHub for another attempt of a delivery, by the id of an earlier one.
// GitHub takes the order and carries it out later.
func (c *Clients) Redeliver(ctx context.Context, attempt int64) error {
	_, _, err := c.self.Apps.RedeliverHookDelivery(ctx, attempt)
	if err = Accepted(err); err != nil {
		return fmt.Errorf("ask for delivery attempt %d again: %w", attempt, err)
	}
	return nil
}
