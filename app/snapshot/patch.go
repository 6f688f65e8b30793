package snapshot

import (
	"strconv"
	"strings"
)

// patch is what GitHub's patch of one file says: a unified diff from its first @@ line on,
// without the two lines that name the files.
type patch struct {
	added, deleted int
	firstLine      int      // first changed line in the new file; 1 where there is none
	lines          []string // the added and deleted lines in order, with their sign, and the "\ No newline" after one
}

// readPatch reads text strictly: each hunk must hold exactly the lines that its header
// counts, so that a patch which GitHub cut short is not taken for a whole one.
func readPatch(text string) (patch, bool) {
	p := patch{firstLine: 1}
	lines := strings.Split(text, "\n")
	first := true
	for i := 0; i < len(lines); {
		h, ok := readHunk(lines[i])
		if !ok {
			return patch{}, false
		}
		i++
		changed := false // the line before was added or deleted
		for ; i < len(lines); i++ {
			line := lines[i]
			switch {
			case strings.HasPrefix(line, `\`):
				if changed {
					p.lines = append(p.lines, line)
				}
				continue
			case h.old == 0 && h.new == 0:
			case strings.HasPrefix(line, " ") && h.old > 0 && h.new > 0:
				h.old, h.new, h.at, changed = h.old-1, h.new-1, h.at+1, false
				continue
			case strings.HasPrefix(line, "+") && h.new > 0:
				if first {
					p.firstLine, first = max(h.at, 1), false
				}
				h.new, h.at, changed = h.new-1, h.at+1, true
				p.added++
				p.lines = append(p.lines, line)
				continue
			case strings.HasPrefix(line, "-") && h.old > 0:
				if first {
					at := h.at
					if h.new == 0 {
						at-- // deleted at the end of the file: its last line is the nearest one left
					}
					p.firstLine, first = max(at, 1), false
				}
				h.old, changed = h.old-1, true
				p.deleted++
				p.lines = append(p.lines, line)
				continue
			}
			break
		}
		if h.old != 0 || h.new != 0 {
			return patch{}, false
		}
	}
	return p, true
}

// hunk is what the header of a hunk says: the lines of both sides that are still to come,
// and the number of the next line of the new file.
type hunk struct{ old, new, at int }

// readHunk reads "@@ -a,b +c,d @@ …"; a count that is left out is 1.
func readHunk(line string) (hunk, bool) {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return hunk{}, false
	}
	ranges, _, ok := strings.Cut(rest, " @@")
	if !ok {
		return hunk{}, false
	}
	before, after, ok := strings.Cut(ranges, " +")
	if !ok {
		return hunk{}, false
	}
	_, old, ok1 := readRange(before)
	at, count, ok2 := readRange(after)
	if count == 0 {
		at++ // nothing is left here: git names the line before
	}
	return hunk{old: old, new: count, at: at}, ok1 && ok2
}

func readRange(text string) (start, count int, ok bool) {
	a, b, counted := strings.Cut(text, ",")
	count = 1
	start, err := strconv.Atoi(a)
	if err == nil && counted {
		count, err = strconv.Atoi(b)
	}
	return start, count, err == nil && start >= 0 && count >= 0
}
