package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/changewarden/changewarden/app/evidence"
)

// Append adds a record to an account's log, with the hashes that it completes, the new head
// and its signed checkpoint. It returns that head and the record's place. Appends to one log
// come one after the other, in whichever transactions.
func (tx *Tx) Append(log int64, kind string, at time.Time, body []byte) (evidence.Head, int64, error) {
	head, seq, err := tx.append(log, kind, at, body)
	return head, seq, wrap(err, "append %s to log %d", kind, log)
}

func (tx *Tx) append(log int64, kind string, at time.Time, body []byte) (evidence.Head, int64, error) {
	if log == evidence.Contents {
		return evidence.Head{}, 0, errors.New("no account has this id")
	}
	if lock := tx.s.d.lockLog; lock != "" {
		if err := tx.exec(lock, log); err != nil {
			return evidence.Head{}, 0, fmt.Errorf("lock: %w", err)
		}
	}
	seq, _, err := one(tx.reader(), column[int64], `select size from ledger_heads where log = $1`, log)
	if err != nil {
		return evidence.Head{}, 0, err
	}
	r := evidence.Record{Log: log, Seq: seq, Kind: kind, At: moment(micros(at)), Body: bytesOf(body)}
	if r.Salt, err = tx.s.salt(); err != nil {
		return evidence.Head{}, 0, err
	}
	if err := r.Validate(); err != nil {
		return evidence.Head{}, 0, err
	}
	err = tx.exec(`insert into ledger (log, seq, kind, at, salt, body) values ($1, $2, $3, $4, $5, $6)`, log, seq, kind, micros(at), r.Salt, r.Body)
	if err != nil {
		return evidence.Head{}, 0, err
	}
	hashes, err := evidence.StoredHashes(r, tx.hashes(log))
	if err != nil {
		return evidence.Head{}, 0, err
	}
	for i, h := range hashes {
		err := tx.exec(`insert into ledger_hashes (log, idx, hash) values ($1, $2, $3)`, log, tlog.StoredHashIndex(0, seq)+int64(i), h[:])
		if err != nil {
			return evidence.Head{}, 0, err
		}
	}
	head := evidence.Head{Log: log, Size: seq + 1}
	if head.Root, err = tlog.TreeHash(head.Size, tx.hashes(log)); err != nil {
		return evidence.Head{}, 0, err
	}
	checkpoint, err := evidence.Sign(head, evidence.Origin(tx.s.o.Origin, log), tx.s.o.Signer)
	if err != nil {
		return evidence.Head{}, 0, err
	}
	err = tx.exec(`
insert into ledger_heads (log, size, root, checkpoint) values ($1, $2, $3, $4)
on conflict (log) do update set size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint`,
		log, head.Size, head.Root[:], checkpoint)
	return head, seq, err
}

// hashes reads the stored hashes of a log.
func (tx *Tx) hashes(log int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			stored, err := list(tx.reader(), column[[]byte], `select hash from ledger_hashes where log = $1 and idx = $2`, log, index)
			if err != nil {
				return nil, err
			}
			if len(stored) != 1 || len(stored[0]) != tlog.HashSize {
				return nil, fmt.Errorf("stored hash %d is missing or malformed", index)
			}
			hashes[i] = tlog.Hash(stored[0])
		}
		return hashes, nil
	})
}

// LedgerHead returns how far an account's log goes, and its signed checkpoint.
func (s *Store) LedgerHead(ctx context.Context, log int64) (evidence.Head, []byte, bool, error) {
	stored, found, err := source{s.read}.Head(ctx, log)
	if err != nil || !found {
		return evidence.Head{}, nil, false, wrap(err, "read head of log %d", log)
	}
	if len(stored.Root) != tlog.HashSize {
		return evidence.Head{}, nil, false, fmt.Errorf("read head of log %d: root of %d bytes", log, len(stored.Root))
	}
	return evidence.Head{Log: log, Size: stored.Size, Root: tlog.Hash(stored.Root)}, stored.Checkpoint, true, nil
}

// Record returns one record of an account's log.
func (s *Store) Record(ctx context.Context, log, seq int64) (evidence.Record, bool, error) {
	all, err := source{s.read}.Records(ctx, log, seq-1, 1)
	if err != nil || len(all) == 0 || all[0].Seq != seq {
		return evidence.Record{}, false, wrap(err, "read record %d of log %d", seq, log)
	}
	return all[0], true, nil
}

// PutBlob stores content in a row of its own, where it can be erased, and returns the
// address by which a record names it. The salt makes each address another one, also for
// equal contents: callers remember addresses.
func (tx *Tx) PutBlob(content []byte) (address string, err error) {
	salt, err := tx.s.salt()
	if err != nil {
		return "", fmt.Errorf("store content: %w", err)
	}
	address = evidence.Address(salt, content)
	err = tx.exec(`insert into blobs (address, salt, content) values ($1, $2, $3)`, address, salt, bytesOf(content))
	return address, wrap(err, "store content")
}

// Blob returns the content at an address; not found if it was erased. Content that does not
// fit its address is an error.
func (s *Store) Blob(ctx context.Context, address string) (content []byte, found bool, err error) {
	return s.reader(ctx).blob(address)
}

// Blob is Store.Blob as the transaction sees it.
func (tx *Tx) Blob(address string) (content []byte, found bool, err error) {
	return tx.reader().blob(address)
}

func (r reader) blob(address string) (content []byte, found bool, err error) {
	c, found, err := one(r, scanContent, selectContent+`where address = $1`, address)
	if err == nil && found && evidence.Address(c.Salt, c.Content) != address {
		err = errors.New("it does not fit its address")
	}
	return c.Content, found, wrap(err, "read content %s", address)
}

func (s *Store) salt() ([]byte, error) {
	salt := make([]byte, evidence.SaltSize)
	if _, err := io.ReadFull(s.o.Rand, salt); err != nil {
		return nil, fmt.Errorf("make salt: %w", err)
	}
	return salt, nil
}
