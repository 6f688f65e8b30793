package githubsim

import (
	"fmt"
	"strings"
	"time"
)

// The builders below render REST's objects, which webhooks carry too. Where the two differ
// the webhook's builder says so.

// stamp is a time as GitHub writes it; a time that never was is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNil is null for an empty string.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// userJSON is a simple-user. A deleted account shows as the ghost.
func (s *Server) userJSON(a *account) obj {
	if a == nil || a.deleted {
		a = s.world.ghost
	}
	api := s.url + "/users/" + a.login
	return obj{
		"login": a.login, "id": a.id, "node_id": nodeID(a.typ[:1], a.id), "type": a.typ, "site_admin": false,
		"avatar_url": fmt.Sprintf("%s/avatars/u/%d?v=4", s.url, a.id), "gravatar_id": "",
		"url": api, "html_url": s.url + "/" + strings.TrimSuffix(a.login, "[bot]"),
		"followers_url": api + "/followers", "following_url": api + "/following{/other_user}",
		"gists_url": api + "/gists{/gist_id}", "starred_url": api + "/starred{/owner}{/repo}",
		"subscriptions_url": api + "/subscriptions", "organizations_url": api + "/orgs", "repos_url": api + "/repos",
		"events_url": api + "/events{/privacy}", "received_events_url": api + "/received_events",
	}
}

// userOrNil is a nullable-simple-user: null for a deleted account.
func (s *Server) userOrNil(a *account) any {
	if a == nil || a.deleted {
		return nil
	}
	return s.userJSON(a)
}

// orgJSON is the organization of a webhook.
func (s *Server) orgJSON(a *account) obj {
	api := s.url + "/orgs/" + a.login
	return obj{
		"login": a.login, "id": a.id, "node_id": nodeID("O", a.id), "url": api, "repos_url": api + "/repos",
		"events_url": api + "/events", "hooks_url": api + "/hooks", "issues_url": api + "/issues",
		"members_url": api + "/members{/member}", "public_members_url": api + "/public_members{/member}",
		"avatar_url": fmt.Sprintf("%s/avatars/u/%d?v=4", s.url, a.id), "description": "",
	}
}

// repoLinks are the addresses below a repository's own.
var repoLinks = map[string]string{
	"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
	"branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
	"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
	"contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
	"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
	"hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
	"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
	"merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
	"pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
	"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams",
	"trees_url": "/git/trees{/sha}",
}

// repoAPI is a repository's own address in the API.
func (s *Server) repoAPI(r *repository) string { return s.url + "/repos/" + r.fullName() }

// repoJSON is a repository with all that any of REST's variants of it demands.
func (s *Server) repoJSON(r *repository) obj {
	html := s.url + "/" + r.fullName()
	open := 0
	for _, p := range r.pulls {
		if p.open {
			open++
		}
	}
	for _, i := range r.issues {
		if i.open && !i.gone() {
			open++
		}
	}
	o := obj{
		"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.fullName(), "owner": s.userJSON(r.owner),
		"private": r.private, "visibility": r.visibility(), "html_url": html, "url": s.repoAPI(r), "description": nil,
		"fork": r.parent != nil, "archived": r.archived, "disabled": false, "default_branch": r.defaultBranch,
		"git_url": "git" + strings.TrimPrefix(html, "http") + ".git", "ssh_url": "git@github.example:" + r.fullName() + ".git",
		"clone_url": html + ".git", "svn_url": html, "mirror_url": nil, "homepage": nil, "language": nil, "license": nil,
		"has_issues": true, "has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false, "has_discussions": false,
		"forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "size": 108,
		"open_issues": open, "open_issues_count": open, "is_template": false, "topics": list{}, "allow_forking": true,
		"web_commit_signoff_required": false, "created_at": stamp(r.created), "updated_at": stamp(r.updated), "pushed_at": stamp(r.pushed),
	}
	for name, path := range repoLinks {
		o[name] = s.repoAPI(r) + path
	}
	return o
}

// appJSON is an integration.
func (s *Server) appJSON(x *app) obj {
	events := list{}
	for _, e := range x.events {
		events = append(events, e)
	}
	return obj{
		"id": x.id, "slug": x.slug, "node_id": nodeID("A", x.id), "client_id": fmt.Sprintf("Iv23li%014d", x.id),
		"owner": s.userJSON(x.owner), "name": x.name, "description": "", "external_url": s.url + "/apps/" + x.slug,
		"html_url": s.url + "/apps/" + x.slug, "created_at": stamp(x.created), "updated_at": stamp(x.created),
		"permissions": permissionsJSON(x.permissions), "events": events,
	}
}

func permissionsJSON(p map[string]string) obj {
	o := obj{}
	for k, v := range p {
		o[k] = v
	}
	return o
}
