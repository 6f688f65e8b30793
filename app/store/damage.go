package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// checkTime is for how long a start looks through the file for damage. A file of a gigabyte
// is not through by then: what is behind is found when it is read.
const checkTime = time.Second

// examine looks at the file before anything is written to it, and says what the last process
// left. It returns a *DamagedError if the file cannot be trusted.
func examine(ctx context.Context, path string) (Recovery, error) {
	left, err := journal(path)
	if err != nil {
		return left, fmt.Errorf("read the journal: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return left, err
	}
	if info.Size() == 0 && left.Transactions > 0 {
		// SQLite would take it for a new one, and delete the journal.
		return left, &DamagedError{path, "it is empty, and there is a journal that belongs to it"}
	}
	left.Checked, err = check(ctx, path)
	return left, err
}

// check has SQLite look through the file, without writing to it, and says whether it came to
// the end.
func check(ctx context.Context, path string) (whole bool, err error) {
	db, err := openPool(path, 1, "mode=ro", "_pragma=busy_timeout(5000)", "_query_only=1")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	found, _, err := one(reader{ctx: bounded, conn: db}, column[string], `pragma quick_check(1)`)
	switch {
	case bounded.Err() != nil:
		return false, ctx.Err()
	case damaged(err):
		return false, &DamagedError{path, err.Error()}
	case err != nil:
		return false, fmt.Errorf("look through the file: %w", err)
	case found != "ok":
		return false, &DamagedError{path, found}
	}
	return true, nil
}

// damaged says whether SQLite said that what it read cannot be right.
func damaged(err error) bool {
	e, ok := errors.AsType[*engine.Error](err)
	return ok && (e.Code()&0xff == codes.SQLITE_CORRUPT || e.Code() == codes.SQLITE_NOTADB)
}

// Full says whether a write failed because there is no room for it: the disk is full, or a
// quota reached. Nothing of it is stored, and the same write may succeed later.
func Full(err error) bool {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e.Code()&0xff == codes.SQLITE_FULL
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "53100" // disk_full
}
