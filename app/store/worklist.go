package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// The worklist holds no jobs. It holds subjects whose facts may have moved, one row each,
// for ever: an event raises the row's generation, a claim takes all that is due at once, and
// the look that follows sees the world as it is then. Lost, doubled and reordered events,
// bursts, retries and timers are all the same thing here.

// Due is a subject that wants a look.
type Due struct {
	Subject      subject.Subject
	Installation int64     // 0: unknown, or unchanged
	At           time.Time // when it becomes due; an earlier moment that it is due at stays
	Priority     subject.Priority
	Result       bool // of a check: it can be gathered with others, and is for whom the subject was looked at last, strangers or people
}

// Claim is a lease on a subject, with what its holder needs to know.
type Claim struct {
	Subject      subject.Subject
	Installation int64 // 0: unknown
	Generation   int64 // the look that follows covers everything up to here
	Attempt      int   // how often it was put back, or its lease lapsed, since it was last done
	Lease        int64 // tells this lease from all others of the subject
	Owner        string
	Until        time.Time
	FirstDue     time.Time // since when it has been waiting
	Priority     subject.Priority
	Slots        int // writes to GitHub that the claim was charged; who writes less gives them back

	// Second is when there is to be a second look, for the sake of former deliveries that GitHub's
	// API may have been behind with; zero: none. Done keeps what it is by then.
	Second time.Time

	// Deliveries are the GUIDs of the deliveries that led here since it was last done, oldest
	// first, the newest maxDeliveries of them; Delivered is how many there were.
	Deliveries []string
	Delivered  int

	// Trace is the trace context of what raised it last, and Traces are those of Deliveries,
	// where they had one: see Traced.
	Trace  string
	Traces []string
}

// maxDeliveries bounds the list in a Claim, and so in the record that names it.
const maxDeliveries = 100

// Raise notes that subjects may have moved.
func (s *Store) Raise(ctx context.Context, at time.Time, due ...Due) error {
	return s.Tx(ctx, func(tx *Tx) error { return tx.Raise(at, due...) })
}

// Raise is Store.Raise in a transaction, and takes place at its end. at is the present, for a
// Due without At.
func (tx *Tx) Raise(at time.Time, due ...Due) error {
	for _, d := range due {
		if d.At.IsZero() {
			d.At = at
		}
		tx.moves = append(tx.moves, move{key: d.Subject.Key(), do: func() error {
			_, err := tx.raise(d)
			return err
		}})
	}
	return tx.ctx.Err()
}

// move is what a transaction does to a subject.
type move struct {
	key string
	do  func() error
}

// move does what was noted, by key, so that transactions on several connections lock the
// rows in one order, and not for longer than it takes.
func (tx *Tx) move() error {
	slices.SortStableFunc(tx.moves, func(a, b move) int { return cmp.Compare(a.key, b.key) })
	for _, m := range tx.moves {
		if err := m.do(); err != nil {
			return err
		}
	}
	return nil
}

// RaiseNow is Raise without the floor of an earlier retry: what kept a look from working,
// such as a setting, may have been mended. A subject that is leased is due when that ends.
func (s *Store) RaiseNow(ctx context.Context, at time.Time, sub subject.Subject) error {
	return s.Tx(ctx, func(tx *Tx) error {
		if err := tx.exec(`
update subjects set floor_at = 0, due_at = $2, first_due_at = $2, ready_at = $2 where key = $1 and lease_until = 0`, sub.Key(), micros(at)); err != nil {
			return wrap(err, "raise %s", sub.Key())
		}
		return tx.Raise(at, Due{Subject: sub, At: at})
	})
}

// Postpone makes a subject due at a moment and not before. One that is leased stays due
// earlier, if it is.
func (s *Store) Postpone(ctx context.Context, at time.Time, sub subject.Subject) error {
	return s.Tx(ctx, func(tx *Tx) error {
		if err := tx.exec(`
update subjects set floor_at = 0, due_at = $2, first_due_at = $2, ready_at = $2 where key = $1 and lease_until = 0`, sub.Key(), micros(at)); err != nil {
			return wrap(err, "postpone %s", sub.Key())
		}
		return tx.Raise(at, Due{Subject: sub, At: at})
	})
}

