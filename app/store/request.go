package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// RequestState is what became of asking somebody for a review.
type RequestState string

// The states of a review request. All but the first are final.
const (
	RequestOwed    RequestState = "owed"    // GitHub is to be told
	RequestAsked   RequestState = "asked"   // GitHub took it
	RequestStood   RequestState = "stood"   // somebody had asked already
	RequestRemoved RequestState = "removed" // a person took an earlier one back
	RequestRefused RequestState = "refused" // GitHub does not let them be asked
)

// ReviewRequest is one reviewer who is to be asked, or was, for the seat of a group at one
// content of a pull request.
type ReviewRequest struct {
	Repo    int64
	Number  int64
	Content string // exact fingerprint of the diff
	Seat    string // layer/group
	Team    int64  // GitHub's id; 0: a person
	User    int64  // GitHub's id; 0: a team
	Person  int64  // the User's person id
	Slug    string // of the Team
	State   RequestState
	At      time.Time
}

// Subject is the pull request's review requests on the worklist.
func (q ReviewRequest) Subject() subject.Subject {
	return subject.Subject{Kind: subject.Reviewers, Repo: q.Repo, Number: q.Number}
}

func (r reader) reviewRequests(repo, number int64) ([]ReviewRequest, error) {
	all, err := list(r, func(s scan) (q ReviewRequest, err error) {
		q.Repo, q.Number = repo, number
		var at int64
		err = s(&q.Content, &q.Seat, &q.Team, &q.User, &q.Person, &q.Slug, &q.State, &at)
		q.At = moment(at)
		return q, err
	}, `
select content, seat, team, user_id, person, slug, state, at from review_requests
where repo = $1 and number = $2 order by at, seat, team, user_id`, repo, number)
	return all, wrap(err, "list review requests of %d#%d", repo, number)
}

// ReviewRequests returns whom to ask, and who was asked, for a review of a pull request, at
// whatever content.
func (s *Store) ReviewRequests(ctx context.Context, repo, number int64) ([]ReviewRequest, error) {
	return s.reader(ctx).reviewRequests(repo, number)
}

// ReviewRequests is Store.ReviewRequests as the transaction sees it.
func (tx *Tx) ReviewRequests(repo, number int64) ([]ReviewRequest, error) {
	return tx.reader().reviewRequests(repo, number)
}

// PutReviewRequest stores one reviewer's request.
func (tx *Tx) PutReviewRequest(q ReviewRequest) error {
	err := tx.exec(`
insert into review_requests (repo, number, content, seat, team, user_id, person, slug, state, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (repo, number, content, seat, team, user_id) do update set state = excluded.state, at = excluded.at`,
		q.Repo, q.Number, q.Content, q.Seat, q.Team, q.User, q.Person, q.Slug, string(q.State), micros(q.At))
	return wrap(err, "store review request of %d#%d", q.Repo, q.Number)
}

// DropReviewRequest takes out a request that was never made: it can be owed again.
func (tx *Tx) DropReviewRequest(q ReviewRequest) error {
	err := tx.exec(`
delete from review_requests where repo = $1 and number = $2 and content = $3 and seat = $4 and team = $5 and user_id = $6 and state = $7`,
		q.Repo, q.Number, q.Content, q.Seat, q.Team, q.User, string(RequestOwed))
	return wrap(err, "drop review request of %d#%d", q.Repo, q.Number)
}

// Unasked reports whether a person took back that the team or user was asked for a review of
// the pull request.
func (s *Store) Unasked(ctx context.Context, repo, number, team, user int64) (bool, error) {
	_, _, found, err := s.Recall(ctx, subject.UnaskedMemory, subject.UnaskedKey(repo, number, team, user), time.Time{})
	return found, err
}
