package app

import (
	"context"
	"errors"
	"io/fs"

	"github.com/changewarden/changewarden/app/store"
)

// Backup writes a copy of a SQLite database to a file, while a server may be running on it. A
// *Problem says what cannot be used.
func Backup(ctx context.Context, databaseURL, file string) error {
	err := store.Backup(ctx, databaseURL, file)
	switch {
	case errors.Is(err, store.ErrNotSQLite):
		return &Problem{Setting: "CHANGEWARDEN_DATABASE_URL", Text: "names a PostgreSQL database: back it up with pg_dump, or as you do with its server"}
	case errors.Is(err, fs.ErrExist):
		return &Problem{Setting: "FILE", Text: file + " is there already: a backup is never written over, name another file"}
	}
	return err
}
