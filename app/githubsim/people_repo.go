package githubsim

import (
	"maps"
	"slices"
	"strings"
)

// Fork makes a fork under the person's own account and returns its full name. Whoever
// can read a repository can fork it.
func (p *Person) Fork(repo string) (fullName string, err error) {
	err = p.in(repo, permRead, func(me *account, r *repository) error {
		if p.s.repo(me.login+"/"+r.name) != nil {
			return refuse(422, "%s/%s exists", me.login, r.name)
		}
		f := p.s.addRepo(me, r.name, r.defaultBranch, r.private)
		f.parent, f.objects = r, r.objects
		maps.Copy(f.branches, r.branches)
		fullName = f.fullName()
		return nil
	})
	return fullName, err
}

// CreateRepository makes a repository with its first commit on main: in an organisation
// whatever its members may make, or in the person's own account. An installation that covers
// everything covers it too.
func (p *Person) CreateRepository(fullName string, private bool, files map[string]string) error {
	return p.do(func(me *account) error {
		owner, name, _ := strings.Cut(fullName, "/")
		o := p.s.account(owner)
		if o == nil || o != me && (!o.isOrg() || o.members[me] == "") {
			return notFound()
		}
		if r := p.s.repo(fullName); name == "" || r != nil && strings.EqualFold(r.fullName(), fullName) {
			return refuse(422, "the name is empty or taken")
		}
		r := p.s.addRepo(o, name, "main", private)
		r.people[me] = permAdmin
		first, err := p.s.build(me, r, nil, Commit{Message: "Initial commit", Files: files})
		if err != nil {
			return err
		}
		p.s.sendRepository(r, "created", nil, me)
		if i := p.s.installationOf(p.s.world.app, o); i != nil && i.all {
			p.s.sendSelection(i, nil, []*repository{r})
		}
		p.s.move(me, r, r.defaultBranch, first, "")
		return nil
	})
}

// SetDefaultBranch makes another branch the repository's default.
func (p *Person) SetDefaultBranch(repo, branch string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		if r.branches[branch] == nil {
			return refuse(422, "the branch %s does not exist", branch)
		}
		was := r.defaultBranch
		r.defaultBranch = branch
		p.s.sendRepository(r, "edited", obj{"default_branch": obj{"from": was}}, me)
		return nil
	})
}

// Rename gives a repository another name; calls by the old one are redirected.
func (p *Person) Rename(repo, name string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		was := r.name
		r.oldNames = append(r.oldNames, r.fullName())
		r.name = name
		p.s.sendRepository(r, "renamed", obj{"repository": obj{"name": obj{"from": was}}}, me)
		return nil
	})
}

// Transfer gives a repository to another account, keeping its id. An installation there
// sees it from then on if it covers everything; the old one does not any more.
func (p *Person) Transfer(repo, to string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		o := p.s.account(to)
		if o == nil {
			return notFound()
		}
		from := r.owner
		changes := obj{"owner": obj{"from": obj{"user": p.s.userJSON(from)}}}
		if from.isOrg() {
			changes = obj{"owner": obj{"from": obj{"organization": p.s.orgJSON(from)}}}
		}
		r.oldNames = append(r.oldNames, r.fullName())
		if i := p.s.installationOf(p.s.world.app, from); i != nil && i.covers(r) {
			p.s.sendSelection(i, []*repository{r}, nil)
			delete(i.repos, r)
		}
		r.owner, r.teams = o, map[*team]permission{}
		p.s.sendRepository(r, "transferred", changes, me)
		if i := p.s.installationOf(p.s.world.app, o); i != nil && i.covers(r) {
			p.s.sendSelection(i, nil, []*repository{r})
		}
		return nil
	})
}

// Archive makes a repository read-only.
func (p *Person) Archive(repo string) error { return p.archive(repo, true, "archived") }

// Unarchive makes it writable again.
func (p *Person) Unarchive(repo string) error { return p.archive(repo, false, "unarchived") }

func (p *Person) archive(repo string, to bool, action string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		r.archived = to
		p.s.sendRepository(r, action, nil, me)
		return nil
	})
}

// Publicize shows a repository to everybody.
func (p *Person) Publicize(repo string) error { return p.show(repo, false, "publicized") }

// Privatize shows it to its people alone.
func (p *Person) Privatize(repo string) error { return p.show(repo, true, "privatized") }

func (p *Person) show(repo string, private bool, action string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		r.private = private
		p.s.sendRepository(r, action, nil, me)
		return nil
	})
}

// DeleteRepository deletes a repository, a fork for one. The pull requests that came from
// it stay open, with a head that has no repository.
func (p *Person) DeleteRepository(repo string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		p.s.sendRepository(r, "deleted", nil, me)
		r.deleted = true
		return nil
	})
}

// Protect demands checks of a branch from now on; nil takes the protection away. It is
// not an action of somebody: use it to set the scene.
func (s *Server) Protect(repo, branch string, p *Protection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return notFound()
	}
	if p == nil {
		delete(r.protections, branch)
		return nil
	}
	own := *p
	own.Required = slices.Clone(p.Required)
	own.id = s.id(kindRuleset)
	r.protections[branch] = &own
	return nil
}
