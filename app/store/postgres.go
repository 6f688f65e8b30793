package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgres has many processes write at the same time, each transaction as of READ COMMITTED:
// a statement sees what was committed before it began. See direct.go for the order in which
// transactions lock.
var postgres = dialect{
	shared:     true,
	forUpdate:  ` for update`,
	skipLocked: ` for update skip locked`,
	lock:       `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
	lockShared: `select pg_advisory_xact_lock_shared(hashtextextended($1, 0))`,
	snapshot:   sql.LevelRepeatableRead,
	migrations: goose.DialectPostgres,
	text:       storable,
	patience:   15 * time.Second,
}

const (
	// pgWriters and pgReaders are how many connections a process uses for each, beside the one
	// on which it listens: PostgreSQL allows 100 for all processes unless told otherwise.
	pgWriters = 16
	pgReaders = 8
)

// pgParameters is what a connection asks of the server, unless the URL asks for something
// else. A statement that takes longer than any of ours is stuck; and who vanished with a
// transaction open must not keep its locks.
var pgParameters = map[string]string{
	"application_name":                    "changewarden",
	"statement_timeout":                   "10s",
	"lock_timeout":                        "5s",
	"idle_in_transaction_session_timeout": "30s",
}

// Shared says whether any number of processes may have the database open at the same time.
func Shared(databaseURL string) bool { return isPostgres(databaseURL) }

// isPostgres says whether a database URL names a PostgreSQL server.
func isPostgres(databaseURL string) bool {
	return strings.HasPrefix(databaseURL, "postgres://") || strings.HasPrefix(databaseURL, "postgresql://")
}

// CheckURL says what is wrong with a database URL, as the end of a sentence that begins with
// the setting's name; nil: nothing. It never repeats the URL, which may hold a password.
func CheckURL(databaseURL string) error {
	if isPostgres(databaseURL) {
		_, err := pgConfig(databaseURL)
		return err
	}
	if _, err := sqlitePath(databaseURL); err != nil {
		return errors.New("names no database: write it as postgres://USER@HOST/DATABASE, sqlite:///PATH/FILE.db, or sqlite://FILE.db for a path below the working directory")
	}
	return nil
}

// pgConfig reads a database URL, and for what it leaves out the environment that PostgreSQL's
// own programs read (PGPASSFILE, PGSSLROOTCERT, ...).
func pgConfig(databaseURL string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, errors.New("is not a URL: write it as " + pgShape)
	}
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("cannot be used: " + reason(err))
	}
	if strings.Trim(u.Path, "/") == "" && u.Query().Get("dbname") == "" && os.Getenv("PGDATABASE") == "" {
		return nil, errors.New("names a server and no database: write it as postgres://USER@HOST/DATABASE")
	}
	if err := checkTLS(u, config); err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	for name, value := range pgParameters {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// reason is what a parser's error is about, without what it repeats of the text.
func reason(err error) string {
	text := err.Error()
	text = text[strings.LastIndex(text, "`: ")+1:]
	for _, known := range []struct{ in, is string }{
		{"sslmode", "its sslmode is none that PostgreSQL knows: use verify-full"},
		{"CA", "its sslrootcert cannot be read as a certificate"},
		{"cert", "its sslcert and sslkey cannot be read as a certificate with its key"},
		{"key", "its sslcert and sslkey cannot be read as a certificate with its key"},
		{"port", "its port is no number"},
		{"target_session_attrs", "its target_session_attrs is none that PostgreSQL knows"},
	} {
		if strings.Contains(text, known.in) {
			return known.is
		}
	}
	return "write it as " + pgShape
}

// pgShape is how a URL is written.
const pgShape = "postgres://USER:PASSWORD@HOST/DATABASE, with %40 for an @ in the password and %2F for a /"

// checkTLS refuses a way to the server on which others could read along, unless the URL or
// PGSSLMODE say that this is wanted. What "prefer" does is for whoever stands between to say.
func checkTLS(u *url.URL, config *pgx.ConnConfig) error {
	mode := u.Query().Get("sslmode")
	if mode == "" {
		mode = os.Getenv("PGSSLMODE")
	}
	plain := !near(config.Host) && config.TLSConfig == nil
	for _, f := range config.Fallbacks {
		plain = plain || !near(f.Host) && f.TLSConfig == nil
	}
	switch {
	case !plain || mode == "disable":
		return nil
	case mode == "":
		return errors.New("names a server elsewhere and does not say how to encrypt: add ?sslmode=verify-full (and sslrootcert=FILE for an authority of your own), or ?sslmode=disable if nobody else can reach the network between")
	}
	return fmt.Errorf("says sslmode=%s, which goes without encryption as soon as somebody between refuses it: use verify-full, or disable if nobody else can reach the network between", mode)
}

// near says whether a server is on this machine.
func near(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func openPostgres(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	config, err := pgConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL %w", err)
	}
	target, err := migratePostgres(ctx, config)
	if err != nil {
		return nil, err
	}
	write, read := openPG(config, pgWriters), openPG(config, pgReaders)
	s := &Store{o: o, d: postgres, read: read, writer: &direct{db: write}, wake: make(chan struct{}, 1), target: target}
	s.ownBot.Store(o.OwnBot)
	err = s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.OwnBot()
		return err
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.bell = newBell(ctx, config, write, s.heard)
	return s, nil
}

func openPostgresReadOnly(ctx context.Context, databaseURL string) (*Store, error) {
	config, err := pgConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL %w", err)
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	delete(config.RuntimeParams, "idle_in_transaction_session_timeout") // whoever verifies computes between reads
	read := openPG(config, readers)
	target, err := newest()
	if err == nil {
		err = checkVersion(ctx, read, target)
	}
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	return &Store{d: postgres, read: read, wake: make(chan struct{}, 1), target: target}, nil
}

// openPG connects when the first connection is needed.
func openPG(config *pgx.ConnConfig, size int) *sql.DB {
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	// Connections move on to another server, after a failover or behind a balancer, in time.
	db.SetConnMaxLifetime(30 * time.Minute)
	return db
}

// migratePostgres brings the tables up to date, one process at a time: others that start
// wait for it.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) (target int64, err error) {
	config = config.Copy()
	delete(config.RuntimeParams, "statement_timeout")
	delete(config.RuntimeParams, "lock_timeout")
	db := openPG(config, 3)
	defer func() { err = errors.Join(err, db.Close()) }()
	lock, err := db.Conn(ctx)
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	const held = `hashtextextended('changewarden migrations', 0)`
	if _, err := lock.ExecContext(ctx, `select pg_advisory_lock(`+held+`)`); err != nil {
		return 0, fmt.Errorf("lock tables: %w", err)
	}
	defer func() {
		_, unlocked := lock.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock(`+held+`)`)
		err = errors.Join(err, unlocked)
	}()
	return migrate(ctx, db, postgres.migrations)
}

// storable returns text that PostgreSQL takes: valid UTF-8 without NUL. GitHub's own is.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
