package githubsim

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func getRepo(c *call) (any, error) {
	o := c.repoJSON(c.repo)
	o["network_count"], o["subscribers_count"] = 0, 0
	if c.repo.owner.isOrg() {
		o["organization"] = c.userJSON(c.repo.owner)
	}
	if c.repo.parent != nil && !c.repo.parent.deleted {
		o["parent"], o["source"] = c.repoJSON(c.repo.parent), c.repoJSON(c.repo.parent)
	}
	o["permissions"] = obj{"admin": false, "maintain": false, "push": false, "triage": false, "pull": false}
	return o, nil
}

// listActivity is GET …/activity: newest first unless asked otherwise, by cursor.
func listActivity(c *call) (any, error) {
	per := min(positive(c.query("per_page"), 30), 100)
	after, _ := strconv.ParseInt(c.query("after"), 10, 64)
	all := slices.Clone(c.repo.activity)
	if c.query("direction") != "asc" {
		slices.Reverse(all)
	}
	out, skipping := list{}, after != 0
	var last int64
	for _, a := range all {
		if skipping {
			skipping = a.id != after
			continue
		}
		if ref := c.query("ref"); ref != "" && a.ref != "refs/heads/"+strings.TrimPrefix(ref, "refs/heads/") {
			continue
		}
		if t := c.query("activity_type"); t != "" && t != a.kind {
			continue
		}
		if who := c.query("actor"); who != "" && !strings.EqualFold(who, a.actor.login) {
			continue
		}
		if len(out) == per {
			q := c.r.URL.Query()
			q.Set("after", strconv.FormatInt(last, 10))
			c.header.Set("Link", "<"+c.base()+c.r.URL.EscapedPath()+"?"+q.Encode()+`>; rel="next"`)
			break
		}
		last = a.id
		out = append(out, obj{
			"id": a.id, "node_id": nodeID("PSH", a.id), "before": a.before, "after": a.after, "ref": a.ref,
			"timestamp": stamp(a.at), "activity_type": a.kind, "actor": c.userOrNil(a.actor),
		})
	}
	return out, nil
}

// listRules are the active ruleset rules of a branch; classic protection is not among them.
func listRules(c *call) (any, error) {
	out := []obj{}
	if p := c.repo.protections[c.vars["branch"]]; p != nil && p.Ruleset {
		info := obj{"ruleset_source_type": "Repository", "ruleset_source": c.repo.fullName(), "ruleset_id": p.id}
		add := func(kind string, parameters any) {
			o := obj{"type": kind}
			if parameters != nil {
				o["parameters"] = parameters
			}
			maps.Copy(o, info)
			out = append(out, o)
		}
		checks := list{}
		for _, r := range p.Required {
			o := obj{"context": r.Context}
			if r.App != 0 {
				o["integration_id"] = r.App
			}
			checks = append(checks, o)
		}
		add("required_status_checks", obj{"required_status_checks": checks, "strict_required_status_checks_policy": false, "do_not_enforce_on_create": false})
		add("pull_request", obj{
			"dismiss_stale_reviews_on_push": false, "require_code_owner_review": false, "require_last_push_approval": false,
			"required_approving_review_count": p.Approvals, "required_review_thread_resolution": false,
		})
		add("non_fast_forward", nil)
	}
	return page(c, out, func(o obj) any { return o }), nil
}

// getContents is a file, a link, a submodule, or what is in a directory.
func getContents(c *call) (any, error) {
	at := c.repo.ref(cmp.Or(c.query("ref"), "HEAD"))
	if at == nil {
		return nil, refuse(404, "No commit found for the ref %s", c.query("ref"))
	}
	path := strings.Trim(c.vars["path"], "/")
	if kids, ok := at.tree.kids[path]; ok {
		out := list{}
		for _, k := range kids {
			out = append(out, c.contentJSON(at, k, false))
		}
		return out, nil
	}
	e, ok := at.tree.files[path]
	if !ok {
		return nil, notFound()
	}
	_, name := splitPath(path)
	return c.contentJSON(at, child{name, path, e.mode, e.oid}, true), nil
}

