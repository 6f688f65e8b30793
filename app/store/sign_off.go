package store

import (
	"context"
	"fmt"
	"time"
)

// SignOff is a sign-off that was taken and not withdrawn.
type SignOff struct {
	ID     int64 // GitHub's id of the comment that gave it
	Name   string
	Pull   int64
	By     int64 // GitHub's user id
	Login  string
	At     time.Time // GitHub's time of the comment
	Commit string    // that it was given for
	Landed string    // landed fingerprint of what would land by then, or landed
}

// SignOffs returns the sign-offs on pull requests, oldest first. Of somebody whose names
// were forgotten nobody can say what they may: theirs are left out.
func (s *Store) SignOffs(ctx context.Context, repo int64, pulls []int64) ([]SignOff, error) {
	if len(pulls) == 0 {
		return nil, nil
	}
	args := []any{repo}
	for _, number := range pulls {
		args = append(args, number)
	}
	all, err := list(s.reader(ctx), func(s scan) (o SignOff, err error) {
		var said int64
		err = s(&o.ID, &o.Name, &o.Pull, &o.By, &o.Login, &said, &o.Commit, &o.Landed)
		o.At = moment(said)
		return o, err
	}, `
select c.comment, c.rule, c.number, p.user_id, coalesce(p.login, ''), c.said_at, c.head, c.landed
from commands c join persons p on p.person = c.person
where c.repo = $1 and c.state = 'taken' and c.verb = 'sign-off' and c.withdrawn_at = 0 and p.user_id is not null
	and c.number in (`+placeholders(2, len(pulls))+`)
order by c.said_at, c.comment`, args...)
	if err != nil {
		return nil, fmt.Errorf("list sign-offs in repository %d: %w", repo, err)
	}
	return all, nil
}