// Orphan ends the leases of a process that is gone: who calls it knows that no other process
// works on this store. They can be taken over Options.TakeoverGrace later, when no request
// of that process can still be on its way.
func (s *Store) Orphan(ctx context.Context, at time.Time) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		return tx.exec(`
update subjects set lease_until = $1, ready_at = $2
where key in (select key from subjects where lease_until > $1 order by key`+tx.s.d.forUpdate+`)`,
			micros(at), micros(at.Add(s.o.TakeoverGrace)))
	})
	return wrap(err, "end the leases of a process that is gone")
}

// Leased returns the subjects that somebody looks at, or that were left by somebody who is gone.
func (s *Store) Leased(ctx context.Context) ([]subject.Subject, error) {
	all, err := list(s.reader(ctx), func(s scan) (subject.Subject, error) {
		var key string
		if err := s(&key); err != nil {
			return subject.Subject{}, err
		}
		return subject.ParseKey(key)
	}, `select key from subjects where lease_until <> 0 order by key limit 100`)
	return all, wrap(err, "list the looks under way")
}

// raise returns the new generation. The subject becomes due at d.At, or stays due earlier,
// but never before the floor of a retry, and not always at once after a look: see
// gatherMost. Work in the background may come along with a look that somebody waits for: see
// joining. While it is leased that waits beside the lease.
func (tx *Tx) raise(d Due) (int64, error) {
	const query = `
insert into subjects (key, installation, generation, due_at, first_due_at, ready_at, priority, writes, trace) values ($1, $2, 1, $3, $3, $3, $4, $5, $9)
on conflict (key) do update set
	installation = case when excluded.installation <> 0 then excluded.installation else subjects.installation end,
	generation = subjects.generation + 1,
	trace = case when excluded.trace <> '' then excluded.trace else subjects.trace end,
	writes = case
		when subjects.lease_until = 0 and subjects.due_at <= excluded.due_at or ` + joining + ` then subjects.writes
		else excluded.writes end,
	priority = case
		when subjects.due_at <> 9223372036854775807 and subjects.priority <= excluded.priority then subjects.priority
		when subjects.spent_until > $6 or $8 and subjects.priority = $7 then $7
		else excluded.priority end,
	due_at = ` + dueThen + `,
	first_due_at = case
		when ` + joining + ` then subjects.first_due_at
		when subjects.lease_until = 0 and excluded.due_at < subjects.first_due_at then excluded.due_at
		else subjects.first_due_at end,
	ready_at = case when subjects.lease_until <> 0 then subjects.ready_at else ` + dueThen + ` end
returning generation`
	args := []any{
		d.Subject.Key(), d.Installation, micros(d.At),
		int64(tx.priority(d)), writesOf(d.Subject), micros(d.At.Add(spentAhead)), int64(subject.Strangers), d.Result, tx.trace(),
	}
	generations, err := list(tx.reader(), column[int64], query, append(args, tx.s.gathers(d)...)...)
	if err != nil {
		return 0, fmt.Errorf("raise %s: %w", d.Subject.Key(), err)
	}
	tx.rose = true
	return generations[0], nil
}

