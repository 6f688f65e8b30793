package githubsim

import (
	"slices"
	"strconv"
)

func getApp(c *call) (any, error) {
	o := c.appJSON(c.world.app)
	n := 0
	for _, i := range c.world.installs {
		if !i.deleted {
			n++
		}
	}
	o["installations_count"] = n
	return o, nil
}

func listInstallations(c *call) (any, error) {
	all := slices.DeleteFunc(slices.Clone(c.world.installs), func(i *installation) bool { return i.deleted })
	return page(c, all, func(i *installation) any { return c.installationJSON(i) }), nil
}

func getInstallation(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["installation_id"], 10, 64)
	return c.showInstallation(c.installationByID(id))
}

func getOrgInstallation(c *call) (any, error) {
	a := c.account(c.vars["org"])
	if a == nil {
		return nil, notFound()
	}
	return c.showInstallation(c.installationOf(c.world.app, a))
}

func getRepoInstallation(c *call) (any, error) {
	i := c.installationOf(c.world.app, c.repo.owner)
	if i != nil && !i.covers(c.repo) {
		i = nil
	}
	return c.showInstallation(i)
}

func (c *call) showInstallation(i *installation) (any, error) {
	if i == nil {
		return nil, notFound()
	}
	return c.installationJSON(i), nil
}

func listInstallationRepos(c *call) (any, error) {
	all := slices.DeleteFunc(c.repositoriesOf(c.install), func(r *repository) bool { return !c.reaches(r) })
	return obj{
		"total_count": len(all), "repository_selection": selection(c.install.all),
		"repositories": page(c, all, func(r *repository) any {
			o := c.repoJSON(r)
			// An installation token sees no permission of its own here.
			o["permissions"] = obj{"admin": false, "maintain": false, "push": false, "triage": false, "pull": false}
			return o
		}),
	}, nil
}

func rateLimit(c *call) (any, error) {
	show := func(resource string) obj {
		b := c.budget(resource)
		return obj{"limit": hourly, "used": b.used, "remaining": max(0, hourly-b.used), "reset": b.reset.Unix()}
	}
	core := show("core")
	return obj{"resources": obj{"core": core, "graphql": show("graphql"), "search": core}, "rate": core}, nil
}
