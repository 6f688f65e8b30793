package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// Comment is a comment on a pull request as it stands on GitHub now.
type Comment struct {
	By     subject.Person // nobody if the account is gone
	Number int64          // of the pull request in the target's repository; 0: it is of none
	Body   string
	At     time.Time // when it was written; whole seconds
	Edited bool
	ViaApp bool // an app posted it, for whomever
	Mailed bool // it is a reply by e-mail
}

// Comment reads one comment by its id: what a delivery says of it is no more than that it is
// there. The error is ErrGone if it is not. It costs one REST request, which alone says
// whether an app posted it, and one query, which alone says whether it was mailed or edited.
func (r *Reader) Comment(ctx context.Context, c *ghclient.Client, t Target, id int64) (Comment, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	out, err := l.comment(ctx, id)
	if err != nil {
		return Comment{}, fmt.Errorf("read comment %d on %s/%s#%d: %w", id, t.Owner, t.Name, t.Number, err)
	}
	return out, nil
}

func (l *look) comment(ctx context.Context, id int64) (Comment, error) {
	req, err := l.client.NewRequest(http.MethodGet, fmt.Sprintf("repos/%v/%v/issues/comments/%d", l.target.Owner, l.target.Name, id), nil)
	if err != nil {
		return Comment{}, err
	}
	var rest struct { // go-github's lacks the app
		NodeID    string `json:"node_id"`
		Body      string
		CreatedAt time.Time       `json:"created_at"`
		App       json.RawMessage `json:"performed_via_github_app"`
	}
	if _, err := l.client.Do(ctx, req, &rest); err != nil {
		if l.absent(err) {
			err = fmt.Errorf("%w: %w", ErrGone, err)
		}
		return Comment{}, err
	}
	var out struct {
		Node *struct {
			CreatedViaEmail *bool
			LastEditedAt    *time.Time
			Author          *actor
			PullRequest     *struct {
				Number     int64
				Repository struct{ DatabaseID int64 }
			}
		}
	}
	if err := l.query(ctx, commentQuery, map[string]any{"id": rest.NodeID}, &out); err != nil {
		if l.absent(err) {
			err = fmt.Errorf("%w: %w", ErrGone, err)
		}
		return Comment{}, err
	}
	n := out.Node
	if n == nil || n.CreatedViaEmail == nil {
		return Comment{}, left("the comment")
	}
	c := Comment{
		By: n.Author.person(), Body: rest.Body, At: rest.CreatedAt.UTC(), Edited: n.LastEditedAt != nil, Mailed: *n.CreatedViaEmail,
		ViaApp: len(rest.App) > 0 && string(rest.App) != "null",
	}
	if p := n.PullRequest; p != nil && p.Repository.DatabaseID == l.target.Repo {
		c.Number = p.Number
	}
	return c, nil
}

// Standing is what somebody is to a repository, whatever its policy says.
type Standing struct {
	Write bool
	Known bool // was given access, or is of the organisation: no stranger
}

// Standing reads what somebody is to the target's repository. What it asks of GitHub, two
// requests for a stranger, is remembered for minutes: a thousand comments cost no more.
func (r *Reader) Standing(ctx context.Context, c *ghclient.Client, t Target, private bool, p subject.Person) (Standing, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	word, err := l.permission(ctx, p)
	if err != nil {
		return Standing{}, err
	}
	switch {
	case word == "none":
		return Standing{}, nil
	case word != "read":
		return Standing{Write: word != "triage", Known: true}, nil
	case private:
		return Standing{Known: true}, nil
	}
	member, err := l.belongs(ctx, p)
	return Standing{Known: member}, err
}

// belongs reports whether somebody is of the organisation that the repository belongs to; of
// one that the app may not ask about, nobody is known to be.
func (l *look) belongs(ctx context.Context, p subject.Person) (bool, error) {
	key := subject.OwnerKey(l.target.Account, p.User)
	var member bool
	if _, found, err := l.recall(ctx, subject.MemberCache, key, &member); err != nil || found {
		return member, err
	}
	m, _, err := l.client.Organizations.GetOrgMembership(ctx, p.Login, l.target.Owner)
	switch t := ghclient.Diagnose(err, l.at); {
	case err == nil:
		member = m.GetUser().GetID() == p.User && m.GetOrganization().GetID() == l.target.Account && m.GetState() == "active"
	case !t.Installation && t.Kind == ghclient.Denied, l.absent(err):
	default:
		return false, fmt.Errorf("read membership of user %d: %w", p.User, err)
	}
	return member, l.remember(ctx, subject.MemberCache, key, member, peopleLife)
}
