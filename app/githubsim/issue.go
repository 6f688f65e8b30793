package githubsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// issue is one issue that is no pull request. The two are numbered together.
type issue struct {
	id          int64
	number      int
	repo        *repository
	title, body string
	author      *account
	via         *app // opened by an app in its own name
	open        bool
	reason      string // why it was closed: completed or not_planned; reopened
	closedBy    *account
	closedAt    time.Time
	edited      time.Time // the body; zero: never
	editor      *account
	labels      []*label
	assignees   []*account
	comments    []*comment
	timeline    []*happening
	created     time.Time
	updated     time.Time
	deleted     bool
	movedTo     *issue // it was transferred
}

// talk is what can be commented on: a pull request or an issue.
type talk interface {
	where() (r *repository, number int, page string) // page is the word in its address
	said() *[]*comment
	touch(at time.Time)
	asIssue(s *Server) obj
}

func (p *pull) where() (*repository, int, string) { return p.repo, p.number, "pull" }
func (p *pull) said() *[]*comment                 { return &p.comments }
func (p *pull) touch(at time.Time)                { p.updated = at }
func (p *pull) asIssue(s *Server) obj             { return s.issueJSON(p) }

func (i *issue) where() (*repository, int, string) { return i.repo, i.number, "issues" }
func (i *issue) said() *[]*comment                 { return &i.comments }
func (i *issue) touch(at time.Time)                { i.updated = at }
func (i *issue) asIssue(s *Server) obj             { return s.ownIssueJSON(i) }

func (i *issue) gone() bool { return i.deleted || i.movedTo != nil }

// issue finds an issue by number, also one that was deleted or moved.
func (r *repository) issue(number int) *issue {
	for _, i := range r.issues {
		if i.number == number {
			return i
		}
	}
	return nil
}

// talk finds what has a number, nil if nothing has.
func (r *repository) talk(number int) talk {
	if p := r.pull(number); p != nil {
		return p
	}
	if i := r.issue(number); i != nil && !i.gone() {
		return i
	}
	return nil
}

// numbered gives out the repository's next number.
func (r *repository) numbered() int {
	r.numbers++
	return r.numbers
}

// newIssue is what somebody opens.
type newIssue struct {
	title, body       string
	labels, assignees []string
}

// openIssue opens an issue. Labels and assignees take triage permission and are dropped
// without it; an assignee who cannot be one is refused.
func (s *Server) openIssue(r *repository, by *account, via *app, n newIssue) (*issue, error) {
	if err := r.writable(); err != nil {
		return nil, err
	}
	if err := checkIssue(n.title, n.body); err != nil {
		return nil, err
	}
	i := &issue{
		id: s.id(kindIssue), repo: r, title: n.title, body: n.body, author: by, via: via, open: true, created: s.now(), updated: s.now(),
	}
	if via != nil || r.permission(by) >= permTriage {
		for _, name := range n.labels {
			i.labels = append(i.labels, s.label(r, name))
		}
		var err error
		if i.assignees, err = s.assignable(r, n.assignees); err != nil {
			return nil, err
		}
	}
	i.number = r.numbered()
	r.issues = append(r.issues, i)
	s.sendIssue(i, "opened", by, nil)
	for _, l := range i.labels {
		s.sendIssue(i, "labeled", by, obj{"label": s.labelJSON(r, l)})
	}
	for _, a := range i.assignees {
		s.sendIssue(i, "assigned", by, obj{"assignee": s.userJSON(a)})
	}
	return i, nil
}

func checkIssue(title, body string) error {
	switch {
	case strings.TrimSpace(title) == "" || utf8.RuneCountInString(title) > 256:
		return invalid("Issue", "title", "title is missing, or too long (maximum is 256 characters)")
	case utf8.RuneCountInString(body) > maxComment:
		return invalid("Issue", "body", "body is too long (maximum is 65536 characters)")
	}
	return nil
}

// assignable are the accounts of logins: whoever has access may be assigned, ten at most.
func (s *Server) assignable(r *repository, logins []string) ([]*account, error) {
	var out []*account
	for _, login := range logins {
		a := s.account(login)
		if a == nil || a.typ != "User" || r.people[a] == permNone && r.owner != a && r.owner.members[a] == "" {
			return nil, invalid("Issue", "assignees", login+" cannot be assigned")
		}
		out = append(out, a)
	}
	return out[:min(len(out), 10)], nil
}

