package githubsim

import "strings"

// CreateTeam makes a team; parent may be empty.
func (p *Person) CreateTeam(org, slug, parent string) error {
	return p.inOrg(org, func(me, o *account) error {
		t, err := p.s.newTeam(o, slug, parent)
		if err != nil {
			return err
		}
		p.s.sendTeam(t, "created", nil, me, nil)
		return nil
	})
}

// newTeam adds a team. Its parent is there before it, so teams never form a circle.
func (s *Server) newTeam(o *account, slug, parent string) (*team, error) {
	up := o.team(parent)
	if parent != "" && up == nil {
		return nil, refuse(422, "team %s: there is no team %s before it", slug, parent)
	}
	if slug == "" || o.team(slug) != nil {
		return nil, refuse(422, "team %q has no slug or exists", slug)
	}
	t := &team{id: s.id(kindTeam), org: o, slug: slug, name: strings.ReplaceAll(slug, "-", " "), parent: up, members: map[*account]*membership{}}
	o.teams = append(o.teams, t)
	return t, nil
}

// inTeam runs what owners and the team's maintainers may do.
func (p *Person) inTeam(name string, action func(me *account, t *team) error) error {
	return p.do(func(me *account) error {
		org, slug, _ := strings.Cut(name, "/")
		o := p.s.account(org)
		if o == nil || o.team(slug) == nil {
			return notFound()
		}
		t := o.team(slug)
		if m := t.members[me]; o.members[me] != "admin" && (m == nil || m.role != "maintainer") {
			return refuse(403, "%s is neither owner of %s nor maintainer of %s", me.login, org, slug)
		}
		return action(me, t)
	})
}

// AddToTeam takes somebody into a team, named org/slug. Who is not in the organisation
// yet is invited: a pending member, of whom no event tells.
func (p *Person) AddToTeam(teamName, login string) error {
	return p.inTeam(teamName, func(me *account, t *team) error {
		a := p.s.account(login)
		if a == nil {
			return notFound()
		}
		if t.org.members[a] == "" {
			t.members[a] = &membership{"member", "pending"}
			return nil
		}
		t.members[a] = &membership{"member", "active"}
		p.s.sendMembership(t, a, "added", me)
		return nil
	})
}

// RemoveFromTeam takes somebody out of a team.
func (p *Person) RemoveFromTeam(teamName, login string) error {
	return p.inTeam(teamName, func(me *account, t *team) error {
		a := p.s.account(login)
		if a == nil || t.members[a] == nil {
			return notFound()
		}
		active := t.members[a].state == "active"
		delete(t.members, a)
		if active {
			p.s.sendMembership(t, a, "removed", me)
		}
		return nil
	})
}

// RenameTeam changes a team's name and with it its slug.
func (p *Person) RenameTeam(teamName, name string) error {
	return p.inTeam(teamName, func(me *account, t *team) error {
		was := t.name
		t.name, t.slug = name, strings.ReplaceAll(strings.ToLower(name), " ", "-")
		p.s.sendTeam(t, "edited", nil, me, obj{"changes": obj{"name": obj{"from": was}}})
		return nil
	})
}

// DeleteTeam deletes a team and those below it.
func (p *Person) DeleteTeam(teamName string) error {
	return p.inTeam(teamName, func(me *account, t *team) error {
		for _, t := range append([]*team{t}, t.below()...) {
			t.deleted = true
			p.s.sendTeam(t, "deleted", nil, me, nil)
		}
		return nil
	})
}

// AcceptInvitations makes the person an active member wherever they were pending.
func (p *Person) AcceptInvitations() error {
	return p.do(func(me *account) error {
		for _, o := range p.s.world.accounts {
			for _, t := range o.teams {
				if m := t.members[me]; m == nil || m.state != "pending" {
					continue
				}
				if o.members[me] == "" {
					o.members[me] = "member"
					p.s.sendOrganization(o, me, "member_added", "member", me)
				}
				t.members[me].state = "active"
				p.s.sendMembership(t, me, "added", p.s.ownerOf(o))
			}
		}
		return nil
	})
}
