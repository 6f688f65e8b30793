package githubsim

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/aymanbagabas/go-udiff"
)

// ancestors are all commits reachable from c, c itself among them.
func ancestors(c *commit) map[*commit]bool {
	seen := map[*commit]bool{}
	todo := []*commit{c}
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if c == nil || seen[c] {
			continue
		}
		seen[c] = true
		todo = append(todo, c.parents...)
	}
	return seen
}

// mergeBase is the best common ancestor, nil for unrelated histories. A common ancestor
// of the highest generation is reachable from no other, so it is one that git would name.
func mergeBase(a, b *commit) *commit {
	of := ancestors(a)
	var best *commit
	for c := range ancestors(b) {
		if of[c] && (best == nil || c.gen > best.gen || c.gen == best.gen && c.seq > best.seq) {
			best = c
		}
	}
	return best
}

// between are the commits reachable from head and not from base, parents first.
func between(base, head *commit) []*commit {
	known := ancestors(base)
	var out []*commit
	for c := range ancestors(head) {
		if !known[c] {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *commit) int { return cmp.Or(cmp.Compare(a.gen, b.gen), cmp.Compare(a.seq, b.seq)) })
	return out
}

// newestFirst is the order of a branch's history: children before their parents.
func newestFirst(head *commit) []*commit {
	all := between(nil, head)
	slices.Reverse(all)
	return all
}

// merge3 brings theirs into ours: by file, and line by line where both changed one. The
// paths that do not merge are returned in order; where resolved has content, it stands.
func (o *objects) merge3(base, ours, theirs map[string]entry, resolved map[string]string) (map[string]entry, []string) {
	out := maps.Clone(ours)
	var conflicts []string
	paths := maps.Clone(theirs)
	maps.Copy(paths, base)
	for p := range paths {
		b, t, u := base[p], theirs[p], ours[p]
		if b == t || u == t {
			continue
		}
		if u == b {
			set(out, p, t)
			continue
		}
		if merged, ok := o.mergeLines(b, u, t); ok {
			out[p] = merged
			continue
		}
		if _, ok := resolved[p]; !ok {
			conflicts = append(conflicts, p)
		}
	}
	slices.Sort(conflicts)
	return out, conflicts
}

func set(files map[string]entry, p string, e entry) {
	if e == (entry{}) {
		delete(files, p)
		return
	}
	files[p] = e
}

// mergeLines merges two changes of one text file; false where they overlap, where one
// removed the file, or where it is not text.
func (o *objects) mergeLines(base, ours, theirs entry) (entry, bool) {
	b, u, t := o.blobs[base.oid], o.blobs[ours.oid], o.blobs[theirs.oid]
	if base.oid == "" || ours.oid == "" || theirs.oid == "" || ours.mode != theirs.mode || isBinary(b) || isBinary(u) || isBinary(t) {
		return entry{}, false
	}
	edits, ok := udiff.Merge(udiff.Lines(string(b), string(u)), udiff.Lines(string(b), string(t)))
	if !ok {
		return entry{}, false
	}
	text, err := udiff.Apply(string(b), edits)
	if err != nil {
		return entry{}, false
	}
	return entry{ours.mode, o.blob(ours.mode, text)}, true
}

// isBinary is git's own guess: a NUL among the first 8000 bytes.
func isBinary(b []byte) bool { return bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 }
