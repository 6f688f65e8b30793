// Package pgtest gives tests PostgreSQL databases: empty ones, on a throw-away server made
// from the machine's own binaries, or on the one that CHANGEWARDEN_TEST_DATABASE_URL names. It
// keeps a test from passing because there was nothing to run it on: without a server it fails,
// and says what to install. Tests alone import it.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Setting names the server to use in place of a throw-away one: a postgres:// URL of somebody
// who may make and drop databases.
const Setting = "CHANGEWARDEN_TEST_DATABASE_URL"

// shared is the server that the tests of one binary share. One that it starts ends with the
// process, which therefore has to hold on to it.
var shared = sync.OnceValues(func() (*server, error) {
	if given := os.Getenv(Setting); given != "" {
		return &server{url: given}, nil
	}
	return start()
})

// URL returns the URL of a new, empty database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return database(t, server.url, "template0")
}

// Copy returns the URL of a new database with the content of another one that URL returned,
// to which nobody may be connected.
func Copy(t testing.TB, of string) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return database(t, server.url, u.Path[1:])
}

// database makes a database, which is dropped when the test ends.
func database(t testing.TB, server, template string) string {
	t.Helper()
	made, err := create(t.Context(), server, template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(context.Background(), server, made); err != nil {
			t.Errorf("drop a database: %v", err)
		}
	})
	return made
}

// create makes a database on a server, as a copy of another one, and returns its URL.
func create(ctx context.Context, server, template string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("make a database: the server's URL cannot be read") // it may hold a password
	}
	u.Path = "/test_" + strings.ToLower(rand.Text())
	if err := do(ctx, server, "create database "+u.Path[1:]+" template "+template); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	return u.String(), nil
}

func drop(ctx context.Context, server, made string) error {
	u, err := url.Parse(made)
	if err != nil {
		return err
	}
	return do(ctx, server, "drop database "+u.Path[1:]+" with (force)")
}

func do(ctx context.Context, server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// Server is a PostgreSQL server of one test, which may stop it and start it again.
type Server struct {
	t    testing.TB
	made *server
}

// NewServer starts a throw-away server, which ends with the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	made, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.close(); err != nil {
			t.Errorf("end PostgreSQL: %v", err)
		}
	})
	return &Server{t, made}
}

// URL returns the URL of a new, empty database on s, which ends with it.
func (s *Server) URL() string {
	s.t.Helper()
	made, err := create(s.t.Context(), s.made.url, "template0")
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// Crash kills s: every connection breaks, and what was not committed is lost.
func (s *Server) Crash() { s.ctl("stop", "-m", "immediate") }

// Start starts s again, and returns when it takes connections.
func (s *Server) Start() { s.ctl("start") }

func (s *Server) ctl(args ...string) {
	s.t.Helper()
	if err := s.made.ctl(args...); err != nil {
		s.t.Fatal(err)
	}
}

// Program returns where one of PostgreSQL's own programs is, such as pg_dump.
func Program(t testing.TB, name string) string {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	// initdb may be linked to from elsewhere, without its companions.
	initdb, err := filepath.EvalSymlinks(filepath.Join(bin, "initdb"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(filepath.Dir(initdb), name)
}
