package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Missed is a delivery that GitHub made and that is not stored here.
type Missed struct {
	GUID         string
	Attempt      int64 // GitHub's id of an attempt to hand it over: the newest that is known
	Installation int64 // 0: none
	At           time.Time
	Tries        int       // how often another attempt was asked for
	Due          time.Time // not before this; zero: at once
}

// Unknown returns those of the GUIDs under which no delivery is stored, in their order.
func (s *Store) Unknown(ctx context.Context, app int64, guids []string) ([]string, error) {
	known := map[string]bool{}
	for rest := guids; len(rest) > 0; {
		some := rest[:min(len(rest), 100)]
		rest = rest[len(some):]
		args, places := []any{app}, make([]string, 0, len(some))
		for _, guid := range some {
			args = append(args, guid)
			places = append(places, fmt.Sprintf("$%d", len(args)))
		}
		found, err := list(s.reader(ctx), column[string],
			`select guid from deliveries where app = $1 and guid in (`+strings.Join(places, ", ")+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("look for deliveries: %w", err)
		}
		for _, guid := range found {
			known[guid] = true
		}
	}
	var unknown []string
	for _, guid := range guids {
		if !known[guid] {
			unknown = append(unknown, guid)
		}
	}
	return unknown, nil
}

// NewestDelivery returns when the newest delivery was received; zero: there is none.
func (s *Store) NewestDelivery(ctx context.Context) (time.Time, error) {
	all, err := list(s.reader(ctx), column[int64], `select at from deliveries order by at desc limit 1`)
	if err != nil || len(all) == 0 {
		return time.Time{}, wrap(err, "look for the newest delivery")
	}
	return moment(all[0]), nil
}

// PutMissed notes a delivery that is not stored. Of one that is noted already only a newer
// attempt and an earlier time are news.
func (tx *Tx) PutMissed(app int64, m Missed) error {
	return wrap(tx.exec(`
insert into missed (app, guid, attempt, installation, at, tries, due_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (app, guid) do update set
	attempt = case when excluded.attempt > missed.attempt then excluded.attempt else missed.attempt end,
	at      = case when excluded.at < missed.at then excluded.at else missed.at end`,
		app, m.GUID, m.Attempt, m.Installation, micros(m.At), m.Tries, micros(m.Due)), "note missed delivery %s", m.GUID)
}

// TriedMissed notes that another attempt was asked for, and when the next may be.
func (tx *Tx) TriedMissed(app int64, guid string, next time.Time) error {
	return wrap(tx.exec(`update missed set tries = tries + 1, due_at = $3 where app = $1 and guid = $2`, app, guid, micros(next)),
		"note attempt for delivery %s", guid)
}

// DropMissed gives a delivery up.
func (tx *Tx) DropMissed(app int64, guid string) error {
	return wrap(tx.exec(`delete from missed where app = $1 and guid = $2`, app, guid), "give up delivery %s", guid)
}

// ArrivedMissed forgets what has arrived by now.
func (tx *Tx) ArrivedMissed(app int64) error {
	return wrap(tx.exec(`
delete from missed where app = $1 and exists (select 1 from deliveries d where d.app = missed.app and d.guid = missed.guid)`, app),
		"forget missed deliveries that arrived")
}

// DueMissed returns the n oldest missed deliveries that may be asked for at that moment.
func (tx *Tx) DueMissed(app int64, at time.Time, n int) ([]Missed, error) {
	all, err := list(tx.reader(), func(s scan) (m Missed, err error) {
		var at, due int64
		err = s(&m.GUID, &m.Attempt, &m.Installation, &at, &m.Tries, &due)
		m.At, m.Due = moment(at), moment(due)
		return m, err
	}, `
select guid, attempt, installation, at, tries, due_at from missed where app = $1 and due_at <= $2
order by at, attempt limit $3`, app, micros(at), n)
	return all, wrap(err, "list missed deliveries")
}

// NextMissed returns when the next missed delivery may be asked for; false: there is none.
func (tx *Tx) NextMissed(app int64) (time.Time, bool, error) {
	all, err := list(tx.reader(), column[int64], `select due_at from missed where app = $1 order by due_at limit 1`, app)
	if err != nil || len(all) == 0 {
		return time.Time{}, false, wrap(err, "look for missed deliveries")
	}
	return moment(all[0]), true, nil
}

// dropped bounds how many deliveries one transaction of DropDeliveries touches.
const dropped = 1000

// DropDeliveries empties the bodies of deliveries that came before the first moment, and
// forgets those that came before the second altogether, but for those of lasting events: the
// oldest first and at most a thousand of each; more says whether some are left.
func (tx *Tx) DropDeliveries(bodies, all time.Time, lasting []string) (more bool, err error) {
	args, places := []any{micros(all), dropped, ""}, []string{"$3"}
	for _, event := range lasting {
		args = append(args, event)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	gone, err := tx.affect(`
delete from deliveries where (app, guid) in (
	select app, guid from deliveries where at < $1 and event not in (`+strings.Join(places, ", ")+`) order by at limit $2)`, args...)
	if err != nil {
		return false, fmt.Errorf("drop deliveries: %w", err)
	}
	emptied, err := tx.affect(`
update deliveries set body = $3 where (app, guid) in (
	select app, guid from deliveries where at < $1 and length(body) > 0 order by at limit $2)`, micros(bodies), dropped, []byte{})
	return gone == dropped || emptied == dropped, wrap(err, "drop the bodies of deliveries")
}
