package rules

import "slices"

// Stand returns how the author of a review stands, for Review.First when the review is
// seen for the first time. They are a contributor if they were one when they reviewed: by
// opening the pull request, by a push until then, by a commit that the reviewed one holds.
// What a later push or trailer makes of them does not take their word away. Where the
// reviewed commit is not among those of the change, commits say nothing.
func (c Change) Stand(r Review) Standing {
	var s Standing
	if r.By == 0 {
		return s
	}
	for _, p := range c.People {
		s.CanWrite = s.CanWrite || p.ID == r.By && p.CanWrite
	}
	for _, t := range c.Teams {
		if !t.Missing && slices.Contains(t.Members, r.By) {
			s.Teams = append(s.Teams, t.Slug)
		}
	}
	s.Contributor = c.hadContributed(r)
	return s
}

// hadContributed reports whether the author of a review was a contributor when they
// reviewed, as far as that can be told.
func (c Change) hadContributed(r Review) bool {
	commits := map[string]Commit{}
	for _, m := range c.Commits {
		commits[m.SHA] = m
	}
	updates := map[string]bool{}
	for _, p := range c.Pushes {
		if isUpdate(commits, p) {
			updates[p.After] = true
		} else if p.By == r.By && !p.At.After(r.At) {
			return true
		}
	}
	held := reachable(commits, r.Commit)
	return slices.ContainsFunc(c.Pulls, func(p Pull) bool { return p.Author == r.By }) ||
		slices.ContainsFunc(c.Commits, func(m Commit) bool {
			return held[m.SHA] && !updates[m.SHA] && (m.Committer == r.By || slices.Contains(m.Authors, r.By))
		})
}

// reachable returns which of the commits one of them holds: itself and its ancestors.
func reachable(commits map[string]Commit, from string) map[string]bool {
	seen := map[string]bool{}
	todo := []string{from}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if m, ours := commits[at]; ours && !seen[at] {
			seen[at] = true
			todo = append(todo, m.Parents...)
		}
	}
	return seen
}
