package snapshot

// SetLimits makes a reader stop each of its lists after n.
func SetLimits(r *Reader, n int) {
	r.limits = limits{reviews: n, timeline: n, commits: n, files: n, runs: n, members: n}
}
