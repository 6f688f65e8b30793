package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// left stores so many deliveries, one transaction each, and returns a copy of the files as a
// process leaves them that is killed then.
func left(t testing.TB, deliveries int) (url, path string) {
	t.Helper()
	from := sqliteURL(t)
	s := openAt(t, from)
	for i := range deliveries {
		_, err := s.Accept(t.Context(), Delivery{App: 1, GUID: fmt.Sprint(i), Event: "test", At: noon, Body: make([]byte, 3000)},
			subject.Result{Subjects: []subject.Subject{pr(1)}})
		must(t, err)
	}
	to := sqliteURL(t)
	path = strings.TrimPrefix(to, "sqlite://")
	for _, suffix := range []string{"", "-wal"} {
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		text, err := os.ReadFile(strings.TrimPrefix(from, "sqlite://") + suffix)
		must(t, err)
		must(t, os.WriteFile(path+suffix, text, 0o600))
	}
	return to, path
}

// damage changes a file.
func damage(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, change(text), 0o600))
}

// Behaviour 26, a damaged journal: a start keeps everything up to the last transaction that
// is whole, and says what it left out.
func TestDamagedJournal(t *testing.T) {
	const all = 12
	// frames returns where the frames of a journal begin, and which of them end a transaction.
	frames := func(wal []byte) (at []int, commits []int) {
		size := frameHeader + int(binary.BigEndian.Uint32(wal[8:]))
		for i := walHeader; i+size <= len(wal); i += size {
			if binary.BigEndian.Uint32(wal[i+4:]) != 0 {
				commits = append(commits, i+size)
			}
			at = append(at, i)
		}
		return at, commits
	}
	last := func(wal []byte, n int) int { // where the n-th transaction from the end is over
		_, commits := frames(wal)
		return commits[len(commits)-n]
	}
	for _, test := range []struct {
		name   string
		change func(wal []byte) []byte
		kept   int // of the deliveries
		lost   int // transactions
		cut    func(wal []byte) int
	}{
		{"as it was left", func(wal []byte) []byte { return wal }, all, 0, func([]byte) int { return 0 }},
		{
			"half a frame more", func(wal []byte) []byte { return append(wal, wal[walHeader:walHeader+2000]...) }, all, 0,
			func([]byte) int { return 2000 },
		},
		{
			"half of the last transaction", func(wal []byte) []byte { return wal[:last(wal, 1)-10] }, all - 1, 0,
			func(wal []byte) int { return last(wal, 1) - 10 - last(wal, 2) },
		},
		{
			"a byte of the last transaction", func(wal []byte) []byte { wal[last(wal, 1)-10] ^= 1; return wal }, all - 1, 1,
			func(wal []byte) int { return last(wal, 1) - last(wal, 2) },
		},
		{
			"a byte of the third last", func(wal []byte) []byte { wal[last(wal, 3)-10] ^= 1; return wal }, all - 3, 3,
			func(wal []byte) int { return last(wal, 1) - last(wal, 4) },
		},
		{
			"the salt of a frame of the second last", func(wal []byte) []byte {
				at, _ := frames(wal)
				for _, i := range at {
					if i >= last(wal, 3) {
						wal[i+8] ^= 1
						break
					}
				}
				return wal
			}, all - 2, 2,
			func(wal []byte) int { return last(wal, 1) - last(wal, 3) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, path := left(t, all)
			damage(t, path+"-wal", func(wal []byte) []byte { return wal[:last(wal, 1)] })
			whole, err := os.ReadFile(path + "-wal")
			must(t, err)
			damage(t, path+"-wal", test.change)
			s := openAt(t, url)
			got := s.Recovered()
			if got.Transactions == 0 {
				t.Error("no transaction is said to have been recovered")
			}
			got.Transactions, got.Pages = 0, 0
			if diff := cmp.Diff(Recovery{Unclean: true, Cut: int64(test.cut(whole)), Lost: test.lost, Checked: true}, got); diff != "" {
				t.Errorf("recovered (-want +got):\n%s", diff)
			}
			for i := range all {
				_, found, err := s.Delivery(t.Context(), 1, fmt.Sprint(i))
				if err != nil || found != (i < test.kept) {
					t.Errorf("delivery %d: found %v, %v; want the first %d of %d", i, found, err, test.kept, all)
				}
			}
			must(t, s.Raise(t.Context(), noon, Due{Subject: pr(1)}))
			must(t, s.Close())
			if got := openAt(t, url).Recovered(); got != (Recovery{Checked: true}) {
				t.Errorf("after an orderly end: %+v", got)
			}
		})
	}
}

