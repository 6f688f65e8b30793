package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/evidence"
)

func testLedger(t *testing.T, s *Store) {
	var heads []evidence.Head
	in(t, s, func(tx *Tx) error {
		for i := range 5 {
			head, seq, err := tx.Append(9, "verdict", after(i), fmt.Appendf(nil, "body %d", i))
			if err != nil {
				return err
			}
			if seq != int64(i) || head.Size != seq+1 || head.Log != 9 {
				t.Errorf("append = %+v, %d, want place %d", head, seq, i)
			}
			heads = append(heads, head)
		}
		_, _, err := tx.Append(10, "publication", noon, nil)
		return err
	})
	boom := errors.New("boom")
	err := s.Tx(t.Context(), func(tx *Tx) error {
		if _, _, err := tx.Append(9, "verdict", noon, []byte("rolled back")); err != nil {
			t.Error(err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"kind with a line break": s.Tx(t.Context(), func(tx *Tx) error { _, _, err := tx.Append(9, "a\nb", noon, nil); return err }),
		"log 0":                  s.Tx(t.Context(), func(tx *Tx) error { _, _, err := tx.Append(0, "verdict", noon, nil); return err }),
	} {
		if err == nil {
			t.Errorf("append with %s: no error", name)
		}
	}
	head, checkpoint, found, err := s.LedgerHead(t.Context(), 9)
	if err != nil || !found || head != heads[4] {
		t.Errorf("head %+v, %v, %v, want %+v", head, found, err, heads[4])
	}
	opened, origin, err := evidence.Open(checkpoint, verifiers)
	if err != nil || opened != head || origin != "changewarden/github.com/9" {
		t.Errorf("checkpoint %+v of %q, %v, want %+v", opened, origin, err, head)
	}
	r, found, err := s.Record(t.Context(), 9, 2)
	if err != nil || !found || string(r.Body) != "body 2" || r.Kind != "verdict" || !r.At.Equal(after(2)) {
		t.Errorf("record %+v, %v, %v", r, found, err)
	}
	for _, seq := range []int64{-1, 5} {
		if _, found, err := s.Record(t.Context(), 9, seq); found || err != nil {
			t.Errorf("record %d: %v, %v", seq, found, err)
		}
	}
	want := []string{"log 9: 5 records, verified against checkpoint of 3 records, the 2 after it consistent with themselves", "log 10: 1 record, consistent with itself", "contents: 0 read, each fits its address"}
	if diff := cmp.Diff(want, verify(t, s, heads[2])); diff != "" {
		t.Errorf("verify (-want +got):\n%s", diff)
	}
}

func testLedgerConcurrent(t *testing.T, s *Store) {
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := s.Tx(t.Context(), func(tx *Tx) error {
					_, _, err := tx.Append(9, "verdict", noon, fmt.Appendf(nil, "%d/%d", w, i))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := verify(t, s); got[0] != fmt.Sprintf("log 9: %d records, consistent with itself", writers*each) {
		t.Errorf("verify: %q", got)
	}
}

func testBlobs(t *testing.T, s *Store) {
	var one, two, none string
	in(t, s, func(tx *Tx) (err error) {
		if one, err = tx.PutBlob([]byte("policy")); err != nil {
			return err
		}
		if two, err = tx.PutBlob([]byte("policy")); err != nil {
			return err
		}
		none, err = tx.PutBlob(nil)
		return err
	})
	if one == two {
		t.Error("equal contents have one address: it can be guessed")
	}
	for address, want := range map[string]string{one: "policy", two: "policy", none: ""} {
		got, found, err := s.Blob(t.Context(), address)
		if err != nil || !found || string(got) != want {
			t.Errorf("content %q, %v, %v, want %q", got, found, err, want)
		}
	}
	in(t, s, func(tx *Tx) error { return tx.exec(`delete from blobs where address = $1`, one) })
	if _, found, err := s.Blob(t.Context(), one); found || err != nil {
		t.Errorf("erased content: %v, %v", found, err)
	}
	in(t, s, func(tx *Tx) error {
		return tx.exec(`update blobs set content = $2 where address = $1`, two, []byte("lax policy"))
	})
	if got, _, err := s.Blob(t.Context(), two); err == nil {
		t.Errorf("changed content is read as %q", got)
	}
}

// TestEveryByte changes, one at a time, each column of each row of the ledger in the file
// itself: each change is found.
func TestEveryByte(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	in(t, s, func(tx *Tx) error {
		for i := range 5 {
			if _, _, err := tx.Append(9, "verdict", after(i), fmt.Appendf(nil, "body %d", i)); err != nil {
				return err
			}
		}
		if _, _, err := tx.Append(10, "verdict", noon, []byte("body")); err != nil {
			return err
		}
		_, err := tx.PutBlob([]byte("content"))
		return err
	})
	db := s.writer.(*batch).db
	s.writer.(*batch).drop() // nothing is written: its connection is free for this test
	changed := 0
	for table, columns := range map[string][]string{
		"ledger":        {"log", "seq", "kind", "at", "salt", "body"},
		"ledger_hashes": {"log", "idx", "hash"},
		"ledger_heads":  {"log", "size", "root", "checkpoint"},
		"blobs":         {"address", "salt", "content"},
	} {
		rowids, err := list(reader{ctx: t.Context(), conn: db}, column[int64], `select rowid from `+table)
		must(t, err)
		for _, id := range rowids {
			row := fmt.Sprintf(`%s where rowid = %d`, table, id)
			for _, c := range columns {
				var was any
				must(t, db.QueryRowContext(t.Context(), `select `+c+` from `+row).Scan(&was))
				for _, now := range spoilt(was) {
					update := func(v any) {
						t.Helper()
						_, err := db.ExecContext(t.Context(), `update `+table+` set `+c+` = $1 where rowid = $2`, v, id)
						must(t, err)
					}
					if _, err := db.ExecContext(t.Context(), `update `+table+` set `+c+` = $1 where rowid = $2`, now, id); err != nil {
						if strings.Contains(err.Error(), "UNIQUE constraint") {
							continue // the place is taken: the engine refuses
						}
						t.Fatal(err)
					}
					changed++
					if holds(t, s) {
						t.Errorf("%s.%s changed from %v to %v in row %d: not found", table, c, was, now, id)
					}
					update(was)
				}
			}
			if table == "blobs" {
				continue // erasing is allowed
			}
			var before []byte
			must(t, db.QueryRowContext(t.Context(), `select 'x' from `+row).Scan(&before))
			tx, err := db.BeginTx(t.Context(), nil)
			must(t, err)
			_, err = tx.ExecContext(t.Context(), `delete from `+row)
			must(t, err)
			if holdsIn(t, tx) {
				t.Errorf("row %d of %s deleted: not found", id, table)
			}
			must(t, tx.Rollback())
		}
	}
	if changed < 500 {
		t.Errorf("%d changes were tried, want more", changed)
	}
	if !holds(t, s) {
		t.Error("put back as it was, and broken")
	}
}

// spoilt returns values that differ from v in one byte each.
func spoilt(v any) (all []any) {
	switch v := v.(type) {
	case int64:
		for _, bit := range []int64{1, 2, 1 << 8, 1 << 40} {
			all = append(all, v^bit)
		}
	case string:
		for _, b := range spoilt([]byte(v)) {
			all = append(all, string(b.([]byte)))
		}
	case []byte:
		for i := range v {
			b := bytes.Clone(v)
			b[i] ^= 1 << (i % 7)
			all = append(all, b)
		}
		all = append(all, append(bytes.Clone(v), 'x'), v[:len(v)-1])
	default:
		panic(fmt.Sprintf("%T", v))
	}
	return all
}

func holds(t *testing.T, s *Store) (ok bool) {
	t.Helper()
	_ = s.Evidence(t.Context(), func(src evidence.Source) error {
		ok = sound(t, src)
		return nil
	})
	return ok
}

func holdsIn(t *testing.T, tx *sql.Tx) bool { return sound(t, source{tx}) }

func sound(t *testing.T, src evidence.Source) bool {
	reports, err := evidence.Verify(t.Context(), src, verifiers)
	return err == nil && !slices.ContainsFunc(reports, func(r evidence.Report) bool { return !r.OK() })
}
