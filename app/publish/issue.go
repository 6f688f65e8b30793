package publish

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

// Issue is an issue of ours that is to be opened.
type Issue struct {
	Owner, Name string
	Title, Body string // Body ends with Mark
	Label       string
	Assignees   []string  // logins; those whom GitHub does not let be assigned are left out
	Mark        string    // by which it is known
	Since       time.Time // when it was owed: one of ours is no older
	Writing     bool      // a write began whose answer is not known: look before writing
}

func (i Issue) String() string { return fmt.Sprintf("%s/%s", i.Owner, i.Name) }

// Mark is a line that GitHub does not show, by which something of ours is known.
func Mark(what string) string { return "<!-- changewarden: " + what + " -->" }

// Open opens an issue and returns its number, that of the one which is there already if an
// earlier write went through.
func (p Publisher) Open(ctx context.Context, c *ghclient.Client, i Issue) (int64, error) {
	if i.Writing {
		if number, err := p.opened(ctx, c, i); err != nil || number != 0 {
			return number, err
		}
	}
	number, err := p.open(ctx, c, i)
	if err != nil && len(i.Assignees) > 0 && refusedFor(err, "assignee", p.Now()) {
		i.Assignees = nil // they are named in the text
		number, err = p.open(ctx, c, i)
	}
	return number, err
}

func (p Publisher) open(ctx context.Context, c *ghclient.Client, i Issue) (int64, error) {
	if err := p.enoughTime(ctx); err != nil {
		return 0, fmt.Errorf("open an issue in %s: %w", i, err)
	}
	ask := &github.IssueRequest{Title: &i.Title, Body: &i.Body, Labels: &[]string{i.Label}}
	if len(i.Assignees) > 0 {
		ask.Assignees = &i.Assignees
	}
	made, _, err := c.Issues.Create(ctx, i.Owner, i.Name, ask)
	if err != nil {
		return 0, fmt.Errorf("open an issue in %s: %w", i, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	return int64(made.GetNumber()), nil
}

// refusedFor reports whether GitHub understood a request and refuses it for a field.
func refusedFor(err error, field string, now time.Time) bool {
	t := ghclient.Diagnose(err, now)
	return t.Kind == ghclient.Invalid && !unsure(err, t) && strings.Contains(err.Error(), field)
}

// opened finds an issue of ours that may have been opened although the answer was lost; 0 if
// there is none. Others can write its mark, but not as our app. It does not ask by label: a
// label can be taken off.
func (p Publisher) opened(ctx context.Context, c *ghclient.Client, i Issue) (int64, error) {
	q := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"asc"}, "per_page": {"100"}, "since": {i.Since.UTC().Format(time.RFC3339)}}
	for page := 1; page != 0; {
		q.Set("page", fmt.Sprint(page))
		req, err := c.NewRequest(http.MethodGet, fmt.Sprintf("repos/%v/%v/issues?%s", i.Owner, i.Name, q.Encode()), nil)
		if err != nil {
			return 0, err
		}
		var list []struct { // go-github's lacks the app
			Number int64
			Body   string
			User   *struct{ Type string }
			App    *struct{ ID int64 } `json:"performed_via_github_app"`
		}
		resp, err := c.Do(ctx, req, &list)
		if err != nil {
			return 0, fmt.Errorf("look for an issue in %s: %w", i, explain(err, ghclient.Diagnose(err, p.Now())))
		}
		for _, o := range list {
			if o.App != nil && o.App.ID == p.App && o.User != nil && o.User.Type == "Bot" && strings.Contains(o.Body, i.Mark) {
				return o.Number, nil
			}
		}
		page = resp.NextPage
	}
	return 0, nil
}

// Reopen opens an issue of ours again; one that is open stays so.
func (p Publisher) Reopen(ctx context.Context, c *ghclient.Client, owner, name string, number int64) error {
	if err := p.enoughTime(ctx); err != nil {
		return fmt.Errorf("reopen %s/%s#%d: %w", owner, name, number, err)
	}
	if _, _, err := c.Issues.Edit(ctx, owner, name, int(number), &github.IssueRequest{State: new("open")}); err != nil {
		return fmt.Errorf("reopen %s/%s#%d: %w", owner, name, number, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	return nil
}

// Note is a comment of ours on an issue.
type Note struct {
	Owner, Name string
	Number      int64
	Body        string
	Mark        string // with which the Body ends
	Since       time.Time
	Writing     bool // as in Issue
}

// Note writes a comment and returns its id, that of the one which is there already if an
// earlier write went through.
func (p Publisher) Note(ctx context.Context, c *ghclient.Client, n Note) (int64, error) {
	a := Answer{Owner: n.Owner, Name: n.Name, Number: n.Number, At: n.Since}
	if n.Writing {
		if id, err := p.noted(ctx, c, a, n.Mark); err != nil || id != 0 {
			return id, err
		}
	}
	if err := p.enoughTime(ctx); err != nil {
		return 0, fmt.Errorf("comment on %s: %w", a, err)
	}
	made, _, err := c.Issues.CreateComment(ctx, n.Owner, n.Name, int(n.Number), &github.IssueComment{Body: &n.Body})
	if err != nil {
		return 0, fmt.Errorf("comment on %s: %w", a, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	return made.GetID(), nil
}
