package githubsim

import (
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// comment is one comment on a pull request or an issue: GitHub keeps the former as the latter.
type comment struct {
	id        int64
	on        talk
	author    *account
	body      string
	via       *app // posted by an app: in its own name, or for the author
	mailed    bool // a reply by e-mail
	created   time.Time
	edited    time.Time // zero: never
	reactions []*reaction
}

// reaction is one person's or app's; there is one of each sort a person.
type reaction struct {
	id      int64
	by      *account
	content string
	at      time.Time
}

// maxComment is how many characters a comment takes.
const maxComment = 65_536

// reactions are all that GitHub has.
var reactions = []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"}

func (r *repository) comment(id int64) *comment {
	for n := range r.numbers {
		t := r.talk(n + 1)
		if t == nil {
			continue
		}
		for _, c := range *t.said() {
			if c.id == id {
				return c
			}
		}
	}
	return nil
}

func (s *Server) addComment(on talk, by *account, body string, via *app, mailed bool) (*comment, error) {
	if strings.TrimSpace(body) == "" || utf8.RuneCountInString(body) > maxComment {
		return nil, invalid("IssueComment", "body", "body is missing, or too long (maximum is 65536 characters)")
	}
	c := &comment{id: s.id(kindComment), on: on, author: by, body: body, via: via, mailed: mailed, created: s.now()}
	*on.said() = append(*on.said(), c)
	on.touch(s.now())
	s.sendComment(c, "created", by, nil)
	return c, nil
}

func (s *Server) reactionJSON(r *reaction) obj {
	return obj{"id": r.id, "node_id": nodeID("REA", r.id), "user": s.userOrNil(r.by), "content": r.content, "created_at": stamp(r.at)}
}

func (c *comment) updated() time.Time {
	if c.edited.IsZero() {
		return c.created
	}
	return c.edited
}

// commentJSON is an issue-comment, as REST and webhooks have it.
func (s *Server) commentJSON(c *comment) obj {
	r, number, at := c.on.where()
	api := fmt.Sprintf("%s/issues/comments/%d", s.repoAPI(r), c.id)
	via := any(nil)
	if c.via != nil {
		via = s.appJSON(c.via)
	}
	return obj{
		"id": c.id, "node_id": nodeID("IC", c.id), "url": api, "issue_url": fmt.Sprintf("%s/issues/%d", s.repoAPI(r), number),
		"html_url": fmt.Sprintf("%s/%s/%s/%d#issuecomment-%d", s.url, r.fullName(), at, number, c.id),
		"user":     s.userOrNil(c.author), "author_association": r.association(c.author), "body": c.body,
		"created_at": stamp(c.created), "updated_at": stamp(c.updated()), "performed_via_github_app": via, "reactions": rollup(api, c.reactions),
	}
}

// rollup counts reactions.
func rollup(api string, all []*reaction) obj {
	counts := map[string]int{}
	for _, r := range all {
		counts[r.content]++
	}
	o := obj{"url": api + "/reactions", "total_count": len(all)}
	for _, content := range reactions {
		o[content] = counts[content]
	}
	return o
}

// sendComment tells of a comment. Webhooks carry the pull request as the issue that GitHub
// keeps it as.
func (s *Server) sendComment(c *comment, action string, sender *account, extra obj) {
	r, _, _ := c.on.where()
	body := obj{"action": action, "issue": c.on.asIssue(s), "comment": s.commentJSON(c)}
	maps.Copy(body, extra)
	s.emit("issue_comment", r.owner, r, sender, body)
}

// issueJSON is the issue that a pull request is as well.
func (s *Server) issueJSON(p *pull) obj {
	o := s.pullSimple(p)
	api := fmt.Sprintf("%s/issues/%d", s.repoAPI(p.repo), p.number)
	merged := any(nil)
	if p.merged {
		merged = stamp(p.closedAt)
	}
	issue := obj{
		"url": api, "repository_url": s.repoAPI(p.repo), "labels_url": api + "/labels{/name}", "comments_url": api + "/comments",
		"events_url": api + "/events", "timeline_url": api + "/timeline", "comments": len(p.comments), "performed_via_github_app": nil,
		"reactions": rollup(api, nil), "state_reason": nil,
		"pull_request": obj{
			"url": o["url"], "html_url": o["html_url"], "diff_url": o["diff_url"], "patch_url": o["patch_url"], "merged_at": merged,
		},
	}
	for _, k := range []string{
		"html_url", "id", "node_id", "number", "title", "user", "labels", "state", "locked", "assignee", "assignees", "milestone",
		"created_at", "updated_at", "closed_at", "author_association", "active_lock_reason", "body", "draft",
	} {
		issue[k] = o[k]
	}
	return issue
}
