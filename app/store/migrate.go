package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date and returns their version. It refuses tables that a
// newer program made: it could not know what their rows mean.
func migrate(ctx context.Context, db *sql.DB, engine goose.Dialect) (int64, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	p, err := goose.NewProvider(engine, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, fmt.Errorf("load migrations: %w", err)
	}
	has, want, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read version of tables: %w", err)
	}
	if has > want {
		return 0, versionError(has, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return 0, fmt.Errorf("migrate tables: %w", err)
	}
	return want, nil
}

// newest returns the version that migrate leads to.
func newest() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("list migrations: %d found: %w", len(names), err)
	}
	return goose.NumericComponent(names[len(names)-1])
}

// checkVersion says whether the tables are of version want, without touching them.
func checkVersion(ctx context.Context, db *sql.DB, want int64) error {
	var has int64
	err := db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`).Scan(&has)
	if err != nil {
		return fmt.Errorf("read version of tables: %w", err)
	}
	if has != want {
		return versionError(has, want)
	}
	return nil
}

func versionError(has, want int64) error {
	return fmt.Errorf("tables are of version %d, this program is for version %d: start the program that they were last used with, or a newer one", has, want)
}
