package githubsim

import (
	"fmt"
	"slices"
	"strings"
)

// pullJSON is a pull request in full, as GET /pulls/{n} and webhooks have it.
func (s *Server) pullJSON(p *pull) obj {
	o := s.pullSimple(p)
	diff, commits := p.diff(), p.commits()
	added, removed := totals(diff)
	state := "blocked"
	if p.draft {
		state = "draft"
	}
	o["additions"], o["deletions"], o["changed_files"], o["commits"] = added, removed, len(diff), len(commits)
	o["comments"], o["review_comments"], o["maintainer_can_modify"] = 0, 0, p.crossRepository()
	o["mergeable"], o["rebaseable"], o["mergeable_state"] = nil, nil, state
	o["merged"], o["merged_by"] = p.merged, any(nil)
	if p.merged {
		o["merged_by"] = s.userOrNil(p.mergedBy)
	}
	return o
}

// pullSimple is a pull request as lists have it.
func (s *Server) pullSimple(p *pull) obj {
	api := fmt.Sprintf("%s/pulls/%d", s.repoAPI(p.repo), p.number)
	issue := fmt.Sprintf("%s/issues/%d", s.repoAPI(p.repo), p.number)
	html := fmt.Sprintf("%s/%s/pull/%d", s.url, p.repo.fullName(), p.number)
	statuses := s.repoAPI(p.repo) + "/statuses/" + p.head.oid
	link := func(href string) obj { return obj{"href": href} }
	labels := list{}
	for _, l := range p.labels {
		labels = append(labels, s.labelJSON(p.repo, l))
	}
	asked, askedTeams := list{}, list{}
	for _, a := range p.asked {
		asked = append(asked, s.userJSON(a))
	}
	for _, t := range p.askedTeams {
		askedTeams = append(askedTeams, s.teamJSON(t)) // GET /pulls/{n} and webhooks have other parts of it
	}
	merged, commit := any(nil), any(nil)
	if p.merged {
		merged, commit = stamp(p.closedAt), p.mergeCommit.oid
	}
	return obj{
		"id": p.id, "node_id": nodeID("PR", p.id), "number": p.number, "state": p.state(), "locked": false, "title": p.title,
		"body": orNil(p.body), "user": s.userJSON(p.author), "author_association": p.repo.association(p.author), "draft": p.draft,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closedAt), "merged_at": merged,
		"merge_commit_sha": commit, "assignee": nil, "assignees": list{}, "requested_reviewers": asked, "requested_teams": askedTeams,
		"labels": labels, "milestone": nil, "auto_merge": nil, "active_lock_reason": nil,
		"url": api, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue,
		"commits_url": api + "/commits", "review_comments_url": api + "/comments", "review_comment_url": s.repoAPI(p.repo) + "/pulls/comments{/number}",
		"comments_url": issue + "/comments", "statuses_url": statuses,
		"_links": obj{
			"self": link(api), "html": link(html), "issue": link(issue), "comments": link(issue + "/comments"),
			"review_comments": link(api + "/comments"), "review_comment": link(s.repoAPI(p.repo) + "/pulls/comments{/number}"),
			"commits": link(api + "/commits"), "statuses": link(statuses),
		},
		"head": s.endJSON(p.source(), p.headRepo.owner, p.headRef, p.head),
		"base": s.endJSON(p.repo, p.repo.owner, p.baseRef, p.baseTip()),
	}
}

// endJSON is a pull request's head or base. The repository of a deleted fork is null,
// although the description of the API says that it cannot be.
func (s *Server) endJSON(r *repository, owner *account, ref string, c *commit) obj {
	repo := any(nil)
	if r != nil {
		repo = s.repoJSON(r)
	}
	return obj{"label": owner.login + ":" + ref, "ref": ref, "sha": c.oid, "user": s.userJSON(owner), "repo": repo}
}

// pullMinimal is a pull request as check runs and suites name it.
func (s *Server) pullMinimal(p *pull) obj {
	end := func(r *repository, ref string, c *commit) obj {
		return obj{"ref": ref, "sha": c.oid, "repo": obj{"id": r.id, "url": s.repoAPI(r), "name": r.name}}
	}
	return obj{
		"id": p.id, "number": p.number, "url": fmt.Sprintf("%s/pulls/%d", s.repoAPI(p.repo), p.number),
		"head": end(p.headRepo, p.headRef, p.head), "base": end(p.repo, p.baseRef, p.baseTip()),
	}
}

