package githubsim

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// findComment is the path's comment.
func (c *call) findComment() (*comment, error) {
	id, _ := strconv.ParseInt(c.vars["comment_id"], 10, 64)
	if found := c.repo.comment(id); found != nil {
		return found, nil
	}
	return nil, notFound()
}

func getComment(c *call) (any, error) {
	found, err := c.findComment()
	if err != nil {
		return nil, err
	}
	return c.commentJSON(found), nil
}

// listComments is GET …/issues/{issue_number}/comments: oldest first.
func listComments(c *call) (any, error) {
	on, err := c.findIssue()
	if err != nil {
		return nil, err
	}
	since, err := c.since()
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(*on.said()), func(o *comment) bool { return o.updated().Before(since) })
	return page(c, all, func(o *comment) any { return c.commentJSON(o) }), nil
}

// since reads the parameter of that name; without it, it is the beginning of time.
func (c *call) since() (time.Time, error) {
	text := c.query("since")
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, refuse(422, "Invalid since")
	}
	return at, nil
}

// createComment is POST …/issues/{issue_number}/comments, in the name of the app.
func createComment(c *call) (any, error) {
	var in struct {
		Body string `json:"body"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	on, err := c.findIssue()
	if err != nil {
		return nil, err
	}
	made, err := c.addComment(on, c.install.app.bot, in.Body, c.install.app, false)
	if err != nil {
		return nil, err
	}
	c.status = http.StatusCreated
	return c.commentJSON(made), nil
}

// createReaction is POST …/issues/comments/{comment_id}/reactions: 200 where the app reacted
// so already.
func createReaction(c *call) (any, error) {
	var in struct {
		Content string `json:"content"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !slices.Contains(reactions, in.Content) {
		return nil, invalid("Reaction", "content", "content is not included in the list")
	}
	on, err := c.findComment()
	if err != nil {
		return nil, err
	}
	me := c.install.app.bot
	for _, r := range on.reactions {
		if r.by == me && r.content == in.Content {
			c.status = http.StatusOK
			return c.reactionJSON(r), nil
		}
	}
	r := &reaction{id: c.id(kindReaction), by: me, content: in.Content, at: c.now()}
	on.reactions = append(on.reactions, r)
	c.status = http.StatusCreated
	return c.reactionJSON(r), nil
}
