package store

import (
	"cmp"
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
// After the error of a statement nothing of it is stored, whatever the function returns.
type Tx struct {
	s     *Store
	ctx   context.Context
	conn  conn
	rose  bool   // something may have become due
	moves []move // on the worklist, to be done when the function has returned
}

// Tx runs do in one write transaction: all of it is stored, durably, or nothing. do runs on
// the caller's goroutine and must not call the Store's own methods that write. Others wait
// meanwhile, so do computes and asks nobody. It is run again, from its start, if the database
// gave the transaction up for another one, or lost it: so it may set what is outside of it,
// but must not add to it.
func (s *Store) Tx(ctx context.Context, do func(*Tx) error) error {
	if s.writer == nil {
		return ErrReadOnly
	}
	rose := false
	err := s.writer.write(ctx, func(c conn) error {
		statements := &uninterrupted{conn: c}
		tx := &Tx{s: s, ctx: ctx, conn: statements}
		err := do(tx)
		if err == nil && statements.failed != nil {
			err = fmt.Errorf("a statement failed, and all that was written with it: %w", statements.failed)
		}
		if err == nil {
			err = tx.move()
		}
		rose = tx.rose
		if err == nil && s.o.Commit != nil {
			err = s.o.Commit()
		}
		return err
	})
	if err == nil && rose {
		s.heard()
		if s.bell != nil {
			s.bell.ring()
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
	result, err := tx.conn.ExecContext(tx.ctx, query, tx.s.d.storable(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// lock waits until no other transaction has the name, and takes it until this one ends. It
// is for what has no row yet that could be locked; names begin with what they are of.
func (tx *Tx) lock(format string, args ...any) error {
	if tx.s.d.lock == "" {
		return nil
	}
	return tx.exec(tx.s.d.lock, fmt.Sprintf(format, args...))
}

// lockShared waits until no other transaction has the name by lock, and keeps them from it
// until this one ends.
func (tx *Tx) lockShared(format string, args ...any) error {
	if tx.s.d.lockShared == "" {
		return nil
	}
	return tx.exec(tx.s.d.lockShared, fmt.Sprintf(format, args...))
}

// reader is where rows are read from: inside a transaction or beside it.
type reader struct {
	ctx  context.Context
	conn conn
	d    dialect
	lock string // ends a select of a single row
}

func (s *Store) reader(ctx context.Context) reader {
	return reader{ctx: ctx, conn: s.read, d: s.d}
}

// reader does not lock what it reads.
func (tx *Tx) reader() reader {
	d := tx.s.d
	d.patience = 0 // the transaction's own time is limited
	return reader{ctx: tx.ctx, conn: tx.conn, d: d}
}

// locking locks the single row that it reads until the transaction ends.
func (tx *Tx) locking() reader {
	r := tx.reader()
	r.lock = r.d.forUpdate
	return r
}

// storable makes the texts among args ones that the engine can store. What is asked for is
// changed in the same way as what was stored, so it is found.
func (d dialect) storable(args []any) []any {
	if d.text == nil {
		return args
	}
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = d.text(text)
		}
	}
	return args
}

// uninterrupted asks for nothing once the context has ended, and finishes what it began.
type uninterrupted struct {
	conn
	failed error // of the first statement that did: the transaction may be gone with it
}

func (u *uninterrupted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result, err := u.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
	u.failed = cmp.Or(u.failed, err)
	return result, err
}

func (u *uninterrupted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := u.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
	u.failed = cmp.Or(u.failed, err)
	return rows, err
}

// scan is sql.Rows.Scan.
type scan func(dest ...any) error

// list returns what each row gives.
func list[T any](r reader, row func(scan) (T, error), query string, args ...any) ([]T, error) {
	ctx := r.ctx
	if r.d.patience > 0 {
		limited, cancel := context.WithTimeout(ctx, r.d.patience)
		defer cancel()
		ctx = limited
	}
	rows, err := r.conn.QueryContext(ctx, query, r.d.storable(args)...)
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
