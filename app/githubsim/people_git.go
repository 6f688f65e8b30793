package githubsim

import (
	"cmp"
	"fmt"
	"strings"
)

// Commit is what somebody commits on top of a branch: the changes to its first parent.
type Commit struct {
	Message   string
	Files     map[string]string // path → new content
	Remove    []string
	Rename    map[string]string // old path → new path, before Files are written
	Mode      map[string]string // path → ModeExec, ModeSymlink, ModeSubmodule; empty: as it was
	Author    Ident             // zero: whoever pushes. Nothing checks it
	Committer Ident             // zero: the author, if none is given either whoever pushes
	CoAuthors []Ident           // become Co-authored-by lines at the message's end
	Signing   Signing           // None, Verified or Unverified; only GitHub signs as itself
	Merge     []string          // further parents, by commit id; Files resolve what conflicts
}

// Push puts commits on top of a branch, which is made from the default branch if it is
// not there, and returns the new head. It takes write permission.
func (p *Person) Push(repo, branch string, commits ...Commit) (head string, err error) {
	err = p.in(repo, permWrite, func(me *account, r *repository) error {
		to, err := p.s.stack(me, r, cmp.Or(r.branches[branch], r.branches[r.defaultBranch]), commits)
		if err != nil {
			return err
		}
		if err := r.guard(me, branch, to); err != nil {
			return err
		}
		p.s.move(me, r, branch, to, "")
		head = to.oid
		return nil
	})
	return head, err
}

// ForcePush puts commits on top of any commit, by id or branch, and points the branch
// there whatever it held; without commits it points at that commit itself.
func (p *Person) ForcePush(repo, branch, onto string, commits ...Commit) (head string, err error) {
	err = p.in(repo, permWrite, func(me *account, r *repository) error {
		from := r.ref(onto)
		if from == nil {
			return refuse(422, "No commit found for SHA: %s", onto)
		}
		to, err := p.s.stack(me, r, from, commits)
		if err != nil {
			return err
		}
		if err := r.guard(me, branch, to); err != nil {
			return err
		}
		p.s.move(me, r, branch, to, "")
		head = to.oid
		return nil
	})
	return head, err
}

// DeleteBranch deletes a branch; its pull requests are closed, those aimed at it moved.
func (p *Person) DeleteBranch(repo, branch string) error {
	return p.in(repo, permWrite, func(me *account, r *repository) error {
		if r.branches[branch] == nil {
			return refuse(422, "Reference does not exist")
		}
		if r.protections[branch] != nil || branch == r.defaultBranch {
			return refuse(422, "Cannot delete this branch")
		}
		p.s.move(me, r, branch, nil, "")
		return nil
	})
}

// stack builds commits on top of from, which may be nil for the first of a repository.
func (s *Server) stack(me *account, r *repository, from *commit, commits []Commit) (*commit, error) {
	for _, c := range commits {
		next, err := s.build(me, r, from, c)
		if err != nil {
			return nil, err
		}
		from = next
	}
	if from == nil {
		return nil, refuse(422, "nothing to push")
	}
	return from, nil
}

func (s *Server) build(me *account, r *repository, from *commit, c Commit) (*commit, error) {
	if c.Signing == ByGitHub {
		return nil, refuse(422, "nobody but GitHub can sign as GitHub")
	}
	files := map[string]entry{}
	var parents []*commit
	if from != nil {
		files, parents = from.tree.files, []*commit{from}
	}
	for _, sha := range c.Merge {
		other := r.objects.resolve(sha)
		if other == nil {
			return nil, refuse(422, "No commit found for SHA: %s", sha)
		}
		merged, err := r.objects.merge(from, other, files, c.Files)
		if err != nil {
			return nil, err
		}
		files, parents = merged, append(parents, other)
	}
	files, err := r.objects.write(files, c)
	if err != nil {
		return nil, err
	}
	author := cmp.Or(c.Author, me.ident())
	return r.objects.commit(commit{
		parents: parents, tree: r.objects.tree(files), message: withTrailers(cmp.Or(c.Message, "Change files"), c.CoAuthors),
		author: author, committer: cmp.Or(c.Committer, author), authored: s.now(), committed: s.now(), signing: c.Signing,
	}), nil
}

