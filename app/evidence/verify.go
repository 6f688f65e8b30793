package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Source is where a ledger is kept. It gives what is stored, as it is stored, without
// judging it, and all its answers are of one moment. Each page is what comes after a place,
// in ascending order; an empty page is the end.
type Source interface {
	// Logs returns every log of which a record, a hash or a head is stored, ascending.
	Logs(ctx context.Context) ([]int64, error)
	// Records returns up to n records of a log whose Seq is greater than after.
	Records(ctx context.Context, log, after int64, n int) ([]Record, error)
	// Hashes returns up to n stored hashes of a log whose Index is greater than after.
	Hashes(ctx context.Context, log, after int64, n int) ([]StoredHash, error)
	// Head returns what is stored as the head of a log, and whether anything is.
	Head(ctx context.Context, log int64) (StoredHead, bool, error)
	// Contents returns up to n contents whose Address is greater than after.
	Contents(ctx context.Context, after string, n int) ([]Content, error)
}

// StoredHash is one node of the tree.
type StoredHash struct {
	Index int64 // tlog.StoredHashIndex
	Hash  []byte
}

// StoredHead is the head of a log.
type StoredHead struct {
	Size       int64
	Root       []byte
	Checkpoint []byte
}

// Content is what stands in a row of its own. One that a record names may have been erased:
// only those that are there are checked.
type Content struct {
	Address string
	Salt    []byte
	Content []byte
}

// page is how many rows are read at once.
const page = 512

// Verify recomputes every leaf, every stored hash, the root and the checkpoint of every
// log, and the address of every content, and says where they break. outside are heads that
// were kept elsewhere: from checkpoints (Open), or the size and root that a check run shows.
// The last report is about Contents. An error means that the source could not be read to its
// end, or that there is no key to verify with; it says nothing about what was not read.
func Verify(ctx context.Context, src Source, v note.Verifiers, outside ...Head) ([]Report, error) {
	if v == nil {
		return nil, errors.New("verify ledger: no key to verify checkpoints with")
	}
	logs, err := src.Logs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	for _, h := range outside {
		logs = append(logs, h.Log)
	}
	slices.Sort(logs)
	var reports []Report
	for _, log := range slices.Compact(logs) {
		c := &check{src: src, outside: map[int64]tlog.Hash{}}
		c.report.Log = log
		for _, h := range outside {
			if h.Log != log {
				continue
			}
			if root, ok := c.outside[h.Size]; ok && root != h.Root {
				c.report.add(-1, "two outside checkpoints of size %d contradict each other", h.Size)
			}
			c.outside[h.Size] = h.Root
		}
		if err := c.log(ctx, v); err != nil {
			return reports, fmt.Errorf("verify log %d: %w", log, err)
		}
		reports = append(reports, c.report)
	}
	contents, err := verifyContents(ctx, src)
	if err != nil {
		return reports, fmt.Errorf("verify contents: %w", err)
	}
	return append(reports, contents), nil
}

// check is the verification of one log. Each stored hash is compared with what it is made
// of, a leaf with its record, a node with its two stored children, and the root with the
// stored nodes: if all fit, everything is as if recomputed from the records alone, and if
// one does not, that one is named, not all above it.
type check struct {
	src     Source
	report  Report
	outside map[int64]tlog.Hash // by size

	hashes []StoredHash  // of the page being read
	index  int64         // of the last hash that was read
	nodes  [64]tlog.Hash // by level: the complete subtree that waits for its right sibling
}

// ReadHashes gives tlog the subtrees that make up the tree so far, its only question here.
func (c *check) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, _ := tlog.SplitStoredHashIndex(index)
		hashes[i] = c.nodes[level]
	}
	return hashes, nil
}

func (c *check) log(ctx context.Context, v note.Verifiers) error {
	next := int64(0) // the record that has to come
	c.index = math.MinInt64
	for after := int64(math.MinInt64); ; {
		records, err := c.src.Records(ctx, c.report.Log, after, page)
		if err != nil {
			return fmt.Errorf("read records after %d: %w", after, err)
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			after = r.Seq
			c.report.Size++
			if r.Seq < next {
				c.report.add(r.Seq, "a log has no such place, or it is taken")
				continue
			}
			if r.Seq-next > maxBreaks {
				c.report.add(next, "the record is missing, as all before %d; what follows was not read", r.Seq)
				return nil
			}
			for ; next < r.Seq; next++ {
				c.report.add(next, "the record is missing")
				if err := c.grow(ctx, next, nil); err != nil {
					return err
				}
			}
			if err := c.grow(ctx, r.Seq, &r); err != nil {
				return err
			}
			next++
		}
	}
	var err error
	if c.report.Root, err = tlog.TreeHash(next, c); err != nil {
		return err
	}
	if err := c.tail(ctx, next); err != nil {
		return err
	}
	return c.head(ctx, next, v)
}

