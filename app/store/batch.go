package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
)

// batch is the writer for SQLite: one connection, on which the closures of concurrent
// callers run one after the other, each inside a savepoint, until nobody waits; then one
// commit makes all of them durable and each caller is told. A commit costs a sync of the
// disk, so eight callers together are nearly as fast as one alone.
type batch struct {
	db      *sql.DB
	queue   chan *turn
	quit    chan struct{}
	once    sync.Once
	stopped chan struct{}

	conn       *sql.Conn            // nil after it broke, until the next batch
	statements map[string]*sql.Stmt // of conn
}

// maxBatch bounds how long the first of a batch waits for the last.
const maxBatch = 64

// turn is one caller's place in a batch.
type turn struct {
	granted chan struct{} // closed when the caller may run
	ran     chan bool     // from the caller: whether what it did is to be kept
	done    chan error    // to the caller: nil once it is durable; not asked for if it was not kept
	refused error         // set before granted is closed: there is no transaction to run in
}

func newBatch(db *sql.DB) *batch {
	b := &batch{db: db, queue: make(chan *turn), quit: make(chan struct{}), stopped: make(chan struct{})}
	go b.run()
	return b
}

func (b *batch) close() error {
	b.once.Do(func() { close(b.quit) })
	<-b.stopped
	return b.db.Close()
}

func (b *batch) write(ctx context.Context, do func(conn) error) error {
	t := &turn{granted: make(chan struct{}), ran: make(chan bool), done: make(chan error, 1)}
	select {
	case <-b.quit:
		return ErrClosed
	default:
	}
	select {
	case b.queue <- t:
	case <-b.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	<-t.granted
	if t.refused != nil {
		return t.refused
	}
	if err := t.run(b, do); err != nil {
		return err
	}
	return <-t.done
}

// run runs do on the caller's goroutine, so that its panic, or a test's end, is its own;
// whatever happens to it, the batch goes on.
func (t *turn) run(b *batch, do func(conn) error) error {
	keep := false
	defer func() { t.ran <- keep }()
	err := do(b)
	keep = err == nil
	return err
}

// run is the batch's goroutine.
func (b *batch) run() {
	defer close(b.stopped)
	defer b.drop()
	for {
		select {
		case t := <-b.queue:
			b.serve(t)
		case <-b.quit:
			return
		}
	}
}

// serve runs one batch, which begins with first.
func (b *batch) serve(first *turn) {
	ctx := context.Background()
	if err := b.begin(ctx); err != nil {
		first.refused = fmt.Errorf("begin: %w", err)
		close(first.granted)
		b.drop()
		return
	}
	var kept []*turn
	var broken error
	for t := first; t != nil; t = b.next(len(kept)) {
		var keep bool
		if keep, broken = b.grant(ctx, t); broken != nil {
			t.done <- broken // heard only by a caller whose closure succeeded
			break
		}
		if keep {
			kept = append(kept, t)
		}
	}
	if broken == nil {
		if _, err := b.ExecContext(ctx, "commit"); err != nil {
			broken = fmt.Errorf("commit: %w", err)
		}
	}
	if broken != nil {
		b.drop() // which rolls back whatever is open
	}
	for _, t := range kept {
		t.done <- broken
	}
}

func (b *batch) begin(ctx context.Context) error {
	if b.conn == nil {
		c, err := b.db.Conn(ctx)
		if err != nil {
			return err
		}
		b.conn, b.statements = c, map[string]*sql.Stmt{}
	}
	_, err := b.ExecContext(ctx, "begin immediate")
	return err
}

// next returns the next caller that waits, nil if none does or the batch is full.
func (b *batch) next(size int) *turn {
	if size >= maxBatch {
		return nil
	}
	select {
	case t := <-b.queue:
		return t
	default:
		return nil
	}
}

// grant lets t run inside a savepoint. An error means that the transaction itself is lost,
// as SQLite does with it when the disk is full, with all that ran in it before.
func (b *batch) grant(ctx context.Context, t *turn) (keep bool, err error) {
	if _, err := b.ExecContext(ctx, "savepoint turn"); err != nil {
		t.refused = fmt.Errorf("begin: %w", err)
		close(t.granted)
		return false, t.refused
	}
	close(t.granted)
	keep = <-t.ran
	if !keep {
		if _, err := b.ExecContext(ctx, "rollback to turn"); err != nil {
			return false, fmt.Errorf("roll back: %w", err)
		}
	}
	if _, err := b.ExecContext(ctx, "release turn"); err != nil {
		return false, fmt.Errorf("release: %w", err)
	}
	return keep, nil
}

// drop gives the connection up for good; SQLite rolls back what is open on it.
func (b *batch) drop() {
	if b.conn == nil {
		return
	}
	for _, s := range b.statements {
		_ = s.Close() // the connection goes with it
	}
	_ = b.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = b.conn.Close()
	b.conn, b.statements = nil, nil
}

// statement prepares each text once a connection: all texts are constants.
func (b *batch) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := b.statements[query]; ok {
		return s, nil
	}
	s, err := b.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	b.statements[query] = s
	return s, nil
}

// ExecContext and QueryContext make the batch the conn of its transactions.
func (b *batch) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := b.statement(ctx, query) //nolint:sqlclosecheck // drop closes it
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext is ExecContext for rows.
func (b *batch) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := b.statement(ctx, query) //nolint:sqlclosecheck // drop closes it
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}
