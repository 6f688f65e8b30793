package githubsim

import "slices"

// move sets a branch of r to a commit, or deletes it when to is nil, and lets happen
// what GitHub lets happen then: the activity log, push, check suites, pull requests that
// follow their head or turn out merged. why is the activity's kind, empty: found out.
func (s *Server) move(actor *account, r *repository, branch string, to *commit, why string) {
	from := r.branches[branch]
	if from == to {
		return
	}
	before, after, forced := zeroSHA, zeroSHA, false
	switch {
	case to == nil:
		before, why = from.oid, "branch_deletion"
		delete(r.branches, branch)
	case from == nil:
		after, why = to.oid, "branch_creation"
		r.branches[branch] = to
	default:
		before, after = from.oid, to.oid
		forced = !ancestors(to)[from]
		if why == "" {
			why = "push"
			if forced {
				why = "force_push"
			}
		}
		r.branches[branch] = to
	}
	r.pushed, r.updated = s.now(), s.now()
	s.record(r, why, actor, branch, before, after)
	s.sendPush(r, branch, from, to, forced, actor)
	if to == nil {
		s.branchGone(actor, r, branch, from)
		return
	}
	s.openSuite(r, branch, to)
	s.follow(actor, r, branch, from, to, forced)
	s.landed(actor, r, branch, from, to)
	if actor != s.world.queueBot {
		s.requeue(r, branch) // what the groups rest on is not the branch any more
	}
}

// openSuite makes the check suite that GitHub opens at each push for an app that may
// write checks, and tells the app. Pushes in forks are not seen by it.
func (s *Server) openSuite(r *repository, branch string, to *commit) {
	for _, i := range s.world.installs {
		if i.account == r.owner && i.covers(r) && i.suspended.IsZero() && !i.deleted && i.can("checks", "write") {
			if s.suiteOf(r, i.app, to.oid) == nil {
				u := s.addSuite(r, i.app, to.oid, branch, nil)
				s.sendSuite(u, "requested", s.world.ghost)
			}
		}
	}
}

// follow moves the open pull requests whose head is the branch: in this repository and
// in those it was forked from.
func (s *Server) follow(actor *account, r *repository, branch string, from, to *commit, forced bool) {
	for _, base := range s.world.repos {
		for _, p := range base.pulls {
			if !p.open || p.headRepo != r || p.headRef != branch || base.deleted || from == nil {
				continue
			}
			s.unqueue(p, "UNKNOWN_REMOVAL_REASON")
			p.head, p.updated = to, s.now()
			if forced {
				s.happened(p, happening{typ: "HeadRefForcePushedEvent", actor: actor, before: from, aft: to})
			}
			s.sendPull(p, "synchronize", actor, obj{"before": from.oid, "after": to.oid})
		}
	}
}

// landed marks open pull requests as merged whose head the branch contains now, however
// it got there: GitHub calls that an indirect merge.
func (s *Server) landed(actor *account, r *repository, branch string, from, to *commit) {
	var have map[*commit]bool
	for _, p := range slices.Clone(r.pulls) {
		if !p.open || p.baseRef != branch || from == nil {
			continue
		}
		if have == nil {
			have = ancestors(to)
		}
		if have[p.head] {
			p.base = from
			s.close(p, actor, to)
		}
	}
}

// branchGone closes the pull requests that came from a deleted branch. Those aimed at it
// are aimed at the branch that it was merged into, if it was: that automatic change of
// base stands in the timeline alone, no event is sent for it here, the worst case that an
// app must be able to take. Without such a merge they are closed.
func (s *Server) branchGone(actor *account, r *repository, branch string, was *commit) {
	for _, base := range s.world.repos {
		for _, p := range base.pulls {
			if p.open && p.headRepo == r && p.headRef == branch {
				p.base = p.baseTip()
				s.close(p, actor, nil)
			}
		}
	}
	next := ""
	for _, p := range r.pulls {
		if p.merged && p.headRepo == r && p.headRef == branch {
			next = p.baseRef
		}
	}
	for _, p := range r.pulls {
		switch {
		case !p.open || p.baseRef != branch:
		case next == "" || r.branches[next] == nil:
			p.base = was
			s.close(p, actor, nil)
		default:
			p.baseRef, p.base = next, r.branches[next]
			s.happened(p, happening{typ: "AutomaticBaseChangeSucceededEvent", actor: actor, from: branch, to: next})
		}
	}
}
