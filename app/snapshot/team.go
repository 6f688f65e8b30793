package snapshot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// team is a team as it was read. One without an id is not there, or not shown to the app.
type team struct {
	ID      int64   `json:"id"`
	Members []int64 `json:"members"`          // GitHub's user ids, child teams included
	Hidden  bool    `json:"hidden,omitempty"` // the app may not see teams at all: it may be there

	asOf   time.Time
	pinned int64
	joins  map[int64]join // of those named; read only where a policy asks
}

// teamsOf returns the teams that the policy names, by slug. A user's account has none.
func (l *look) teamsOf(ctx context.Context, f *facts, refs []rules.TeamRef) (map[string]team, error) {
	out := map[string]team{}
	for _, ref := range refs {
		t, done := out[ref.Slug]
		if !done {
			t = team{asOf: l.at}
		}
		if f.repo.Owner.Typename == "Organization" {
			var err error
			if !done {
				if t, err = l.team(ctx, f.repo.Owner.DatabaseID, ref.Slug); err != nil {
					return nil, fmt.Errorf("read team %s: %w", ref.Slug, err)
				}
			}
			if ref.ID == 0 {
				if t.pinned, err = l.pin(ctx, f.repo.Owner.DatabaseID, ref.Slug, t); err != nil {
					return nil, err
				}
			}
		}
		out[ref.Slug] = t
	}
	return out, nil
}

func (l *look) team(ctx context.Context, account int64, slug string) (team, error) {
	key := subject.TeamKey(account, slug)
	var t team
	asOf, found, err := l.recall(ctx, subject.TeamCache, key, &t)
	if err != nil || found {
		t.asOf = asOf
		return t, err
	}
	t, err = l.readTeam(ctx, account, slug)
	switch {
	case errors.Is(err, errNoTeam):
		t, err = team{}, nil
	case errors.Is(err, errUnseen):
		t, err = team{Hidden: true}, nil
	}
	if err != nil {
		return team{}, err
	}
	t.asOf = l.at
	if err := l.keepJoins(ctx, account, t); err != nil {
		return team{}, err
	}
	return t, l.remember(ctx, subject.TeamCache, key, t, peopleLife)
}

// What a team can be instead of there.
var (
	errNoTeam = errors.New("no such team, or a secret one")
	errUnseen = errors.New("no team is shown to the app")
)

func (l *look) readTeam(ctx context.Context, account int64, slug string) (team, error) {
	type member struct {
		DatabaseID int64
		Login      string
	}
	var id int64
	page := func(after any) (connection[member], error) {
		var out struct {
			Organization *struct {
				DatabaseID int64
				Team       *struct {
					DatabaseID int64
					Members    connection[member]
				}
			}
		}
		vars := map[string]any{"org": l.target.Owner, "slug": slug}
		if after != nil {
			vars["after"] = after
		}
		err := l.client.Query(ctx, teamQuery, vars, &out, ghclient.AllowMissing("organization", "organization/team"))
		switch {
		case unseen(err) || err == nil && out.Organization == nil:
			err = errUnseen
		case err == nil && out.Organization.Team == nil:
			err = errNoTeam
		}
		if err != nil {
			return connection[member]{}, err
		}
		if out.Organization.DatabaseID != account {
			return connection[member]{}, fmt.Errorf("organisation %d: %w", out.Organization.DatabaseID, ErrOther)
		}
		id = out.Organization.Team.DatabaseID
		return out.Organization.Team.Members, nil
	}
	first, err := page(nil)
	if err != nil {
		return team{}, err
	}
	// Who is not read is not a member: that can only seat too few.
	members, _, err := pages(first, l.limits.members, func(after string) (connection[member], error) { return page(after) })
	if err != nil {
		return team{}, err
	}
	t := team{ID: id}
	for _, m := range members {
		t.Members = append(t.Members, m.DatabaseID)
	}
	slices.Sort(t.Members)
	return t, nil
}

// unseen reports whether the app may not see an organisation's team. Unlike other refusals
// it is an answer: the verdict names the team that could not be seen.
func unseen(err error) bool {
	var q *ghclient.QueryError
	return errors.As(err, &q) && !slices.ContainsFunc(q.Errors, func(e ghclient.FieldError) bool {
		return e.Type != "FORBIDDEN" || !at(e.Path, 0, "organization")
	})
}

// teamsIn returns the teams as a change has them, by slug, with those of their members that
// the cast names.
func teamsIn(teams map[string]team, k *cast) []rules.Team {
	var out []rules.Team
	for _, slug := range slices.Sorted(maps.Keys(teams)) {
		t := teams[slug]
		rt := rules.Team{Slug: slug, ID: t.ID, Missing: t.ID == 0, AsOf: t.asOf.UTC()}
		if !rt.Missing {
			rt.Pinned = t.pinned
		}
		for _, user := range k.order {
			if _, in := slices.BinarySearch(t.Members, user); in {
				rt.Members = append(rt.Members, k.who(user))
				if j, ok := t.joins[user]; ok {
					rt.Joins = append(rt.Joins, rules.Join{ID: k.who(user), Since: j.since, By: k.who(j.by)})
				}
			}
		}
		out = append(out, rt)
	}
	return out
}