// merge brings other's files into ours, which build on from.
func (o *objects) merge(from, other *commit, ours map[string]entry, resolved map[string]string) (map[string]entry, error) {
	base := map[string]entry{}
	if b := mergeBase(from, other); b != nil {
		base = b.tree.files
	}
	files, conflicts := o.merge3(base, ours, other.tree.files, resolved)
	if len(conflicts) > 0 {
		return nil, refuse(409, "Merge conflict in %s", strings.Join(conflicts, ", "))
	}
	return files, nil
}

func withTrailers(message string, who []Ident) string {
	if len(who) == 0 {
		return message
	}
	lines := []string{}
	for _, i := range who {
		lines = append(lines, "Co-authored-by: "+i.String())
	}
	return strings.TrimRight(message, "\n") + "\n\n" + strings.Join(lines, "\n")
}

// guard is what branch protection says to a push: no rewriting, and no commit whose
// required checks have not passed. A commit that is green elsewhere may be pushed.
// https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches
func (r *repository) guard(me *account, branch string, to *commit) error {
	p, from := r.protections[branch], r.branches[branch]
	if p == nil || r.permission(me) == permAdmin && !p.EnforceAdmins {
		return nil
	}
	if from != nil && !ancestors(to)[from] {
		return refuse(422, "GH006: Protected branch update failed for refs/heads/%s. Cannot force-push to this branch", branch)
	}
	return r.demands(to.oid, p)
}

// demands checks the required status checks of a protection at a commit.
func (r *repository) demands(sha string, p *Protection) error {
	for _, c := range p.Required {
		if !r.satisfied(sha, c) {
			return refuse(405, `Required status check "%s" is expected.`, c.Context)
		}
	}
	return nil
}

// UpdateBranch clicks "Update branch": GitHub merges the base into the head, signs the
// commit itself, and counts the click as a push of the person.
func (p *Person) UpdateBranch(repo string, number int) (head string, err error) {
	err = p.on(repo, number, permRead, func(me *account, pr *pull) error {
		src := pr.source()
		if src == nil || !pr.open {
			return refuse(422, "head repository or branch is gone")
		}
		if src.permission(me) < permWrite && pr.repo.permission(me) < permWrite {
			return refuse(403, "%s cannot push to %s", me.login, src.fullName())
		}
		if len(between(pr.head, pr.baseTip())) == 0 {
			return refuse(422, "There are no new commits on the base branch.")
		}
		files, err := pr.repo.objects.merge(pr.head, pr.baseTip(), pr.head.tree.files, nil)
		if err != nil {
			return err
		}
		to := p.s.webCommit(pr.repo, me.ident(), files, fmt.Sprintf("Merge branch '%s' into %s", pr.baseRef, pr.headRef), pr.head, pr.baseTip())
		p.s.move(me, src, pr.headRef, to, "")
		head = to.oid
		return nil
	})
	return head, err
}

// webCommit is a commit that GitHub makes on the website: web-flow commits it, signed.
func (s *Server) webCommit(r *repository, author Ident, files map[string]entry, message string, parents ...*commit) *commit {
	return r.objects.commit(commit{
		parents: parents, tree: r.objects.tree(files), message: message, author: author, committer: s.world.webFlow.ident(),
		authored: s.now(), committed: s.now(), signing: ByGitHub,
	})
}

// EditOnline edits files in the browser: one commit by the person, committed and signed by
// GitHub.
func (p *Person) EditOnline(repo, branch string, c Commit) (head string, err error) {
	err = p.in(repo, permWrite, func(me *account, r *repository) error {
		from := r.branches[branch]
		if from == nil {
			return refuse(404, "Branch %s not found", branch)
		}
		files, err := r.objects.write(from.tree.files, c)
		if err != nil {
			return err
		}
		to := p.s.webCommit(r, me.ident(), files, withTrailers(cmp.Or(c.Message, "Update files"), c.CoAuthors), from)
		if err := r.guard(me, branch, to); err != nil {
			return err
		}
		p.s.move(me, r, branch, to, "")
		head = to.oid
		return nil
	})
	return head, err
}
