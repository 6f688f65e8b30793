package store

import (
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// gatherMost is for how many times Options.Quiet results of checks are gathered at most: a
// suite that ends sends hundreds within seconds, each of which may be the one that counts.
//
// A result that comes when nothing else does is looked at at once. Those that follow are
// gathered until none has come for Options.Quiet, or until the last look is that many times
// as long ago, so that a burst is two looks and not one for each quarter of a second. What a
// person does waits for Options.Quiet after a look and for no burst. A timer that falls into
// a burst waits for its end as well: the look makes up for both.
const gatherMost = 10

// dueThen is the SQL of when a subject is due after it was raised, and by $10 if somebody looks
// at it right now; $11: it may be gathered, until $12 if nothing more comes, and for $13 at
// most after the end of the last quiet time. A row is being gathered while its due time is
// later than the moment since which it waits, and not before its floor.
//
// A floor of the row is that of a retry if there was an attempt, and holds for everything;
// else it is the end of the quiet time after a look.
const dueThen = `
	case
		when subjects.lease_until <> 0 then case when subjects.due_at <= $10 then subjects.due_at else $10 end
		when ` + joining + ` then case
			when subjects.due_at <= ` + kept + ` then subjects.due_at
			when subjects.floor_at > ` + kept + ` then subjects.floor_at
			else ` + kept + ` end
		when $11 and ` + gathering + ` then case
			when subjects.floor_at + $13 <= subjects.due_at then subjects.due_at
			when subjects.floor_at + $13 <= $12 then subjects.floor_at + $13
			when subjects.due_at <= $12 then $12
			else subjects.due_at end
		when subjects.floor_at <= excluded.due_at then case when subjects.due_at <= excluded.due_at then subjects.due_at else excluded.due_at end
		when subjects.due_at <= ` + heldUntil + ` then subjects.due_at
		else ` + heldUntil + ` end`

// joining is the SQL of whether work in the background falls to a row that is due later, for
// somebody who waits for it, while the rest of the installation's hour is kept for people; $14:
// the first priority of such work. Brought forward it would be done in that somebody's turn, so
// it comes along when that look is due, or when the background may go on.
const joining = `(subjects.lease_until = 0 and excluded.priority >= cast($14 as bigint) and subjects.priority < excluded.priority
			and subjects.due_at > excluded.due_at and ` + kept + ` > excluded.due_at)`

// kept is until when the hour is kept for people.
const kept = `coalesce((select b.background_until from budgets b where b.installation = subjects.installation), 0)`

const gathering = `subjects.attempt = 0 and subjects.floor_at > 0 and subjects.due_at >= subjects.floor_at
			and subjects.due_at > excluded.due_at and subjects.first_due_at < subjects.due_at`

// heldUntil is for how long something waits that comes before the floor. For somebody's doing
// that is a moment short of it: so it is not taken for something that can be gathered.
const heldUntil = `(case when subjects.attempt > 0 then subjects.floor_at when $11 then $12 else subjects.floor_at - 1 end)`

// gathers returns the parameters $10 to $14 of dueThen.
func (s *Store) gathers(d Due) []any {
	most := gatherMost * s.o.Quiet
	lead := d.At
	gather := d.Result && d.Subject.Kind != subject.Head && s.o.Quiet > 0 // a forged status stands on a head
	if gather {
		lead = lead.Add(most) // Done moves it to the end of the quiet time
	}
	return []any{
		micros(lead), gather, micros(d.At.Add(s.o.Quiet)), (most - s.o.Quiet).Microseconds(),
		int64(subject.Background),
	}
}

// quiet returns when the quiet time after a look ends that ended at that moment, and until
// when results are gathered at most; zeros if there is none.
func (s *Store) quiet(at time.Time) (floor, most int64) {
	if s.o.Quiet == 0 {
		return 0, 0
	}
	return micros(at.Add(s.o.Quiet)), micros(at.Add(gatherMost * s.o.Quiet))
}
