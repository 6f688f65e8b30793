// Package store keeps what must not be lost: deliveries, the worklist of subjects that are
// due, what GitHub last said, verdicts, what is owed to GitHub, and the ledger. It decides
// nothing about changes; all it knows of them is which rows a delivery concerns. SQL stays
// in here, as one $N text for SQLite and PostgreSQL; where engines differ, the difference
// stands in dialect.
//
// Times are UTC in the API and bigint microseconds in SQL. The package has no clock: the
// moment is an argument.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
)

// What callers tell apart. After any other error of a write nothing of it is stored, unless
// the error came from the commit itself: then it may or may not be.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrLost: the lease is not the caller's any more; somebody else works on the subject, or did.
	ErrLost = errors.New("lease lost")
	// ErrReadOnly: the store was opened for reading alone.
	ErrReadOnly = errors.New("store is open for reading alone")
)

// Options configure a Store.
type Options struct {
	Signer note.Signer // signs the ledger's checkpoints; required
	Origin string      // GitHub's host, part of each checkpoint's first line; required

	App           int64  // our app's id; 0: unknown, and then no check run is known to be ours
	OwnBot        int64  // GitHub's user id of our app's bot; 0: unknown, SetOwnBot tells later
	StatusContext string // of our commit status; empty: change-management

	// TakeoverGrace is how long after a lease has lapsed it may be taken over: longer than a
	// request to GitHub can last. 0: 15 seconds.
	TakeoverGrace time.Duration

	// Quiet is for how long after a look events about the same subject are gathered into the
	// next one. The first event is never held up. 0: not at all.
	Quiet time.Duration

	Pace            Pace // of writes to GitHub, by installation
	PerInstallation int  // how many subjects of one installation an owner works on at once; 0: all
	// Commit is asked before each transaction is committed, and an error of it rolls that back:
	// tests kill a server there. nil: nobody is asked.
	Commit func() error

	NewID func() (int64, error) // person and verdict ids, in [1, 2^53); nil: RandomID
	Rand  io.Reader             // salts; nil: crypto/rand
}

func (o *Options) complete() error {
	var problems []error
	if o.Signer == nil {
		problems = append(problems, errors.New("no signer for the ledger"))
	}
	if o.Origin == "" || strings.ContainsAny(o.Origin, " \t\r\n") {
		problems = append(problems, fmt.Errorf("ledger origin %q: want a host", o.Origin))
	}
	if o.TakeoverGrace < 0 {
		problems = append(problems, fmt.Errorf("takeover grace %s is negative", o.TakeoverGrace))
	}
	if o.TakeoverGrace == 0 {
		o.TakeoverGrace = 15 * time.Second
	}
	if o.StatusContext == "" {
		o.StatusContext = "change-management"
	}
	if o.NewID == nil {
		o.NewID = RandomID
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return errors.Join(problems...)
}

// RandomID returns a random number in [1, 2^53): one that JSON readers keep exact, and that
// says nothing about whom it stands for.
func RandomID() (int64, error) {
	for {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, fmt.Errorf("make random id: %w", err)
		}
		if id := int64(binary.BigEndian.Uint64(b[:]) >> 11); id != 0 {
			return id, nil
		}
	}
}

// Store is a database. It is safe for concurrent use.
type Store struct {
	o      Options
	d      dialect
	read   *sql.DB
	writer writer // nil: read-only
	wake   chan struct{}
	ownBot atomic.Int64
	target int64 // the migration that this program's SQL is for
}

// writer runs write transactions.
type writer interface {
	// write runs do in a transaction and returns once it is committed and durable. If do
	// returns an error or panics, nothing of it is stored.
	write(ctx context.Context, do func(conn) error) error
	close() error
}

// dialect is what SQL engines do not agree on.
type dialect struct {
	forUpdate  string             // ends a select whose row the transaction goes on to change
	skipLocked string             // ends a select of rows that others may be taking at this moment
	lockLog    string             // a statement that locks log $1, which may have no row yet; empty: writers are alone anyway
	snapshot   sql.IsolationLevel // of a transaction that reads everything as of one moment
}

// Open opens the database at databaseURL, makes it if there is none, and brings its tables
// up to date. sqlite:///var/lib/x.db is an absolute path, sqlite://data/x.db a relative one;
// directories are made with mode 0700, the file with 0600.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	path, err := sqlitePath(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s, err := openSQLite(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

// OpenReadOnly opens an existing database for reading, migrates and writes nothing, and
// refuses one whose tables are of another version. All writes return ErrReadOnly.
func OpenReadOnly(ctx context.Context, databaseURL string) (*Store, error) {
	path, err := sqlitePath(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s, err := openSQLiteReadOnly(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open store %s for reading: %w", path, err)
	}
	return s, nil
}

// Close ends the store. Writes under way are finished; later ones return ErrClosed.
func (s *Store) Close() error {
	var werr error
	if s.writer != nil {
		werr = s.writer.close()
	}
	if err := errors.Join(werr, s.read.Close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Ready says whether the store can be read and written, and has the tables that this
// program's SQL is for.
func (s *Store) Ready(ctx context.Context) error {
	if err := checkVersion(ctx, s.read, s.target); err != nil {
		return err
	}
	if s.writer == nil {
		return nil
	}
	return s.Tx(ctx, func(tx *Tx) error { return tx.exec(`update subjects set generation = generation where key = ''`) })
}

// SetOwnBot tells the user id of our app's bot once it is known: until then a commit status
// in our own context could be anybody's.
func (s *Store) SetOwnBot(user int64) { s.ownBot.Store(user) }

// OwnBot returns the user id of our app's bot; 0: it is not known yet.
func (s *Store) OwnBot() int64 { return s.ownBot.Load() }

// Wake returns a channel that receives after something may have become due. One receiver
// hears of each change at least once; several rises may come as one.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// Evidence lets read look at the whole ledger as of one moment.
func (s *Store) Evidence(ctx context.Context, read func(evidence.Source) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.d.snapshot})
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	defer tx.Rollback()
	return read(source{tx})
}
