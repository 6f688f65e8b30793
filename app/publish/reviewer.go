package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

// Reviewer is somebody who can be asked for a review: a team, or a user. Both are compared by
// GitHub's id, and asked by name.
type Reviewer struct {
	Team int64 // 0: a user
	User int64
	Name string // slug or login
}

// Invitation is how a pull request stands, as far as asking for reviews goes.
type Invitation struct {
	Open  bool
	Draft bool
	Asked []Reviewer // whose review is requested now
}

// Asks reports whether the reviewer is asked already.
func (i Invitation) Asks(r Reviewer) bool {
	return slices.ContainsFunc(i.Asked, func(a Reviewer) bool { return a.Team == r.Team && a.User == r.User })
}

// Invitation reads who is asked for a review of a pull request.
func (p Publisher) Invitation(ctx context.Context, c *ghclient.Client, owner, name string, number int64) (Invitation, error) {
	pull, _, err := c.PullRequests.Get(ctx, owner, name, int(number))
	if err != nil {
		return Invitation{}, fmt.Errorf("read reviewers of %s/%s#%d: %w", owner, name, number, err)
	}
	i := Invitation{Open: pull.GetState() == "open", Draft: pull.GetDraft()}
	for _, u := range pull.RequestedReviewers {
		i.Asked = append(i.Asked, Reviewer{User: u.GetID(), Name: u.GetLogin()})
	}
	for _, t := range pull.RequestedTeams {
		i.Asked = append(i.Asked, Reviewer{Team: t.GetID(), Name: t.GetSlug()})
	}
	return i, nil
}

// Invite asks for a review, and reports whether GitHub lets the reviewer be asked: not one who
// cannot see the repository, nor anybody if the app lacks the permission (pull requests:
// write). An error is GitHub's trouble, to be tried again after another look.
func (p Publisher) Invite(ctx context.Context, c *ghclient.Client, owner, name string, number int64, r Reviewer) (bool, error) {
	if err := p.enoughTime(ctx); err != nil {
		return false, fmt.Errorf("request review of %s/%s#%d: %w", owner, name, number, err)
	}
	ask := github.ReviewersRequest{Reviewers: []string{r.Name}}
	if r.Team != 0 {
		ask = github.ReviewersRequest{TeamReviewers: []string{r.Name}}
	}
	_, _, err := c.PullRequests.RequestReviewers(ctx, owner, name, int(number), ask)
	if err == nil {
		return true, nil
	}
	trouble := ghclient.Diagnose(err, p.Now())
	switch {
	case trouble.Kind == ghclient.Denied, trouble.Kind == ghclient.Gone:
		return false, nil
	case trouble.Kind == ghclient.Invalid && !unsure(err, trouble):
		return false, nil
	}
	return false, fmt.Errorf("request review of %s/%s#%d: %w", owner, name, number, err)
}

// unaskedLines says of which groups nobody could be asked for a review.
func unaskedLines(it Item) []string {
	var lines []string
	for _, group := range it.Unasked {
		lines = append(lines, "A review could not be requested from "+inert(cut(strings.TrimSpace(group), 200))+
			": GitHub does not let them be asked. An administrator of the repository can give them access to it, or let the app request reviews.")
	}
	return lines
}
