package store

import (
	"context"
	"time"
)

// Pulse is how the line stands at one moment, for who watches it.
type Pulse struct {
	Due       int       // subjects that can be claimed
	OldestDue time.Time // since when the first of them could be; zero: there is none

	Owed       int       // publications that GitHub does not show yet, where the app still is
	OldestOwed time.Time // since when the first of them; zero: there is none

	Missed int // deliveries that GitHub could not hand over and that have not come since

	Ledgers int   // logs, one an account
	Records int64 // in all of them
	// Largest are the sizes of the logs with the most records, the largest first, at most
	// MostLedgers: how many accounts there are is not for us to bound.
	Largest []LedgerSize
}

// LedgerSize is how many records an account's log has.
type LedgerSize struct{ Log, Size int64 }

// MostLedgers is how many logs a Pulse names.
const MostLedgers = 50

// Pulse reads it. Each of its questions is answered by an index or by a table that stays small.
func (s *Store) Pulse(ctx context.Context, at time.Time) (Pulse, error) {
	var p Pulse
	r := s.reader(ctx)
	var oldest int64
	_, _, err := one(r, func(s scan) (struct{}, error) { return struct{}{}, s(&p.Due, &oldest) },
		eachLane+`, due as (
	select (select count(*) from subjects where `+laneOf+` = each.lane and ready_at <= $1) as many,
		(select ready_at from subjects where `+laneOf+` = each.lane and ready_at <= $1 order by ready_at limit 1) as oldest
	from each where lane is not null
)
select cast(coalesce(sum(many), 0) as bigint), coalesce(min(oldest), 0) from due`, micros(at))
	p.OldestDue = moment(oldest)
	if err != nil {
		return Pulse{}, wrap(err, "count what is due")
	}
	_, _, err = one(r, func(s scan) (struct{}, error) { return struct{}{}, s(&p.Owed, &oldest) }, `
select count(*), coalesce(min(p.wanted_at), 0) from publications p
join repositories r on r.id = p.repo
join installations i on i.id = r.installation
where p.wanted_digest <> p.said_digest and not r.gone and not r.archived and not i.removed and not i.suspended`)
	p.OldestOwed = moment(oldest)
	if err != nil {
		return Pulse{}, wrap(err, "count what is owed to GitHub")
	}
	if p.Missed, _, err = one(r, column[int], `select count(*) from missed`); err != nil {
		return Pulse{}, wrap(err, "count missed deliveries")
	}
	_, _, err = one(r, func(s scan) (struct{}, error) { return struct{}{}, s(&p.Ledgers, &p.Records) },
		`select count(*), cast(coalesce(sum(size), 0) as bigint) from ledger_heads where log <> 0`)
	if err != nil {
		return Pulse{}, wrap(err, "count the ledger's records")
	}
	p.Largest, err = list(r, func(s scan) (LedgerSize, error) {
		var l LedgerSize
		err := s(&l.Log, &l.Size)
		return l, err
	}, `select log, size from ledger_heads where log <> 0 order by size desc, log limit $1`, MostLedgers)
	return p, wrap(err, "list the ledger's logs")
}
