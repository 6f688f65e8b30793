package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// Pull reads one pull request and the policy that judges it. Errors are ErrGone, ErrOther,
// ErrMoved, and whatever ghclient.Diagnose tells apart.
//
// What it costs, with people, teams and files known and no list longer than a page: one
// GraphQL query. Beside that, over REST: pages of files for a new head; a permission for
// each author and dismisser and a query for each team, every ten minutes; a query for what
// is usual, every hour; a user for each login of a policy, every day; the branch's activity
// for a head without a known pusher; trees, for a diff with a file that has no whole patch
// and for an approval that is carried over from another head.
func (r *Reader) Pull(ctx context.Context, c *ghclient.Client, t Target) (Pull, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	p, err := l.pull(ctx)
	if err != nil {
		return Pull{}, fmt.Errorf("read %s/%s#%d: %w", t.Owner, t.Name, t.Number, err)
	}
	return p, nil
}

func (l *look) pull(ctx context.Context) (Pull, error) {
	f, err := l.ask(ctx)
	if err != nil {
		return Pull{}, err
	}
	pol, err := l.policyOf(ctx, f)
	if err != nil {
		return Pull{}, err
	}
	p := l.frame(f, pol)
	var read facts
	if p.Open && p.Governed {
		if read, err = l.readAll(ctx, f, &p); err != nil {
			return Pull{}, err
		}
	}
	_ = read
	return p, nil
}

// frame is what every pull request has, judged or not.
func (l *look) frame(f *facts, pol policy) Pull {
	p := Pull{
		Policy: pol.Policy,
		Texts:  pol.texts,
		Open:   f.pull.State == "OPEN",
		Merged: f.pull.Merged,

		Title:     f.pull.Title,
		HeadRef:   f.pull.HeadRefName,
		BaseRef:   f.pull.BaseRefName,
		Draft:     f.pull.IsDraft,
		UpdatedAt: f.pull.UpdatedAt.UTC(),
	}
	if f.pull.HeadRepository != nil {
		p.HeadRepo = f.pull.HeadRepository.DatabaseID
	}
	return p
}
