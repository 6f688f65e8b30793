package store

import (
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// A look at a gate writes to GitHub if it finds an answer that is owed, and most find none. So
// a gate stands in a lane that writes only where an answer is to be expected: from the moment
// on that its last decision named, or while it waits for its turn. There it is claimed with its
// slot, read and decided once, for the moment at which GitHub is told. Whoever needs no slot
// gives it back. What waits is a row, however long; no process keeps anything about it.

// gateWrites is what a gate is taken to write: its answer, or a report; and what is written of it
// for information.
const gateWrites = 1

// slotsOf is what a look is taken to write that does.
func slotsOf(s subject.Subject) int {
	if s.Kind == subject.Head {
		return PublicationWrites
	}
	return gateWrites
}

// DoneWriting is Done for a subject of which GitHub is to be told something at next. Those that
// fall due at one moment have their turns within a second after it, in the order since when
// they have been waited for.
func (tx *Tx) DoneWriting(c Claim, at, next, since time.Time) error {
	if next.IsZero() {
		return tx.Done(c, at, next)
	}
	tx.moves = append(tx.moves, move{key: c.Subject.Key(), do: func() error {
		return tx.done(c, at, turnOf(next, since), 1)
	}})
	return tx.ctx.Err()
}

// TakeSlot charges a write for the claim, unless it has its slot already. It is false where the
// pace allows none now, or something of the installation waits for it that goes before: then
// AwaitSlot.
func (tx *Tx) TakeSlot(c *Claim, at time.Time) (bool, error) {
	if c.Slots > 0 || tx.s.o.Pace == (Pace{}) {
		return true, nil
	}
	free, err := tx.slotFree(*c, at)
	if err != nil || !free {
		return false, err
	}
	c.Slots = slotsOf(c.Subject)
	return true, tx.ChargeWrites(c.Installation, at, c.Slots)
}

func (tx *Tx) slotFree(c Claim, at time.Time) (bool, error) {
	next, _, err := one(tx.locking(), column[int64], `select write_at from budgets where installation = $1`, c.Installation)
	if err != nil || next > micros(at) {
		return false, wrap(err, "look for a slot of installation %d", c.Installation)
	}
	for p := subject.People; p <= c.Priority; p++ {
		l := lane{installation: c.Installation, priority: p, writes: 1}
		_, waits, err := one(tx.reader(), column[int], `select 1 from subjects where `+laneOf+` = $1 and ready_at <= $2 limit 1`, l.number(), micros(at))
		if err != nil || waits {
			return false, wrap(err, "look who waits to write in installation %d", c.Installation)
		}
	}
	return true, nil
}

// AwaitSlot puts a subject back until it is its turn to write. No attempt is counted. Its turn
// is that of since when it is due; of those that became due together, that of since when they
// have been waited for. It takes place at the end of the transaction.
func (tx *Tx) AwaitSlot(c Claim, since time.Time) error {
	tx.moves = append(tx.moves, move{key: c.Subject.Key(), do: func() error {
		return tx.putBack(c, turnOf(c.FirstDue, since), time.Time{}, 0, "waits for its turn to write to GitHub", 1)
	}})
	return tx.ctx.Err()
}

// longest is for how long anything is waited for: GitHub gives a job up after 30 days.
const longest = 30 * 24 * time.Hour

// turnOf is within a second after at: the sooner, the longer it has been since. A microsecond, to
// which moments are stored, is 2.6 seconds of waiting.
func turnOf(at, since time.Time) time.Time {
	left := longest - min(max(at.Sub(since), 0), longest)
	return at.Add(left / (longest / time.Second))
}
