package snapshot

import (
	"context"
	"slices"

	"github.com/changewarden/changewarden/rules"
)

// readSpeakers fills in, of a pull request that was merged, who gave a command that waits and
// what they may do. What landed is what was judged before the merge: GitHub compares a merged
// head with a base that holds it.
func (l *look) readSpeakers(ctx context.Context, f *facts, p *Pull) error {
	teams, err := l.teamsOf(ctx, f, p.Policy.Teams())
	if err != nil {
		return err
	}
	c, k := &p.Change, l.cast
	var speakers []int64
	for _, s := range l.target.Speakers {
		if id := k.add(s); id != 0 && !slices.Contains(speakers, id) {
			speakers = append(speakers, id)
		}
	}
	if err := l.readJoins(ctx, f.repo.Owner.DatabaseID, teams, k); err != nil {
		return err
	}
	owners, err := l.readOwners(ctx, f, p.Policy, teams, speakers)
	if err != nil {
		return err
	}
	may := map[int64]string{}
	for _, user := range speakers {
		if may[user], err = l.permission(ctx, k.people[user]); err != nil {
			return err
		}
	}
	if err := k.resolve(ctx, l.Memory); err != nil {
		return err
	}
	for _, user := range speakers {
		c.People = append(c.People, rules.Person{
			ID: k.who(user), Bot: k.people[user].Bot, CanWrite: slices.Contains([]string{"admin", "maintain", "write"}, may[user]), Permission: may[user],
		})
	}
	for _, user := range owners {
		c.Owners = append(c.Owners, k.who(user))
	}
	c.Pulls[0].Author, c.Teams, c.Read = k.who(p.Author), teamsIn(teams, k), []rules.Fact{rules.FactPermissions, rules.FactJoins}
	if f.ownersKnown {
		c.Read = append(c.Read, rules.FactOwners)
	}
	return nil
}
