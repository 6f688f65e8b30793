package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// oweReviewers stores whom to ask for the approvals that the steps need, with its record, and
// makes it due: once for each seat and content. It returns the groups of which GitHub let
// nobody be asked. Nobody is asked whose request a person took back.
func (a *App) oweReviewers(ctx context.Context, tx *store.Tx, l look, change rules.Change, steps []rules.Step) (refused []string, err error) {
	asks := rules.Asks(l.read.Policy, change, steps)
	if len(asks) == 0 {
		return nil, nil
	}
	known, err := tx.ReviewRequests(l.repo.ID, asks[0].Pull)
	if err != nil {
		return nil, err
	}
	var owed []store.ReviewRequest
	for _, ask := range asks {
		seat := ask.Layer + "/" + ask.Group
		at := func(q store.ReviewRequest) bool { return q.Content == change.Exact && q.Seat == seat }
		if slices.ContainsFunc(known, at) {
			if !slices.ContainsFunc(known, func(q store.ReviewRequest) bool { return at(q) && q.State != store.RequestRefused }) {
				refused = append(refused, ask.Group)
			}
			continue
		}
		all, err := a.reviewers(ctx, l.repo.ID, ask)
		if err != nil {
			return nil, err
		}
		for _, q := range all {
			q.Content, q.Seat = change.Exact, seat
			owed = append(owed, q)
		}
	}
	if len(owed) == 0 {
		return refused, nil
	}
	for _, q := range owed {
		if err := tx.PutReviewRequest(q); err != nil {
			return nil, err
		}
	}
	if err := a.recordReviewers(tx, l.c, l.repo, owed); err != nil {
		return nil, err
	}
	return refused, tx.Raise(a.now(), store.Due{Subject: owed[0].Subject(), Installation: l.c.Installation, At: a.now()})
}

// reviewers returns whom an ask means: its team, or as many of its people as are wanted.
func (a *App) reviewers(ctx context.Context, repo int64, ask rules.Ask) ([]store.ReviewRequest, error) {
	q := store.ReviewRequest{Repo: repo, Number: ask.Pull, State: store.RequestOwed, At: a.now()}
	if ask.Team.ID != 0 {
		q.Team, q.Slug = ask.Team.ID, ask.Team.Slug
		if gone, err := a.store.Unasked(ctx, repo, ask.Pull, q.Team, 0); err != nil || gone {
			return nil, err
		}
		return []store.ReviewRequest{q}, nil
	}
	var ids []int64
	for _, id := range ask.Users {
		ids = append(ids, int64(id))
	}
	people, err := a.store.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []store.ReviewRequest
	for _, id := range ids {
		p, known := people[id]
		if !known || p.Login == "" || len(out) == ask.Count {
			continue
		}
		if gone, err := a.store.Unasked(ctx, repo, ask.Pull, 0, p.User); err != nil {
			return nil, err
		} else if gone {
			continue
		}
		q.User, q.Person = p.User, id
		out = append(out, q)
	}
	return out, nil
}

// askReviewers asks on GitHub whoever is owed to be asked for a review of a pull request. It
// looks first: who is asked already, and whether the pull request still is to be reviewed.
func (a *App) askReviewers(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	all, err := a.store.ReviewRequests(ctx, c.Subject.Repo, c.Subject.Number)
	if err != nil {
		return err
	}
	owed := slices.DeleteFunc(all, func(q store.ReviewRequest) bool { return q.State != store.RequestOwed })
	if len(owed) == 0 {
		return a.done(ctx, c)
	}
	client := a.clients.Installation(repo.Installation)
	stands, err := a.publisher.Invitation(ctx, client, repo.Owner, repo.Name, c.Subject.Number)
	if err != nil && ghclient.Diagnose(err, a.now()).Kind != ghclient.Gone { // a zero Invitation is not open
		return err
	}
	if !stands.Open || stands.Draft {
		return a.store.Tx(ctx, func(tx *store.Tx) error { return a.answeredReviewers(ctx, tx, c, repo, owed, true) })
	}
	c, err = a.store.Extend(ctx, c, a.now().Add(lease))
	if err != nil {
		return err
	}
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	var failed error
	for i := range owed {
		if owed[i].State, failed = a.invite(writes, repo, owed[i], stands); failed != nil {
			owed = owed[:i]
			break
		}
	}
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		if failed != nil { // what was reached stays; the claim is put back for the rest
			return a.putReviewers(tx, c, repo, owed)
		}
		return a.answeredReviewers(ctx, tx, c, repo, owed, false)
	})
	if err != nil {
		return err
	}
	return failed
}

