package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
)

// Find returns the target of a pull request that is known by name alone. It is of no
// installation. The error is ErrGone if there is no such repository, or none that c may see.
func (r *Reader) Find(ctx context.Context, c *ghclient.Client, owner, name string, number int64) (Target, error) {
	repo, _, err := c.Repositories.Get(ctx, owner, name)
	if err != nil && ghclient.Diagnose(err, r.Now()).Kind == ghclient.Gone {
		err = ErrGone
	}
	if err != nil {
		return Target{}, fmt.Errorf("find %s/%s: %w", owner, name, err)
	}
	return Target{
		Repo: repo.GetID(), Account: repo.GetOwner().GetID(), Owner: repo.GetOwner().GetLogin(), Name: repo.GetName(), Number: number,
	}, nil
}
