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
	"github.com/changewarden/changewarden/app/say"
)

// The reactions to a command, in GitHub's words.
const (
	ReactionTaken   = "+1"
	ReactionRefused = "confused"
)

// Answer is what is owed to the writer of a command.
type Answer struct {
	Owner, Name string
	Number      int64
	Comment     int64     // that holds the command
	At          time.Time // when it was written: an answer of ours is no older
	Reaction    string    // empty: a click has none
	Reply       string    // Markdown of a comment of ours; empty: none
	Writing     bool      // a write began whose answer is not known: look before writing
}

func (a Answer) String() string { return fmt.Sprintf("%s/%s#%d", a.Owner, a.Name, a.Number) }

// Answered is what stands on GitHub.
type Answered struct {
	Reaction int64
	Reply    int64 // 0: there is none
}

// Reply is the comment that says why a command was not carried out. What it repeats of the
// command is inert: it mentions nobody and is no command itself. GitHub does not show its
// last line, by which Answer finds it again.
func Reply(comment int64, r say.Refused) string {
	what := fmt.Sprintf("[the command](#issuecomment-%d)", comment)
	if r.Button {
		what = "a click on a button of the check run of commit " + code(cut(r.Named, 7))
	}
	return fmt.Sprintf("**This had no effect:** %s. %s\n\n%s\n",
		what, inert(cut(say.Visible(say.Refusal(r)), 4*maxSentence)), marker(comment))
}

// marker is the line by which a reply of ours is known.
func marker(comment int64) string { return Mark(fmt.Sprintf("answer to %d", comment)) }

// Answer gives an answer to a command: a reaction, which GitHub takes once however often it
// is sent, and with Reply a comment, which is not written again if it is there.
func (p Publisher) Answer(ctx context.Context, c *ghclient.Client, a Answer) (Answered, error) {
	var out Answered
	var err error
	if a.Reaction != "" {
		if out.Reaction, err = p.react(ctx, c, a); err != nil {
			return out, err
		}
	}
	if a.Reply == "" {
		return out, nil
	}
	if a.Writing {
		if out.Reply, err = p.noted(ctx, c, a, marker(a.Comment)); err != nil || out.Reply != 0 {
			return out, err
		}
	}
	if err := p.enoughTime(ctx); err != nil {
		return out, fmt.Errorf("reply to comment %d on %s: %w", a.Comment, a, err)
	}
	made, _, err := c.Issues.CreateComment(ctx, a.Owner, a.Name, int(a.Number), &github.IssueComment{Body: &a.Reply})
	if err != nil {
		return out, fmt.Errorf("reply to comment %d on %s: %w", a.Comment, a, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	out.Reply = made.GetID()
	return out, nil
}

func (p Publisher) react(ctx context.Context, c *ghclient.Client, a Answer) (int64, error) {
	if err := p.enoughTime(ctx); err != nil {
		return 0, fmt.Errorf("react to comment %d on %s: %w", a.Comment, a, err)
	}
	reaction, _, err := c.Reactions.CreateIssueCommentReaction(ctx, a.Owner, a.Name, a.Comment, a.Reaction)
	if err != nil {
		return 0, fmt.Errorf("react to comment %d on %s: %w", a.Comment, a, explain(err, ghclient.Diagnose(err, p.Now())))
	}
	return reaction.GetID(), nil
}

// noted finds a comment of ours that may have been taken although its answer was lost; 0 if
// there is none. Others can write its mark too, but not as our app.
func (p Publisher) noted(ctx context.Context, c *ghclient.Client, a Answer, mark string) (int64, error) {
	q := url.Values{"per_page": {"100"}, "since": {a.At.UTC().Format(time.RFC3339)}}
	for page := 1; page != 0; {
		q.Set("page", fmt.Sprint(page))
		req, err := c.NewRequest(http.MethodGet, fmt.Sprintf("repos/%v/%v/issues/%d/comments?%s", a.Owner, a.Name, a.Number, q.Encode()), nil)
		if err != nil {
			return 0, err
		}
		var list []struct { // go-github's lacks the app
			ID   int64
			Body string
			App  *struct{ ID int64 } `json:"performed_via_github_app"`
		}
		resp, err := c.Do(ctx, req, &list)
		if err != nil {
			return 0, fmt.Errorf("look for a comment of ours on %s: %w", a, explain(err, ghclient.Diagnose(err, p.Now())))
		}
		for _, o := range list {
			if o.App != nil && o.App.ID == p.App && strings.Contains(o.Body, mark) {
				return o.ID, nil
			}
		}
		page = resp.NextPage
	}
	return 0, nil
}