// setState closes or opens an issue; what it is already says nothing.
func (s *Server) setState(i *issue, by *account, open bool, reason string) {
	if i.open == open {
		return
	}
	i.open, i.updated = open, s.now()
	if open {
		i.reason, i.closedAt, i.closedBy = "reopened", time.Time{}, nil
		i.happened(s, happening{typ: "ReopenedEvent", actor: by})
		s.sendIssue(i, "reopened", by, nil)
		return
	}
	if i.reason = reason; reason == "" {
		i.reason = "completed"
	}
	i.closedAt, i.closedBy = s.now(), by
	i.happened(s, happening{typ: "ClosedEvent", actor: by, state: strings.ToUpper(i.reason)})
	s.sendIssue(i, "closed", by, nil)
}

func (i *issue) happened(s *Server, h happening) {
	h.id, h.at = s.id(kindEvent), s.now()
	i.timeline = append(i.timeline, &h)
}

// edit changes the title and the body.
func (s *Server) edit(i *issue, by *account, title, body string) error {
	if err := checkIssue(title, body); err != nil {
		return err
	}
	changes := obj{}
	if title != i.title {
		changes["title"] = obj{"from": i.title}
	}
	if body != i.body {
		changes["body"] = obj{"from": i.body}
		i.edited, i.editor = s.now(), by
	}
	if len(changes) == 0 {
		return nil
	}
	i.title, i.body, i.updated = title, body, s.now()
	s.sendIssue(i, "edited", by, obj{"changes": changes})
	return nil
}

// sendIssue tells of an issue.
func (s *Server) sendIssue(i *issue, action string, sender *account, extra obj) {
	body := obj{"action": action, "issue": s.ownIssueJSON(i)}
	maps.Copy(body, extra)
	s.emit("issues", i.repo.owner, i.repo, sender, body)
}

// transfer gives an issue to another repository, where it gets a number of its own. The old
// address leads there from then on. Labels stay behind unless they are there as well.
func (s *Server) transfer(i *issue, by *account, to *repository) *issue {
	moved := *i
	moved.id, moved.repo, moved.number = s.id(kindIssue), to, to.numbered()
	moved.labels, moved.timeline = nil, slices.Clone(i.timeline)
	moved.comments = nil
	for _, c := range i.comments {
		own := *c
		own.on = &moved
		moved.comments = append(moved.comments, &own)
	}
	to.issues = append(to.issues, &moved)
	s.sendIssue(i, "transferred", by, obj{"changes": obj{"new_issue": s.ownIssueJSON(&moved), "new_repository": s.repoJSON(to)}})
	s.sendIssue(&moved, "opened", by, obj{"changes": obj{"old_issue": s.ownIssueJSON(i), "old_repository": s.repoJSON(i.repo)}})
	i.movedTo = &moved
	return &moved
}

// ownIssueJSON is an issue that is no pull request.
func (s *Server) ownIssueJSON(i *issue) obj {
	api := fmt.Sprintf("%s/issues/%d", s.repoAPI(i.repo), i.number)
	state, labels, assignees := "closed", list{}, list{}
	if i.open {
		state = "open"
	}
	for _, l := range i.labels {
		labels = append(labels, s.labelJSON(i.repo, l))
	}
	first := any(nil)
	for _, a := range i.assignees {
		assignees = append(assignees, s.userJSON(a))
		first = assignees[0]
	}
	via := any(nil)
	if i.via != nil {
		via = s.appJSON(i.via)
	}
	return obj{
		"id": i.id, "node_id": nodeID("I", i.id), "number": i.number, "title": i.title, "body": orNil(i.body), "user": s.userOrNil(i.author),
		"state": state, "state_reason": orNil(i.reason), "labels": labels, "assignee": first, "assignees": assignees, "milestone": nil,
		"locked": false, "active_lock_reason": nil, "comments": len(i.comments), "author_association": i.repo.association(i.author),
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stamp(i.closedAt), "performed_via_github_app": via,
		"url": api, "html_url": fmt.Sprintf("%s/%s/issues/%d", s.url, i.repo.fullName(), i.number), "repository_url": s.repoAPI(i.repo),
		"labels_url": api + "/labels{/name}", "comments_url": api + "/comments", "events_url": api + "/events", "timeline_url": api + "/timeline",
		"reactions": rollup(api, nil),
	}
}
