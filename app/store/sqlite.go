package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"; it binds $N by number, as PostgreSQL does
)

// sqlite needs no locks of its own: one transaction writes at a time, and what a reading
// one sees does not move.
var sqlite = dialect{migrations: goose.DialectSQLite3}

// readers is how many connections read at the same time.
const readers = 4

// sqlitePath returns the path in a database URL, relative ones as they are.
func sqlitePath(databaseURL string) (string, error) {
	path, ok := strings.CutPrefix(databaseURL, "sqlite://")
	if !ok {
		scheme, _, _ := strings.Cut(databaseURL, ":") // the rest may hold a password
		return "", fmt.Errorf("database URL with scheme %q: want postgres or sqlite", scheme)
	}
	if path == "" || strings.HasSuffix(path, "/") {
		return "", errors.New("database URL without a file: want sqlite:///path/file.db")
	}
	return path, nil
}

// dsn is the driver's name for the file at path.
func dsn(path string, parameters ...string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // a drive letter
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: strings.Join(parameters, "&")}
	return u.String(), nil
}

func openSQLite(ctx context.Context, path string, o Options) (_ *Store, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// SQLite would make the file readable by all, and gives its journals the file's mode.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	left, err := examine(ctx, path)
	if err != nil {
		return nil, err
	}
	write, err := openPool(path, 1, "_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	target, err := migrate(ctx, write, sqlite.migrations)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := openPool(path, readers, "_pragma=busy_timeout(5000)", "_query_only=1")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{o: o, d: sqlite, read: read, writer: newBatch(write), wake: make(chan struct{}, 1), target: target, left: left}
	s.ownBot.Store(o.OwnBot)
	return s, nil
}

func openSQLiteReadOnly(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	read, err := openPool(path, readers, "mode=ro", "_pragma=busy_timeout(5000)", "_query_only=1")
	if err != nil {
		return nil, err
	}
	target, err := newest()
	if err == nil {
		err = checkVersion(ctx, read, target)
	}
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	return &Store{d: sqlite, read: read, wake: make(chan struct{}, 1), target: target}, nil
}

func openPool(path string, size int, parameters ...string) (*sql.DB, error) {
	name, err := dsn(path, parameters...)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}
