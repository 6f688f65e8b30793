package evidence

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// shelf is a Source in memory.
type shelf struct {
	records  map[int64][]Record
	hashes   map[int64][]StoredHash
	heads    map[int64]StoredHead
	contents []Content
	key      note.Verifiers
	signer   note.Signer
}

func (s *shelf) Logs(context.Context) ([]int64, error) {
	seen := map[int64]bool{}
	var logs []int64
	note := func(log int64) {
		if !seen[log] {
			logs, seen[log] = append(logs, log), true
		}
	}
	for log := range s.records {
		note(log)
	}
	for log := range s.hashes {
		note(log)
	}
	for log := range s.heads {
		note(log)
	}
	slices.Sort(logs)
	return logs, nil
}

func (s *shelf) Records(_ context.Context, log, after int64, n int) ([]Record, error) {
	rest := slices.DeleteFunc(slices.Clone(s.records[log]), func(r Record) bool { return r.Seq <= after })
	slices.SortStableFunc(rest, func(a, b Record) int { return int(a.Seq - b.Seq) })
	return rest[:min(n, len(rest))], nil
}

func (s *shelf) Hashes(_ context.Context, log, after int64, n int) ([]StoredHash, error) {
	rest := slices.DeleteFunc(slices.Clone(s.hashes[log]), func(h StoredHash) bool { return h.Index <= after })
	slices.SortStableFunc(rest, func(a, b StoredHash) int { return int(a.Index - b.Index) })
	return rest[:min(n, len(rest))], nil
}

func (s *shelf) Head(_ context.Context, log int64) (StoredHead, bool, error) {
	h, ok := s.heads[log]
	return h, ok, nil
}

func (s *shelf) Contents(_ context.Context, after string, n int) ([]Content, error) {
	rest := slices.DeleteFunc(slices.Clone(s.contents), func(c Content) bool { return c.Address <= after })
	slices.SortFunc(rest, func(a, b Content) int { return strings.Compare(a.Address, b.Address) })
	return rest[:min(n, len(rest))], nil
}

// seal writes hashes and head of the log's records.
func (s *shelf) seal(t testing.TB, log int64) Head {
	t.Helper()
	s.hashes[log] = nil
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, i := range indexes {
			hashes = append(hashes, tlog.Hash(s.hashes[log][i].Hash))
		}
		return hashes, nil
	})
	for _, r := range s.records[log] {
		hashes, err := StoredHashes(r, read)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hashes {
			s.hashes[log] = append(s.hashes[log], StoredHash{Index: int64(len(s.hashes[log])), Hash: bytes.Clone(h[:])})
		}
	}
	head := Head{Log: log, Size: int64(len(s.records[log]))}
	var err error
	if head.Root, err = tlog.TreeHash(head.Size, read); err != nil {
		t.Fatal(err)
	}
	checkpoint, err := Sign(head, Origin("github.com", log), s.signer)
	if err != nil {
		t.Fatal(err)
	}
	s.heads[log] = StoredHead{Size: head.Size, Root: bytes.Clone(head.Root[:]), Checkpoint: checkpoint}
	return head
}

var start = time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)

// newShelf holds log 7 with n records and log 8 with one, and two contents.
func newShelf(t testing.TB, n int) *shelf {
	t.Helper()
	skey, vkey, err := GenerateKey("github.com")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{records: map[int64][]Record{}, hashes: map[int64][]StoredHash{}, heads: map[int64]StoredHead{}}
	if s.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	s.key = note.VerifierList(verifier)
	for i := range n {
		s.records[7] = append(s.records[7], record(7, i))
	}
	s.records[8] = []Record{record(8, 0)}
	for log := range s.records {
		s.seal(t, log)
	}
	for _, text := range []string{"snapshot", ""} {
		salt := bytes.Repeat([]byte{'s'}, SaltSize)
		s.contents = append(s.contents, Content{Address: Address(salt, []byte(text)), Salt: salt, Content: []byte(text)})
	}
	return s
}

func record(log int64, i int) Record {
	return Record{
		Log: log, Seq: int64(i), Kind: "verdict", At: start.Add(time.Duration(i) * time.Second),
		Salt: bytes.Repeat([]byte{byte(i + 1)}, SaltSize), Body: []byte{'b', byte(i)},
	}
}

func breaks(t testing.TB, s *shelf, outside ...Head) []string {
	t.Helper()
	reports, err := Verify(t.Context(), s, s.key, outside...)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range reports {
		lines = append(lines, strings.Split(r.String(), "\n")...)
	}
	return lines
}

