package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Recovery is what Open found of a process that did not close its database, and what became
// of it. SQLite itself recovers; this says what it did, which SQLite does not.
type Recovery struct {
	Unclean      bool  // the last process left its journal behind
	Transactions int   // that stood in the journal whole, and hold
	Pages        int   // that these wrote
	Cut          int64 // bytes at the journal's end that did not, and were left out
	Lost         int   // transactions in these that had been finished: they may have been acknowledged
	Checked      bool  // the file was looked through to its end within the time for it
}

// Sizes in SQLite's write-ahead log. https://www.sqlite.org/fileformat2.html#walformat
const (
	walHeader   = 32
	frameHeader = 24
	walMagic    = 0x377f0682 // its last bit: checksums of big-endian words
)

// journal reads the write-ahead log of the database at path as SQLite is about to: up to the
// last transaction before the first frame whose checksum does not fit.
func journal(path string) (r Recovery, err error) {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return Recovery{}, nil
	}
	if err != nil {
		return Recovery{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return Recovery{}, err
	}
	r.Unclean = true
	in := bufio.NewReaderSize(f, 1<<16)
	header := make([]byte, walHeader)
	if _, err := io.ReadFull(in, header); err != nil {
		r.Cut = info.Size() // not even a header: SQLite makes another
		return r, nil
	}
	w := wal{order: binary.LittleEndian, salt: [8]byte(header[16:24])}
	magic := binary.BigEndian.Uint32(header)
	if magic&1 == 1 {
		w.order = binary.BigEndian
	}
	w.sum(header[:24])
	size := int64(binary.BigEndian.Uint32(header[8:]))
	if magic&^1 != walMagic || !w.fits(header[24:]) || size < 512 || size > 1<<16 {
		r.Cut, r.Lost = info.Size(), 1 // what stood in it cannot be counted
		return r, nil
	}
	w.read(in, size, &r)
	return r, nil
}

// wal is the state of reading one.
type wal struct {
	order  binary.ByteOrder
	salt   [8]byte // of this turn of the log: frames of earlier ones lie behind it
	s0, s1 uint32
}

// read reads the frames, and counts.
func (w *wal) read(in io.Reader, page int64, r *Recovery) {
	frame := make([]byte, frameHeader+page)
	torn, open, behind := false, int64(0), int64(0)
	for pages := 1; ; pages++ {
		n, err := io.ReadFull(in, frame)
		if err != nil {
			if !torn && behind == 0 {
				open += int64(n)
			}
			break
		}
		commit := binary.BigEndian.Uint32(frame[4:]) != 0
		if [8]byte(frame[8:16]) != w.salt {
			// Left from an earlier turn, unless frames of this one lie behind it.
			torn = true
			behind += int64(n)
			continue
		}
		if !torn {
			w.sum(frame[:8])
			w.sum(frame[frameHeader:])
			torn = !w.fits(frame[16:])
		}
		open += int64(n) + behind
		behind = 0
		switch {
		case commit && torn:
			r.Lost++
		case commit:
			r.Transactions, r.Pages, open = r.Transactions+1, pages, 0
		}
	}
	r.Cut = open
}

// sum goes on with the checksum.
func (w *wal) sum(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		w.s0 += w.order.Uint32(b) + w.s1
		w.s1 += w.order.Uint32(b[4:]) + w.s0
	}
}

// fits says whether the checksum is the one that was written.
func (w *wal) fits(written []byte) bool {
	return binary.BigEndian.Uint32(written) == w.s0 && binary.BigEndian.Uint32(written[4:]) == w.s1
}

// DamagedError is a database file that cannot be trusted. Nothing in it was changed.
type DamagedError struct{ Path, Detail string }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the database %s is damaged (%s), and was left as it is: put it and its -wal file aside, put your newest backup in its place "+
		"and start again; what GitHub delivered since then is asked for again (docs/reliability.md, Restore from a backup)", e.Path, e.Detail)
}
