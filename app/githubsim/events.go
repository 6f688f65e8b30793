package githubsim

import (
	"maps"
	"time"
)

// The functions below tell the app what happened. Payloads are made when it happens, so
// that a delivery that is late tells of its own moment.

// sendPull tells of a pull request; extra holds what the action carries besides.
func (s *Server) sendPull(p *pull, action string, sender *account, extra obj) {
	body := obj{"action": action, "number": p.number, "pull_request": s.hookPull(p, s.pullJSON(p))}
	maps.Copy(body, extra)
	s.emit("pull_request", p.repo.owner, p.repo, sender, body)
}

// sendReview tells of a review. Webhooks write the state in small letters, unlike REST,
// and show the pull request as lists do.
func (s *Server) sendReview(v *review, action string, sender *account) {
	review := s.reviewJSON(v)
	review["state"] = lower(v.state)
	review["updated_at"] = stamp(v.updated)
	if review["body"] == "" {
		review["body"] = nil
	}
	s.emit("pull_request_review", v.pull.repo.owner, v.pull.repo, sender, obj{
		"action": action, "review": review, "pull_request": s.hookPull(v.pull, s.pullSimple(v.pull)),
	})
}

// sendThread tells of a conversation of a review.
func (s *Server) sendThread(pr *pull, t *thread, action string, sender *account) {
	s.emit("pull_request_review_thread", pr.repo.owner, pr.repo, sender, obj{
		"action": action, "pull_request": s.hookPull(pr, s.pullSimple(pr)),
		"thread": obj{"node_id": nodeID("PRRT", t.id), "comments": list{s.threadComment(pr, t)}},
	})
}

// sendRun tells of a check run. Requests to run again go to the app that made it alone.
func (s *Server) sendRun(c *run, action string, sender *account) {
	if action == "rerequested" && c.suite.app != s.world.app {
		return
	}
	s.emitRun(c, action, sender, nil)
}

// sendAction tells the app whose check run it is that a button of it was pressed.
func (s *Server) sendAction(c *run, pressed action, sender *account) {
	if c.suite.app == s.world.app {
		s.emitRun(c, "requested_action", sender, obj{"requested_action": obj{"identifier": pressed.Identifier}})
	}
}

func (s *Server) emitRun(c *run, action string, sender *account, extra obj) {
	u, check := c.suite, s.checkJSON(c)
	check["check_suite"] = s.suiteJSON(u)
	for _, k := range []string{"head_commit", "check_runs_url", "latest_check_runs_count", "rerequestable", "runs_rerequestable"} {
		delete(check["check_suite"].(obj), k) // the run's event shows less of the suite than the suite's own
	}
	body := obj{"action": action, "check_run": check}
	maps.Copy(body, extra)
	s.emit("check_run", u.repo.owner, u.repo, sender, body)
}

// sendSuite tells of a check suite; requested and rerequested go to its own app alone.
func (s *Server) sendSuite(u *suite, action string, sender *account) {
	if action != "completed" && u.app != s.world.app {
		return
	}
	s.emit("check_suite", u.repo.owner, u.repo, sender, obj{"action": action, "check_suite": s.suiteJSON(u)})
}

// sendStatus tells of a commit status. Branches of forks are not listed.
func (s *Server) sendStatus(st *status) {
	branches := list{}
	for _, name := range sortedKeys(st.repo.branches) {
		if c := st.repo.branches[name]; c.oid == st.sha {
			branches = append(branches, obj{
				"name": name, "commit": obj{"sha": c.oid, "url": s.repoAPI(st.repo) + "/commits/" + c.oid},
				"protected": st.repo.protections[name] != nil,
			})
		}
	}
	s.emit("status", st.repo.owner, st.repo, st.creator, obj{
		"id": st.id, "sha": st.sha, "name": st.repo.fullName(), "target_url": orNil(st.target), "context": st.context,
		"description": orNil(st.description), "state": st.state, "branches": branches,
		"avatar_url": s.userJSON(st.creator)["avatar_url"], "commit": s.commitJSON(st.repo, st.repo.objects.commits[st.sha]),
		"created_at": stamp(st.created), "updated_at": stamp(st.created),
	})
}

// maxPushCommits is how many commits a push event lists.
const maxPushCommits = 2048

// sendPush tells of a branch that moved, was made or was deleted. Its repository is an
// older shape: numbers for two of its times, the owner with a name.
func (s *Server) sendPush(r *repository, branch string, from, to *commit, forced bool, sender *account) {
	before, after, base := zeroSHA, zeroSHA, any(nil)
	var commits []*commit
	if from != nil {
		before = from.oid
	}
	if to != nil {
		after = to.oid
		known := from
		if from == nil {
			known = r.branches[r.defaultBranch]
		}
		if known != to {
			commits = between(known, to)
		}
	}
	listed := list{}
	for _, c := range commits[max(0, len(commits)-maxPushCommits):] {
		listed = append(listed, s.pushedCommit(r, c))
	}
	head := any(nil)
	if to != nil {
		head = s.pushedCommit(r, to)
	}
	repo := s.repoJSON(r)
	repo["created_at"], repo["pushed_at"], repo["master_branch"], repo["stargazers"] = r.created.Unix(), r.pushed.Unix(), r.defaultBranch, 0
	owner := s.userJSON(r.owner)
	owner["name"], owner["email"] = r.owner.login, nil
	repo["owner"] = owner
	if r.owner.isOrg() {
		repo["organization"] = r.owner.login
	}
	s.emit("push", r.owner, r, sender, obj{
		"ref": "refs/heads/" + branch, "before": before, "after": after, "created": from == nil, "deleted": to == nil, "forced": forced,
		"base_ref": base, "compare": s.url + "/" + r.fullName() + "/compare/" + before[:12] + "..." + after[:12],
		"commits": listed, "head_commit": head, "repository": repo,
		"pusher": obj{"name": sender.login, "email": sender.mail()},
	})
}

