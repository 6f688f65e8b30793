// Package evidence is the format of the ledger: what a record's leaf binds, how leaves
// become a Merkle tree (golang.org/x/mod/sumdb/tlog, RFC 6962), how a tree's head is signed
// (golang.org/x/mod/sumdb/note), and how all of it is recomputed. The format is final from
// the first record on. Bodies are opaque: what they mean is for others to say, so that the
// proof outlives every version of the product. It keeps nothing: storage is a Source.
package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// SaltSize is the length of every salt in bytes. It is fixed, and Verify insists on it, so
// that no byte can move from a salt to what follows it in a hash.
const SaltSize = 16

// Record is one entry of a log.
type Record struct {
	Log  int64     // numeric id of the GitHub account, one log each
	Seq  int64     // position in the log, from 0, without gaps
	Kind string    // what Body is: lower-case letters, digits, dots, dashes, underscores
	At   time.Time // to the microsecond; the rest is dropped
	Salt []byte    // SaltSize random bytes: a body cannot be guessed back from its leaf
	Body []byte
}

var kinds = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// Validate says what keeps r from being a record. A kind with a line break, say, could give
// two records one leaf.
func (r Record) Validate() error {
	switch {
	case r.Seq < 0:
		return fmt.Errorf("seq %d is negative", r.Seq)
	case !kinds.MatchString(r.Kind):
		return fmt.Errorf("kind %q: want lower-case letters, digits, dots, dashes, underscores", r.Kind)
	case len(r.Salt) != SaltSize:
		return fmt.Errorf("salt of %d bytes: want %d", len(r.Salt), SaltSize)
	}
	return nil
}

// Leaf is the text whose hash stands in the tree. It holds nothing personal: of the body
// only the salted hash, so that a body can be erased and the tree still verifies.
func (r Record) Leaf() []byte {
	at := r.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	return fmt.Appendf(nil, "changewarden/leaf/v1\n%d\n%d\n%s\n%s\n%s\n", r.Log, r.Seq, r.Kind, at, Address(r.Salt, r.Body))
}

// Address is the name of content that stands in a row of its own: 64 hex digits of
// SHA-256(salt ‖ content).
func Address(salt, content []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// StoredHashes returns the hashes to be stored with r, the first at
// tlog.StoredHashIndex(0, r.Seq), the others right after it. read gives those stored before.
func StoredHashes(r Record, read tlog.HashReader) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashes(r.Seq, r.Leaf(), read)
	if err != nil {
		return nil, fmt.Errorf("hash record %d of log %d: %w", r.Seq, r.Log, err)
	}
	return hashes, nil
}
