package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store"
)

// openStore opens the store with the ledger's key, which is made at the first start beside
// the SQLite file, and returns the verifier key that belongs to it.
func openStore(ctx context.Context, o Options, host string) (*store.Store, string, error) {
	key, err := ledgerKey(o.LedgerKeyPath(), o.LedgerKeyFile == "")
	if err != nil {
		return nil, "", err
	}
	signer, err := note.NewSigner(key) // its errors do not repeat the key
	if err != nil {
		return nil, "", fmt.Errorf("read the ledger's key %s: %w", o.LedgerKeyPath(), err)
	}
	verifier, err := verifierKey(signer.Name(), key)
	if err != nil {
		return nil, "", fmt.Errorf("read the ledger's key %s: %w", o.LedgerKeyPath(), err)
	}
	s, err := store.Open(ctx, o.DatabaseURL, store.Options{
		Signer: signer, Origin: host, App: o.AppID, TakeoverGrace: requestTimeout + requestTimeout/2,
		Quiet: cmp.Or(o.Quiet, defaultQuiet),
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
	case !create || !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the ledger's key: %w", err)
	}
	signer, _, err := evidence.GenerateKey("changewarden")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the ledger's key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("make the ledger's key: %w", err)
	}
	_, err = f.WriteString(signer + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("make the ledger's key: %w", err)
	}
	return signer, nil
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
