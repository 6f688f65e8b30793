package githubsim

import (
	"fmt"
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
