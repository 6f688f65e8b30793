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
	Result       bool // of a check: it is for whom the subject was looked at last, strangers or people
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

	// Deliveries are the GUIDs of the deliveries that led here since it was last done, oldest
	// first, the newest maxDeliveries of them; Delivered is how many there were.
	Deliveries []string
	Delivered  int
}

// maxDeliveries bounds the list in a Claim, and so in the record that names it.
const maxDeliveries = 100

// Raise notes that subjects may have moved.
func (s *Store) Raise(ctx context.Context, at time.Time, due ...Due) error {
	return s.Tx(ctx, func(tx *Tx) error { return tx.Raise(at, due...) })
}

// Raise is Store.Raise in a transaction. at is the present, for a Due without At.
func (tx *Tx) Raise(at time.Time, due ...Due) error {
	for _, d := range inOrder(due) {
		if d.At.IsZero() {
			d.At = at
		}
		if _, err := tx.raise(d); err != nil {
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
		return tx.exec(`update subjects set lease_until = $1, ready_at = $2 where lease_until > $1`,
			micros(at), micros(at.Add(s.o.TakeoverGrace)))
	})
	return wrap(err, "end the leases of a process that is gone")
}

// inOrder sorts by key, so that transactions on several connections lock rows in one order.
func inOrder(due []Due) []Due {
	due = slices.Clone(due)
	slices.SortStableFunc(due, func(a, b Due) int { return cmp.Compare(a.Subject.Key(), b.Subject.Key()) })
	return due
}

// raise returns the new generation. The subject becomes due at d.At, or stays due earlier,
// but never before the floor of a retry. While it is leased that waits beside the lease.
func (tx *Tx) raise(d Due) (int64, error) {
	const query = `
insert into subjects (key, installation, generation, due_at, first_due_at, ready_at, priority, writes) values ($1, $2, 1, $3, $3, $3, $4, $5)
on conflict (key) do update set
	installation = case when excluded.installation <> 0 then excluded.installation else subjects.installation end,
	generation = subjects.generation + 1,
	priority = case
		when subjects.due_at <> 9223372036854775807 and subjects.priority <= excluded.priority then subjects.priority
		when subjects.spent_until > $6 or $8 and subjects.priority = $7 then $7
		else excluded.priority end,
	due_at = case
		when subjects.due_at <= excluded.due_at or subjects.due_at <= subjects.floor_at then subjects.due_at
		when excluded.due_at < subjects.floor_at then subjects.floor_at
		else excluded.due_at end,
	first_due_at = case
		when subjects.lease_until = 0 and excluded.due_at < subjects.first_due_at then excluded.due_at
		else subjects.first_due_at end,
	ready_at = case
		when subjects.lease_until <> 0 or subjects.due_at <= excluded.due_at or subjects.due_at <= subjects.floor_at then subjects.ready_at
		when excluded.due_at < subjects.floor_at then subjects.floor_at
		else excluded.due_at end
returning generation`
	generations, err := list(tx.reader(), column[int64], query, d.Subject.Key(), d.Installation, micros(d.At),
		int64(tx.priority(d)), writesOf(d.Subject), micros(d.At.Add(spentAhead)), int64(subject.Strangers), d.Result)
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
			if err := tx.ChargeWrites(l.installation, at, PublicationWrites); err != nil {
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
returning key, installation, generation, attempt, lease, first_due_at, priority`
	row := func(s scan) (Claim, error) {
		c := Claim{Owner: owner, Until: moment(micros(until))}
		var key string
		var firstDue int64
		if err := s(&key, &c.Installation, &c.Generation, &c.Attempt, &c.Lease, &firstDue, &c.Priority); err != nil {
			return c, err
		}
		var err error
		c.Subject, err = subject.ParseKey(key)
		c.FirstDue = moment(firstDue)
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
	guids, err := list(tx.reader(), column[string],
		`select guid from subject_deliveries where subject = $1 and generation <= $2 order by generation desc limit $3`, key, c.Generation, maxDeliveries)
	if err != nil {
		return err
	}
	slices.Reverse(guids)
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
	err := s.Tx(ctx, func(tx *Tx) error {
		tx.rose = true
		return tx.holding(c, `
update subjects set
	attempt = attempt + $3, why = $4, due_at = $5, floor_at = $6, ready_at = $5, lease_owner = '', lease_until = 0,
	priority = case when due_at = 9223372036854775807 or priority > $7 then $7 else priority end
where key = $1 and lease = $2 and lease_until <> 0`, attempts, why, micros(due), micros(floor), int64(cmp.Or(c.Priority, subject.People)))
	})
	return wrap(err, "put back %s", c.Subject.Key())
}

// Done ends a look that covers c.Generation. The subject is due again at next (zero: not by
// itself), or earlier if it was raised meanwhile: then what was looked at may have moved.
// Events do not make it due again before Options.Quiet has passed, so that a burst of them
// is a few looks.
// ErrLost if the lease is not c's any more: whoever took it over decides, and the caller
// rolls back by returning the error.
func (tx *Tx) Done(c Claim, at, next time.Time) error {
	due, floor := int64(never), int64(0)
	if !next.IsZero() {
		due = micros(next)
	}
	if tx.s.o.Quiet > 0 {
		floor = micros(at.Add(tx.s.o.Quiet))
	}
	err := tx.holding(c, `
update subjects set
	done = $3, done_at = $4, attempt = 0, why = '', floor_at = $6, lease_owner = '', lease_until = 0,
	priority     = case when due_at = 9223372036854775807 then $7 else priority end,
	due_at       = case when due_at >= $5 then $5 when due_at < $6 then $6 else due_at end,
	first_due_at = case when due_at >= $5 then $5 when due_at < $6 then $6 else due_at end,
	ready_at     = case when due_at >= $5 then $5 when due_at < $6 then $6 else due_at end
where key = $1 and lease = $2 and lease_until <> 0`, c.Generation, micros(at), due, floor, int64(max(subject.Timers, c.Priority)))
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
