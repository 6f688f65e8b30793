package githubsim

import (
	"cmp"
	"slices"
	"strings"
)

// maxCompareFiles is how many files a comparison and a commit's page show.
const maxCompareFiles = 300

// find is the path's commit; GitHub answers an unknown one with 422.
func (c *call) find(name string) (*commit, error) {
	at := c.repo.ref(name)
	if at == nil {
		return nil, refuse(422, "No commit found for SHA: %s", name)
	}
	return at, nil
}

// listCommits is a branch's history, newest first; the Link to the last page leads to
// the root.
func listCommits(c *call) (any, error) {
	at := c.repo.ref(cmp.Or(c.query("sha"), "HEAD"))
	if at == nil {
		if c.query("sha") == "" {
			return nil, refuse(409, "Git Repository is empty.")
		}
		return nil, notFound()
	}
	all := newestFirst(at)
	if path := c.query("path"); path != "" {
		all = slices.DeleteFunc(all, func(k *commit) bool { return !touches(k, path) })
	}
	return page(c, all, func(k *commit) any { return c.commitJSON(c.repo, k) }), nil
}

// touches says whether a commit changed a file, or anything below a directory.
func touches(k *commit, path string) bool {
	before := entry{}
	dir := ""
	if len(k.parents) > 0 {
		before, dir = k.parents[0].tree.files[path], k.parents[0].tree.dirs[path]
	}
	return before != k.tree.files[path] || dir != k.tree.dirs[path]
}

func getCommit(c *call) (any, error) {
	at, err := c.find(c.vars["ref"])
	if err != nil {
		return nil, err
	}
	o := c.commitJSON(c.repo, at)
	diff := c.repo.objects.introduced(at)
	added, removed := totals(diff)
	o["stats"] = obj{"additions": added, "deletions": removed, "total": added + removed}
	o["files"] = c.filesJSON(at, diff[:min(len(diff), maxCompareFiles)])
	return o, nil
}

func (c *call) filesJSON(at *commit, diff []change) list {
	files := list{}
	for _, f := range diff {
		files = append(files, c.fileJSON(c.repo, at.oid, f))
	}
	return files
}

// compareCommits is GET …/compare/{base}...{head}: the diff has three dots. Files stand
// on the first page alone, 300 at most.
func compareCommits(c *call) (any, error) {
	baseName, headName, ok := strings.Cut(c.vars["basehead"], "...")
	if !ok {
		return nil, notFound()
	}
	base, head := c.side(baseName), c.side(headName)
	if base == nil || head == nil {
		return nil, notFound()
	}
	mb := mergeBase(base, head)
	if mb == nil {
		return nil, refuse(404, "No common ancestor between %s and %s.", baseName, headName)
	}
	ahead, behind := between(base, head), between(head, base)
	api := c.repoAPI(c.repo) + "/compare/" + base.oid + "..." + head.oid
	html := c.url + "/" + c.repo.fullName() + "/compare/" + base.oid + "..." + head.oid
	o := obj{
		"url": api, "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit": c.commitJSON(c.repo, base), "merge_base_commit": c.commitJSON(c.repo, mb),
		"status": comparison(len(ahead), len(behind)), "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
	}
	if c.asks("per_page") || c.asks("page") {
		o["commits"] = page(c, ahead, func(k *commit) any { return c.commitJSON(c.repo, k) })
	} else {
		commits := list{}
		for _, k := range ahead[max(0, len(ahead)-250):] {
			commits = append(commits, c.commitJSON(c.repo, k))
		}
		o["commits"] = commits
	}
	o["files"] = list{}
	if positive(c.query("page"), 1) == 1 {
		diff := c.repo.objects.diff(mb.tree, head.tree)
		o["files"] = c.filesJSON(head, diff[:min(len(diff), maxCompareFiles)])
	}
	return o, nil
}

// side is one end of a comparison; owner:branch names a branch of a fork.
func (c *call) side(name string) *commit {
	owner, branch, ok := strings.Cut(name, ":")
	if !ok {
		return c.repo.ref(name)
	}
	for _, r := range c.world.repos {
		if r.objects == c.repo.objects && !r.deleted && strings.EqualFold(r.owner.login, owner) {
			return r.ref(branch)
		}
	}
	return nil
}

// comparison is REST's word for how two histories lie to each other.
func comparison(ahead, behind int) string {
	switch {
	case ahead > 0 && behind > 0:
		return "diverged"
	case ahead > 0:
		return "ahead"
	case behind > 0:
		return "behind"
	}
	return "identical"
}

// listCommitPulls are the pull requests of a commit: the merged one that brought it to
// the default branch; of a commit elsewhere all open and merged ones that contain it.
func listCommitPulls(c *call) (any, error) {
	at, err := c.find(c.vars["commit_sha"])
	if err != nil {
		return nil, err
	}
	return page(c, c.repo.pullsWith(at), func(p *pull) any { return c.pullSimple(p) }), nil
}

func (r *repository) pullsWith(at *commit) []*pull {
	landed := ancestors(r.branches[r.defaultBranch])[at]
	var out []*pull
	for _, p := range r.pulls {
		switch {
		case landed && p.merged && (p.mergeCommit == at || slices.Contains(p.commits(), at)):
			out = append(out, p)
		case !landed && (p.open || p.merged) && (p.mergeCommit == at || slices.Contains(p.commits(), at)):
			out = append(out, p)
		}
	}
	return out
}
