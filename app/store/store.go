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
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
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
	bell   *bell  // to and from other processes; nil: there are none
	wake   chan struct{}
	ownBot atomic.Int64
	target int64 // the migration that this program's SQL is for
	left   Recovery
}

// writer runs write transactions.
type writer interface {
	// write runs do in a transaction and returns once it is committed and durable. If do
	// returns an error or panics, nothing of it is stored. do runs on the caller's goroutine;
	// again from its start if the engine gave the transaction up.
	write(ctx context.Context, do func(conn) error) error
	close() error
}

// dialect is what SQL engines do not agree on.
type dialect struct {
	shared     bool                // other processes, and other transactions of this one, write at the same time
	forUpdate  string              // ends a select whose rows the transaction goes on to change
	skipLocked string              // ends a select of rows that others may be taking at this moment
	lock       string              // a statement that locks the name $1 until the transaction ends; empty: writers are alone anyway
	lockShared string              // the same, beside others that do no more than this
	snapshot   sql.IsolationLevel  // of a transaction that reads everything as of one moment
	migrations goose.Dialect       // of the table that says which migrations were applied
	text       func(string) string // makes a text one that the engine can store; nil: any is
	patience   time.Duration       // how long a read may take; 0: for ever
}

// Open opens the database at databaseURL and brings its tables up to date. Of SQLite,
// sqlite:///var/lib/x.db is an absolute path, sqlite://data/x.db a relative one; the database
// is made if there is none, directories with mode 0700, the file with 0600. PostgreSQL is
// postgres://USER@HOST/DATABASE; the database has to be there, and any number of processes may
// have it open.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if isPostgres(databaseURL) {
		s, err := openPostgres(ctx, databaseURL, o)
		return s, wrap(err, "open store on PostgreSQL")
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
	if isPostgres(databaseURL) {
		s, err := openPostgresReadOnly(ctx, databaseURL)
		return s, wrap(err, "open store on PostgreSQL for reading")
	}
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
	if s.bell != nil {
		s.bell.close()
	}
	if s.writer != nil {
		werr = s.writer.close()
	}
	if err := errors.Join(werr, s.read.Close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Recovered returns what the last process left, as it was found when the store was opened.
func (s *Store) Recovered() Recovery { return s.left }

// readyTimeout is how long Ready waits for an answer: less than those who ask wait for it.
const readyTimeout = 5 * time.Second

// Ready says whether the store can be read and written, and has the tables that this
// program's SQL is for. It writes: a full disk shows in nothing else. See Full.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := checkVersion(ctx, s.read, s.target); err != nil {
		return err
	}
	if s.writer == nil {
		return nil
	}
	return s.Tx(ctx, func(tx *Tx) error {
		// Some pages of it, so that what is free inside the file does not hide that it cannot grow.
		if err := tx.PutMark(readyMark, Mark{Body: strings.Repeat(".", 16<<10)}); err != nil {
			return err
		}
		return tx.PutMark(readyMark, Mark{})
	})
}

// readyMark is what Ready writes.
const readyMark = "ready"

// SetOwnBot tells the user id of our app's bot once it is known, to the other processes too:
// until then a commit status in our own context could be anybody's.
func (s *Store) SetOwnBot(ctx context.Context, user int64) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		// A user id does not change, so the moment does not matter.
		return tx.remember(ownBotKind, strconv.FormatInt(s.o.App, 10), []byte(strconv.FormatInt(user, 10)), time.Time{}, time.Time{})
	})
	if err != nil {
		return fmt.Errorf("remember our own bot: %w", err)
	}
	s.ownBot.Store(user)
	return nil
}

const ownBotKind = "own_bot"

// OwnBot returns the user id of our app's bot, which another process may have found out; 0:
// nobody has.
func (tx *Tx) OwnBot() (int64, error) {
	if user := tx.s.ownBot.Load(); user != 0 {
		return user, nil
	}
	body, found, err := one(tx.reader(), column[[]byte], `select body from cache where kind = $1 and key = $2`, ownBotKind, strconv.FormatInt(tx.s.o.App, 10))
	if err != nil || !found {
		return 0, wrap(err, "recall our own bot")
	}
	user, err := strconv.ParseInt(string(body), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("recall our own bot: %w", err)
	}
	tx.s.ownBot.Store(user)
	return user, nil
}

// Clock returns the time that the database has, if it is one that others may share: their
// clocks and ours are to be near it, because the moments in Claim, Extend and Retry are compared
// with each other.
func (s *Store) Clock(ctx context.Context) (at time.Time, shared bool, err error) {
	if !s.d.shared {
		return time.Time{}, false, nil
	}
	us, _, err := one(s.reader(ctx), column[int64], `select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)`)
	return moment(us), true, wrap(err, "read the database's clock")
}

// Wake returns a channel that receives after something may have become due, here or, soon
// after, by another process. One receiver hears of each change at least once; several rises
// may come as one. What another process says can get lost: look for what is due now and then.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// heard wakes the receiver of Wake.
func (s *Store) heard() {
	select {
	case s.wake <- struct{}{}:
	default: // somebody is about to look anyway
	}
}

// Evidence lets read look at the whole ledger as of one moment.
func (s *Store) Evidence(ctx context.Context, read func(evidence.Source) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.d.snapshot})
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	defer tx.Rollback()
	return read(source{tx})
}