// A journal without a header that fits is no journal: what was in the file itself is kept.
func TestJournalWithoutHeader(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"magic":    func(wal []byte) []byte { wal[0] ^= 1; return wal },
		"checksum": func(wal []byte) []byte { wal[24] ^= 1; return wal },
		"short":    func(wal []byte) []byte { return wal[:20] },
	} {
		t.Run(name, func(t *testing.T) {
			url, path := left(t, 2)
			damage(t, path+"-wal", change)
			info, err := os.Stat(path + "-wal")
			must(t, err)
			s, err := Open(t.Context(), url, testOptions())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := s.Recovered(); !got.Unclean || got.Cut != info.Size() || got.Transactions != 0 {
				t.Errorf("recovered %+v, want all of its %d bytes cut", got, info.Size())
			}
		})
	}
}

// Behaviour 26, a damaged database: the start refuses, says what to do, and changes nothing.
func TestDamagedDatabase(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"not a database": func(db []byte) []byte { copy(db, "something else altogether"); return db },
		"half of it":     func(db []byte) []byte { return db[:len(db)/2] },
		"zeros within":   func(db []byte) []byte { clear(db[4096 : len(db)-4096]); return db },
		"a page's head": func(db []byte) []byte {
			for i := 8192; i < len(db); i += 4096 {
				db[i] ^= 0x40
			}
			return db
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := sqliteURL(t)
			s := openAt(t, url)
			in(t, s, func(tx *Tx) error { _, _, err := tx.Append(7, "verdict", noon, []byte("body")); return err })
			must(t, s.Close())
			path := strings.TrimPrefix(url, "sqlite://")
			damage(t, path, change)
			was, err := os.ReadFile(path)
			must(t, err)
			_, err = Open(t.Context(), url, testOptions())
			if _, ok := errors.AsType[*DamagedError](err); !ok || !strings.Contains(err.Error(), "put your newest backup in its place") {
				t.Errorf("open: %v, want a DamagedError that says what to do", err)
			}
			is, err := os.ReadFile(path)
			must(t, err)
			if string(is) != string(was) {
				t.Error("the damaged file was changed")
			}
		})
	}
	t.Run("empty beside its journal", func(t *testing.T) {
		url, path := left(t, 2)
		must(t, os.Truncate(path, 0))
		if _, err := Open(t.Context(), url, testOptions()); err == nil {
			t.Error("a new database was made beside the journal of another")
		}
	})
}

// FuzzJournal: whatever the journal holds, a start reads as much of it as SQLite itself does.
func FuzzJournal(f *testing.F) {
	f.Add(uint32(0), byte(0), uint32(1<<31))
	f.Add(uint32(40), byte(1), uint32(1<<31))
	f.Add(uint32(5000), byte(0x80), uint32(9000))
	f.Add(uint32(20000), byte(7), uint32(30001))
	_, first := left(f, 3)
	db, err := os.ReadFile(first)
	must(f, err)
	whole, err := os.ReadFile(first + "-wal")
	must(f, err)
	f.Fuzz(func(t *testing.T, at uint32, flip byte, size uint32) {
		wal := bytes.Clone(whole[:min(int64(size), int64(len(whole)))])
		if int64(at) < int64(len(wal)) {
			wal[at] ^= flip
		}
		path := filepath.Join(t.TempDir(), "test.db")
		must(t, os.WriteFile(path, db, 0o600))
		must(t, os.WriteFile(path+"-wal", wal, 0o600))
		found, err := journal(path)
		must(t, err)
		pool, err := openPool(path, 1)
		must(t, err)
		defer pool.Close()
		var busy, pages, done int
		must(t, pool.QueryRowContext(t.Context(), `pragma wal_checkpoint`).Scan(&busy, &pages, &done))
		if max(pages, 0) != found.Pages {
			t.Errorf("SQLite finds %d pages, the start says %+v", pages, found)
		}
	})
}