// grow takes the hashes stored with record seq into the tree; r is nil if it is missing.
func (c *check) grow(ctx context.Context, seq int64, r *Record) error {
	var want tlog.Hash
	if r != nil {
		if r.Log != c.report.Log {
			c.report.add(seq, "the record is of log %d", r.Log)
		}
		if err := r.Validate(); err != nil {
			c.report.add(seq, "the record is malformed: %v", err)
		}
		want = tlog.RecordHash(r.Leaf())
	}
	first, top := tlog.StoredHashIndex(0, seq), bits.TrailingZeros64(uint64(seq)+1)
	for level := 0; level <= top; level++ {
		got, found, err := c.hash(ctx, first+int64(level))
		if err != nil {
			return err
		}
		switch {
		case !found:
			c.report.add(seq, "the stored hash %d is missing", first+int64(level))
			got = want
		case level == 0 && r != nil && got != want:
			c.report.add(seq, "the record does not fit its stored hash")
		case level > 0 && got != want:
			c.report.add(seq, "the stored hash %d does not fit the two below it", first+int64(level))
		}
		if level == top {
			c.nodes[level] = got
		} else {
			want = tlog.NodeHash(c.nodes[level], got)
		}
	}
	root, ok := c.outside[seq+1]
	if !ok {
		return nil
	}
	got, err := tlog.TreeHash(seq+1, c)
	if err != nil {
		return err
	}
	if got != root {
		c.report.add(seq, "the records up to here are not those of the outside checkpoint %d", seq+1)
		return nil
	}
	c.report.Against = seq + 1
	return nil
}

// hash returns the stored hash at index, which is asked for in ascending order.
func (c *check) hash(ctx context.Context, index int64) (tlog.Hash, bool, error) {
	for {
		for len(c.hashes) > 0 {
			h := c.hashes[0]
			if h.Index > index {
				return tlog.Hash{}, false, nil
			}
			c.hashes, c.index = c.hashes[1:], h.Index
			if h.Index < index {
				c.report.add(-1, "the stored hash %d belongs to no record", h.Index)
				continue
			}
			if len(h.Hash) != tlog.HashSize {
				return tlog.Hash{}, true, nil
			}
			return tlog.Hash(h.Hash), true, nil
		}
		hashes, err := c.src.Hashes(ctx, c.report.Log, c.index, page)
		if err != nil {
			return tlog.Hash{}, false, fmt.Errorf("read hashes after %d: %w", c.index, err)
		}
		if len(hashes) == 0 {
			return tlog.Hash{}, false, nil
		}
		c.hashes = hashes
	}
}

// tail reports what is stored beyond the last record.
func (c *check) tail(ctx context.Context, size int64) error {
	end := tlog.StoredHashCount(size)
	if _, found, err := c.hash(ctx, end); err != nil {
		return err
	} else if found || len(c.hashes) > 0 {
		c.report.add(size, "the record is missing, its stored hashes are there")
	}
	for _, n := range slices.Sorted(maps.Keys(c.outside)) {
		if n > size {
			c.report.add(-1, "the outside checkpoint knows %d records, there are %d: the tail was cut off", n, size)
		}
	}
	return nil
}

// head compares what is stored as the head, and its signed checkpoint, with the tree.
func (c *check) head(ctx context.Context, size int64, v note.Verifiers) error {
	stored, found, err := c.src.Head(ctx, c.report.Log)
	if err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	if !found {
		c.report.add(-1, "the head is missing")
		return nil
	}
	if stored.Size != size {
		c.report.add(-1, "the head says %d records, there are %d", stored.Size, size)
	}
	if !bytes.Equal(stored.Root, c.report.Root[:]) {
		c.report.add(-1, "the head's root is not that of the tree")
	}
	signed, origin, err := Open(stored.Checkpoint, v)
	switch {
	case err != nil:
		c.report.add(-1, "%v", err)
	case signed.Log != c.report.Log:
		c.report.add(-1, "the checkpoint %s is of another log", origin)
	case signed.Size != size:
		c.report.add(-1, "the checkpoint was signed over %d records, there are %d", signed.Size, size)
	case signed.Root != c.report.Root:
		c.report.add(-1, "the checkpoint was signed over another tree")
	}
	return nil
}

func verifyContents(ctx context.Context, src Source) (Report, error) {
	report := Report{Log: Contents}
	for after := ""; ; {
		contents, err := src.Contents(ctx, after, page)
		if err != nil {
			return report, fmt.Errorf("read contents after %q: %w", after, err)
		}
		if len(contents) == 0 {
			return report, nil
		}
		for _, k := range contents {
			report.Size++
			if len(k.Salt) != SaltSize || Address(k.Salt, k.Content) != k.Address {
				report.add(-1, "the content at %s does not fit its address", k.Address)
			}
			after = k.Address
		}
	}
}
