package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// ErrNotJudged is the error of Look for a pull request that nothing has to be said about.
var ErrNotJudged = errors.New("not judged")

// Look reads a pull request with somebody's token and returns what a judgement of it would
// be recorded as, without a verdict: Judge it. Nothing is written, at GitHub or elsewhere.
// Of the options it takes where GitHub is, the app's id (our own check runs never count; 0:
// they cannot be told from others), the operator's policy, version and Now, which is required.
//
// It knows less than a server does, and errs to the careful side: of who pushed only what
// GitHub tells the token, and of when a review was first seen that it is now. Other pull
// requests of the same head are not looked at.
func Look(ctx context.Context, o Options, token, owner, name string, number int64) (Recorded, error) {
	api, err := o.APIURL()
	if err != nil {
		return Recorded{}, err
	}
	client, err := ghclient.WithToken(ghclient.Options{API: api, UserAgent: "changewarden/" + o.Version}, token)
	if err != nil {
		return Recorded{}, err
	}
	if problems := checkFloor(o.floor().File, o.floor().Text); len(problems) > 0 {
		return Recorded{}, fmt.Errorf("read the floor: %w", errors.Join(problems...))
	}
	memory := newVolatile()
	reader := snapshot.NewReader(snapshot.Options{Memory: memory, Floor: o.floor(), App: o.AppID, Now: o.Now})
	target, err := reader.Find(ctx, client, owner, name, number)
	if err != nil {
		return Recorded{}, err
	}
	read, err := reader.Pull(ctx, client, target)
	switch {
	case err != nil:
		return Recorded{}, err
	case !read.Open:
		return Recorded{}, fmt.Errorf("%s/%s#%d: %w: it is closed", owner, name, number, ErrNotJudged)
	case !read.Governed:
		return Recorded{}, fmt.Errorf("%s/%s#%d: %w: the policy does not govern %s", owner, name, number, ErrNotJudged, read.BaseRef)
	case read.Stale:
		return Recorded{}, fmt.Errorf("%s/%s#%d: %w: GitHub is still taking in a push: try again in a moment", owner, name, number, ErrNotJudged)
	}
	if read.UpdatedAt.Before(read.Change.SeenAt) { // the head stood there by then
		read.Change.SeenAt = read.UpdatedAt
	}
	r := Recorded{Format: RecordedFormat, Stage: rules.BeforeMerge, At: o.Now().UTC(), Change: read.Change, Names: memory.names()}
	for _, t := range read.Texts {
		r.Policy = append(r.Policy, RecordedPolicy{Layer: t.Layer, Repo: t.Repo, Path: t.Path, Commit: t.Commit, Text: string(t.Text)})
	}
	return r, nil
}