// invite asks one reviewer, unless there is nothing to ask any more.
func (a *App) invite(ctx context.Context, repo store.Repository, q store.ReviewRequest, stands publish.Invitation) (store.RequestState, error) {
	r := publish.Reviewer{Team: q.Team, User: q.User, Name: q.Slug}
	if q.User != 0 {
		people, err := a.store.Names(ctx, []int64{q.Person})
		if err != nil {
			return "", err
		}
		r.Name = people[q.Person].Login
	}
	gone, err := a.store.Unasked(ctx, q.Repo, q.Number, q.Team, q.User)
	switch {
	case err != nil:
		return "", err
	case stands.Asks(r):
		return store.RequestStood, nil
	case gone || r.Name == "":
		return store.RequestRemoved, nil
	}
	took, err := a.publisher.Invite(ctx, a.clients.Installation(repo.Installation), repo.Owner, repo.Name, q.Number, r)
	if err != nil || took {
		return store.RequestAsked, err
	}
	return store.RequestRefused, nil
}

// putReviewers stores what became of requests, with its record.
func (a *App) putReviewers(tx *store.Tx, c store.Claim, repo store.Repository, answered []store.ReviewRequest) error {
	if len(answered) == 0 {
		return nil
	}
	for _, q := range answered {
		q.At = a.now()
		if err := tx.PutReviewRequest(q); err != nil {
			return err
		}
	}
	return a.recordReviewers(tx, c, repo, answered)
}

// answeredReviewers ends the claim. With dropped the pull request was no longer to be
// reviewed: what is owed then is owed anew when it is. One that GitHub refused is said in
// the check run: the pull request is due.
func (a *App) answeredReviewers(ctx context.Context, tx *store.Tx, c store.Claim, repo store.Repository, answered []store.ReviewRequest, dropped bool) error {
	at := a.now()
	if dropped {
		for i := range answered {
			if err := tx.DropReviewRequest(answered[i]); err != nil {
				return err
			}
			answered[i].State = "dropped"
		}
		if err := a.recordReviewers(tx, c, repo, answered); err != nil {
			return err
		}
		return tx.Done(c, at, time.Time{})
	}
	if err := a.putReviewers(tx, c, repo, answered); err != nil {
		return err
	}
	if slices.ContainsFunc(answered, func(q store.ReviewRequest) bool { return q.State == store.RequestRefused }) {
		pull := subject.Subject{Kind: subject.PullRequest, Repo: c.Subject.Repo, Number: c.Subject.Number}
		if err := tx.Raise(at, store.Due{Subject: pull, Installation: c.Installation, At: at}); err != nil {
			return err
		}
	}
	var states []string
	for _, q := range answered {
		states = append(states, q.Seat+": "+string(q.State))
	}
	zerolog.Ctx(ctx).Info().Str("repo", fullName(repo)).Int64("change", c.Subject.Number).
		Str("outcome", strings.Join(states, ", ")).Msg("reviews requested")
	return tx.Done(c, at, time.Time{})
}

// recordReviewers appends the record of what is owed, or of what became of it.
func (a *App) recordReviewers(tx *store.Tx, c store.Claim, repo store.Repository, all []store.ReviewRequest) error {
	record := ReviewRequestRecord{Host: a.host, Repo: repo.ID, Pull: all[0].Number, Deliveries: c.Deliveries}
	for _, q := range all {
		record.Reviewers = append(record.Reviewers, AskedReviewer{Content: q.Content, Seat: q.Seat, Team: q.Team, Person: q.Person, State: string(q.State)})
	}
	body, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode review request record: %w", err)
	}
	_, _, err = tx.Append(repo.Account, KindReviewRequest, a.now(), body)
	return err
}
