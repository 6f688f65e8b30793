package route

import (
	"encoding/json"

	"github.com/changewarden/changewarden/app/subject"
)

// pull is the part of GitHub's pull request that is read here. head.repo and user are null
// for a deleted fork and a deleted account, although GitHub's own description denies the first.
type pull struct {
	Number    int64
	Title     string
	State     string
	Draft     bool
	Merged    bool
	UpdatedAt string `json:"updated_at"`
	User      user
	Head      struct {
		SHA  string
		Ref  string
		Repo struct{ ID int64 }
	}
	Base struct{ Ref string }
}

// idle are the actions that leave alone everything a verdict rests on. Any other,
// unknown ones too, makes the pull request due.
var idle = map[string]bool{
	"assigned": true, "unassigned": true,
	"milestoned": true, "demilestoned": true,
	"locked": true, "unlocked": true,
	"auto_merge_enabled": true, "auto_merge_disabled": true,
	"review_requested": true, "review_request_removed": true,
}

func pullRequest(d delivery, r *subject.Result) {
	var e struct {
		PullRequest             pull `json:"pull_request"`
		Before, After           string
		Review, Thread, Comment json.RawMessage // of other events, which show the pull request in part
	}
	s, ok := pullSubject(d, &e, &e.PullRequest)
	if !ok {
		return
	}
	if !idle[d.Action] {
		r.Subjects = append(r.Subjects, s)
	}
	p := e.PullRequest
	if e.Review != nil || e.Thread != nil || e.Comment != nil {
		return
	}
	if isCommit(p.Head.SHA) {
		r.Pulls = append(r.Pulls, p.fact(s.Repo))
	}
	switch d.Action {
	case "review_request_removed":
		unasked(d, r, s)
	case "opened":
		pulled(d, r, s.Number, "", p.Head.SHA)
	case "synchronize":
		pulled(d, r, s.Number, e.Before, e.After)
		// What this pull request leaves behind counts no longer towards the old head,
		// which others may still carry. The facts are applied first, so it does not
		// select itself.
		if isCommit(e.Before) {
			r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByHead, Repo: s.Repo, SHA: e.Before})
		}
	case "closed":
		if p.Merged && p.Base.Ref != "" {
			r.Forget = append(r.Forget, subject.CacheKey{
				Kind: subject.BaselineCache, Prefix: subject.BaselineKey(s.Repo, p.Base.Ref),
			})
		}
	}
}

// unasked notes that somebody took back a request for review. One that GitHub or an app took
// back, as GitHub does when it puts members in a team's place, is no word of anybody's.
func unasked(d delivery, r *subject.Result, s subject.Subject) {
	var e struct {
		User user    `json:"requested_reviewer"`
		Team teamRef `json:"requested_team"`
	}
	by := d.sender()
	if !unmarshal(d.body, &e) || by.User == 0 || by.Bot || e.User.ID <= 0 && e.Team.ID <= 0 {
		return
	}
	r.Unasked = append(r.Unasked, subject.UnaskedFact{
		Repo: s.Repo, Number: s.Number, User: max(e.User.ID, 0), Team: max(e.Team.ID, 0), By: by, At: d.at,
	})
}

// review makes the pull request of a review or of a conversation due. Its pull_request
// lacks draft and merged, so it is no PullFact.
func review(d delivery, r *subject.Result) {
	var e struct {
		PullRequest pull `json:"pull_request"`
	}
	if s, ok := pullSubject(d, &e, &e.PullRequest); ok {
		r.Subjects = append(r.Subjects, s)
	}
}

// pullSubject decodes the event and names its pull request, which stands in the
// repository that the delivery is about, whatever repository its head is in.
func pullSubject(d delivery, event any, p *pull) (subject.Subject, bool) {
	if !unmarshal(d.body, event) || d.Repository.ID == 0 || p.Number <= 0 {
		return subject.Subject{}, false
	}
	return subject.Subject{Kind: subject.PullRequest, Repo: d.Repository.ID, Number: p.Number}, true
}

func (p pull) fact(repo int64) subject.PullFact {
	return subject.PullFact{
		Repo:      repo,
		Number:    p.Number,
		Title:     p.Title,
		Head:      p.Head.SHA,
		HeadRepo:  max(p.Head.Repo.ID, 0),
		HeadRef:   p.Head.Ref,
		Base:      p.Base.Ref,
		Author:    max(p.User.ID, 0),
		Open:      p.State == "open",
		Merged:    p.Merged,
		Draft:     p.Draft,
		UpdatedAt: parseTime(p.UpdatedAt),
	}
}

// pulled adds the sender as the pusher of a pull request's head. Without a sender or a
// commit there is nobody to name: the push stays unknown, and with it the authorship.
func pulled(d delivery, r *subject.Result, number int64, before, after string) {
	f := pushFact(d, before, after)
	f.Number = number
	addPush(r, f)
}
