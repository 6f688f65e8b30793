package githubsim

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// change is one file of a diff, as REST's diff-entry has it.
type change struct {
	path, previous     string // previous: the old path of a rename, else empty
	status             string // added, removed, modified, renamed, changed
	old, new           entry
	patch              string // empty where GitHub gives none
	added, removed     int
	binary, suppressed bool
}

// Limits of a single file's patch in the API: past either GitHub leaves the patch out.
// https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits
const (
	maxPatchLines = 20_000
	maxPatchBytes = 500 << 10
)

// diff compares two trees with rename detection, in order of path. The result is shared:
// callers do not change it.
func (o *objects) diff(from, to *tree) []change {
	key := [2]string{from.dirs[""], to.dirs[""]}
	if d, ok := o.diffs[key]; ok {
		return d
	}
	var out, removed, added []change
	paths := maps.Clone(from.files)
	maps.Copy(paths, to.files)
	for p := range paths {
		a, b := from.files[p], to.files[p]
		switch {
		case a == b:
		case a == (entry{}):
			added = append(added, change{path: p, status: "added", new: b})
		case b == (entry{}):
			removed = append(removed, change{path: p, status: "removed", old: a})
		case typeOf(a.mode) != typeOf(b.mode):
			out = append(out, change{path: p, status: "changed", old: a, new: b})
		default:
			out = append(out, change{path: p, status: "modified", old: a, new: b})
		}
	}
	out = append(out, o.renames(removed, added)...)
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.path, b.path) })
	for i := range out {
		o.fill(&out[i])
	}
	o.diffs[key] = out
	return out
}

// introduced is a commit's diff against its first parent, all of it for a root commit.
func (o *objects) introduced(c *commit) []change {
	before := &tree{files: map[string]entry{}}
	if len(c.parents) > 0 {
		before = c.parents[0].tree
	}
	return o.diff(before, c.tree)
}

// typeOf tells files, links and submodules apart; the executable bit is no type.
func typeOf(mode string) string { return mode[:2] }

// renameLimit is how many files may have gone and come before git looks for equal ones
// alone, as it would have to compare each with each.
const renameLimit = 400

// renames pairs removed and added files: equal blobs first, then those of which at least
// half stayed, git's default. Empty files are never paired.
func (o *objects) renames(removed, added []change) []change {
	byPath := func(a, b change) int { return strings.Compare(a.path, b.path) }
	slices.SortFunc(removed, byPath)
	slices.SortFunc(added, byPath)
	equal := map[entry][]int{} // type and blob → removed files, by path
	kind := func(e entry) entry { return entry{typeOf(e.mode), e.oid} }
	for j, r := range removed {
		if len(o.text(r.old)) > 0 {
			equal[kind(r.old)] = append(equal[kind(r.old)], j)
		}
	}
	pair := func(i, j int) {
		added[i].status, added[i].previous, added[i].old = "renamed", removed[j].path, removed[j].old
		removed[j].status = ""
	}
	for i, a := range added {
		if from := equal[kind(a.new)]; len(from) > 0 {
			pair(i, from[0])
			equal[kind(a.new)] = from[1:]
		}
	}
	for i := 0; i < len(added) && max(len(added), len(removed)) <= renameLimit; i++ {
		best, score := -1, 0.5
		for j := range removed {
			if added[i].status != "added" || removed[j].status != "removed" || typeOf(added[i].new.mode) != typeOf(removed[j].old.mode) {
				continue
			}
			if like := o.similarity(removed[j].old.oid, added[i].new.oid); like >= score && (best < 0 || like > score) {
				best, score = j, like
			}
		}
		if best >= 0 {
			pair(i, best)
		}
	}
	return append(added, slices.DeleteFunc(removed, func(c change) bool { return c.status == "" })...)
}

// similarity is the share of the longer file's bytes that stand in lines of both; of
// binary files nothing is alike.
func (o *objects) similarity(a, b string) float64 {
	x, y := o.blobs[a], o.blobs[b]
	if isBinary(x) || isBinary(y) || len(x)+len(y) == 0 {
		return 0
	}
	lines := map[string]int{}
	for l := range strings.SplitAfterSeq(string(x), "\n") {
		lines[l]++
	}
	common := 0
	for l := range strings.SplitAfterSeq(string(y), "\n") {
		if lines[l] > 0 {
			lines[l]--
			common += len(l)
		}
	}
	return float64(common) / float64(max(len(x), len(y)))
}

// fill adds the patch and the counts. GitHub gives no patch for a binary file, for one
// that is too large, for a pure change of mode and for a pure rename; that of a submodule
// is the line with its commit.
func (o *objects) fill(c *change) {
	if c.old.oid == c.new.oid {
		return
	}
	before, after := o.text(c.old), o.text(c.new)
	if isBinary(before) || isBinary(after) {
		c.binary = true
		return
	}
	c.patch, c.added, c.removed = unified(string(before), string(after))
	if c.added+c.removed > maxPatchLines || len(c.patch) > maxPatchBytes {
		c.patch, c.suppressed = "", true
	}
}

// text is what a diff shows of an entry; of a submodule the line that git shows.
func (o *objects) text(e entry) []byte {
	if e.mode == ModeSubmodule {
		return []byte("Subproject commit " + e.oid + "\n")
	}
	return o.blobs[e.oid]
}

// section is a line that git repeats behind the second @@ of a hunk below it.
var section = regexp.MustCompile(`^[A-Za-z_$]`)

// unified renders hunks as REST's `patch` has them: three lines of context, no file
// header, no newline at the end.
func unified(before, after string) (patch string, added, removed int) {
	u, err := udiff.ToUnifiedDiff("", "", before, udiff.Lines(before, after), udiff.DefaultContextLines)
	if err != nil {
		panic(err) // impossible: the edits were made from this text
	}
	old := strings.Split(before, "\n")
	var b strings.Builder
	for _, h := range u.Hunks {
		minus, plus := 0, 0
		var body strings.Builder
		for _, l := range h.Lines {
			sign := " "
			switch l.Kind {
			case udiff.Delete:
				sign, removed, minus = "-", removed+1, minus+1
			case udiff.Insert:
				sign, added, plus = "+", added+1, plus+1
			default:
				minus, plus = minus+1, plus+1
			}
			body.WriteString(sign + l.Content)
			if !strings.HasSuffix(l.Content, "\n") {
				body.WriteString("\n\\ No newline at end of file\n")
			}
		}
		fmt.Fprintf(&b, "@@ -%s +%s @@%s\n%s", span(h.FromLine, minus), span(h.ToLine, plus), heading(old, h.FromLine), body.String())
	}
	return strings.TrimSuffix(b.String(), "\n"), added, removed
}

// span is a hunk's range: the count is left out when it is one, and an empty range
// names the line before it.
func span(line, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", line-1)
	case 1:
		return fmt.Sprint(line)
	}
	return fmt.Sprintf("%d,%d", line, count)
}

// heading is the nearest line above the hunk that looks like the head of a section.
func heading(lines []string, from int) string {
	for i := min(from-2, len(lines)-1); i >= 0; i-- {
		if section.MatchString(lines[i]) {
			return " " + strings.TrimRight(lines[i][:min(len(lines[i]), 80)], " \r")
		}
	}
	return ""
}

// totals sums a diff's lines.
func totals(d []change) (added, removed int) {
	for _, c := range d {
		added, removed = added+c.added, removed+c.removed
	}
	return added, removed
}

// blobOf is the id that REST's diff-entry shows: the new file's, the old one's if removed.
func (c change) blobOf() string { return cmp.Or(c.new.oid, c.old.oid) }
