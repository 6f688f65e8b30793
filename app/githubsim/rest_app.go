package githubsim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
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

// listDeliveries is GET /app/hook/deliveries: what was sent, newest first, by cursor.
func listDeliveries(c *call) (any, error) {
	per := min(positive(c.query("per_page"), 30), 100)
	cursor, _ := strconv.ParseInt(strings.TrimPrefix(c.query("cursor"), "v1_"), 10, 64)
	out := list{}
	for _, d := range slices.Backward(c.hooks.log) {
		if d.Outcome == "queued" || d.Outcome == "held" || cursor != 0 && d.ID >= cursor {
			continue
		}
		if len(out) == per {
			next := c.base() + c.r.URL.Path + "?per_page=" + strconv.Itoa(per) + "&cursor=v1_" + strconv.FormatInt(cursor, 10)
			c.header.Set("Link", "<"+next+`>; rel="next"`)
			break
		}
		out, cursor = append(out, deliveryJSON(d)), d.ID
	}
	return out, nil
}

func deliveryJSON(d *Delivery) obj {
	code, repo := d.Status, any(nil)
	if d.Repo != 0 {
		repo = d.Repo
	}
	return obj{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.At), "redelivery": d.Redelivery, "duration": 0.1, "status": d.Outcome,
		"status_code": code, "event": d.Event, "action": orNil(d.Action), "installation_id": d.Install, "repository_id": repo, "throttled_at": nil,
	}
}

// redeliver is POST /app/hook/deliveries/{delivery_id}/attempts, answered 202.
func redeliver(c *call) (any, error) {
	id, _ := strconv.ParseInt(c.vars["delivery_id"], 10, 64)
	for _, d := range c.hooks.log {
		if d.ID == id {
			c.redeliver(d)
			c.status = 202
			return json.RawMessage("{}"), nil
		}
	}
	return nil, notFound()
}
