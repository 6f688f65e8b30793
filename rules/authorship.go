package rules

import "slices"

// authorship is who wrote a change: nobody of them can approve it.
type authorship struct {
	by      map[UserID]contribution
	order   []UserID // as they were found
	unknown []string // what nobody stands behind by name; see ApprovalFacts.Unknown
}

// contribution is what makes somebody a contributor: the first that applies of opening
// the pull request, authoring, committing, pushing a commit, being named in a trailer.
type contribution struct {
	why      DropWhy
	commit   string
	pushedBy UserID // of a trailer
}

func (a *authorship) add(id UserID, c contribution) {
	if id == 0 {
		return
	}
	if _, ok := a.by[id]; !ok {
		a.by[id] = c
		a.order = append(a.order, id)
	}
}

func (a *authorship) doubt(what string) {
	if !slices.Contains(a.unknown, what) {
		a.unknown = append(a.unknown, what)
	}
}

// authors returns who wrote the change: who opened its pull requests, authored,
// co-authored, committed or pushed any of its commits, those of a merge's second parent
// included. Who is behind an update merge (see isUpdate) is left out.
func authors(c Change) authorship {
	a := authorship{by: map[UserID]contribution{}}
	commits := map[string]Commit{}
	for _, m := range c.Commits {
		commits[m.SHA] = m
	}
	updates := map[string]bool{}
	for _, p := range c.Pushes {
		if isUpdate(commits, p) {
			updates[p.After] = true
		}
	}
	for _, p := range c.Pulls {
		a.add(p.Author, contribution{why: DropAuthor})
		if p.Author == 0 {
			a.doubt(UnknownOpener)
		}
	}
	for _, m := range c.Commits {
		if !updates[m.SHA] {
			a.addCommit(m)
		}
	}
	for _, p := range c.Pushes {
		if !isUpdate(commits, p) {
			a.add(p.By, contribution{why: DropPusher, commit: p.After})
			if p.By == 0 {
				a.doubt(UnknownPush)
			}
		}
	}
	for _, m := range c.Commits {
		if m.CoAuthored && !updates[m.SHA] {
			a.addTrailers(m, func() UserID { return pushedBy(commits, c.Pushes, m.SHA) })
		}
	}
	// A list of commits without the head is a list of something else.
	if _, ok := commits[c.Head]; !ok || slices.ContainsFunc(c.Gaps, func(g Gap) bool { return g.Fact == GapCommits }) {
		a.doubt(UnknownCommits)
	}
	if c.Unnamed {
		a.doubt(UnknownPush)
	}
	return a
}

// addCommit adds who authored and committed m, but not those whom a trailer alone names.
func (a *authorship) addCommit(m Commit) {
	if len(m.Authors) == 0 || slices.Contains(m.Authors, 0) || m.Committer == 0 && !m.ByGitHub {
		a.doubt(m.SHA)
	}
	for i, id := range m.Authors {
		if i == 0 || !m.CoAuthored {
			a.add(id, contribution{why: DropCommitAuthor, commit: m.SHA})
		}
	}
	a.add(m.Committer, contribution{why: DropCommitter, commit: m.SHA})
}

// addTrailers adds those whom nothing but a trailer of m names.
func (a *authorship) addTrailers(m Commit, pusher func() UserID) {
	for _, id := range m.Authors[min(1, len(m.Authors)):] {
		if _, ok := a.by[id]; !ok {
			a.add(id, contribution{why: DropCoAuthor, commit: m.SHA, pushedBy: pusher()})
		}
	}
}

// isUpdate reports whether GitHub's Update-branch button made the push: a merge by GitHub
// itself, with its signature, of the branch as it stood and a commit that is no part of
// the change, that left the exact fingerprint as it was. Nobody becomes a contributor by it.
func isUpdate(commits map[string]Commit, p Push) bool {
	m, ok := commits[p.After]
	if !ok || !p.Exact || p.Before == "" || !m.ByGitHub || len(m.Parents) != 2 || m.Parents[0] != p.Before {
		return false
	}
	_, ours := commits[m.Parents[1]]
	return !ours
}

// pushedBy returns who first pushed the commit, 0 if no known push brought it.
func pushedBy(commits map[string]Commit, pushes []Push, sha string) UserID {
	for _, p := range pushes {
		seen := map[string]bool{p.Before: true}
		todo := []string{p.After}
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[at] {
				continue
			}
			if at == sha {
				return p.By
			}
			seen[at] = true
			todo = append(todo, commits[at].Parents...)
		}
	}
	return 0
}
