package route

import (
	"encoding/json"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/subject"
)

// comment notes a new comment on a pull request that may be a command. One that was edited
// or deleted is none, nor is what an app or a bot posted, for whomever; most comments are
// talk, and end here.
func comment(d delivery, r *subject.Result) {
	var e struct {
		Issue struct {
			Number      int64
			PullRequest json.RawMessage `json:"pull_request"` // absent: it is an issue
		}
		Comment struct {
			ID   int64
			Body string
			User user
			App  json.RawMessage `json:"performed_via_github_app"`
		}
	}
	if !unmarshal(d.body, &e) || d.Action != "created" || d.Repository.ID == 0 {
		return
	}
	c := e.Comment
	switch {
	case e.Issue.Number <= 0 || none(e.Issue.PullRequest) || c.ID <= 0:
		return
	case c.User.ID <= 0 || c.User.ID != d.Sender.ID || d.Sender.Type != "User" || !none(c.App):
		return
	}
	if _, ok := command.Parse(c.Body); !ok {
		return
	}
	r.Commands = append(r.Commands, subject.CommandFact{
		Comment: c.ID, Repo: d.Repository.ID, Number: e.Issue.Number, By: d.sender(), At: d.at,
	})
	r.Subjects = append(r.Subjects, subject.Subject{Kind: subject.Comments, Repo: d.Repository.ID, Number: e.Issue.Number})
}

// none reports whether a value is absent or null.
func none(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }
