package githubsim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// pull is one pull request.
type pull struct {
	id          int64
	number      int
	repo        *repository
	title, body string
	author      *account
	headRepo    *repository // where the head branch lives; see source
	headRef     string
	head        *commit // follows the branch while open
	baseRef     string
	base        *commit // the base's tip as it was last seen; frozen once closed
	open        bool
	merged      bool
	draft       bool
	mergedBy    *account
	mergeCommit *commit
	closedBy    *account
	closedAt    time.Time
	labels      []*label
	reviews     []*review
	timeline    []*happening
	threads     []*thread
	comments    []*comment
	asked       []*account // for a review that is open
	askedTeams  []*team
	created     time.Time
	updated     time.Time
	lag         *pull // what the API answers while it lags behind; see LagPull
}

// review is one submitted review. A dismissed one changes its own state.
type review struct {
	id        int64
	pull      *pull
	author    *account
	state     string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
	body      string
	commit    *commit // what it was given for; the reviewer may choose an older one
	submitted time.Time
	updated   time.Time
}

// thread is one conversation of a review, of one comment.
type thread struct {
	id       int64
	by       *account
	path     string
	body     string
	resolved *account // nil: it is open
	begun    time.Time
}

// happening is an item of a pull request's timeline; typ is GraphQL's type name.
type happening struct {
	id          int64
	typ         string
	at          time.Time
	actor       *account
	from, to    string // branch names, titles, or label name in to
	review      *review
	state       string // the dismissed review's former state
	message     string
	before, aft *commit
}

// ref is the pull request's own ref in its base repository.
func (p *pull) ref() string { return fmt.Sprintf("refs/pull/%d/head", p.number) }

// source is the head's repository, nil once it is deleted.
func (p *pull) source() *repository {
	if p.headRepo.deleted {
		return nil
	}
	return p.headRepo
}

func (p *pull) crossRepository() bool { return p.headRepo != p.repo }

// baseTip is where the base branch stands while the pull request is open, and where it
// stood afterwards.
func (p *pull) baseTip() *commit {
	if tip := p.repo.branches[p.baseRef]; p.open && tip != nil {
		return tip
	}
	return p.base
}

// mergeBase is the left side of the pull request's diff, which has three dots. Unrelated
// histories are compared with the base's tip.
func (p *pull) mergeBase() *commit {
	tip := p.baseTip()
	return cmp.Or(mergeBase(tip, p.head), tip)
}

func (p *pull) diff() []change { return p.repo.objects.diff(p.mergeBase().tree, p.head.tree) }

// commits are those that the pull request would bring, parents first.
func (p *pull) commits() []*commit { return between(p.baseTip(), p.head) }

// shown is the pull request as the API knows it just now.
func (p *pull) shown() *pull {
	if p.lag != nil {
		return p.lag
	}
	return p
}

// pull finds a pull request by number.
func (r *repository) pull(number int) *pull {
	if i, ok := slices.BinarySearchFunc(r.pulls, number, func(p *pull, n int) int { return cmp.Compare(p.number, n) }); ok {
		return r.pulls[i]
	}
	return nil
}

// pullsOf are the open pull requests of r with the given head commit whose branch is in
// r itself: what check runs and suites list. GitHub leaves forks out.
func (r *repository) pullsOf(sha string) []*pull {
	return slices.DeleteFunc(slices.Clone(r.pulls), func(p *pull) bool {
		return !p.open || p.head.oid != sha || p.crossRepository()
	})
}

func (p *pull) state() string {
	if p.open {
		return "open"
	}
	return "closed"
}

// happened adds to the timeline.
func (s *Server) happened(p *pull, h happening) {
	h.id, h.at = s.id(kindEvent), s.now()
	p.timeline = append(p.timeline, &h)
	p.updated = h.at
}

// close ends a pull request, merged if there is a merge. Its base stays at p.base, which
// the caller has set to where the branch stood.
func (s *Server) close(p *pull, by *account, merge *commit) {
	p.open, p.closedAt, p.closedBy, p.updated = false, s.now(), by, s.now()
	if merge != nil {
		p.merged, p.mergeCommit, p.mergedBy = true, merge, by
		s.happened(p, happening{typ: "MergedEvent", actor: by, aft: merge})
	}
	s.happened(p, happening{typ: "ClosedEvent", actor: by})
	s.unqueue(p, "UNKNOWN_REMOVAL_REASON")
	s.sendPull(p, "closed", by, nil)
}

// association is the author's standing in the repository, roughly: owners, members of
// the organisation, collaborators, and everybody else.
func (r *repository) association(a *account) string {
	switch {
	case a == nil || a.deleted:
		return "NONE"
	case r.owner == a:
		return "OWNER"
	case r.owner.isOrg() && r.owner.members[a] != "":
		return "MEMBER"
	case r.people[a] > permNone:
		return "COLLABORATOR"
	default:
		return "NONE"
	}
}

// LagPull lets the API go on answering a pull request as it is now, whatever happens to
// it, until catchUp is called: events are often ahead of what can be read.
func (s *Server) LagPull(repo string, number int) (catchUp func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.pull(number) == nil {
		return nil, notFound()
	}
	p := r.pull(number)
	old := *p
	old.labels, old.reviews, old.timeline = slices.Clone(p.labels), slices.Clone(p.reviews), slices.Clone(p.timeline)
	for i, v := range old.reviews {
		was := *v
		old.reviews[i] = &was
	}
	p.lag = &old
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.lag = nil
	}, nil
}
