package store

import (
	"context"

	"github.com/changewarden/changewarden/app/subject"
)

// SignOffs returns the sign-offs on pull requests, oldest first. Of somebody whose names
// were forgotten nobody can say what they may: theirs are left out.
func (s *Store) SignOffs(ctx context.Context, repo int64, pulls []int64) ([]subject.SignOff, error) {
	return s.reader(ctx).signOffs(repo, pulls)
}

// SignOffs is Store.SignOffs as the transaction sees it.
func (tx *Tx) SignOffs(repo int64, pulls []int64) ([]subject.SignOff, error) {
	return tx.reader().signOffs(repo, pulls)
}

func (r reader) signOffs(repo int64, pulls []int64) ([]subject.SignOff, error) {
	if len(pulls) == 0 {
		return nil, nil
	}
	all, err := list(r, func(s scan) (o subject.SignOff, err error) {
		var said int64
		err = s(&o.Comment, &o.Name, &o.Number, &o.By.User, &o.By.Login, &o.By.Bot, &said, &o.Commit, &o.Landed)
		o.At = moment(said)
		return o, err
	}, `
select c.comment, c.rule, c.number, p.user_id, coalesce(p.login, ''), p.bot, c.said_at, c.head, c.landed
from commands c join persons p on p.person = c.person
where c.repo = $1 and c.state = 'taken' and c.verb = 'sign-off' and c.withdrawn_at = 0 and p.user_id is not null
	and c.number in (`+placeholders(len(pulls))+`)
order by c.said_at, c.comment`, among(repo, pulls)...)
	return all, wrap(err, "list sign-offs in repository %d", repo)
}

// among are the arguments of a query about some pull requests of a repository.
func among(repo int64, pulls []int64) []any {
	args := []any{repo}
	for _, number := range pulls {
		args = append(args, number)
	}
	return args
}
