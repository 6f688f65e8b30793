package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/changewarden/changewarden/app/store/pgtest"
	"github.com/changewarden/changewarden/app/subject"
)

// The server is killed and started again under an open store: what was acknowledged is there,
// what is asked meanwhile fails and says so, and then all goes on, also what others rang.
func TestDatabaseRestart(t *testing.T) {
	server := pgtest.NewServer(t)
	url := server.URL()
	s, other := openAt(t, url), openAt(t, url)
	guid := accept(t, s, noon, subject.Result{Subjects: []subject.Subject{pr(1)}})
	in(t, s, func(tx *Tx) error { _, _, err := tx.Append(9, "verdict", noon, []byte("before")); return err })
	held := claimOne(t, s, noon)

	server.Crash()
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready without a database")
	}
	fresh, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: "meanwhile", At: noon}, subject.Result{})
	if err == nil || fresh {
		t.Errorf("Accept without a database = %v, %v", fresh, err)
	}
	if _, err := s.Claim(t.Context(), noon, "w", 1, time.Minute); err == nil {
		t.Error("claimed without a database")
	}

	server.Start()
	must(t, s.Ready(t.Context()))
	if _, found, err := s.Delivery(t.Context(), ownApp, guid); err != nil || !found {
		t.Errorf("an acknowledged delivery is lost, %v", err)
	}
	if _, found, err := s.Delivery(t.Context(), ownApp, "meanwhile"); err != nil || found {
		t.Errorf("a refused delivery is stored: %v, %v", found, err)
	}
	in(t, s, func(tx *Tx) error { _, _, err := tx.Append(9, "verdict", noon, []byte("after")); return err })
	if got := verify(t, s)[0]; got != "log 9: 2 records, consistent with itself" {
		t.Errorf("verify: %s", got)
	}
	done(t, s, held, after(1), time.Time{})
	drain(other) // it listens again, or will: either way it is woken once it does
	must(t, s.Raise(t.Context(), after(2), Due{Subject: pr(2)}))
	<-other.Wake()
	if c := claimOne(t, other, after(2)); c.Subject != pr(2) {
		t.Errorf("claim %+v, want what was raised after the restart", c)
	}
}

func drain(s *Store) {
	select {
	case <-s.Wake():
	default:
	}
}

// A transaction whose connection breaks, or that the server ends for another one, is run
// again; what the server says about a statement is not, nor a commit that may have been.
func TestRunAgain(t *testing.T) {
	said := func(code string) error { return fmt.Errorf("do: %w", &pgconn.PgError{Code: code}) }
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"deadlock", said("40P01"), true},
		{"serialization", said("40001"), true},
		{"serialization at the commit", &commitError{said("40001")}, true},
		{"shut down", said("57P01"), true},
		{"connection", fmt.Errorf("do: %w", pgconn.ErrConnClosed), true},
		{"connection at the commit", &commitError{pgconn.ErrConnClosed}, false},
		{"shut down at the commit", &commitError{said("57P01")}, false},
		{"no server", fmt.Errorf("connect: %w", &pgconn.ConnectError{}), false},
		{"unique", said("23505"), false},
		{"timeout", said("57014"), false},
		{"time", context.DeadlineExceeded, false},
		{"ours", ErrLost, false},
	} {
		if got := undone(test.err); got != test.want {
			t.Errorf("%s: run again %v, want %v", test.name, got, test.want)
		}
	}

	s := openAt(t, pgtest.URL(t))
	tries := 0
	in(t, s, func(tx *Tx) error {
		tries++
		must(t, tx.Raise(noon, Due{Subject: pr(1)}))
		if tries == 1 {
			return tx.exec(`select pg_terminate_backend(pg_backend_pid())`)
		}
		return nil
	})
	if c := claimOne(t, s, noon); tries != 2 || c.Generation != 1 {
		t.Errorf("%d tries, generation %d, want 2 and one rise", tries, c.Generation)
	}

	// Two that lock against each other's order: one is ended and run again.
	in(t, s, func(tx *Tx) error { return tx.Raise(noon, Due{Subject: pr(2)}) })
	first := make(chan struct{})
	second := make(chan struct{})
	failed := make(chan error, 1)
	lock := func(tx *Tx, n int64) error {
		return tx.exec(`select key from subjects where key = $1 for update`, pr(n).Key())
	}
	runs := 0
	go func() {
		failed <- s.Tx(context.Background(), func(tx *Tx) error {
			if err := lock(tx, 1); err != nil {
				return err
			}
			if runs++; runs == 1 {
				close(first)
				<-second
			}
			return lock(tx, 2)
		})
	}()
	others := 0
	err := s.Tx(t.Context(), func(tx *Tx) error {
		if others++; others == 1 {
			<-first
		}
		if err := lock(tx, 2); err != nil {
			return err
		}
		if others == 1 {
			close(second)
		}
		return lock(tx, 1)
	})
	if err := errors.Join(err, <-failed); err != nil || runs+others < 3 {
		t.Errorf("%d and %d runs, %v, want both done, and one of them run again", runs, others, err)
	}
}

// Text that PostgreSQL cannot store is stored as what it can, and found by what was stored.
func TestStorable(t *testing.T) {
	s := openAt(t, pgtest.URL(t))
	for _, name := range []string{"nul\x00byte", "half \xff a rune", "plain ✓"} {
		accept(t, s, noon, subject.Result{Repositories: []subject.RepositoryFact{{ID: 1, Owner: "o", Name: name, DefaultBranch: "main", At: noon}}})
		if r, found, err := s.RepositoryByName(t.Context(), "o", name); err != nil || !found || r.ID != 1 {
			t.Errorf("%q: %+v, %v, %v", name, r, found, err)
		}
	}
}

// A read-only store on PostgreSQL reads beside a running one, and changes nothing.
func TestReadOnlyPostgreSQL(t *testing.T) {
	url := pgtest.URL(t)
	if r, err := OpenReadOnly(t.Context(), url); err == nil {
		r.Close()
		t.Error("opened a database without tables")
	}
	s := openAt(t, url)
	in(t, s, func(tx *Tx) error { _, _, err := tx.Append(7, "verdict", noon, []byte("body")); return err })
	r, err := OpenReadOnly(t.Context(), url)
	must(t, err)
	defer r.Close()
	must(t, r.Ready(t.Context()))
	if reports := verify(t, r); len(reports) != 2 || reports[0] != "log 7: 1 record, consistent with itself" {
		t.Errorf("verify: %q", reports)
	}
	if err := r.Tx(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Tx: %v, want ErrReadOnly", err)
	}
	if _, err := r.read.ExecContext(t.Context(), `delete from ledger`); err == nil {
		t.Error("a read-only connection deletes")
	}
}
