package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Hold is a time for which GitHub, or the reserve kept for people, wants an installation left
// alone. Nothing of it is claimed meanwhile; other installations notice nothing.
type Hold struct {
	Installation int64
	Until        time.Time
	Background   bool   // only what can wait: subject.Priority.Waits
	Why          string // for the operator
}

// Hold stores a hold. One that ends later stays.
func (s *Store) Hold(ctx context.Context, h Hold) error {
	column := "hold_until"
	if h.Background {
		column = "background_until"
	}
	err := s.Tx(ctx, func(tx *Tx) error {
		return tx.exec(`
insert into budgets (installation, `+column+`, hold_why) values ($1, $2, $3)
on conflict (installation) do update set `+column+` = excluded.`+column+`, hold_why = excluded.hold_why
where budgets.`+column+` < excluded.`+column, h.Installation, micros(h.Until), h.Why)
	})
	return wrap(err, "hold installation %d", h.Installation)
}

// Release ends an installation's holds: what they were for is over.
func (s *Store) Release(ctx context.Context, installation int64) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		tx.rose = true
		return tx.exec(`update budgets set hold_until = 0, background_until = 0, hold_why = '' where installation = $1`, installation)
	})
	return wrap(err, "release installation %d", installation)
}

// Holds returns those that last beyond a moment, by installation.
func (s *Store) Holds(ctx context.Context, at time.Time) ([]Hold, error) {
	rows, err := list(s.reader(ctx), func(s scan) (h [2]Hold, err error) {
		var all, background int64
		err = s(&h[0].Installation, &all, &background, &h[0].Why)
		h[1] = h[0]
		h[0].Until, h[1].Until, h[1].Background = moment(all), moment(background), true
		return h, err
	}, `select installation, hold_until, background_until, hold_why from budgets where hold_until > $1 or background_until > $1 order by installation`, micros(at))
	var holds []Hold
	for _, row := range rows {
		for _, h := range row {
			if h.Until.After(at) {
				holds = append(holds, h)
			}
		}
	}
	return holds, wrap(err, "list holds")
}

// PublicationWrites is what a head is taken to write: a check run and a status.
const PublicationWrites = 2

// ChargeWrites counts writes for an installation: those that follow wait until they keep to
// Options.Pace. A claim has counted its Slots; who then writes none gives them back as a
// negative number.
func (tx *Tx) ChargeWrites(installation int64, at time.Time, writes int) error {
	if tx.s.o.Pace == (Pace{}) {
		return nil
	}
	type row struct {
		until int64
		hour  string
	}
	if err := tx.exec(`insert into budgets (installation) values ($1) on conflict do nothing`, installation); err != nil {
		return wrap(err, "charge installation %d", installation)
	}
	tx.rose = tx.rose || writes < 0 // somebody may wait for them
	was, _, err := one(tx.locking(), func(s scan) (r row, err error) { return r, s(&r.until, &r.hour) },
		`select paced_until, hour from budgets where installation = $1`, installation)
	if err != nil {
		return wrap(err, "charge installation %d", installation)
	}
	w := written{until: was.until}
	if was.hour != "" {
		if err := json.Unmarshal([]byte(was.hour), &w.hour); err != nil {
			return wrap(err, "read the writes of installation %d", installation)
		}
	}
	w = tx.s.o.Pace.charge(w, micros(at), int64(writes))
	hour, err := json.Marshal(w.hour)
	if err != nil {
		return wrap(err, "encode the writes of installation %d", installation)
	}
	return wrap(tx.exec(`update budgets set paced_until = $2, hour = $3, write_at = $4 where installation = $1`,
		installation, w.until, string(hour), tx.s.o.Pace.next(w, PublicationWrites)), "charge installation %d", installation)
}

// A subject has its own share of requests: one each spentEach. One that is further ahead of
// that than spentAhead, as a change with thousands of files that is pushed to every few
// seconds is, comes after everybody else until its share has caught up.
const (
	spentEach  = 10 * time.Second
	spentAhead = 20 * time.Minute
)

// Spend counts the requests of one look at a subject.
func (s *Store) Spend(ctx context.Context, sub subject.Subject, at time.Time, requests int) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		const after = `(case when spent_until > $2 then spent_until else $2 end) + $3`
		return tx.exec(`
update subjects set spent_until = `+after+`,
	priority = case when `+after+` > $4 then $5 else priority end
where key = $1`, sub.Key(), micros(at), (time.Duration(requests) * spentEach).Microseconds(), micros(at.Add(spentAhead)), int64(subject.Strangers))
	})
	return wrap(err, "count the requests of %s", sub.Key())
}
