package githubsim

import (
	"slices"
	"strconv"
	"strings"
)

// suiteObject is CheckSuite.
type suiteObject struct {
	*execution
	u *suite
}

func (o suiteObject) typename() string { return "CheckSuite" }

func (o suiteObject) field(name string, args arguments) (any, error) {
	u := o.u
	switch name {
	case "databaseId":
		return u.id, nil
	case "id":
		return nodeID("CS", u.id), nil
	case "status":
		return upper(u.status), nil
	case "conclusion":
		return orNil(upper(u.conclusion)), nil
	case "createdAt":
		return u.created, nil
	case "updatedAt":
		return u.updated, nil
	case "app":
		return appObject(o.execution, u.app), nil
	case "branch":
		return repoObject{o.execution, u.repo}.branch(u.branch), nil
	case "commit":
		return commitObject{o.execution, u.repo, u.repo.objects.commits[u.sha]}, nil
	case "repository":
		return repoObject{o.execution, u.repo}, nil
	case "workflowRun":
		return null(u.job != nil, func() object { return workflowObject(o, u.job) }), nil
	case "checkRuns":
		return o.runs(args)
	}
	return nil, errUnmodelled
}

// runs filters as CheckRunFilter asks; the latest of each name unless checkType is ALL.
func (o suiteObject) runs(args arguments) (any, error) {
	runs := o.u.repo.runsOf(o.u)
	f := args.object("filterBy")
	if f.text("checkType") != "ALL" {
		runs = latest(runs)
	}
	statuses, byStatus := f.words("statuses")
	conclusions, byConclusion := f.words("conclusions")
	app, byApp := f.number("appId")
	runs = slices.DeleteFunc(runs, func(c *run) bool {
		return f.has("checkName") && f.text("checkName") != c.name || f.text("status") != "" && f.text("status") != upper(c.status) ||
			byApp && int64(app) != o.u.app.id || byStatus && !slices.Contains(statuses, upper(c.status)) || byConclusion && !slices.Contains(conclusions, upper(c.conclusion))
	})
	return paged(args, "checkRuns", runs, func(c *run) object { return runObject{o.execution, c} })
}

func appObject(x *execution, a *app) object {
	return values{"App", map[string]any{
		"databaseId": a.id, "id": nodeID("A", a.id), "slug": a.slug, "name": a.name, "description": nil,
		"url": x.c.url + "/apps/" + a.slug, "createdAt": a.created, "updatedAt": a.created,
	}}
}

func workflowObject(o suiteObject, j *workflowRun) object {
	html := o.c.url + "/" + o.u.repo.fullName() + "/actions/runs/" + strconv.FormatInt(j.id, 10)
	return values{"WorkflowRun", map[string]any{
		"databaseId": j.id, "id": nodeID("WFR", j.id), "event": j.event, "runNumber": j.number, "createdAt": j.created, "updatedAt": o.u.updated,
		"url": html, "checkSuite": o,
		"file": values{"WorkflowRunFile", map[string]any{"id": nodeID("WFF", j.id), "path": j.path, "url": html + "/workflow"}},
		"workflow": values{"Workflow", map[string]any{
			"databaseId": j.workflow, "id": nodeID("W", j.workflow), "name": j.name, "state": "ACTIVE", "createdAt": j.created, "updatedAt": j.created,
		}},
	}}
}

// runObject is CheckRun.
type runObject struct {
	*execution
	c *run
}

func (o runObject) typename() string { return "CheckRun" }

