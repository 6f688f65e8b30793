package githubsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

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
	case "issue":
		if err := o.permit("issues"); err != nil {
			return nil, err
		}
		n, _ := args.number("number")
		i := r.issue(n)
		if i == nil || i.gone() {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to an Issue with the number of %d.", n)}
		}
		return issueObject{o.execution, i}, nil
	case "pullRequests":
		if err := o.permit("pull_requests"); err != nil {
			return nil, err
		}
		return o.pulls(args)
	case "mergeQueue":
		if err := o.permit("merge_queues"); err != nil {
			return nil, err
		}
		branch := args.text("branch")
		if branch == "" {
			branch = r.defaultBranch
		}
		return null(r.queues[branch] != nil, func() object { return queueObject{o.execution, r, branch} }), nil
	case "deployments":
		return o.deployments(args)
	case "pullRequestTemplates":
		return o.templates(), nil
	case "labels":
		return paged(args, name, r.labels, func(l *label) object { return o.label(l) })
	}
	return nil, errUnmodelled
}

func (o repoObject) branch(name string) any {
	return null(o.r.branches[name] != nil, func() object { return refObject{o.execution, o.r, name} })
}

// templates are the pull request templates on the default branch, from the folders and by
// the names that GitHub looks for, in any case of letters.
// https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/creating-a-pull-request-template-for-your-repository
func (o repoObject) templates() any {
	out := list{}
	tip := o.r.branches[o.r.defaultBranch]
	if tip == nil {
		return out
	}
	for _, path := range sortedKeys(tip.tree.files) {
		name := strings.ToLower(path)
		for _, folder := range []string{".github/", "docs/"} {
			name = strings.TrimPrefix(name, folder)
		}
		single := name == "pull_request_template.md" || name == "pull_request_template.txt" || name == "pull_request_template"
		if single || strings.HasPrefix(name, "pull_request_template/") {
			text, err := blobObject{o.execution, o.r, tip.tree.files[path].oid}.field("text", newArguments(nil))
			if err == nil {
				out = append(out, values{"PullRequestTemplate", map[string]any{"body": text, "filename": path, "repository": o}})
			}
		}
	}
	return out
}

// pulls filters and orders pull requests.
func (o repoObject) pulls(args arguments) (any, error) {
	var all []*pull
	states, byState := args.words("states")
	base, byBase := args.text("baseRefName"), args.has("baseRefName")
	head, byHead := args.text("headRefName"), args.has("headRefName")
	for _, p := range o.r.pulls {
		p = p.shown()
		if byState && !slices.Contains(states, prState(p)) || byBase && base != p.baseRef || byHead && head != p.headRef {
			continue
		}
		all = append(all, p)
	}
	order := args.object("orderBy")
	if order.text("field") == "UPDATED_AT" {
		slices.SortStableFunc(all, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	}
	if order.text("direction") == "DESC" {
		slices.Reverse(all)
	}
	return paged(args, "pullRequests", all, func(p *pull) object { return pullObject{o.execution, p} })
}

// gitObject finds a commit, tree or blob by id or by an expression like HEAD:path.
func (o repoObject) gitObject(args arguments) (any, error) {
	if err := o.permit("contents"); err != nil {
		return nil, err
	}
	expr := cmp.Or(args.text("expression"), args.text("oid"))
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
