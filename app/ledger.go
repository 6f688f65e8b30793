package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store"
)

// errHeld: another process serves from the same database.
var errHeld = errors.New("held by another process")

// shared says whether other processes may serve from the same database.
func (o Options) shared() bool { return store.Shared(o.DatabaseURL) }

// hold takes the database for this process alone, unless it is one to share. What it returns
// gives it back.
func (o Options) hold() (io.Closer, error) {
	if o.shared() {
		return io.NopCloser(nil), nil
	}
	file := o.sqliteFile()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	held, err := lock(file + ".lock")
	if errors.Is(err, errHeld) {
		return nil, &Problem{Setting: "CHANGEWARDEN_DATABASE_URL", Text: fmt.Sprintf("names %s, from which another changewarden serves: stop that one first, or give this one a file of its own", file)}
	}
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	return held, nil
}

// openStore opens the store with the ledger's key, which is made at the first start beside
// the SQLite file, and returns the verifier key that belongs to it.
func openStore(ctx context.Context, o Options, host string) (*store.Store, string, error) {
	create := o.LedgerKeyFile == "" && !o.shared()
	if _, err := os.Stat(o.sqliteFile()); err == nil {
		create = false // a key made now could not have signed what the database holds
	}
	key, err := ledgerKey(o.LedgerKeyPath(), create)
	if err != nil {
		return nil, "", err
	}
	signer, verifier, err := parseLedgerKey(o.LedgerKeyPath(), key)
	if err != nil {
		return nil, "", err
	}
	s, err := store.Open(ctx, o.DatabaseURL, store.Options{
		Signer: signer, Origin: host, App: o.AppID, TakeoverGrace: requestTimeout + requestTimeout/2,
		Quiet: cmp.Or(o.Quiet, defaultQuiet), Pace: o.limits().pace(), PerInstallation: perInstallation,
		Commit: o.seams.commit,
	})
	return s, verifier, err
}

// ledgerKey reads the signing key at path. Where there is none and create is set, it makes
// one, readable by its owner alone and never over another file.
func ledgerKey(path string, create bool) (string, error) {
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		return strings.TrimSpace(string(text)), nil
	case errors.Is(err, fs.ErrNotExist) && !create:
		return "", keyProblem("names %s, which is not there: check the path, or restore the key that was made with the database", path)
	case !errors.Is(err, fs.ErrNotExist):
		return "", keyProblem("cannot be used: %v", err)
	}
	signer, _, err := evidence.GenerateKey("changewarden")
	if err != nil {
		return "", err
	}
	if err := writeKey(path, []byte(signer+"\n")); err != nil {
		return "", fmt.Errorf("make the ledger's key: %w", err)
	}
	return signer, nil
}

// writeKey writes a new file that its owner alone can read.
func writeKey(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// MakeLedgerKey makes a signing key in a file that is not there yet, and returns the verifier
// key that belongs to it. Errors are Problems, or those of making a file.
func MakeLedgerKey(path string) (string, error) {
	if _, err := os.Lstat(path); err == nil {
		return "", keyProblem("names %s, which is there already: a key that signed something must not be replaced", path)
	}
	if _, err := ledgerKey(path, true); err != nil {
		return "", err
	}
	return LedgerVerifier(path)
}

// LedgerVerifier returns the verifier key that belongs to the signing key in a file. Errors
// are Problems and never repeat the key.
func LedgerVerifier(path string) (string, error) {
	key, err := ledgerKey(path, false)
	if err != nil {
		return "", err
	}
	_, verifier, err := parseLedgerKey(path, key)
	return verifier, err
}

// parseLedgerKey reads a signing key; path is where it stood.
func parseLedgerKey(path, key string) (note.Signer, string, error) {
	signer, err := note.NewSigner(key) // its errors do not repeat the key
	if err != nil {
		return nil, "", keyProblem("names %s, which holds no signing key: give the file that the server made, as it is", path)
	}
	verifier, err := verifierKey(signer.Name(), key)
	if err != nil {
		return nil, "", keyProblem("names %s, which holds no signing key: %v", path, err)
	}
	return signer, verifier, nil
}

func keyProblem(format string, args ...any) *Problem {
	return &Problem{Setting: "CHANGEWARDEN_LEDGER_KEY_FILE", Text: fmt.Sprintf(format, args...)}
}

// verifierKey derives the public half of a signing key in the form of sumdb/note:
// PRIVATE+KEY+name+hash+base64(algorithm byte, Ed25519 seed).
func verifierKey(name, key string) (string, error) {
	_, last, _ := strings.Cut(strings.TrimPrefix(key, "PRIVATE+KEY+"+name+"+"), "+")
	raw, err := base64.StdEncoding.DecodeString(last)
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errors.New("it is no Ed25519 key of sumdb/note")
	}
	public, _ := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(name, public)
}