func (s *Server) pushedCommit(r *repository, c *commit) obj {
	who := func(i Ident, at time.Time) obj {
		o := obj{"name": i.Name, "email": i.Email, "date": stamp(at)}
		if a := s.byEmail(i.Email); a != nil {
			o["username"] = a.login
		}
		return o
	}
	added, removed, modified := list{}, list{}, list{}
	for _, f := range r.objects.introduced(c) {
		switch f.status {
		case "added":
			added = append(added, f.path)
		case "removed":
			removed = append(removed, f.path)
		case "renamed":
			added, removed = append(added, f.path), append(removed, f.previous)
		default:
			modified = append(modified, f.path)
		}
	}
	return obj{
		"id": c.oid, "tree_id": c.tree.dirs[""], "distinct": true, "message": c.message, "timestamp": stamp(c.committed),
		"url": s.commitHTML(r, c), "author": who(c.author, c.authored), "committer": who(c.committer, c.committed),
		"added": added, "removed": removed, "modified": modified,
	}
}

// sendMembership tells that somebody came into a team or left it.
func (s *Server) sendMembership(t *team, a *account, action string, sender *account) {
	s.emit("membership", t.org, nil, sender, obj{
		"action": action, "scope": "team", "member": s.userJSON(a), "team": s.teamJSON(t),
	})
}

// sendTeam tells of a team; r is the repository that it came to or went from, else nil.
func (s *Server) sendTeam(t *team, action string, r *repository, sender *account, extra obj) {
	body := obj{"action": action, "team": s.teamJSON(t)}
	if r != nil {
		repo := s.repoJSON(r)
		delete(repo, "has_discussions") // an older shape
		delete(repo, "web_commit_signoff_required")
		body["repository"] = repo
	}
	maps.Copy(body, extra)
	s.emit("team", t.org, nil, sender, body)
}

// sendMember tells of a collaborator of a repository.
func (s *Server) sendMember(r *repository, a *account, action string, changes obj, sender *account) {
	body := obj{"action": action, "member": s.userJSON(a)}
	if changes != nil {
		body["changes"] = changes
	}
	s.emit("member", r.owner, r, sender, body)
}

// sendOrganization tells that somebody came into an organisation or left it.
func (s *Server) sendOrganization(o, a *account, action, role string, sender *account) {
	s.emit("organization", o, nil, sender, obj{"action": action, "membership": obj{
		"url": s.url + "/orgs/" + o.login + "/memberships/" + a.login, "state": "active", "role": role,
		"organization_url": s.url + "/orgs/" + o.login, "user": s.userJSON(a),
	}})
}

// sendRepository tells of what was done to a repository as a whole.
func (s *Server) sendRepository(r *repository, action string, changes obj, sender *account) {
	body := obj{"action": action}
	if changes != nil {
		body["changes"] = changes
	}
	s.emit("repository", r.owner, r, sender, body)
}

// sendInstallation tells the app of its own installation; nobody subscribes to that.
func (s *Server) sendInstallation(i *installation, action string, sender *account) {
	body := obj{"action": action, "installation": s.installationJSON(i), "sender": s.userJSON(sender), "requester": nil}
	if action == "created" || action == "deleted" || action == "suspend" || action == "unsuspend" || action == "new_permissions_accepted" {
		body["repositories"] = s.repoStubs(s.repositoriesOf(i))
	}
	s.enqueue("installation", i, nil, body)
}

// sendSelection tells which repositories an installation gained and lost: one event each.
func (s *Server) sendSelection(i *installation, before, after []*repository) {
	gone, come := without(before, after), without(after, before)
	selection := "selected"
	if i.all {
		selection = "all"
	}
	send := func(action string, added, removed []*repository) {
		s.enqueue("installation_repositories", i, nil, obj{
			"action": action, "installation": s.installationJSON(i), "repository_selection": selection, "requester": nil,
			"repositories_added": s.repoStubs(added), "repositories_removed": s.repoStubs(removed), "sender": s.userJSON(s.ownerOf(i.account)),
		})
	}
	if len(come) > 0 {
		send("added", come, nil)
	}
	if len(gone) > 0 {
		send("removed", nil, gone)
	}
}

func (s *Server) repoStubs(repos []*repository) list {
	out := list{}
	for _, r := range repos {
		out = append(out, obj{"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.fullName(), "private": r.private})
	}
	return out
}

func without(a, b []*repository) (out []*repository) {
	in := map[*repository]bool{}
	for _, r := range b {
		in[r] = true
	}
	for _, r := range a {
		if !in[r] {
			out = append(out, r)
		}
	}
	return out
}
