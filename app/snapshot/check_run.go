package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
)

// CheckRun is a check run as it stands on GitHub now.
type CheckRun struct {
	App  int64 // whose it is
	Name string
	Head string // commit
}

// CheckRun reads one check run of the target's repository by its id. The error is ErrGone if
// there is none. It costs one request.
func (r *Reader) CheckRun(ctx context.Context, c *ghclient.Client, t Target, id int64) (CheckRun, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	run, _, err := c.Checks.GetCheckRun(ctx, t.Owner, t.Name, id)
	if err != nil {
		if l.absent(err) {
			err = fmt.Errorf("%w: %w", ErrGone, err)
		}
		return CheckRun{}, fmt.Errorf("read check run %d in %s/%s: %w", id, t.Owner, t.Name, err)
	}
	return CheckRun{App: run.GetApp().GetID(), Name: run.GetName(), Head: run.GetHeadSHA()}, nil
}
