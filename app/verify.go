package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store"
)

// Verified is what VerifyLedger read, all of it as of one moment.
type Verified struct {
	Reports     []evidence.Report
	Checkpoints map[int64][]byte // by log, as they are stored; to be kept elsewhere
}

// VerifyLedger recomputes the ledger in the database of a server, which may be running, and
// compares it with the heads that were kept elsewhere. An unusable database URL is a
// *Problem. After any other error the reports are of what could be read.
func VerifyLedger(ctx context.Context, databaseURL string, key note.Verifier, outside ...evidence.Head) (_ Verified, err error) {
	s, err := openReadOnly(ctx, databaseURL)
	if err != nil {
		return Verified{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v := Verified{Checkpoints: map[int64][]byte{}}
	err = s.Evidence(ctx, func(src evidence.Source) (err error) {
		if v.Reports, err = evidence.Verify(ctx, src, note.VerifierList(key), outside...); err != nil {
			return err
		}
		for _, r := range v.Reports {
			head, found, err := src.Head(ctx, r.Log)
			if err != nil {
				return fmt.Errorf("read head of log %d: %w", r.Log, err)
			}
			if found {
				v.Checkpoints[r.Log] = head.Checkpoint
			}
		}
		return nil
	})
	return v, err
}

// openReadOnly opens the database of a server for reading alone. It makes nothing: one
// that is not there is a *Problem.
func openReadOnly(ctx context.Context, databaseURL string) (*store.Store, error) {
	o := Options{DatabaseURL: databaseURL}
	problem := func(text string) error { return &Problem{Setting: "CHANGEWARDEN_DATABASE_URL", Text: text} }
	if text := o.databaseProblem(); text != "" {
		return nil, problem(text)
	}
	if o.shared() {
		return store.OpenReadOnly(ctx, databaseURL)
	}
	file := o.sqliteFile()
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem(fmt.Sprintf("names %s, which is not there: check the path, and run this where the server runs", file))
	case err != nil:
		return nil, problem(fmt.Sprintf("cannot be used: %v", err))
	case !info.Mode().IsRegular():
		return nil, problem(fmt.Sprintf("names %s, which is no file: check the path", file))
	case info.Size() == 0:
		return nil, problem(fmt.Sprintf("names %s, which is empty: no server has used it yet", file))
	}
	return store.OpenReadOnly(ctx, databaseURL)
}
