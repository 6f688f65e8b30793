package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// lane is what is due for one installation, with one priority, and writes to GitHub or does
// not: what is held up is held up by the lane, so that nobody claims it only to put it back.
type lane struct {
	installation int64
	priority     subject.Priority
	writes       int64 // 1: yes, or it is taken to
	ready        int64 // since when the longest due in it is
	hold         int64 // as in budgets
	background   int64
	write        int64
	running      int // leases of this owner in the installation
}

func (l lane) number() int64 { return l.installation*16 + int64(l.priority)*2 + l.writes }

// writesOf is 1 for a subject whose looks all write to GitHub. That a look at another one will
// write is said by whoever puts it off until then: see DoneWriting and AwaitSlot.
func writesOf(s subject.Subject) int64 {
	if s.Kind == subject.Head || s.Kind == subject.Environment {
		return 1
	}
	return 0
}

// open returns from when on subjects of the lane may be claimed.
func (l lane) open() int64 {
	at := max(l.ready, l.hold)
	if l.priority.Waits() {
		at = max(at, l.background)
	}
	if l.writes != 0 {
		at = max(at, l.write)
	}
	return at
}

// laneOf is the lane of a subject as one number, as the index has it.
const laneOf = `(installation * 16 + priority * 2 + writes)`

// eachLane begins a query of all lanes, by number, and of one more that is null.
const eachLane = `
with recursive each (lane) as (
	select (select ` + laneOf + ` from subjects order by ` + laneOf + ` limit 1)
	union all
	select (select ` + laneOf + ` from subjects where ` + laneOf + ` > each.lane order by ` + laneOf + ` limit 1) from each where each.lane is not null
)`

// lanes returns those with something that is ready by then. It costs a few steps in the index
// for each lane there is, however much stands in it.
func lanes(r reader, by int64, owner string) ([]lane, error) {
	return list(r, func(s scan) (l lane, err error) {
		return l, s(&l.installation, &l.priority, &l.writes, &l.ready, &l.hold, &l.background, &l.write, &l.running)
	}, eachLane+`, lanes as (
	select lane / 16 as installation, lane % 16 / 2 as priority, lane % 2 as writes,
		(select ready_at from subjects where `+laneOf+` = each.lane order by ready_at limit 1) as ready
	from each where lane is not null
)
select r.installation, r.priority, r.writes, r.ready,
	coalesce(b.hold_until, 0), coalesce(b.background_until, 0), coalesce(b.write_at, 0), coalesce(l.running, 0)
from lanes r
	left join budgets b on b.installation = r.installation
	left join (select installation, count(*) as running from subjects where lease_until <> 0 and lease_owner = $2 group by installation) l
		on l.installation = r.installation
where r.ready <= $1`, by, owner)
}

// turns returns the lanes that may be claimed from, in their order. The installation with
// the fewest looks under way comes first, so that one with much to do takes what others leave
// and no more; within it whoever waits for it goes by priority, and what is only to be said
// before what has yet to be read.
func (s *Store) turns(lanes []lane, at int64) []lane {
	lanes = slices.DeleteFunc(lanes, func(l lane) bool { return l.open() > at || s.full(l) })
	slices.SortFunc(lanes, func(a, b lane) int {
		return cmp.Or(
			cmp.Compare(a.running, b.running),
			cmp.Compare(a.priority, b.priority),
			cmp.Compare(b.writes, a.writes),
			cmp.Compare(a.ready, b.ready),
			cmp.Compare(a.installation, b.installation),
		)
	})
	return lanes
}

// full reports whether the owner works on as much of the installation as it may.
func (s *Store) full(l lane) bool { return s.o.PerInstallation > 0 && l.running >= s.o.PerInstallation }

// NextDue returns since when something is due, held or not, or when it will be; false if
// nothing will be by itself.
func (s *Store) NextDue(ctx context.Context) (time.Time, bool, error) {
	all, err := lanes(s.reader(ctx), never-1, "")
	next := int64(never)
	for _, l := range all {
		next = min(next, l.ready)
	}
	return moment(next), err == nil && next != never, wrap(err, "look for what is due next")
}

// NextClaim returns when the owner can claim something, which may be in the past; false if it
// cannot before something happens.
func (s *Store) NextClaim(ctx context.Context, owner string) (time.Time, bool, error) {
	all, err := lanes(s.reader(ctx), never-1, owner)
	if err != nil {
		return time.Time{}, false, wrap(err, "look for what can be claimed next")
	}
	next := int64(never)
	for _, l := range all {
		if !s.full(l) {
			next = min(next, l.open())
		}
	}
	return moment(next), next != never, nil
}

// Resting says whether nobody looks at anything, and nothing can be claimed within that time.
// What comes round by itself, the list of deliveries and the rounds, is nothing more than
// that unless it is due in two minutes.
func (s *Store) Resting(ctx context.Context, at time.Time, within time.Duration) (bool, error) {
	// In one statement: between two a look could begin or end.
	busy, _, err := one(s.reader(ctx), column[int], `
select count(*) from subjects s left join budgets b on b.installation = s.installation
where s.lease_until <> 0 or s.ready_at <= $1 and coalesce(b.hold_until, 0) <= $1
	and (s.priority < $2 or coalesce(b.background_until, 0) <= $1) and (s.writes = 0 or coalesce(b.write_at, 0) <= $1)
	and (s.ready_at <= $3 or s.key not like 'deliveries/%' and s.key not like 'round/%')`,
		micros(at.Add(within)), int64(subject.Background), micros(at.Add(min(within, 2*time.Minute))))
	return err == nil && busy == 0, wrap(err, "look for work under way")
}

type priorityKey struct{}

// For returns a context whose work is done for p: subjects that are raised with it and say
// nothing else inherit that.
func For(ctx context.Context, p subject.Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// priority returns whose turn d is in.
func (tx *Tx) priority(d Due) subject.Priority {
	inherited, _ := tx.ctx.Value(priorityKey{}).(subject.Priority)
	switch {
	case d.Priority != 0:
		return d.Priority
	case inherited != 0:
		return inherited
	case d.Subject.Kind == subject.Installation || d.Subject.Kind == subject.Repository:
		return subject.Background // sweeps
	}
	return subject.People
}
