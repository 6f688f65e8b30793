package snapshot

import (
	"context"

	"github.com/changewarden/changewarden/app/subject"
)

// noTeam is the pin of a slug under which there was no team when a policy first named it.
const noTeam = -1

// pin returns the id that a policy means which names a team by its slug alone: the first one
// that was seen there. Whoever can make teams, and by GitHub's default that is every member,
// could otherwise put people of their choice under a name that a policy trusts. For the same
// reason a team that was made after a policy had named its slug is meant only if an owner of
// the organisation made it, or gave it the name.
//
// The pin is a fact of the snapshot and no part of the policy, so that the policy's text is
// stored as it was written and still judges alike.
func (l *look) pin(ctx context.Context, account int64, slug string, t team) (int64, error) {
	key := subject.TeamKey(account, slug)
	var pinned int64
	_, found, err := l.recall(ctx, teamPinMemory, key, &pinned)
	switch {
	case err != nil:
		return 0, err
	case !found && t.Hidden:
		return 0, nil // there may be one: nothing was seen yet
	case !found && t.ID == 0:
		return noTeam, l.remember(ctx, teamPinMemory, key, noTeam, 0)
	case !found:
		return t.ID, l.remember(ctx, teamPinMemory, key, t.ID, 0)
	case pinned != noTeam || t.ID == 0:
		return pinned, nil
	}
	var maker subject.Person
	if _, found, err = l.recall(ctx, subject.TeamMaking, subject.TeamMakingKey(account, t.ID, slug), &maker); err != nil || !found {
		return noTeam, err
	}
	if owner, _, err := l.owns(ctx, account, maker); err != nil || !owner {
		return noTeam, err
	}
	return t.ID, l.remember(ctx, teamPinMemory, key, t.ID, 0)
}
