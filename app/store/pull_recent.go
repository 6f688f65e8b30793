package store

import (
	"context"
	"time"
)

// Recent selects pull requests to governed branches: those that are open, and those that were
// merged. GitHub does not date the merge in what is stored of one, so it is told by the last
// news of it, which can only select too many.
type Recent struct {
	Account int64     // of the repositories, but for those that are gone
	Repo    int64     // this one alone; 0: all of Account
	Since   time.Time // of the merged ones
	ButRepo int64     // this one is left out
	But     int64     // its number
	Limit   int
}

// RecentPulls returns the pull requests that r selects, the one with the newest news first,
// without Facts, and how many there are beyond the limit too.
func (s *Store) RecentPulls(ctx context.Context, r Recent) (pulls []Pull, of int, err error) {
	const which = `
from pulls p join repositories r on r.id = p.repo
where r.account = $1 and not r.gone and (p.repo = $2 or $2 = 0) and p.governed
	and (p.open or p.merged and p.updated_at >= $3) and not (p.repo = $4 and p.number = $5)`
	args := []any{r.Account, r.Repo, micros(r.Since), r.ButRepo, r.But}
	count, _, err := one(s.reader(ctx), column[int64], `select count(*) `+which, args...)
	if err != nil {
		return nil, 0, wrap(err, "count recent pull requests of account %d", r.Account)
	}
	pulls, err = list(s.reader(ctx), scanPull, `
select p.repo, p.number, p.title, p.head, p.head_repo, p.head_ref, p.base, p.author, p.open, p.merged, p.draft,
	p.updated_at, p.head_seen_at, p.governed, p.judged_base, null `+which+`
order by p.updated_at desc, p.repo, p.number limit $6`, append(args, r.Limit)...)
	return pulls, int(count), wrap(err, "list recent pull requests of account %d", r.Account)
}
