package githubsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// findIssue is the path's pull request or issue. One that was deleted is gone, one that was
// transferred is where it went to.
func (c *call) findIssue() (talk, error) {
	number, _ := strconv.Atoi(c.vars["issue_number"])
	if t := c.repo.talk(number); t != nil {
		return t, nil
	}
	i := c.repo.issue(number)
	switch {
	case i == nil:
		return nil, notFound()
	case i.movedTo == nil:
		return nil, refuse(410, "This issue was deleted")
	case !c.reaches(i.movedTo.repo):
		return nil, notFound()
	}
	e := refuse(301, "Moved Permanently")
	e.header = http.Header{"Location": {fmt.Sprintf("%s/repositories/%d/issues/%d", c.base(), i.movedTo.repo.id, i.movedTo.number)}}
	return nil, e
}

// inFull is an issue as the requests about one have it.
func (c *call) inFull(t talk) obj {
	o := t.asIssue(c.Server)
	o["closed_by"] = nil
	switch t := t.(type) {
	case *issue:
		if !t.open {
			o["closed_by"] = c.userOrNil(t.closedBy)
		}
	case *pull:
		if !t.open {
			o["closed_by"] = c.userOrNil(t.closedBy)
		}
	}
	return o
}

func getIssue(c *call) (any, error) {
	found, err := c.findIssue()
	if err != nil {
		return nil, err
	}
	return c.inFull(found), nil
}

// listIssues is GET …/issues: pull requests are among them. Newest first unless asked otherwise.
func listIssues(c *call) (any, error) {
	since, err := c.since()
	if err != nil {
		return nil, err
	}
	state, creator := cmp.Or(c.query("state"), "open"), c.query("creator")
	var labels []string
	if text := c.query("labels"); text != "" {
		labels = strings.Split(text, ",")
	}
	var all []obj
	for n := range c.repo.numbers {
		t := c.repo.talk(n + 1)
		if t == nil {
			continue
		}
		o := t.asIssue(c.Server)
		updated, _ := time.Parse(time.RFC3339, o["updated_at"].(string))
		user, _ := o["user"].(obj)
		switch {
		case state != "all" && o["state"] != state, updated.Before(since):
		case creator != "" && (user == nil || !strings.EqualFold(user["login"].(string), creator)):
		case !slices.ContainsFunc(labels, func(name string) bool { return !hasLabel(o, name) }):
			all = append(all, o)
		}
	}
	if sort := cmp.Or(c.query("sort"), "created"); sort == "updated" {
		slices.SortStableFunc(all, func(a, b obj) int { return strings.Compare(a["updated_at"].(string), b["updated_at"].(string)) })
	}
	if c.query("direction") != "asc" {
		slices.Reverse(all)
	}
	return page(c, all, func(o obj) any { return o }), nil
}

func hasLabel(issue obj, name string) bool {
	return slices.ContainsFunc(issue["labels"].(list), func(l any) bool { return strings.EqualFold(l.(obj)["name"].(string), name) })
}

// createIssue is POST …/issues, in the name of the app.
func createIssue(c *call) (any, error) {
	var in struct {
		Title     string   `json:"title"`
		Body      string   `json:"body"`
		Labels    []string `json:"labels"`
		Assignees []string `json:"assignees"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	app := c.install.app
	made, err := c.openIssue(c.repo, app.bot, app, newIssue{in.Title, in.Body, in.Labels, in.Assignees})
	if err != nil {
		return nil, err
	}
	c.status = http.StatusCreated
	return c.inFull(made), nil
}

// updateIssue is PATCH …/issues/{issue_number}: what is not named stays.
func updateIssue(c *call) (any, error) {
	var in struct {
		Title  *string          `json:"title"`
		Body   *json.RawMessage `json:"body"`
		State  string           `json:"state"`
		Reason string           `json:"state_reason"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	found, err := c.findIssue()
	if err != nil {
		return nil, err
	}
	i, ok := found.(*issue)
	if !ok {
		c.unknown("changing a pull request as an issue")
		return nil, notFound()
	}
	title, body := i.title, i.body
	if in.Title != nil {
		title = *in.Title
	}
	if in.Body != nil {
		body = ""
		_ = json.Unmarshal(*in.Body, &body) // null empties it
	}
	if err := c.edit(i, c.install.app.bot, title, body); err != nil {
		return nil, err
	}
	if in.State != "" {
		c.setState(i, c.install.app.bot, in.State == "open", in.Reason)
	}
	return c.inFull(i), nil
}