// Claim leases up to n subjects that are due at that moment, in the order that lane says. A
// subject is leased to one owner at a time; a lease that lapsed is taken over only
// Options.TakeoverGrace later, when no request of its holder can still be on its way. With
// a subject that writes to GitHub its installation's next slots for writing are taken.
func (s *Store) Claim(ctx context.Context, at time.Time, owner string, n int, lease time.Duration) ([]Claim, error) {
	var claims []Claim
	err := s.Tx(ctx, func(tx *Tx) error {
		claims = nil
		for len(claims) < n {
			c, found, err := tx.claim(at, owner, at.Add(lease))
			if err != nil {
				return err
			}
			if !found {
				return nil
			}
			claims = append(claims, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim subjects: %w", err)
	}
	return claims, nil
}

// claim leases the subject whose turn it is.
func (tx *Tx) claim(at time.Time, owner string, until time.Time) (Claim, bool, error) {
	lanes, err := lanes(tx.reader(), micros(at), owner)
	if err != nil {
		return Claim{}, false, err
	}
	for _, l := range tx.s.turns(lanes, micros(at)) {
		c, found, err := tx.claimFrom(l, at, owner, until)
		if err != nil {
			return Claim{}, false, err
		}
		if !found {
			continue // another process was faster
		}
		if l.writes != 0 {
			c.Slots = slotsOf(c.Subject)
			if err := tx.ChargeWrites(l.installation, at, c.Slots); err != nil {
				return Claim{}, false, err
			}
		}
		return c, true, tx.deliveriesOf(&c)
	}
	return Claim{}, false, nil
}

// claimFrom leases what has been due the longest in a lane.
func (tx *Tx) claimFrom(l lane, at time.Time, owner string, until time.Time) (Claim, bool, error) {
	query := `
with ready as materialized (
	select key from subjects where ready_at <= $1 and ` + laneOf + ` = $6 order by ready_at, key limit 1 ` + tx.s.d.skipLocked + `
)
update subjects set
	attempt = attempt + case when lease_until <> 0 then 1 else 0 end,
	lease = lease + 1, lease_owner = $2, lease_until = $3, ready_at = $4,
	due_at = $5, floor_at = 0
where key in (select key from ready)
returning key, installation, generation, attempt, lease, first_due_at, priority, trace, second_at`
	row := func(s scan) (Claim, error) {
		c := Claim{Owner: owner, Until: moment(micros(until))}
		var key string
		var firstDue, second int64
		if err := s(&key, &c.Installation, &c.Generation, &c.Attempt, &c.Lease, &firstDue, &c.Priority, &c.Trace, &second); err != nil {
			return c, err
		}
		var err error
		c.Subject, err = subject.ParseKey(key)
		c.FirstDue = moment(firstDue)
		if second != 0 {
			c.Second = moment(second)
		}
		return c, err
	}
	claims, err := list(tx.reader(), row, query, micros(at), owner, micros(until), micros(until.Add(tx.s.o.TakeoverGrace)), int64(never),
		l.number())
	if err != nil || len(claims) == 0 {
		return Claim{}, false, err
	}
	return claims[0], true, nil
}

// deliveriesOf fills in what led to c.
func (tx *Tx) deliveriesOf(c *Claim) error {
	key := c.Subject.Key()
	guids, err := list(tx.reader(), func(s scan) (guid string, err error) {
		var trace string
		err = s(&guid, &trace)
		if trace != "" {
			c.Traces = append(c.Traces, trace)
		}
		return guid, err
	}, `select guid, trace from subject_deliveries where subject = $1 and generation <= $2 order by generation desc limit $3`, key, c.Generation, maxDeliveries)
	if err != nil {
		return err
	}
	slices.Reverse(guids)
	slices.Reverse(c.Traces)
	c.Deliveries, c.Delivered = guids, len(guids)
	if len(guids) < maxDeliveries {
		return nil
	}
	counts, err := list(tx.reader(), column[int],
		`select count(*) from subject_deliveries where subject = $1 and generation <= $2`, key, c.Generation)
	if err != nil {
		return err
	}
	c.Delivered = counts[0]
	return nil
}

// Extend moves the end of the lease and returns the claim with it. ErrLost if the lease is
// not c's any more. One that lapsed can be extended until somebody takes it over.
func (s *Store) Extend(ctx context.Context, c Claim, until time.Time) (Claim, error) {
	err := s.Tx(ctx, func(tx *Tx) error {
		return tx.holding(c, `update subjects set lease_until = $3, ready_at = $4 where key = $1 and lease = $2 and lease_until <> 0`,
			micros(until), micros(until.Add(s.o.TakeoverGrace)))
	})
	if err != nil {
		return c, fmt.Errorf("extend lease of %s: %w", c.Subject.Key(), err)
	}
	c.Until = moment(micros(until))
	return c, nil
}

// Retry puts a subject back: the look failed, for the reason why, and is not repeated before
// notBefore, whatever happens until then. ErrLost if the lease is not c's any more.
func (s *Store) Retry(ctx context.Context, c Claim, notBefore time.Time, why string) error {
	return s.putBack(ctx, c, notBefore, notBefore, 1, why)
}

// Wait puts a subject back that could not be looked at, through nothing of its own: GitHub
// wants its installation left alone. No attempt is counted. It is due at that moment, and
// earlier if it is raised; a hold on its installation stands before both.
func (s *Store) Wait(ctx context.Context, c Claim, until time.Time, why string) error {
	return s.putBack(ctx, c, until, time.Time{}, 0, why)
}

func (s *Store) putBack(ctx context.Context, c Claim, due, floor time.Time, attempts int64, why string) error {
	return s.Tx(ctx, func(tx *Tx) error { return tx.putBack(c, due, floor, attempts, why, 0) })
}

// putBack ends a lease; with writes 1 the next look is one that writes, else it stays what it was.
func (tx *Tx) putBack(c Claim, due, floor time.Time, attempts int64, why string, writes int64) error {
	tx.rose = true
	err := tx.holding(c, `
update subjects set
	attempt = attempt + $3, why = $4, due_at = $5, floor_at = $6, ready_at = $5, lease_owner = '', lease_until = 0,
	writes = case when cast($10 as bigint) = 1 then 1 else writes end,
	priority = case
		when spent_until > $8 then $9 -- the look that is put back was one too many
		when due_at = 9223372036854775807 or priority > $7 then $7
		else priority end
where key = $1 and lease = $2 and lease_until <> 0`, attempts, why, micros(due), micros(floor), int64(cmp.Or(c.Priority, subject.People)),
		micros(due.Add(spentAhead)), int64(subject.Strangers), writes)
	return wrap(err, "put back %s", c.Subject.Key())
}

// Done ends a look that covers c.Generation. The subject is due again at next (zero: not by
// itself), or earlier if it was raised meanwhile: then what was looked at may have moved.
// Events do not make it due again before Options.Quiet has passed, so that a burst of them
// is a few looks: see gatherMost. It takes place at the end of the transaction, which is rolled back with
// ErrLost if the lease is not c's any more: whoever took it over decides.
func (tx *Tx) Done(c Claim, at, next time.Time) error {
	tx.moves = append(tx.moves, move{key: c.Subject.Key(), do: func() error { return tx.done(c, at, next, writesOf(c.Subject)) }})
	return tx.ctx.Err()
}

// done ends a look; writes says whether the one at next will write.
func (tx *Tx) done(c Claim, at, next time.Time, writes int64) error {
	due := int64(never)
	if !next.IsZero() {
		due = micros(next)
	}
	var second int64
	if !c.Second.IsZero() {
		second = micros(c.Second)
	}
	floor, most := tx.s.quiet(at)
	// What was raised meanwhile waits for the floor: to the point if results may be gathered
	// from then on, a moment less if somebody waits.
	const again = `case
		when due_at >= cast($5 as bigint) then $5
		when cast($6 as bigint) = 0 or due_at > cast($7 as bigint) then due_at
		when due_at > cast($4 as bigint) then cast($6 as bigint)
		else cast($6 as bigint) - 1 end`
	err := tx.holding(c, `
update subjects set
	done = $3, done_at = cast($4 as bigint), second_at = $9, attempt = 0, why = '', trace = case when generation > $3 then trace else '' end, floor_at = cast($6 as bigint), lease_owner = '', lease_until = 0,
	priority     = case when due_at = 9223372036854775807 then $8 else priority end,
	writes = case when due_at >= cast($5 as bigint) then cast($10 as bigint) else $11 end,
	due_at = `+again+`, ready_at = `+again+`,
	first_due_at = case when due_at >= cast($5 as bigint) then cast($5 as bigint) when due_at > cast($7 as bigint) then due_at else cast($4 as bigint) end
where key = $1 and lease = $2 and lease_until <> 0`, c.Generation, micros(at), due, floor, most, int64(max(subject.Timers, c.Priority)), second,
		writes, writesOf(c.Subject))
	if err != nil {
		return wrap(err, "end look at %s", c.Subject.Key())
	}
	tx.rose = true
	return wrap(tx.exec(`delete from subject_deliveries where subject = $1 and generation <= $2`, c.Subject.Key(), c.Generation),
		"end look at %s", c.Subject.Key())
}

// holding runs a statement on the row of c ($1, $2), and returns ErrLost if the lease in it
// is another one.
func (tx *Tx) holding(c Claim, query string, args ...any) error {
	n, err := tx.affect(query, append([]any{c.Subject.Key(), c.Lease}, args...)...)
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

// leased says whether somebody is looking at a subject right now. One that is only due will
// be looked at later than whatever happens before; what a look under way has read may be older.
func (tx *Tx) leased(sub subject.Subject) (bool, error) {
	leased, found, err := one(tx.reader(), column[bool], `select lease_until <> 0 from subjects where key = $1`, sub.Key())
	return found && leased, err
}