func (s *Server) labelJSON(r *repository, l *label) obj {
	return obj{
		"id": l.id, "node_id": nodeID("LA", l.id), "url": s.repoAPI(r) + "/labels/" + strings.ReplaceAll(l.name, " ", "%20"),
		"name": l.name, "color": l.color, "default": false, "description": "",
	}
}

// reviewJSON is a review; its author is null once deleted.
func (s *Server) reviewJSON(v *review) obj {
	api := fmt.Sprintf("%s/pulls/%d", s.repoAPI(v.pull.repo), v.pull.number)
	html := fmt.Sprintf("%s/%s/pull/%d#pullrequestreview-%d", s.url, v.pull.repo.fullName(), v.pull.number, v.id)
	return obj{
		"id": v.id, "node_id": nodeID("PRR", v.id), "user": s.userOrNil(v.author), "body": v.body, "state": v.state,
		"html_url": html, "pull_request_url": api, "author_association": v.pull.repo.association(v.author),
		"_links": obj{"html": obj{"href": html}, "pull_request": obj{"href": api}}, "submitted_at": stamp(v.submitted), "commit_id": v.commit.oid,
	}
}

// threadComment is the comment that began a conversation.
func (s *Server) threadComment(pr *pull, t *thread) obj {
	api := fmt.Sprintf("%s/pulls/%d", s.repoAPI(pr.repo), pr.number)
	own := fmt.Sprintf("%s/pulls/comments/%d", s.repoAPI(pr.repo), t.id)
	html := fmt.Sprintf("%s/%s/pull/%d#discussion_r%d", s.url, pr.repo.fullName(), pr.number, t.id)
	none := obj{"url": own + "/reactions", "total_count": 0}
	for _, r := range []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		none[r] = 0
	}
	return obj{
		"id": t.id, "node_id": nodeID("PRRC", t.id), "url": own, "html_url": html, "pull_request_url": api, "pull_request_review_id": nil,
		"body": t.body, "path": t.path, "diff_hunk": "@@ -1 +1 @@", "commit_id": pr.head.oid, "original_commit_id": pr.head.oid,
		"position": 1, "original_position": 1, "line": 1, "original_line": 1, "start_line": nil, "original_start_line": nil, "start_side": nil, "side": "RIGHT",
		"subject_type": "line", "user": s.userOrNil(t.by), "author_association": pr.repo.association(t.by),
		"created_at": stamp(t.begun), "updated_at": stamp(t.begun), "reactions": none,
		"_links": obj{"self": obj{"href": own}, "html": obj{"href": html}, "pull_request": obj{"href": api}},
	}
}

// fileJSON is a diff-entry.
func (s *Server) fileJSON(r *repository, head string, c change) obj {
	o := obj{
		"sha": c.blobOf(), "filename": c.path, "status": c.status, "additions": c.added, "deletions": c.removed, "changes": c.added + c.removed,
		"blob_url":     fmt.Sprintf("%s/%s/blob/%s/%s", s.url, r.fullName(), head, escapePath(c.path)),
		"raw_url":      fmt.Sprintf("%s/%s/raw/%s/%s", s.url, r.fullName(), head, escapePath(c.path)),
		"contents_url": fmt.Sprintf("%s/contents/%s?ref=%s", s.repoAPI(r), escapePath(c.path), head),
	}
	if c.previous != "" {
		o["previous_filename"] = c.previous
	}
	if c.patch != "" {
		o["patch"] = c.patch
	}
	return o
}

// checkJSON is a check run with the suite reduced to its id, as REST has it.
func (s *Server) checkJSON(c *run) obj {
	r, pulls := c.suite.repo, list{}
	for _, p := range r.pullsOf(c.suite.sha) {
		pulls = append(pulls, s.pullMinimal(p))
	}
	api := fmt.Sprintf("%s/check-runs/%d", s.repoAPI(r), c.id)
	html := fmt.Sprintf("%s/%s/runs/%d", s.url, r.fullName(), c.id)
	details := c.detailsURL
	if details == "" {
		details = s.url + "/apps/" + c.suite.app.slug
	}
	o := obj{
		"id": c.id, "node_id": nodeID("CR", c.id), "name": c.name, "head_sha": c.suite.sha, "external_id": c.externalID, "url": api,
		"html_url": html, "details_url": details, "status": c.status, "conclusion": orNil(c.conclusion),
		"started_at": stamp(c.started), "completed_at": stamp(c.completed), "check_suite": obj{"id": c.suite.id},
		"output": obj{
			"title": orNil(c.title), "summary": orNil(c.summary), "text": orNil(c.text),
			"annotations_count": len(c.annotations), "annotations_url": api + "/annotations",
		},
		"app": s.appJSON(c.suite.app), "pull_requests": pulls,
	}
	if d := r.deploymentOf(c); d != nil {
		o["deployment"] = s.simpleDeployment(d)
	}
	return o
}

