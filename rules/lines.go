package rules

// size returns how many files the change touches; of a shipment, its largest change.
func (j *judge) size() int {
	n := len(j.Files)
	if j.shipment != nil {
		n = 0
		for _, l := range j.shipment.Changes {
			n = max(n, len(l.Change.Files))
		}
	}
	return n
}

// lines returns how many lines the change adds and removes. more is set if that is not all:
// not every file could be read, or the lines of one cannot be counted.
func (j *judge) lines() (n int, more bool) {
	more = j.gap(GapFiles)
	if j.shipment == nil {
		n, some := linesOf(j.Files)
		return n, more || some
	}
	for _, l := range j.shipment.Changes { // the largest change
		lines, some := linesOf(l.Change.Files)
		n, more = max(n, lines), more || some
	}
	return n, more
}

func linesOf(files []File) (n int, more bool) {
	for _, f := range files {
		n += f.Additions + f.Deletions
		more = more || !f.Counted
	}
	return n, more
}
