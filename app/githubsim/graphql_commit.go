package githubsim

import (
	"slices"
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
		f := args.object("filterBy")
		app, byApp := f.number("appId")
		return paged(args, name, slices.DeleteFunc(slices.Clone(o.r.suites), func(u *suite) bool {
			return u.sha != o.k.oid || byApp && u.app.id != int64(app) ||
				f.has("checkName") && !slices.ContainsFunc(o.r.runsOf(u), func(c *run) bool { return c.name == f.text("checkName") })
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
		return null(a != nil, func() object { return gitUser{accountObject{o.execution, a}} }), nil
	}
	return nil, errUnmodelled
}

// gitUser is whose account a commit's address belongs to. The schema says User, and GitHub
// shows bots there all the same, by their whole login.
type gitUser struct{ accountObject }

func (o gitUser) typename() string { return "User" }

func (o gitUser) field(name string, args arguments) (any, error) {
	if name == "login" {
		return o.a.login, nil
	}
	return o.accountObject.field(name, args)
}
