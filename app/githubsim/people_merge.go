package githubsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Merge methods.
const (
	MergeCommit = "merge"
	Squash      = "squash"
	Rebase      = "rebase"
)

// Merge merges a pull request and returns the commit that the base branch has then. It
// takes write permission and what the branch demands; an administrator may go past that
// unless it is enforced for them too.
func (p *Person) Merge(repo string, number int, method string) (sha string, err error) {
	err = p.on(repo, number, permWrite, func(me *account, pr *pull) error {
		if err := pr.mergeable(me); err != nil {
			return err
		}
		to, err := p.s.merge(pr, me, method)
		if err != nil {
			return err
		}
		p.s.land(pr, me, to, "pr_merge")
		sha = to.oid
		return nil
	})
	return sha, err
}

// mergeable says whether the merge button works for somebody.
func (p *pull) mergeable(me *account) error {
	switch {
	case !p.open:
		return refuse(405, "Pull Request is not mergeable")
	case p.draft:
		return refuse(405, "Pull Request is still a draft")
	}
	rule := p.repo.protections[p.baseRef]
	if rule == nil || p.repo.permission(me) == permAdmin && !rule.EnforceAdmins {
		return nil
	}
	if err := p.repo.demands(p.head.oid, rule); err != nil {
		return err
	}
	if n := p.approvals(); n < rule.Approvals {
		return refuse(405, "At least %d approving review is required by reviewers with write access.", rule.Approvals)
	}
	return nil
}

// approvals counts as GitHub does for itself: the last opinion of each who can write.
func (p *pull) approvals() int {
	last := map[*account]string{}
	for _, v := range p.reviews {
		if v.state != "COMMENTED" && p.repo.permission(v.author) >= permWrite {
			last[v.author] = v.state
		}
	}
	n := 0
	for _, state := range last {
		if state == "APPROVED" {
			n++
		}
	}
	return n
}

// land moves the base branch and closes the pull request as merged.
func (s *Server) land(pr *pull, me *account, to *commit, why string) {
	pr.base, pr.open = pr.baseTip(), false // closed before the push, which would find it merged by itself
	s.move(me, pr.repo, pr.baseRef, to, why)
	s.close(pr, me, to)
}

// merge makes the commit that a method brings the base to.
func (s *Server) merge(pr *pull, me *account, method string) (*commit, error) {
	tip := pr.baseTip()
	files, err := pr.repo.objects.merge(tip, pr.head, tip.tree.files, nil)
	if err != nil {
		return nil, refuse(405, "Pull Request is not mergeable")
	}
	switch method {
	case MergeCommit:
		message := fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", pr.number, pr.headRepo.owner.login, pr.headRef, pr.title)
		return s.webCommit(pr.repo, me.ident(), files, message, tip, pr.head), nil
	case Squash:
		return s.webCommit(pr.repo, s.authorOf(pr), files, fmt.Sprintf("%s (#%d)%s", pr.title, pr.number, s.coauthors(pr)), tip), nil
	case Rebase:
		return s.rebase(pr, me)
	}
	return nil, refuse(422, "unknown merge method %q", method)
}

// authorOf is how a squash names its author: the one who opened the pull request.
func (s *Server) authorOf(pr *pull) Ident {
	if pr.author.deleted {
		return s.world.ghost.ident()
	}
	return pr.author.ident()
}

