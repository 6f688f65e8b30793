package store

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/subject"
)

// Declared returns the emergencies on a pull request that were declared and not withdrawn,
// oldest first. Of somebody whose names were forgotten nobody can say what they may: theirs
// are left out.
func (s *Store) Declared(ctx context.Context, repo, number int64) ([]subject.Declared, error) {
	all, err := list(s.reader(ctx), func(s scan) (d subject.Declared, err error) {
		var said int64
		err = s(&d.Comment, &d.Number, &d.By.User, &d.By.Login, &d.By.Bot, &said)
		d.At = moment(said)
		return d, err
	}, `
select c.comment, c.number, p.user_id, coalesce(p.login, ''), p.bot, c.said_at
from commands c join persons p on p.person = c.person
where c.repo = $1 and c.number = $2 and c.state = 'taken' and c.verb = 'emergency' and c.withdrawn_at = 0 and p.user_id is not null
order by c.said_at, c.comment`, repo, number)
	if err != nil {
		return nil, fmt.Errorf("list emergencies on %d#%d: %w", repo, number, err)
	}
	return all, nil
}
