package snapshot

import (
	"context"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// Issue is an issue as it stands on GitHub now.
type Issue struct {
	Gone     bool // deleted, or moved to another repository: nothing else is known
	Open     bool
	Body     string
	EditedAt time.Time // of the body; zero: never

	// Of one that is closed.
	ClosedAt time.Time
	Closing  string         // GitHub's id of that it was closed: each time another
	ClosedBy subject.Person // nobody if the account is gone
	Done     bool           // a person closed it as completed: no commit or merge did, and it was not given up
}

// Issue reads an issue of the target's repository, by the target's number. A repository that
// is not there is ErrGone: that says nothing about the issue. It costs one query.
func (r *Reader) Issue(ctx context.Context, c *ghclient.Client, t Target) (Issue, error) {
	var out struct {
		Repository *struct {
			DatabaseID int64
			Issue      *struct {
				State         string
				Body          string
				LastEditedAt  *time.Time
				ClosedAt      *time.Time
				TimelineItems struct {
					Nodes []struct {
						ID          string
						CreatedAt   *time.Time
						StateReason string
						Actor       *actor
						Closer      *struct {
							Typename string `json:"__typename"`
						}
					}
				}
			}
		}
	}
	err := query(ctx, c, issueQuery, map[string]any{"owner": t.Owner, "name": t.Name, "number": t.Number}, &out, ghclient.AllowMissing("repository/issue"))
	switch {
	case err != nil:
		return Issue{}, fmt.Errorf("read issue %s/%s#%d: %w", t.Owner, t.Name, t.Number, err)
	case out.Repository == nil || out.Repository.DatabaseID != t.Repo:
		return Issue{}, fmt.Errorf("read issue %s/%s#%d: %w: it is another repository's", t.Owner, t.Name, t.Number, ErrGone)
	case out.Repository.Issue == nil:
		return Issue{Gone: true}, nil
	}
	got := out.Repository.Issue
	issue := Issue{Open: got.State == "OPEN", Body: got.Body}
	if got.LastEditedAt != nil {
		issue.EditedAt = got.LastEditedAt.UTC()
	}
	if issue.Open || got.ClosedAt == nil {
		return issue, nil
	}
	issue.ClosedAt = got.ClosedAt.UTC()
	for _, e := range got.TimelineItems.Nodes {
		// Of one that was reopened and closed anew, the event may not be there yet.
		if e.CreatedAt != nil && !e.CreatedAt.Before(*got.ClosedAt) {
			issue.Closing, issue.ClosedBy, issue.Done = e.ID, e.Actor.person(), e.Closer == nil && e.StateReason == "COMPLETED"
			return issue, nil
		}
	}
	return Issue{}, left("who closed the issue")
}
