package githubsim

import "strings"

// Person acts on the website and by git, with the permissions that they have: what GitHub
// would refuse them returns an *Error. Repositories are named owner/name.
type Person struct {
	s     *Server
	login string
}

// As returns the person or bot with a login; whether they exist shows when they act.
func (s *Server) As(login string) *Person { return &Person{s, login} }

// do runs an action under the lock, for somebody who exists.
func (p *Person) do(action func(me *account) error) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	me := p.s.account(p.login)
	if me == nil || me == p.s.world.ghost || me == p.s.world.webFlow {
		return refuse(404, "nobody is called %s", p.login)
	}
	return action(me)
}

// in runs an action in a repository for somebody who holds at least a permission there.
// A repository that they cannot read is not there for them.
func (p *Person) in(repo string, need permission, action func(me *account, r *repository) error) error {
	return p.do(func(me *account) error {
		r := p.s.repo(repo)
		if r == nil || r.permission(me) < permRead {
			return notFound()
		}
		if r.permission(me) < need {
			return refuse(403, "%s needs %s permission on %s and has %s", me.login, need, repo, r.permission(me))
		}
		if need > permRead && need != permAdmin {
			if err := r.writable(); err != nil {
				return err
			}
		}
		return action(me, r)
	})
}

// on runs an action on a pull request; its author may do what asks for triage.
func (p *Person) on(repo string, number int, need permission, action func(me *account, pr *pull) error) error {
	return p.in(repo, permRead, func(me *account, r *repository) error {
		pr := r.pull(number)
		if pr == nil {
			return notFound()
		}
		if r.permission(me) < need && (need > permTriage || pr.author != me) {
			return refuse(403, "%s needs %s permission on %s and has %s", me.login, need, repo, r.permission(me))
		}
		if err := r.writable(); err != nil {
			return err
		}
		return action(me, pr)
	})
}

// AddUser makes a person. An empty email leaves the private address that everybody has.
func (s *Server) AddUser(login, name, email string) (id int64, err error) {
	return s.add(login, "User", func(a *account) { a.name, a.email = name, email })
}

// AddBot makes a bot that acts by itself, like one that updates dependencies; its login
// is given without [bot].
func (s *Server) AddBot(login string) (id int64, err error) { return s.add(login+"[bot]", "Bot", nil) }

// AddOrg makes an organisation with its first owners.
func (s *Server) AddOrg(login string, owners ...string) (id int64, err error) {
	return s.add(login, "Organization", func(o *account) {
		for _, login := range owners {
			if a := s.account(login); a != nil {
				o.members[a] = "admin"
			}
		}
	})
}

func (s *Server) add(login, typ string, more func(*account)) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account(login) != nil {
		return 0, refuse(422, "login %s is taken", login)
	}
	a := s.addAccount(s.id(kindAccount), login, typ)
	if more != nil {
		more(a)
	}
	return a.id, nil
}

// UserID is the numeric id of an account.
func (s *Server) UserID(login string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(login); a != nil {
		return a.id
	}
	return 0
}

// Ident is how somebody signs commits, for forging them.
func (s *Server) Ident(login string) Ident {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.account(login); a != nil {
		return a.ident()
	}
	return Ident{login, login + "@unknown.example"}
}

// DeleteAccount deletes the person and their repositories, forks for one: what else they
// left behind belongs to nobody from then on. GitHub takes them out of organisations and teams, and tells of the former.
func (p *Person) DeleteAccount() error {
	return p.do(func(me *account) error {
		for _, o := range p.s.world.accounts {
			if o.isOrg() && o.members[me] != "" {
				p.s.leave(o, me, p.s.ownerOf(o))
			}
		}
		for _, r := range p.s.world.repos {
			r.deleted = r.deleted || r.owner == me
		}
		me.deleted = true
		return nil
	})
}

// leave takes somebody out of an organisation and all of its teams.
func (s *Server) leave(o, a *account, by *account) {
	role := o.members[a]
	for _, t := range o.teams {
		if t.members[a] != nil {
			delete(t.members, a)
			s.sendMembership(t, a, "removed", by)
		}
	}
	delete(o.members, a)
	s.sendOrganization(o, a, "member_removed", role, by)
}

// RemoveMember takes somebody out of an organisation; its owners may.
func (p *Person) RemoveMember(org, login string) error {
	return p.inOrg(org, func(me, o *account) error {
		a := p.s.account(login)
		if a == nil || o.members[a] == "" {
			return notFound()
		}
		p.s.leave(o, a, me)
		return nil
	})
}

// AddMember takes somebody into an organisation, at once and without an invitation.
func (p *Person) AddMember(org, login string) error {
	return p.inOrg(org, func(me, o *account) error {
		a := p.s.account(login)
		if a == nil {
			return notFound()
		}
		if o.members[a] == "" {
			o.members[a] = "member"
			p.s.sendOrganization(o, a, "member_added", "member", me)
		}
		return nil
	})
}

// inOrg runs what only an organisation's owners may do.
func (p *Person) inOrg(org string, action func(me, o *account) error) error {
	return p.do(func(me *account) error {
		o := p.s.account(org)
		if o == nil || !o.isOrg() {
			return notFound()
		}
		if o.members[me] != "admin" {
			return refuse(403, "%s is no owner of %s", me.login, org)
		}
		return action(me, o)
	})
}

// SetPermission gives somebody a role on a repository: read, triage, write, maintain or
// admin; none takes it away. Administrators may.
func (p *Person) SetPermission(repo, login, role string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		a := p.s.account(login)
		if a == nil {
			return notFound()
		}
		level, err := parsePermission(role)
		if err != nil {
			return err
		}
		was := r.people[a]
		switch {
		case level == was:
		case level == permNone:
			delete(r.people, a)
			p.s.sendMember(r, a, "removed", nil, me)
		case was == permNone:
			r.people[a] = level
			p.s.sendMember(r, a, "added", obj{"permission": obj{"to": level.legacy()}}, me)
		default:
			r.people[a] = level
			p.s.sendMember(r, a, "edited", obj{"old_permission": obj{"from": was.legacy()}, "permission": obj{"from": was.legacy(), "to": level.legacy()}}, me)
		}
		return nil
	})
}

// SetTeamPermission gives a team, named org/slug, a role on a repository.
func (p *Person) SetTeamPermission(repo, team, role string) error {
	return p.in(repo, permAdmin, func(me *account, r *repository) error {
		_, slug, _ := strings.Cut(team, "/")
		t := r.owner.team(slug)
		if t == nil {
			return notFound()
		}
		level, err := parsePermission(role)
		if err != nil {
			return err
		}
		was := r.teams[t]
		r.teams[t] = level
		switch {
		case level == permNone:
			delete(r.teams, t)
			p.s.sendTeam(t, "removed_from_repository", r, me, nil)
		case was == permNone:
			p.s.sendTeam(t, "added_to_repository", r, me, nil)
		default:
			p.s.sendTeam(t, "edited", r, me, obj{"changes": obj{"repository": obj{"permissions": obj{"from": obj{
				"admin": was >= permAdmin, "push": was >= permWrite, "pull": was >= permRead,
			}}}}})
		}
		return nil
	})
}
