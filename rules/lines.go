package rules

// lines returns how many lines the change adds and removes. more is set if that is not all:
// not every file could be read, or the lines of one cannot be counted.
func (j *judge) lines() (n int, more bool) {
	more = j.gap(GapFiles)
	for _, f := range j.Files {
		n += f.Additions + f.Deletions
		more = more || !f.Counted
	}
	return n, more
}
