package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrNotSQLite: the database makes its own backups.
var ErrNotSQLite = errors.New("not a SQLite database")

// Backup writes a copy of a SQLite database to a file that is not there yet: everything as of
// one moment, while a server may be running on it. ErrNotSQLite for another database, and
// fs.ErrExist if the file is there.
func Backup(ctx context.Context, databaseURL, file string) (err error) {
	defer func() { err = wrap(err, "back up to %s", file) }()
	if isPostgres(databaseURL) {
		return ErrNotSQLite
	}
	path, err := sqlitePath(databaseURL)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	// SQLite would make the copy readable by all, and takes an empty file for a new one.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(file)) // half a copy is none
		}
	}()
	db, err := openPool(path, 1, "mode=ro", "_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `vacuum into $1`, file); err != nil {
		return err
	}
	if whole, err := check(ctx, file); err != nil || !whole && ctx.Err() != nil {
		return fmt.Errorf("look through the copy: %w", errors.Join(err, ctx.Err()))
	}
	return f.Sync()
}
