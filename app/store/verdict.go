package store

import (
	"context"
	"fmt"
	"time"
)

// Verdict is one row of a pull request's history, which is never rewritten. What is proven
// of it stands in the ledger.
type Verdict struct {
	ID         int64 // random; set by PutVerdict
	Repo       int64
	Number     int64
	Head       string // commit
	Base       string // branch
	Generation int64  // of the look
	At         time.Time
	Outcome    string
	Body       []byte    // JSON
	Snapshot   string    // address of the change that was judged
	Log, Seq   int64     // its record
	Recheck    time.Time // when it could next change by itself; zero: never
}

const selectVerdict = `select id, repo, number, head, base, generation, at, outcome, body, snapshot, log, seq, recheck from verdicts `

func scanVerdict(s scan) (v Verdict, err error) {
	var at, recheck int64
	err = s(&v.ID, &v.Repo, &v.Number, &v.Head, &v.Base, &v.Generation, &at, &v.Outcome, &v.Body, &v.Snapshot, &v.Log, &v.Seq, &recheck)
	v.At, v.Recheck = moment(at), moment(recheck)
	return v, err
}

// PutVerdict adds a verdict and returns its id.
func (tx *Tx) PutVerdict(v Verdict) (id int64, err error) {
	for range 3 { // two random ids being the same is an accident that does not repeat itself
		if id, err = tx.s.o.NewID(); err != nil {
			return 0, fmt.Errorf("store verdict: %w", err)
		}
		n, err := tx.affect(`
insert into verdicts (id, repo, number, head, base, generation, at, outcome, body, snapshot, log, seq, recheck)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
			id, v.Repo, v.Number, v.Head, v.Base, v.Generation, micros(v.At), v.Outcome, bytesOf(v.Body), v.Snapshot, v.Log, v.Seq, micros(v.Recheck))
		if err != nil {
			return 0, fmt.Errorf("store verdict on %d#%d: %w", v.Repo, v.Number, err)
		}
		if n == 1 {
			return id, nil
		}
	}
	return 0, fmt.Errorf("store verdict on %d#%d: no free id", v.Repo, v.Number)
}

// LatestVerdict returns the newest verdict about a pull request.
func (s *Store) LatestVerdict(ctx context.Context, repo, number int64) (Verdict, bool, error) {
	all, err := s.Verdicts(ctx, repo, number, 1)
	if err != nil || len(all) == 0 {
		return Verdict{}, false, err
	}
	return all[0], true, nil
}

// Verdicts returns up to limit verdicts about a pull request, the newest first.
func (s *Store) Verdicts(ctx context.Context, repo, number int64, limit int) ([]Verdict, error) {
	all, err := list(s.reader(ctx), scanVerdict,
		selectVerdict+`where repo = $1 and number = $2 order by at desc, seq desc limit $3`, repo, number, limit)
	return all, wrap(err, "list verdicts on %d#%d", repo, number)
}

// LatestVerdict is Store.LatestVerdict as the transaction sees it.
func (tx *Tx) LatestVerdict(repo, number int64) (Verdict, bool, error) {
	v, found, err := one(tx.reader(), scanVerdict,
		selectVerdict+`where repo = $1 and number = $2 order by at desc, seq desc limit 1`, repo, number)
	return v, found, wrap(err, "read verdict on %d#%d", repo, number)
}

// RecentVerdicts returns the newest verdict of each of the limit pull requests that were
// judged last, the newest first.
func (s *Store) RecentVerdicts(ctx context.Context, limit int) ([]Verdict, error) {
	all, err := list(s.reader(ctx), scanVerdict, selectVerdict+`
where not exists (
	select 1 from verdicts later
	where later.repo = verdicts.repo and later.number = verdicts.number
		and (later.at > verdicts.at or later.at = verdicts.at and later.seq > verdicts.seq))
order by at desc, seq desc limit $1`, limit)
	return all, wrap(err, "list recent verdicts")
}