func (o runObject) field(name string, args arguments) (any, error) {
	c, x := o.c, o.execution
	switch name {
	case "databaseId":
		return c.id, nil
	case "id":
		return nodeID("CR", c.id), nil
	case "name":
		return c.name, nil
	case "status":
		return upper(c.status), nil
	case "conclusion":
		return orNil(upper(c.conclusion)), nil
	case "startedAt":
		return stamp(c.started), nil
	case "completedAt":
		return stamp(c.completed), nil
	case "externalId":
		return orNil(c.externalID), nil
	case "title":
		return orNil(c.title), nil
	case "summary":
		return orNil(c.summary), nil
	case "text":
		return orNil(c.text), nil
	case "detailsUrl":
		return x.c.checkJSON(c)["details_url"], nil
	case "url", "permalink":
		return x.c.checkJSON(c)["html_url"], nil
	case "checkSuite":
		return suiteObject{x, c.suite}, nil
	case "repository":
		return repoObject{x, c.suite.repo}, nil
	case "deployment":
		d := c.suite.repo.deploymentOf(c)
		return null(d != nil, func() object { return deploymentObject{x, d} }), nil
	case "isRequired":
		return required(c.suite.repo, args, c.name, c.suite.app.id), nil
	}
	return nil, errUnmodelled
}

// required says whether a pull request's base branch requires the check.
func required(r *repository, args arguments, context string, app int64) bool {
	n, _ := args.number("pullRequestNumber")
	p := r.pull(n)
	if p == nil || r.protections[p.baseRef] == nil {
		return false
	}
	return slices.ContainsFunc(r.protections[p.baseRef].Required, func(c RequiredCheck) bool {
		return c.Context == context && (c.App == 0 || c.App == app)
	})
}

// statusObject is Status: all contexts of a commit.
type statusObject struct {
	of  commitObject
	all []*status
}

func (o statusObject) typename() string { return "Status" }

func (o statusObject) field(name string, args arguments) (any, error) {
	switch name {
	case "id":
		return "ST_" + o.of.k.oid, nil
	case "state":
		return upper(combined(o.all)), nil
	case "commit":
		return o.of, nil
	case "contexts":
		out := list{}
		for _, st := range o.all {
			out = append(out, contextObject{o.of, st})
		}
		return out, nil
	case "context":
		i := slices.IndexFunc(o.all, func(st *status) bool { return strings.EqualFold(st.context, args.text("name")) })
		return null(i >= 0, func() object { return contextObject{o.of, o.all[i]} }), nil
	}
	return nil, errUnmodelled
}

// contextObject is StatusContext, one commit status.
type contextObject struct {
	of commitObject
	st *status
}

func (o contextObject) typename() string { return "StatusContext" }

func (o contextObject) field(name string, args arguments) (any, error) {
	st := o.st
	switch name {
	case "id":
		return nodeID("SC", st.id), nil
	case "context":
		return st.context, nil
	case "state":
		return upper(st.state), nil
	case "description":
		return orNil(st.description), nil
	case "targetUrl":
		return orNil(st.target), nil
	case "createdAt":
		return st.created, nil
	case "creator":
		return o.of.actor(st.creator), nil
	case "commit":
		return o.of, nil
	case "isRequired":
		return required(st.repo, args, st.context, 0), nil
	}
	return nil, errUnmodelled
}

// rollupObject is StatusCheckRollup.
type rollupObject struct {
	of    commitObject
	items []object
}

func (o rollupObject) typename() string { return "StatusCheckRollup" }

func (o rollupObject) field(name string, args arguments) (any, error) {
	switch name {
	case "id":
		return "SCR_" + o.of.k.oid, nil
	case "commit":
		return o.of, nil
	case "contexts":
		return paged(args, name, o.items, func(i object) object { return i })
	case "state":
		state := "SUCCESS"
		for _, c := range latest(o.of.r.runsAt(o.of.k.oid)) {
			switch {
			case c.status != "completed":
				state = "PENDING"
			case !slices.Contains([]string{"success", "neutral", "skipped"}, c.conclusion):
				return "FAILURE", nil
			}
		}
		all := o.of.r.contextsAt(o.of.k.oid)
		if s := combined(all); len(all) > 0 && s != "success" {
			state = upper(s)
		}
		return state, nil
	}
	return nil, errUnmodelled
}