func (c *call) contentJSON(at *commit, k child, full bool) obj {
	r := c.repo
	api := c.repoAPI(r) + "/contents/" + escapePath(k.path) + "?ref=" + at.oid
	git := c.repoAPI(r) + "/git/" + k.typ() + "s/" + k.oid
	html := c.url + "/" + r.fullName() + "/" + k.typ() + "/" + at.oid + "/" + escapePath(k.path)
	content := r.objects.blobs[k.oid]
	o := obj{
		"type": "file", "name": k.name, "path": k.path, "sha": k.oid, "size": len(content), "url": api, "git_url": git, "html_url": html,
		"download_url": html, "_links": obj{"self": api, "git": git, "html": html},
	}
	switch k.mode {
	case modeTree:
		o["type"], o["size"], o["download_url"] = "dir", 0, nil
	case ModeSymlink:
		o["type"] = "symlink"
		if full {
			o["target"] = string(content)
		}
	case ModeSubmodule:
		o["type"], o["size"], o["download_url"] = "submodule", 0, nil
		if full {
			o["submodule_git_url"] = c.url + "/submodule.git"
		}
	default:
		if full {
			o["content"], o["encoding"] = base64.StdEncoding.EncodeToString(content), "base64"
		}
	}
	return o
}

// getBlob is GET …/git/blobs/{file_sha}, in base64.
func getBlob(c *call) (any, error) {
	oid := c.vars["file_sha"]
	b, ok := c.repo.objects.blobs[oid]
	if !ok {
		return nil, notFound()
	}
	return obj{
		"sha": oid, "node_id": "B_" + oid, "size": len(b), "url": c.repoAPI(c.repo) + "/git/blobs/" + oid,
		"content": base64.StdEncoding.EncodeToString([]byte(b)), "encoding": "base64",
	}, nil
}

// getTree is GET …/git/trees/{tree_sha}: of a tree, a commit or a branch.
func getTree(c *call) (any, error) {
	name := c.vars["tree_sha"]
	var of *tree
	dir := ""
	if at := c.repo.ref(name); at != nil {
		of = at.tree
	} else {
		of, dir = c.repo.objects.subtree(name)
	}
	if of == nil {
		return nil, notFound()
	}
	out, recursive := list{}, c.asks("recursive")
	var walk func(dir, prefix string)
	walk = func(dir, prefix string) {
		for _, k := range of.kids[dir] {
			o := obj{"path": prefix + k.name, "mode": k.mode, "type": k.typ(), "sha": k.oid}
			if k.mode != ModeSubmodule {
				o["url"] = c.repoAPI(c.repo) + "/git/" + k.typ() + "s/" + k.oid
			}
			if k.typ() == "blob" {
				o["size"] = len(c.repo.objects.blobs[k.oid])
			}
			out = append(out, o)
			if k.mode == modeTree && recursive {
				walk(k.path, prefix+k.name+"/")
			}
		}
	}
	walk(dir, "")
	return obj{"sha": of.dirs[dir], "url": c.repoAPI(c.repo) + "/git/trees/" + of.dirs[dir], "tree": out, "truncated": false}, nil
}

// subtree finds a tree object by its id, wherever it stands.
func (o *objects) subtree(oid string) (*tree, string) {
	for _, t := range o.trees {
		for dir, id := range t.dirs {
			if id == oid {
				return t, dir
			}
		}
	}
	return nil, ""
}

func getBranch(c *call) (any, error) {
	name := c.vars["branch"]
	tip := c.repo.branches[name]
	if tip == nil {
		return nil, refuse(404, "Branch not found")
	}
	p, api := c.repo.protections[name], c.repoAPI(c.repo)+"/branches/"+escapeSegment(name)
	checks := obj{"enforcement_level": "off", "contexts": list{}, "checks": list{}}
	if p != nil && !p.Ruleset {
		contexts, entries := list{}, list{}
		for _, r := range p.Required {
			app := any(nil)
			if r.App != 0 {
				app = r.App
			}
			contexts, entries = append(contexts, r.Context), append(entries, obj{"context": r.Context, "app_id": app})
		}
		checks = obj{"enforcement_level": "non_admins", "contexts": contexts, "checks": entries}
		if p.EnforceAdmins {
			checks["enforcement_level"] = "everyone"
		}
	}
	return obj{
		"name": name, "commit": c.commitJSON(c.repo, tip), "protected": p != nil, "protection_url": api + "/protection",
		"protection": obj{"enabled": p != nil && !p.Ruleset, "required_status_checks": checks},
		"_links":     obj{"self": api, "html": c.url + "/" + c.repo.fullName() + "/tree/" + name},
	}, nil
}
