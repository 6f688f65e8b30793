package store

import (
	"context"

	"github.com/changewarden/changewarden/app/subject"
)

// Waivers returns the waivers on a pull request that were taken and not withdrawn, oldest
// first. Of somebody whose names were forgotten nobody can say what they may: theirs are
// left out.
func (s *Store) Waivers(ctx context.Context, repo, number int64) ([]subject.Waiver, error) {
	return s.reader(ctx).waivers(repo, []int64{number})
}

// Waivers is Store.Waivers of several pull requests, as the transaction sees it.
func (tx *Tx) Waivers(repo int64, pulls []int64) ([]subject.Waiver, error) {
	return tx.reader().waivers(repo, pulls)
}

func (r reader) waivers(repo int64, pulls []int64) ([]subject.Waiver, error) {
	if len(pulls) == 0 {
		return nil, nil
	}
	all, err := list(r, func(s scan) (w subject.Waiver, err error) {
		var said int64
		err = s(&w.Comment, &w.Number, &w.Rule, &w.By.User, &w.By.Login, &w.By.Bot, &said, &w.Exact)
		w.At = moment(said)
		return w, err
	}, `
select c.comment, c.number, c.rule, p.user_id, coalesce(p.login, ''), p.bot, c.said_at, c.exact
from commands c join persons p on p.person = c.person
where c.repo = $1 and c.state = 'taken' and c.verb = 'waive' and c.withdrawn_at = 0 and p.user_id is not null
	and c.number in (`+placeholders(len(pulls))+`)
order by c.said_at, c.comment`, among(repo, pulls)...)
	return all, wrap(err, "list waivers in repository %d", repo)
}
