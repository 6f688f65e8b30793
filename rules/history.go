package rules

import "slices"

// listed reports whether the commits are those of the head, to their end.
func (j *judge) listed() bool {
	return !j.gap(GapCommits) && slices.ContainsFunc(j.Commits, func(m Commit) bool { return m.SHA == j.Head })
}

// signedCommits asks that GitHub takes the signature of every commit for valid.
func (j *judge) signedCommits() Reason {
	if !j.knows(FactSignatures) {
		return unreadReason(FactSignatures)
	}
	return j.everyCommit(CommitsSigned, CommitsUnsigned, func(m Commit) bool { return m.Signed })
}

// linearHistory asks that no commit is a merge: how it is merged is for the repository's
// settings to say.
func (j *judge) linearHistory() Reason {
	return j.everyCommit(HistoryLinear, HistoryMerges, func(m Commit) bool { return len(m.Parents) < 2 })
}

// everyCommit fails with the commits that are not good.
func (j *judge) everyCommit(all, some Code, good func(Commit) bool) Reason {
	var bad []string
	for _, m := range j.Commits {
		if !good(m) {
			bad = append(bad, m.SHA)
		}
	}
	switch {
	case len(bad) > 0:
		return Reason{Outcome: Fail, Code: some, Commits: bad}
	case !j.listed():
		return unreadReason(FactCommits)
	}
	return Reason{Outcome: Pass, Code: all}
}

// upToDate asks that the head holds every commit of the base. It waits for an update: the
// base moves while people work, and nobody did anything wrong.
func (j *judge) upToDate() Reason {
	switch {
	case !j.knows(FactBehind):
		return unreadReason(FactBehind)
	case j.Behind != 0:
		return Reason{Outcome: Pending, Code: BaseBehind, Behind: j.Behind}
	}
	return Reason{Outcome: Pass, Code: BaseHeld}
}

// conversations asks that each conversation of a review is resolved: by whomever, as GitHub
// does, or byOthers than those who contributed to the change. Whoever is nobody is none.
func (j *judge) conversations(byOthers bool) Reason {
	if !j.knows(FactThreads) {
		return unreadReason(FactThreads)
	}
	facts := &ThreadFacts{}
	for _, t := range j.Threads {
		_, own := j.who.by[t.ResolvedBy]
		own = byOthers && (own || t.ResolvedBy == 0)
		if t.Resolved && !own {
			continue
		}
		if t.Resolved {
			facts.Own++
		}
		facts.Open++
		if !slices.Contains(facts.By, t.By) {
			facts.By = append(facts.By, t.By)
		}
	}
	switch {
	case facts.Open > 0:
		return Reason{Outcome: Pending, Code: ConversationsOpen, Threads: facts}
	case j.gap(GapThreads):
		return unreadReason(FactThreads)
	}
	return Reason{Outcome: Pass, Code: ConversationsDone}
}
