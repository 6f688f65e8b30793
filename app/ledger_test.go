package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A database whose ledger key is gone is not signed on with a new one.
func TestLedgerKeyIsNotReplaced(t *testing.T) {
	o := Options{DatabaseURL: "sqlite://" + filepath.Join(t.TempDir(), "data", "test.db")}
	open := func() (string, error) {
		s, verifier, err := openStore(context.Background(), o, "api.github.com")
		if err != nil {
			return "", err
		}
		return verifier, s.Close()
	}
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(o.LedgerKeyPath()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v, want mode 0600", info, err)
	}
	if again, err := open(); err != nil || again != first {
		t.Errorf("the second start has verifier %q, %v, want %q", again, err, first)
	}
	if err := os.Remove(o.LedgerKeyPath()); err != nil {
		t.Fatal(err)
	}
	_, err = open()
	if _, ok := errors.AsType[*Problem](err); !ok {
		t.Errorf("without its key: %v, want a Problem", err)
	}
	if _, err := os.Stat(o.LedgerKeyPath()); err == nil {
		t.Error("a new key was made")
	}
}

// Two servers never work from one SQLite file.
func TestDatabaseIsHeld(t *testing.T) {
	o := Options{DatabaseURL: "sqlite://" + filepath.Join(t.TempDir(), "data", "test.db")}
	held, err := o.hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.hold(); err == nil {
		t.Error("it is held twice")
	} else if _, ok := errors.AsType[*Problem](err); !ok {
		t.Errorf("held twice: %v, want a Problem", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := o.hold()
	if err != nil {
		t.Fatalf("not given back: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
