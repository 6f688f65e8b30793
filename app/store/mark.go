package store

import (
	"context"
	"time"
)

// Mark is something that the server remembers of itself under a name.
type Mark struct {
	At   time.Time
	Body string
}

func (r reader) mark(name string) (Mark, bool, error) {
	m, found, err := one(r, func(s scan) (m Mark, err error) {
		var at int64
		err = s(&at, &m.Body)
		m.At = moment(at)
		return m, err
	}, `select at, body from marks where name = $1`, name)
	return m, found, wrap(err, "read mark %s", name)
}

// Mark returns what was remembered under a name.
func (s *Store) Mark(ctx context.Context, name string) (Mark, bool, error) {
	return s.reader(ctx).mark(name)
}

// Mark is Store.Mark, with the row locked.
func (tx *Tx) Mark(name string) (Mark, bool, error) { return tx.reader().mark(name) }

// PutMark remembers m under a name.
func (tx *Tx) PutMark(name string, m Mark) error {
	return wrap(tx.exec(`
insert into marks (name, at, body) values ($1, $2, $3)
on conflict (name) do update set at = excluded.at, body = excluded.body`, name, micros(m.At), m.Body), "store mark %s", name)
}