// suiteJSON is a check suite. In a fork the head has no branch and no pull request here.
func (s *Server) suiteJSON(u *suite) obj {
	pulls, before := list{}, zeroSHA
	for _, p := range u.repo.pullsOf(u.sha) {
		pulls = append(pulls, s.pullMinimal(p))
	}
	head := u.repo.objects.commits[u.sha]
	if len(head.parents) > 0 {
		before = head.parents[0].oid
	}
	api := fmt.Sprintf("%s/check-suites/%d", s.repoAPI(u.repo), u.id)
	return obj{
		"id": u.id, "node_id": nodeID("CS", u.id), "head_branch": orNil(u.branch), "head_sha": u.sha, "status": u.status,
		"conclusion": orNil(u.conclusion), "url": api, "before": before, "after": u.sha, "pull_requests": pulls, "app": s.appJSON(u.app),
		"created_at": stamp(u.created), "updated_at": stamp(u.updated), "rerequestable": true, "runs_rerequestable": true,
		"latest_check_runs_count": len(latest(u.repo.runsOf(u))), "check_runs_url": api + "/check-runs", "head_commit": s.simpleCommit(head),
	}
}

// statusJSON is a commit status.
func (s *Server) statusJSON(st *status) obj {
	return obj{
		"id": st.id, "node_id": nodeID("SC", st.id), "url": s.repoAPI(st.repo) + "/statuses/" + st.sha, "state": st.state,
		"avatar_url": s.userJSON(st.creator)["avatar_url"], "context": st.context, "description": orNil(st.description),
		"target_url": orNil(st.target), "created_at": stamp(st.created), "updated_at": stamp(st.created), "creator": s.userOrNil(st.creator),
	}
}

// commitJSON is a commit as REST has it; files are left to the call that shows them.
func (s *Server) commitJSON(r *repository, c *commit) obj {
	parents := list{}
	for _, p := range c.parents {
		parents = append(parents, obj{"sha": p.oid, "url": s.repoAPI(r) + "/commits/" + p.oid, "html_url": s.commitHTML(r, p)})
	}
	git := func(i Ident, at string) obj { return obj{"name": i.Name, "email": i.Email, "date": at} }
	return obj{
		"sha": c.oid, "node_id": nodeID("C", int64(c.seq)), "url": s.repoAPI(r) + "/commits/" + c.oid, "html_url": s.commitHTML(r, c),
		"comments_url": s.repoAPI(r) + "/commits/" + c.oid + "/comments", "parents": parents,
		"author": s.userOrNil(s.byEmail(c.author.Email)), "committer": s.userOrNil(s.byEmail(c.committer.Email)),
		"commit": obj{
			"url": s.repoAPI(r) + "/git/commits/" + c.oid, "message": c.message, "comment_count": 0,
			"author": git(c.author, stamp(c.authored).(string)), "committer": git(c.committer, stamp(c.committed).(string)),
			"tree":         obj{"sha": c.tree.dirs[""], "url": s.repoAPI(r) + "/git/trees/" + c.tree.dirs[""]},
			"verification": c.verification(),
		},
	}
}

func (s *Server) commitHTML(r *repository, c *commit) string {
	return s.url + "/" + r.fullName() + "/commit/" + c.oid
}

// verification says what GitHub makes of a signature.
func (c *commit) verification() obj {
	o := obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	switch c.signing {
	case None:
		return o
	case Unverified:
		o["reason"] = "unknown_key"
	case Verified, ByGitHub:
		o["verified"], o["reason"], o["verified_at"] = true, "valid", stamp(c.committed)
	}
	o["signature"], o["payload"] = c.signature(), "tree "+c.tree.dirs[""]
	return o
}

// simpleCommit is a commit as suites and merge groups show it.
func (s *Server) simpleCommit(c *commit) obj {
	git := func(i Ident) obj { return obj{"name": i.Name, "email": i.Email} }
	return obj{
		"id": c.oid, "tree_id": c.tree.dirs[""], "message": c.message, "timestamp": stamp(c.committed),
		"author": git(c.author), "committer": git(c.committer),
	}
}

// escapePath escapes a path for a URL and keeps its slashes.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = escapeSegment(parts[i])
	}
	return strings.Join(parts, "/")
}

// sortedKeys are a map's keys in order, so that what is answered never depends on chance.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
