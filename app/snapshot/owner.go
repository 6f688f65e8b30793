package snapshot

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// owns reports whether somebody owns the organisation that the repository belongs to: from
// memory, or read and remembered for minutes; known is false if the app may not ask. It is
// asked of one person at a time, because an organisation's list of members is as long as the
// organisation is large.
func (l *look) owns(ctx context.Context, account int64, p subject.Person) (owner, known bool, err error) {
	if p.User == 0 || p.Bot || p.Login == "" {
		return false, true, nil
	}
	key := subject.OwnerKey(account, p.User)
	if _, found, err := l.recall(ctx, subject.OwnerCache, key, &owner); err != nil || found {
		return owner, found, err
	}
	m, _, err := l.client.Organizations.GetOrgMembership(ctx, p.Login, l.target.Owner)
	switch t := ghclient.Diagnose(err, l.at); {
	case err == nil:
		owner = m.GetUser().GetID() == p.User && m.GetOrganization().GetID() == account &&
			m.GetState() == "active" && m.GetRole() == "admin"
	case !t.Installation && t.Kind == ghclient.Denied:
		return false, false, nil
	case !l.absent(err):
		return false, false, fmt.Errorf("read membership of user %d: %w", p.User, err)
	}
	return owner, true, l.remember(ctx, subject.OwnerCache, key, owner, peopleLife)
}