// coauthors are the trailers of a squash: everybody who wrote one of its commits.
func (s *Server) coauthors(pr *pull) string {
	var lines []string
	for _, k := range pr.commits() {
		for _, i := range k.authors() {
			line := "Co-authored-by: " + i.String()
			if i != s.authorOf(pr) && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n\n" + strings.Join(lines, "\n")
}

// rebase puts the pull request's commits, merges left out, on top of the base, committed
// anew by whoever merges and no longer signed.
func (s *Server) rebase(pr *pull, me *account) (*commit, error) {
	tip := pr.baseTip()
	for _, k := range pr.commits() {
		if len(k.parents) > 1 {
			continue
		}
		files, conflicts := pr.repo.objects.merge3(k.parents[0].tree.files, tip.tree.files, k.tree.files, nil)
		if len(conflicts) > 0 {
			return nil, refuse(405, "This branch can't be rebased")
		}
		tip = pr.repo.objects.commit(commit{
			parents: []*commit{tip}, tree: pr.repo.objects.tree(files), message: k.message, author: k.author, committer: me.ident(),
			authored: k.authored, committed: s.now(),
		})
	}
	return tip, nil
}

// mergeGroup is one entry of a merge queue.
type mergeGroup struct {
	pull *pull
	head *commit
	base *commit
	ref  string
}

// Enqueue puts a pull request into the merge queue: GitHub makes the group's commit on a
// branch of its own and asks for checks on it by merge_group.checks_requested.
func (p *Person) Enqueue(repo string, number int) (head string, err error) {
	err = p.on(repo, number, permWrite, func(me *account, pr *pull) error {
		if err := pr.mergeable(me); err != nil {
			return err
		}
		g, err := p.s.group(pr)
		if err != nil {
			return err
		}
		p.s.sendPull(pr, "enqueued", me, nil)
		p.s.offer(g)
		head = g.head.oid
		return nil
	})
	return head, err
}

// group makes the commit that the base would have if the queue came through.
func (s *Server) group(pr *pull) (*mergeGroup, error) {
	base := pr.baseTip()
	for _, g := range pr.repo.queue {
		if g.pull.baseRef == pr.baseRef {
			base = g.head
		}
	}
	files, err := pr.repo.objects.merge(base, pr.head, base.tree.files, nil)
	if err != nil {
		return nil, err
	}
	message := fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", pr.number, pr.headRepo.owner.login, pr.headRef, pr.title)
	return &mergeGroup{
		pull: pr, base: base, ref: fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", pr.baseRef, pr.number, base.oid),
		head: s.webCommit(pr.repo, s.authorOf(pr), files, message, base, pr.head),
	}, nil
}

// offer puts a group at the end of the queue and asks for checks on it.
func (s *Server) offer(g *mergeGroup) {
	r := g.pull.repo
	r.queue = append(r.queue, g)
	s.move(s.world.queueBot, r, g.ref, g.head, "")
	s.sendGroup(g, "checks_requested", nil)
}

// AdvanceQueue lets the first group of the queue come to its end: merged if its required
// checks have passed on the group's own commit, else removed. Those behind a removed one
// rest on a commit that will not be: they are made anew.
func (s *Server) AdvanceQueue(repo string) (merged bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || len(r.queue) == 0 {
		return false, refuse(404, "no merge group waits in %s", repo)
	}
	g := r.queue[0]
	r.queue = r.queue[1:]
	if rule := r.protections[g.pull.baseRef]; rule != nil && r.demands(g.head.oid, rule) != nil {
		s.retire(g, "invalidated", "CI_FAILURE")
		behind := r.queue
		r.queue = nil
		for _, g := range behind {
			s.sendGroup(g, "destroyed", obj{"reason": "invalidated"})
			delete(r.branches, g.ref)
			again, err := s.group(g.pull)
			if err != nil {
				s.sendPull(g.pull, "dequeued", s.world.queueBot, obj{"reason": "MERGE_CONFLICT"})
				continue
			}
			s.offer(again)
		}
		return false, nil
	}
	s.retire(g, "merged", "MERGE")
	s.land(g.pull, s.world.queueBot, g.head, "merge_queue_merge")
	return true, nil
}

// retire takes a group and its pull request out of the queue.
func (s *Server) retire(g *mergeGroup, reason, why string) {
	s.sendGroup(g, "destroyed", obj{"reason": reason})
	s.sendPull(g.pull, "dequeued", s.world.queueBot, obj{"reason": why})
	delete(g.pull.repo.branches, g.ref)
}

func (s *Server) sendGroup(g *mergeGroup, action string, extra obj) {
	body := obj{"action": action, "merge_group": obj{
		"head_sha": g.head.oid, "head_ref": "refs/heads/" + g.ref, "base_sha": g.base.oid, "base_ref": "refs/heads/" + g.pull.baseRef,
		"head_commit": s.simpleCommit(g.head),
	}}
	maps.Copy(body, extra)
	s.emit("merge_group", g.pull.repo.owner, g.pull.repo, s.world.ghost, body)
}
