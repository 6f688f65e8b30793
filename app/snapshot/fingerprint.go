package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
	"strings"
)

// entry is one changed file as GitHub lists it.
type entry struct {
	path, previous, status string
	blob                   string // of the new side; of the old one for a removed file
	additions, deletions   int
	patch                  string
	read                   patch
	whole                  bool // the patch is all there is to know, but for a mode
}

func newEntry(path, previous, status, blob, text string, additions, deletions int) entry {
	e := entry{path: path, previous: previous, status: status, blob: blob, additions: additions, deletions: deletions, patch: text}
	p, ok := readPatch(text)
	e.read = p
	// "changed" is a change of type: file, symlink, submodule. GitHub leaves the patch out of
	// what is binary or large, and cuts it where it is very large: then the counts differ.
	e.whole = ok && text != "" && status != "changed" && p.added == additions && p.deleted == deletions
	if !e.whole {
		e.read = patch{firstLine: 1}
	}
	return e
}

// side is one side of a changed file in a tree. The zero side is a file that is not there.
type side struct {
	Mode string `json:"mode,omitempty"`
	Blob string `json:"blob,omitempty"`
}

// sides are both sides of a changed file.
type sides struct{ old, new side }

// emptyBlob is the blob of every file without content.
const emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

// counted reports whether the entry's numbers of lines are all that it adds and removes: they
// are those of its whole patch or, for what has no lines to change, both sides are the same
// content, or there is none. GitHub says 0 of a binary file as well.
func (e entry) counted(trees map[string]sides) bool {
	if e.whole {
		return true
	}
	s, known := trees[e.path]
	if !known || e.additions+e.deletions != 0 {
		return false
	}
	none := func(blob string) bool { return blob == "" || blob == emptyBlob }
	return s.old.Blob == s.new.Blob || none(s.old.Blob) && none(s.new.Blob)
}

// exactFingerprint identifies the content of a diff, entries in the order of their paths:
// two diffs with the same one change the same lines at the same places of the same files.
// Where there is no whole patch both blobs and modes stand in, from trees, by path; if one
// of these is missing the fingerprint is empty, unknown.
//
// GitHub gives patches as UTF-8 whatever the file's bytes are, so a patch that is not plain
// ASCII does not prove the bytes: the blob of the file stands beside it. The price is that
// such a file loses its approvals when the base changes it elsewhere.
func exactFingerprint(entries []entry, trees map[string]sides) string {
	h := newDigest("changewarden/diff/exact/v1")
	for _, e := range entries {
		h.add(e.status, e.previous, e.path)
		switch s, known := trees[e.path]; {
		case e.whole && isASCII(e.patch):
			h.add("patch", e.patch)
		case e.whole && e.blob != "":
			h.add("patch and blob", e.patch, e.blob)
		case known:
			h.add("blobs", s.old.Mode, s.old.Blob, s.new.Mode, s.new.Blob)
		default:
			return ""
		}
	}
	return h.sum()
}

// landedFingerprint identifies what a diff adds and removes wherever it lands: per file the
// changed lines in order without positions and context, blobs where there are no lines.
// Empty is unknown.
func landedFingerprint(entries []entry, trees map[string]sides) string {
	h := newDigest("changewarden/diff/landed/v1")
	for _, e := range entries {
		h.add(e.status, e.previous, e.path)
		switch s, known := trees[e.path]; {
		case e.whole:
			h.add("lines", strconv.Itoa(len(e.read.lines)))
			h.add(e.read.lines...)
		case known:
			h.add("blobs", s.old.Mode, s.old.Blob, s.new.Mode, s.new.Blob)
		default:
			return ""
		}
	}
	return h.sum()
}

// pinnedFingerprint identifies a diff whose content cannot be read to its end by what it is
// made of: its head and its merge base. It never equals that of another head, so that what
// was approved is exactly this or nothing.
func pinnedFingerprint(head, key string) string {
	h := newDigest("changewarden/diff/pinned/v1")
	h.add(head, key)
	return h.sum()
}

// digest is SHA-256 over texts, each preceded by its length, so that no two lists of texts
// are the same bytes.
type digest struct{ hash.Hash }

func newDigest(domain string) digest {
	d := digest{sha256.New()}
	d.add(domain)
	return d
}

func (d digest) add(texts ...string) {
	for _, t := range texts {
		_, _ = io.WriteString(d, strconv.Itoa(len(t))+":"+t+",") // a hash never fails
	}
}

func (d digest) sum() string { return hex.EncodeToString(d.Sum(nil)) }

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
