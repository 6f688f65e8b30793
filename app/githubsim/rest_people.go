package githubsim

import (
	"maps"
	"strconv"
)

func getUser(c *call) (any, error) {
	a := c.account(c.vars["username"])
	if a == nil {
		return nil, notFound()
	}
	return c.publicUser(a), nil
}

// getUserByID is GET /user/{account_id}.
func getUserByID(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["account_id"], 10, 64)
	for _, a := range c.world.accounts {
		if a.id == id && !a.deleted {
			return c.publicUser(a), nil
		}
	}
	return nil, notFound()
}

func (c *call) publicUser(a *account) obj {
	o := c.userJSON(a)
	for _, k := range []string{"company", "location", "email", "hireable", "bio", "twitter_username"} {
		o[k] = nil
	}
	o["name"], o["blog"], o["user_view_type"] = orNil(a.name), "", "public"
	o["public_repos"], o["public_gists"], o["followers"], o["following"] = 0, 0, 0, 0
	o["created_at"], o["updated_at"] = stamp(a.created), stamp(a.created)
	return o
}

// findTeam is the path's team; one that the app cannot see is not there.
func (c *call) findTeam() (*team, error) {
	a := c.account(c.vars["org"])
	if a == nil || a != c.install.account {
		return nil, notFound()
	}
	t := a.team(c.vars["team_slug"])
	if t == nil || t.hidden {
		return nil, notFound()
	}
	return t, nil
}

// teamJSON is a team in full; webhooks take a part of it.
func (s *Server) teamJSON(t *team) obj {
	o := s.teamSimple(t)
	o["parent"] = any(nil)
	if t.parent != nil {
		o["parent"] = s.teamSimple(t.parent)
	}
	return o
}

func (s *Server) teamSimple(t *team) obj {
	api, html := s.url+"/organizations/"+strconv.FormatInt(t.org.id, 10)+"/team/"+strconv.FormatInt(t.id, 10), s.url+"/orgs/"+t.org.login+"/teams/"+t.slug
	privacy := "closed"
	if t.secret {
		privacy = "secret"
	}
	return obj{
		"id": t.id, "node_id": nodeID("T", t.id), "name": t.name, "slug": t.slug, "description": "", "privacy": privacy, "permission": "pull",
		"notification_setting": "notifications_enabled", "url": api, "html_url": html, "members_url": api + "/members{/member}",
		"repositories_url": api + "/repos", "type": "organization", "organization_id": t.org.id,
	}
}

func getTeam(c *call) (any, error) {
	t, err := c.findTeam()
	if err != nil {
		return nil, err
	}
	o := c.teamJSON(t)
	org := c.orgJSON(t.org)
	maps.Copy(org, obj{
		"html_url": c.url + "/" + t.org.login, "has_organization_projects": true, "has_repository_projects": true, "public_repos": 0,
		"public_gists": 0, "followers": 0, "following": 0, "type": "Organization", "created_at": stamp(t.org.created),
		"updated_at": stamp(t.org.created), "archived_at": nil,
	})
	o["organization"], o["members_count"], o["repos_count"] = org, len(t.active(true)), 0
	o["created_at"], o["updated_at"] = stamp(t.org.created), stamp(t.org.created)
	return o, nil
}

func listChildTeams(c *call) (any, error) {
	t, err := c.findTeam()
	if err != nil {
		return nil, err
	}
	var kids []*team
	for _, k := range t.below() {
		if k.parent == t && !k.hidden {
			kids = append(kids, k)
		}
	}
	return page(c, kids, func(k *team) any { return c.teamJSON(k) }), nil
}

// listTeamMembers lists the members of child teams too, pending ones never.
func listTeamMembers(c *call) (any, error) {
	t, err := c.findTeam()
	if err != nil {
		return nil, err
	}
	return page(c, t.active(true), func(a *account) any { return c.userJSON(a) }), nil
}

// getTeamMembership answers with the state, pending included; 404 is no membership. An
// organisation's owner shows as maintainer.
func getTeamMembership(c *call) (any, error) {
	t, err := c.findTeam()
	if err != nil {
		return nil, err
	}
	a := c.account(c.vars["username"])
	if a == nil {
		return nil, notFound()
	}
	m := t.membership(a)
	if m == nil {
		return nil, notFound()
	}
	role := m.role
	if t.org.members[a] == "admin" {
		role = "maintainer"
	}
	return obj{"state": m.state, "role": role, "url": c.teamSimple(t)["url"].(string) + "/memberships/" + a.login}, nil
}

func getOrgMembership(c *call) (any, error) {
	o, a := c.account(c.vars["org"]), c.account(c.vars["username"])
	if o == nil || a == nil || o != c.install.account || o.members[a] == "" {
		return nil, notFound()
	}
	return obj{
		"url": c.url + "/orgs/" + o.login + "/memberships/" + a.login, "state": "active", "role": o.members[a],
		"organization_url": c.url + "/orgs/" + o.login, "organization": c.orgJSON(o), "user": c.userJSON(a),
	}, nil
}

// getPermission is GET …/collaborators/{username}/permission: `permission` folds maintain
// and triage, role_name does not.
func getPermission(c *call) (any, error) {
	a := c.account(c.vars["username"])
	if a == nil {
		return nil, notFound()
	}
	p := c.repo.permission(a)
	user := c.userJSON(a)
	user["role_name"] = p.String()
	user["permissions"] = obj{
		"admin": p >= permAdmin, "maintain": p >= permMaintain, "push": p >= permWrite, "triage": p >= permTriage, "pull": p >= permRead,
	}
	return obj{"permission": p.legacy(), "role_name": p.String(), "user": user}, nil
}
