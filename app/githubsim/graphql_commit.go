package githubsim

import (
	"slices"
	"strconv"
	"strings"
)

// commitObject is Commit.
type commitObject struct {
	*execution
	r *repository
	k *commit
}

func (o commitObject) typename() string { return "Commit" }

func (o commitObject) field(name string, args arguments) (any, error) {
	k := o.k
	show := func(k *commit) object { return commitObject{o.execution, o.r, k} }
	switch name {
	case "oid":
		return k.oid, nil
	case "abbreviatedOid":
		return k.oid[:7], nil
	case "id":
		return "C_" + k.oid, nil
	case "url", "commitUrl":
		return o.c.commitHTML(o.r, k), nil
	case "message":
		return k.message, nil
	case "messageHeadline":
		head, _ := k.headline()
		return head, nil
	case "messageBody":
		_, body := k.headline()
		return body, nil
	case "committedDate":
		return k.committed, nil
	case "authoredDate":
		return k.authored, nil
	case "committedViaWeb":
		return strings.EqualFold(k.committer.Email, o.c.world.webFlow.email), nil
	case "authoredByCommitter":
		return k.author == k.committer, nil
	case "author":
		return actorObject{o.execution, k.author, k.authored}, nil
	case "committer":
		return actorObject{o.execution, k.committer, k.committed}, nil
	case "authors":
		return paged(args, name, k.authors(), func(i Ident) object { return actorObject{o.execution, i, k.authored} })
	case "parents":
		return paged(args, name, k.parents, show)
	case "tree":
		return treeObject{o.execution, o.r, k.tree, "", k.tree.dirs[""]}, nil
	case "repository":
		return repoObject{o.execution, o.r}, nil
	case "signature":
		return null(k.signing != None, func() object { return signatureOf(k) }), nil
	case "history":
		all := newestFirst(k)
		if path := args.text("path"); path != "" {
			all = slices.DeleteFunc(all, func(k *commit) bool { return !touches(k, path) })
		}
		return paged(args, name, all, show)
	case "changedFilesIfAvailable":
		return len(o.r.objects.introduced(k)), nil
	case "associatedPullRequests":
		if err := o.permit("pull_requests"); err != nil {
			return nil, err
		}
		return paged(args, name, o.r.pullsWith(k), func(p *pull) object { return pullObject{o.execution, p.shown()} })
	}
	return o.results(name, args)
}

// results are what was reported on the commit.
func (o commitObject) results(name string, args arguments) (any, error) {
	switch name {
	case "checkSuites":
		if err := o.permit("checks"); err != nil {
			return nil, err
		}
		filter, _ := args["filterBy"].(map[string]any)
		f := arguments(filter)
		app, byApp := f.number("appId")
		return paged(args, name, slices.DeleteFunc(slices.Clone(o.r.suites), func(u *suite) bool {
			return u.sha != o.k.oid || byApp && u.app.id != int64(app) ||
				f["checkName"] != nil && !slices.ContainsFunc(o.r.runsOf(u), func(c *run) bool { return c.name == f.text("checkName") })
		}), func(u *suite) object { return suiteObject{o.execution, u} })
	case "status":
		if err := o.permit("statuses"); err != nil {
			return nil, err
		}
		all := o.r.contextsAt(o.k.oid)
		return null(len(all) > 0, func() object { return statusObject{o, all} }), nil
	case "statusCheckRollup":
		if err := o.permit("checks"); err != nil {
			return nil, err
		}
		items := o.rollup()
		return null(len(items) > 0, func() object { return rollupObject{o, items} }), nil
	}
	return nil, errUnmodelled
}

// rollup are the latest check runs and the statuses of the commit.
func (o commitObject) rollup() []object {
	var out []object
	for _, c := range latest(o.r.runsAt(o.k.oid)) {
		out = append(out, runObject{o.execution, c})
	}
	for _, st := range o.r.contextsAt(o.k.oid) {
		out = append(out, contextObject{o, st})
	}
	return out
}

// signatureOf is what GitHub says of a signature.
func signatureOf(k *commit) object {
	state, valid := "VALID", k.signing != Unverified
	if !valid {
		state = "UNKNOWN_KEY"
	}
	return values{"GpgSignature", map[string]any{
		"isValid": valid, "state": state, "wasSignedByGitHub": k.signing == ByGitHub, "email": k.committer.Email,
		"payload": "tree " + k.tree.dirs[""], "signature": k.signature(), "signer": nil,
	}}
}

// actorObject is GitActor: what the commit says, and whose account has the address.
type actorObject struct {
	*execution
	i  Ident
	at any
}

func (o actorObject) typename() string { return "GitActor" }

func (o actorObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "name":
		return o.i.Name, nil
	case "email":
		return o.i.Email, nil
	case "date":
		return o.at, nil
	case "user":
		a := o.c.byEmail(o.i.Email)
		return null(a != nil && a.typ == "User", func() object { return accountObject{o.execution, a} }), nil
	}
	return nil, errUnmodelled
}

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
	filter, _ := args["filterBy"].(map[string]any)
	f := arguments(filter)
	if f.text("checkType") != "ALL" {
		runs = latest(runs)
	}
	statuses, byStatus := f.words("statuses")
	conclusions, byConclusion := f.words("conclusions")
	runs = slices.DeleteFunc(runs, func(c *run) bool {
		return f["checkName"] != nil && f.text("checkName") != c.name || f.text("status") != "" && f.text("status") != upper(c.status) ||
			byStatus && !slices.Contains(statuses, upper(c.status)) || byConclusion && !slices.Contains(conclusions, upper(c.conclusion))
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
