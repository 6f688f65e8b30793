package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// direct is the writer for PostgreSQL: a transaction of its own for each closure, of which the
// server itself makes several durable with one sync. A batch as SQLite's was measured too: of
// deliveries over ten repositories from 8 and from 32 callers it stores 930 and 860 a second
// where this stores 620 and 650 (server on the same machine, two busy cores, synced commits),
// and as many from one. It is not used because its callers wait for each other's round trips,
// which over a network are most of the time, and hold all their locks until the last of them
// is done: the batches of two replicas would block each other, and fall together.
//
// Transactions of all processes lock in one order, so that they wait and never block each
// other for good:
//
//	deliveries, installations, repositories, pulls, what is remembered, persons, commands,
//	what asked (Tx.GateAsk), a repository's gates (Tx.Carries, Tx.GatesWith), a head (Tx.Publication), publications and a log (Tx.Append),
//	what is said of environments, subjects
//
// within each by id, and of subjects last of all, when the closure has returned: Tx.Raise and
// Tx.Done note what is to be done, and Tx does it by key. Claim alone takes subjects in
// another order; it waits for none. Should two block each other all the same, the database
// ends one of them, and that one is run again.
type direct struct {
	db *sql.DB

	mu     sync.RWMutex // held for reading by each write
	closed bool

	again atomic.Int64 // how often a closure was run again
}

const (
	// maxTries is how often a closure is run, if the database gives up its transactions.
	maxTries = 4
	// maxTx is how long a transaction may take, also on a connection that has gone silent.
	maxTx = time.Minute
)

func (d *direct) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return d.db.Close()
}

func (d *direct) write(ctx context.Context, do func(conn) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrClosed
	}
	for try := 1; ; try++ {
		err := d.once(ctx, do)
		if err == nil || try == maxTries || ctx.Err() != nil || !undone(err) {
			return err
		}
		d.again.Add(1)
	}
}

// once runs do in a transaction.
func (d *direct) once(ctx context.Context, do func(conn) error) error {
	c, err := d.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxTx)
	defer cancel()
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(within{tx, ctx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return &commitError{err}
	}
	return nil
}

// within gives each statement what is left of the transaction's time.
type within struct {
	tx  *sql.Tx
	ctx context.Context
}

func (w within) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return w.tx.ExecContext(w.ctx, query, args...)
}

func (w within) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.tx.QueryContext(w.ctx, query, args...)
}

// commitError is the error of a commit: unless the server itself says so, nobody knows
// whether it took place.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// undone says whether err is an accident that left nothing behind, so that the same again can
// succeed: the server chose this transaction to end a deadlock or a conflict, or the
// connection was lost before the commit.
func undone(err error) bool {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch said.Code {
		case "40001", "40P01": // serialization failure, deadlock
			return true
		}
	}
	if _, ok := errors.AsType[*commitError](err); ok {
		return false
	}
	return lostConnection(err)
}

// lostConnection says whether err is that of a connection and not of a statement. That no
// connection could be made is none of these: trying again at once is of no use then.
func lostConnection(err error) bool {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch said.Code {
		case "57P01", "57P02": // shut down by an administrator, or beside a process that crashed
			return true
		}
		return strings.HasPrefix(said.Code, "08")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || pgconn.Timeout(err) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
