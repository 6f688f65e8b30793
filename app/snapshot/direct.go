package snapshot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// DirectPush is a push to a branch that belongs to no pull request's merge.
type DirectPush struct {
	Before, After string // commits; empty: the branch was made, or deleted
	Forced        bool
	At            time.Time
	By            subject.Person // GitHub's own word for who pushed; user 0: it does not say
}

// DirectPushes lists those among the last hundred moves of a branch, the newest first, by one
// request. An Enterprise Server without that list shows none.
func (r *Reader) DirectPushes(ctx context.Context, c *ghclient.Client, owner, name, branch string) ([]DirectPush, error) {
	path := fmt.Sprintf("repos/%s/%s/activity?per_page=100&ref=%s", owner, name, url.QueryEscape(branchPrefix+branch))
	req, err := c.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("read activity of %s/%s: %w", owner, name, err)
	}
	var list []struct {
		Before, After string
		Timestamp     time.Time
		Type          string `json:"activity_type"`
		Actor         *struct {
			ID    int64
			Login string
			Type  string
		}
	}
	if _, err := c.Do(ctx, req, &list); err != nil {
		if k := ghclient.Diagnose(err, r.Now()).Kind; k == ghclient.Gone {
			return nil, nil
		}
		return nil, fmt.Errorf("read activity of %s/%s: %w", owner, name, err)
	}
	var out []DirectPush
	for _, a := range list {
		if a.Type == "pr_merge" || a.Type == "merge_queue_merge" {
			continue
		}
		p := DirectPush{Before: beginning(a.Before), After: beginning(a.After), Forced: a.Type == "force_push", At: a.Timestamp.UTC()}
		if a.Actor != nil {
			p.By = subject.Person{User: a.Actor.ID, Login: a.Actor.Login, Bot: a.Actor.Type == "Bot"}
		}
		out = append(out, p)
	}
	return out, nil
}