func TestVerifySizes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7, 8, 9, 255, 256, 700, 1300} {
		s := newShelf(t, n)
		reports, err := Verify(t.Context(), s, s.key)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			if !r.OK() {
				t.Errorf("%d records: %s", n, r)
			}
		}
		if got := reports[0].Root; !bytes.Equal(got[:], s.heads[7].Root) {
			t.Errorf("%d records: root %s, want that of the head", n, got)
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	// Outside checkpoints are taken of the shelf as it was, before it is damaged.
	for _, test := range []struct {
		name    string
		damage  func(t *testing.T, s *shelf)
		outside []int // sizes of log 7
		want    []string
	}{
		{"nothing", func(*testing.T, *shelf) {}, nil, []string{
			"log 7: 10 records, consistent with itself", "log 8: 1 record, consistent with itself", "contents: 2 read, each fits its address",
		}},
		{"nothing, with checkpoints", func(*testing.T, *shelf) {}, []int{10, 3}, []string{
			"log 7: 10 records, verified against checkpoint of 10 records", "log 8: 1 record, consistent with itself", "contents: 2 read, each fits its address",
		}},
		{"body changed", func(_ *testing.T, s *shelf) { s.records[7][4].Body = []byte("other") }, nil, []string{
			"log 7: 10 records, broken", "  record 4: the record does not fit its stored hash",
		}},
		{"a byte moved from body to salt", func(_ *testing.T, s *shelf) {
			r := &s.records[7][4]
			r.Salt, r.Body = append(bytes.Clone(r.Salt), r.Body[0]), r.Body[1:]
		}, nil, []string{
			"log 7: 10 records, broken", "  record 4: the record is malformed: salt of 17 bytes: want 16",
		}},
		{"row missing", func(_ *testing.T, s *shelf) { s.records[7] = slices.Delete(s.records[7], 4, 5) }, nil, []string{
			"log 7: 9 records, broken", "  record 4: the record is missing",
		}},
		{"nearly all rows missing", func(_ *testing.T, s *shelf) { s.records[7][9].Seq = 1 << 62; s.records[7] = s.records[7][9:] }, nil, []string{
			"log 7: 1 record, broken", "  record 0: the record is missing, as all before 4611686018427387904; what follows was not read",
		}},
		{"pair swapped", func(_ *testing.T, s *shelf) {
			s.records[7][4].Seq, s.records[7][5].Seq = 5, 4
		}, nil, []string{
			"log 7: 10 records, broken", "  record 4: the record does not fit its stored hash", "  record 5: the record does not fit its stored hash",
		}},
		{"place taken twice", func(_ *testing.T, s *shelf) { s.records[7] = append(s.records[7], record(7, 3)) }, nil, []string{
			"log 7: 11 records, broken", "  record 3: a log has no such place, or it is taken",
		}},
		{"record of another log", func(_ *testing.T, s *shelf) { s.records[7][2].Log = 8 }, nil, []string{
			"log 7: 10 records, broken", "  record 2: the record is of log 8", "  record 2: the record does not fit its stored hash",
		}},
		{"leaf hash changed", func(_ *testing.T, s *shelf) { s.hashes[7][tlog.StoredHashIndex(0, 4)].Hash[0]++ }, nil, []string{
			"log 7: 10 records, broken", "  record 4: the record does not fit its stored hash", "  record 5: the stored hash 9 does not fit the two below it",
		}},
		{"node changed", func(_ *testing.T, s *shelf) { s.hashes[7][tlog.StoredHashIndex(1, 2)].Hash[31]++ }, nil, []string{
			"log 7: 10 records, broken", "  record 5: the stored hash 9 does not fit the two below it", "  record 7: the stored hash 13 does not fit the two below it",
		}},
		{"hash missing", func(_ *testing.T, s *shelf) { s.hashes[7] = slices.Delete(s.hashes[7], 9, 10) }, nil, []string{
			"log 7: 10 records, broken", "  record 5: the stored hash 9 is missing",
		}},
		{"hash too many", func(_ *testing.T, s *shelf) { s.hashes[7][0].Index = -1 }, nil, []string{
			"log 7: 10 records, broken", "  the stored hash -1 belongs to no record", "  record 0: the stored hash 0 is missing",
		}},
		{"tail of records cut", func(_ *testing.T, s *shelf) { s.records[7] = s.records[7][:8] }, nil, []string{
			"log 7: 8 records, broken", "  record 8: the record is missing, its stored hashes are there",
			"  the head says 10 records, there are 8", "  the head's root is not that of the tree", "  the checkpoint was signed over 10 records, there are 8",
		}},
		{"tail cut to the head", func(_ *testing.T, s *shelf) {
			s.records[7], s.hashes[7] = s.records[7][:8], s.hashes[7][:tlog.StoredHashCount(8)]
		}, nil, []string{
			"log 7: 8 records, broken",
			"  the head says 10 records, there are 8", "  the head's root is not that of the tree", "  the checkpoint was signed over 10 records, there are 8",
		}},
		{"tail cut, head rewritten without the key", func(t *testing.T, s *shelf) {
			checkpoint := s.heads[7].Checkpoint
			s.records[7] = s.records[7][:8]
			s.seal(t, 7)
			h := s.heads[7]
			h.Checkpoint = checkpoint
			s.heads[7] = h
		}, nil, []string{
			"log 7: 8 records, broken", "  the checkpoint was signed over 10 records, there are 8",
		}},
		{"tail cut, all signed anew, no checkpoint outside", func(t *testing.T, s *shelf) {
			s.records[7] = s.records[7][:8]
			s.seal(t, 7)
		}, nil, []string{
			"log 7: 8 records, consistent with itself", "log 8: 1 record, consistent with itself", "contents: 2 read, each fits its address",
		}},
		{"tail cut, all signed anew", func(t *testing.T, s *shelf) {
			s.records[7] = s.records[7][:8]
			s.seal(t, 7)
		}, []int{3, 9}, []string{
			"log 7: 8 records, broken", "  the outside checkpoint knows 9 records, there are 8: the tail was cut off",
		}},
		{"history rewritten and signed anew", func(t *testing.T, s *shelf) {
			s.records[7][4].Body = []byte("other")
			s.seal(t, 7)
		}, []int{4, 5}, []string{
			"log 7: 10 records, broken", "  record 4: the records up to here are not those of the outside checkpoint 5",
		}},
		{"whole log gone", func(_ *testing.T, s *shelf) {
			delete(s.records, 7)
			delete(s.hashes, 7)
			delete(s.heads, 7)
		}, []int{10}, []string{
			"log 7: 0 records, broken", "  the outside checkpoint knows 10 records, there are 0: the tail was cut off", "  the head is missing",
		}},
		{"head missing", func(_ *testing.T, s *shelf) { delete(s.heads, 7) }, nil, []string{
			"log 7: 10 records, broken", "  the head is missing",
		}},
		{"checkpoint of another log", func(_ *testing.T, s *shelf) { s.heads[7] = s.heads[8] }, nil, []string{
			"log 7: 10 records, broken", "  the head says 1 records, there are 10", "  the head's root is not that of the tree",
			"  the checkpoint changewarden/github.com/8 is of another log",
		}},
		{"content changed", func(_ *testing.T, s *shelf) { s.contents[0].Content[0]++ }, nil, []string{
			"log 7: 10 records, consistent with itself", "log 8: 1 record, consistent with itself",
			"contents: 2 read, broken", "  the content at " + newShelf(t, 1).contents[0].Address + " does not fit its address",
		}},
		{"content erased", func(_ *testing.T, s *shelf) { s.contents = s.contents[1:] }, nil, []string{
			"log 7: 10 records, consistent with itself", "log 8: 1 record, consistent with itself", "contents: 1 read, each fits its address",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShelf(t, 10)
			var outside []Head
			for _, n := range test.outside {
				was := newShelf(t, n)
				outside = append(outside, was.seal(t, 7))
			}
			test.damage(t, s)
			got := breaks(t, s, outside...)
			if diff := cmp.Diff(test.want, got[:min(len(test.want), len(got))]); diff != "" {
				t.Errorf("reports (-want +got):\n%s\nin all:\n%s", diff, strings.Join(got, "\n"))
			}
		})
	}
}

