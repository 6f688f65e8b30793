package githubsim

import (
	"fmt"
	"slices"
	"strconv"
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
		return rootObject{o.execution}.field("repository", arguments{"owner": a.login, "name": args["name"]})
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
		return paged(args, name, slices.DeleteFunc(t.below(), func(k *team) bool { return k.hidden || k.parent != t && args["immediateOnly"] != false }),
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

// repoObject is Repository.
type repoObject struct {
	*execution
	r *repository
}

func (o repoObject) typename() string { return "Repository" }

func (o repoObject) field(name string, args arguments) (any, error) {
	r := o.r
	switch name {
	case "databaseId":
		return r.id, nil
	case "id":
		return nodeID("R", r.id), nil
	case "name":
		return r.name, nil
	case "nameWithOwner":
		return r.fullName(), nil
	case "url":
		return o.c.url + "/" + r.fullName(), nil
	case "visibility":
		return upper(r.visibility()), nil
	case "isPrivate":
		return r.private, nil
	case "isArchived":
		return r.archived, nil
	case "isFork":
		return r.parent != nil, nil
	case "isEmpty":
		return len(r.branches) == 0, nil
	case "createdAt":
		return r.created, nil
	case "updatedAt":
		return r.updated, nil
	case "pushedAt":
		return r.pushed, nil
	case "owner":
		return accountObject{o.execution, r.owner}, nil
	case "parent":
		return null(r.parent != nil && !r.parent.deleted, func() object { return repoObject{o.execution, r.parent} }), nil
	case "defaultBranchRef":
		return o.branch(r.defaultBranch), nil
	case "ref":
		if err := o.permit("contents"); err != nil {
			return nil, err
		}
		return o.branch(strings.TrimPrefix(args.text("qualifiedName"), "refs/heads/")), nil
	case "refs":
		return paged(args, name, sortedKeys(r.branches), func(b string) object { return refObject{o.execution, r, b} })
	case "object":
		return o.gitObject(args)
	case "pullRequest":
		if err := o.permit("pull_requests"); err != nil {
			return nil, err
		}
		n, _ := args.number("number")
		p := r.pull(n)
		if p == nil {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a PullRequest with the number of %d.", n)}
		}
		return pullObject{o.execution, p.shown()}, nil
	case "pullRequests":
		if err := o.permit("pull_requests"); err != nil {
			return nil, err
		}
		return o.pulls(args)
	case "labels":
		return paged(args, name, r.labels, func(l *label) object { return o.label(l) })
	}
	return nil, errUnmodelled
}

func (o repoObject) branch(name string) any {
	return null(o.r.branches[name] != nil, func() object { return refObject{o.execution, o.r, name} })
}

// pulls filters and orders pull requests.
func (o repoObject) pulls(args arguments) (any, error) {
	var all []*pull
	states, byState := args.words("states")
	for _, p := range o.r.pulls {
		p = p.shown()
		if byState && !slices.Contains(states, prState(p)) || args["baseRefName"] != nil && args.text("baseRefName") != p.baseRef ||
			args["headRefName"] != nil && args.text("headRefName") != p.headRef {
			continue
		}
		all = append(all, p)
	}
	order, _ := args["orderBy"].(map[string]any)
	if order["field"] == "UPDATED_AT" {
		slices.SortStableFunc(all, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	}
	if order["direction"] == "DESC" {
		slices.Reverse(all)
	}
	return paged(args, "pullRequests", all, func(p *pull) object { return pullObject{o.execution, p} })
}

// gitObject finds a commit, tree or blob by id or by an expression like HEAD:path.
func (o repoObject) gitObject(args arguments) (any, error) {
	if err := o.permit("contents"); err != nil {
		return nil, err
	}
	expr := args.text("expression")
	if expr == "" {
		expr = args.text("oid")
	}
	rev, path, hasPath := strings.Cut(expr, ":")
	at := o.r.ref(rev)
	if at == nil {
		return nil, nil
	}
	if !hasPath {
		return commitObject{o.execution, o.r, at}, nil
	}
	path = strings.Trim(path, "/")
	if dir, ok := at.tree.dirs[path]; ok {
		return treeObject{o.execution, o.r, at.tree, path, dir}, nil
	}
	e, ok := at.tree.files[path]
	if !ok || e.mode == ModeSubmodule {
		return nil, nil
	}
	return blobObject{o.execution, o.r, e.oid}, nil
}

func (o repoObject) label(l *label) object {
	return values{"Label", map[string]any{
		"id": nodeID("LA", l.id), "name": l.name, "color": l.color, "description": nil, "isDefault": false,
		"url": o.c.url + "/" + o.r.fullName() + "/labels/" + l.name,
	}}
}

// treeObject is Tree, one directory.
type treeObject struct {
	*execution
	r   *repository
	t   *tree
	dir string
	oid string
}

func (o treeObject) typename() string { return "Tree" }

func (o treeObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "oid":
		return o.oid, nil
	case "id":
		return "T_" + o.oid, nil
	case "abbreviatedOid":
		return o.oid[:7], nil
	case "entries":
		out := list{}
		for _, k := range o.t.kids[o.dir] {
			out = append(out, entryObject{o, k})
		}
		return out, nil
	}
	return nil, errUnmodelled
}

// entryObject is TreeEntry.
type entryObject struct {
	of treeObject
	k  child
}

func (o entryObject) typename() string { return "TreeEntry" }

func (o entryObject) field(name string, _ arguments) (any, error) {
	switch name {
	case "name":
		return o.k.name, nil
	case "path":
		return o.k.path, nil
	case "oid":
		return o.k.oid, nil
	case "type":
		return o.k.typ(), nil
	case "mode":
		n, err := strconv.ParseInt(o.k.mode, 8, 32)
		return n, err
	case "size":
		return len(o.of.r.objects.blobs[o.k.oid]), nil
	case "object":
		switch o.k.typ() {
		case "blob":
			return blobObject{o.of.execution, o.of.r, o.k.oid}, nil
		case "tree":
			return treeObject{o.of.execution, o.of.r, o.of.t, o.k.path, o.k.oid}, nil
		}
		return nil, nil // a submodule's commit is not here
	}
	return nil, errUnmodelled
}

// blobObject is Blob.
type blobObject struct {
	*execution
	r   *repository
	oid string
}

// maxBlobText is where GraphQL cuts a blob's text.
const maxBlobText = 512 << 10

func (o blobObject) typename() string { return "Blob" }

func (o blobObject) field(name string, _ arguments) (any, error) {
	b := o.r.objects.blobs[o.oid]
	switch name {
	case "oid":
		return o.oid, nil
	case "id":
		return "B_" + o.oid, nil
	case "abbreviatedOid":
		return o.oid[:7], nil
	case "byteSize":
		return len(b), nil
	case "isBinary":
		return isBinary(b), nil
	case "isTruncated":
		return len(b) > maxBlobText, nil
	case "text":
		if isBinary(b) {
			return nil, nil
		}
		return string(b[:min(len(b), maxBlobText)]), nil
	}
	return nil, errUnmodelled
}

// refObject is Ref, a branch.
type refObject struct {
	*execution
	r      *repository
	branch string
}

func (o refObject) typename() string { return "Ref" }

func (o refObject) field(name string, args arguments) (any, error) {
	tip, p := o.r.branches[o.branch], o.r.protections[o.branch]
	switch name {
	case "name":
		return o.branch, nil
	case "prefix":
		return "refs/heads/", nil
	case "id":
		return "REF_" + o.r.fullName() + ":" + o.branch, nil
	case "repository":
		return repoObject{o.execution, o.r}, nil
	case "target":
		return commitObject{o.execution, o.r, tip}, nil
	case "compare":
		if err := o.permit("contents"); err != nil {
			return nil, err
		}
		head := o.r.ref(args.text("headRef"))
		return null(head != nil && mergeBase(tip, head) != nil, func() object { return compareObject{o.execution, o.r, tip, head} }), nil
	case "refUpdateRule":
		return null(p != nil && !p.Ruleset, func() object { return updateRule(p, o.branch) }), nil
	case "rules":
		rules := []*Protection{}
		if p != nil && p.Ruleset {
			rules = append(rules, p)
		}
		return paged(args, name, rules, func(p *Protection) object { return checksRule(p) })
	case "associatedPullRequests":
		return repoObject{o.execution, o.r}.pulls(arguments{
			"headRefName": o.branch, "states": args["states"], "first": args["first"], "last": args["last"], "after": args["after"],
		})
	}
	return nil, errUnmodelled
}

// updateRule is RefUpdateRule: what classic protection says to those who are no admins.
func updateRule(p *Protection, branch string) object {
	contexts := list{}
	for _, c := range p.Required {
		contexts = append(contexts, c.Context)
	}
	return values{"RefUpdateRule", map[string]any{
		"requiredStatusCheckContexts": contexts, "pattern": branch, "allowsDeletions": false, "allowsForcePushes": false, "blocksCreations": false,
		"requiredApprovingReviewCount": p.Approvals, "requiresCodeOwnerReviews": false, "requiresConversationResolution": false,
		"requiresLinearHistory": false, "requiresSignatures": false, "viewerAllowedToDismissReviews": false, "viewerCanPush": false,
	}}
}

// checksRule is the RepositoryRule by which a ruleset requires status checks.
func checksRule(p *Protection) object {
	checks := list{}
	for _, c := range p.Required {
		var app any
		if c.App != 0 {
			app = c.App
		}
		checks = append(checks, values{"StatusCheckConfiguration", map[string]any{"context": c.Context, "integrationId": app}})
	}
	return values{"RepositoryRule", map[string]any{
		"id": nodeID("RR", p.id), "type": "REQUIRED_STATUS_CHECKS", "parameters": values{"RequiredStatusChecksParameters", map[string]any{
			"requiredStatusChecks": checks, "strictRequiredStatusChecksPolicy": false, "doNotEnforceOnCreate": false,
		}},
	}}
}

// compareObject is Comparison: what head has that base has not.
type compareObject struct {
	*execution
	r          *repository
	base, head *commit
}

func (o compareObject) typename() string { return "Comparison" }

func (o compareObject) field(name string, args arguments) (any, error) {
	ahead := between(o.base, o.head)
	switch name {
	case "aheadBy":
		return len(ahead), nil
	case "behindBy":
		return len(between(o.head, o.base)), nil
	case "status":
		return upper(comparison(len(ahead), len(between(o.head, o.base)))), nil
	case "id":
		return "CMP_" + o.base.oid + o.head.oid, nil
	case "baseTarget":
		return commitObject{o.execution, o.r, o.base}, nil
	case "headTarget":
		return commitObject{o.execution, o.r, o.head}, nil
	case "commits":
		return paged(args, name, ahead, func(k *commit) object { return commitObject{o.execution, o.r, k} })
	}
	return nil, errUnmodelled
}
