package githubsim

import (
	"slices"
	"strings"
)

// accountObject is whoever can act: User, Bot, Mannequin, Organization.
type accountObject struct {
	*execution
	a *account
}

func (o accountObject) typename() string { return o.a.typ }

// actor is null for nobody and for a deleted account, as GraphQL shows ghosts.
func (x *execution) actor(a *account) any {
	return null(a != nil && !a.deleted, func() object { return accountObject{x, a} })
}

func (o accountObject) field(name string, args arguments) (any, error) {
	a := o.a
	switch name {
	case "login":
		return strings.TrimSuffix(a.login, "[bot]"), nil // GraphQL leaves [bot] out
	case "databaseId":
		return a.id, nil
	case "id":
		return nodeID(a.typ[:1], a.id), nil
	case "name":
		return orNil(a.name), nil
	case "email":
		return a.email, nil
	case "url":
		return o.c.url + "/" + a.login, nil
	case "resourcePath":
		return "/" + a.login, nil
	case "avatarUrl":
		return o.c.userJSON(a)["avatar_url"], nil
	case "createdAt", "updatedAt":
		return a.created, nil
	case "team":
		if err := o.permit("members"); err != nil {
			return nil, err
		}
		t := a.team(args.text("slug"))
		return null(t != nil && !t.hidden && o.c.install.account == a, func() object { return teamObject{o.execution, t} }), nil
	case "teams":
		if err := o.permit("members"); err != nil {
			return nil, err
		}
		return paged(args, name, slices.DeleteFunc(slices.Clone(a.teams), func(t *team) bool { return t.deleted || t.hidden }),
			func(t *team) object { return teamObject{o.execution, t} })
	case "repository":
		return rootObject{o.execution}.field("repository", newArguments(map[string]any{"owner": a.login, "name": args.get("name")}))
	}
	return nil, errUnmodelled
}

// teamObject is Team.
type teamObject struct {
	*execution
	t *team
}

func (o teamObject) typename() string { return "Team" }

func (o teamObject) field(name string, args arguments) (any, error) {
	t := o.t
	switch name {
	case "databaseId":
		return t.id, nil
	case "id":
		return nodeID("T", t.id), nil
	case "slug":
		return t.slug, nil
	case "combinedSlug":
		return t.org.login + "/" + t.slug, nil
	case "name":
		return t.name, nil
	case "privacy":
		if t.secret {
			return "SECRET", nil
		}
		return "VISIBLE", nil
	case "organization":
		return accountObject{o.execution, t.org}, nil
	case "parentTeam":
		return null(t.parent != nil, func() object { return teamObject{o.execution, t.parent} }), nil
	case "childTeams":
		direct := args.get("immediateOnly") != false
		return paged(args, name, slices.DeleteFunc(t.below(), func(k *team) bool { return k.hidden || k.parent != t && direct }),
			func(k *team) object { return teamObject{o.execution, k} })
	case "members":
		members := t.active(args.text("membership") != "IMMEDIATE")
		if args.text("membership") == "CHILD_TEAM" {
			members = slices.DeleteFunc(members, func(a *account) bool { return t.members[a] != nil })
		}
		return paged(args, name, members, func(a *account) object { return accountObject{o.execution, a} })
	}
	return nil, errUnmodelled
}