func TestVerifyWantsKey(t *testing.T) {
	s := newShelf(t, 3)
	if _, err := Verify(t.Context(), s, nil); err == nil {
		t.Error("verify without a key: no error")
	}
	stranger := newShelf(t, 1)
	reports, err := Verify(t.Context(), s, stranger.key)
	if err != nil || reports[0].OK() {
		t.Errorf("verify with a stranger's key = %v, %v, want a break", reports, err)
	}
}

// FuzzVerify changes one byte anywhere: Verify finds it.
func FuzzVerify(f *testing.F) {
	for i := range 40 {
		f.Add(uint16(i*37), byte(1<<(i%8)))
	}
	f.Fuzz(func(t *testing.T, where uint16, flip byte) {
		if flip == 0 {
			return
		}
		s := newShelf(t, 11)
		if !s.flip(int(where), flip) {
			return
		}
		reports, err := Verify(t.Context(), s, s.key)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			if !r.OK() {
				return
			}
		}
		t.Errorf("byte %d changed by %08b: not found", where, flip)
	})
}

// flip changes one byte, counted through all that is stored; false if there are fewer.
func (s *shelf) flip(where int, flip byte) bool {
	var done bool
	text := func(b []byte) {
		if !done && where < len(b) {
			b[where] ^= flip
			done = true
		}
		where -= len(b)
	}
	number := func(n *int64) {
		if !done && where >= 0 && where < 8 {
			*n ^= int64(flip) << (8 * where)
			done = true
		}
		where -= 8
	}
	for log := int64(7); log <= 8; log++ {
		for i := range s.records[log] {
			r := &s.records[log][i]
			kind, at := []byte(r.Kind), r.At.UnixMicro()
			number(&r.Log)
			number(&r.Seq)
			number(&at)
			text(kind)
			text(r.Salt)
			text(r.Body)
			r.Kind, r.At = string(kind), time.UnixMicro(at)
		}
		for i := range s.hashes[log] {
			h := &s.hashes[log][i]
			number(&h.Index)
			text(h.Hash)
		}
		h := s.heads[log]
		number(&h.Size)
		text(h.Root)
		text(h.Checkpoint)
		s.heads[log] = h
	}
	for i := range s.contents {
		c := &s.contents[i]
		address := []byte(c.Address)
		text(address)
		text(c.Salt)
		text(c.Content)
		c.Address = string(address)
	}
	return done
}
