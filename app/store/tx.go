package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// conn is what statements run on.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Tx is a write transaction, valid inside the function that it was given to. It carries its
// context, as sql.Tx does. Between statements it obeys the context's end; a statement that
// runs is never interrupted, because SQLite would roll back all of the shared transaction.
type Tx struct {
	s    *Store
	ctx  context.Context
	conn conn
	rose bool // something may have become due
}

// Tx runs do in one write transaction: all of it is stored, durably, or nothing. do is run
// once, on the caller's goroutine, and must not call the Store's own methods that write.
// Everything written meanwhile waits, so do computes and asks nobody.
func (s *Store) Tx(ctx context.Context, do func(*Tx) error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	rose := false
	err := s.writer.write(ctx, func(c conn) error {
		tx := &Tx{s: s, ctx: ctx, conn: uninterrupted{c}}
		err := do(tx)
		rose = tx.rose
		if err == nil && s.o.Commit != nil {
			err = s.o.Commit()
		}
		return err
	})
	if err == nil && rose {
		select {
		case s.wake <- struct{}{}:
		default: // somebody is about to look anyway
		}
	}
	return err
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.affect(query, args...)
	return err
}

// affect returns how many rows were changed.
func (tx *Tx) affect(query string, args ...any) (int64, error) {
	result, err := tx.conn.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// reader is where rows are read from: inside a transaction or beside it.
type reader struct {
	ctx  context.Context
	conn conn
	lock string // ends a select of a single row
}

func (s *Store) reader(ctx context.Context) reader { return reader{ctx: ctx, conn: s.read} }

func (tx *Tx) reader() reader {
	return reader{ctx: tx.ctx, conn: tx.conn, lock: tx.s.d.forUpdate}
}

// uninterrupted asks for nothing once the context has ended, and finishes what it began.
type uninterrupted struct{ conn }

func (u uninterrupted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return u.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
}

func (u uninterrupted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return u.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// scan is sql.Rows.Scan.
type scan func(dest ...any) error

// list returns what each row gives.
func list[T any](r reader, row func(scan) (T, error), query string, args ...any) ([]T, error) {
	rows, err := r.conn.QueryContext(r.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has told by then
	var all []T
	for rows.Next() {
		v, err := row(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// one returns what the only row gives, and whether there is one.
func one[T any](r reader, row func(scan) (T, error), query string, args ...any) (v T, found bool, err error) {
	all, err := list(r, row, query+r.lock, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	if len(all) > 1 {
		return v, false, errors.New("more than one row")
	}
	return all[0], true, nil
}

// column scans a row of one column.
func column[T any](s scan) (v T, err error) { return v, s(&v) }

// never is later than all times.
const never = math.MaxInt64

// micros is t as it stands in SQL: microseconds since 1970, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is the inverse of micros.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// bytesOf keeps empty bytes from becoming NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// wrap gives an error its verb and object, and leaves nil nil.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
