package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// landed accounts for a merge, once: into a governed branch without a verdict on that head
// that lets it pass, it is an exception. What was merged before the app came is none.
func (a *App) landed(ctx context.Context, tx *store.Tx, l look, at time.Time) error {
	done, err := tx.Landed(l.repo.ID, l.row.Number)
	if err != nil || done || l.read.MergedAt.IsZero() {
		return err
	}
	if l.read.Governed && !l.repo.AnnouncedAt.IsZero() && !l.read.MergedAt.Before(l.repo.AnnouncedAt.Truncate(time.Second)) {
		if err := a.mergedUnder(ctx, tx, l, at); err != nil { // before the log is taken
			return err
		}
		change, err := a.mergedChange(tx, l.repo.ID, snapshot.MergedPull{
			Number: l.row.Number, Head: l.row.Head, Base: l.row.Base, Commit: l.read.MergeCommit, MergedAt: l.read.MergedAt,
		})
		if err != nil {
			return err
		}
		if change.Outcome != string(rules.Pass) {
			if err := a.exception(ctx, tx, l, change, at); err != nil {
				return err
			}
		}
	}
	return errors.Join(tx.PutLanded(l.repo.ID, l.row.Number, store.Landing{At: l.read.MergedAt, Commit: l.read.MergeCommit}), a.raiseGates(tx, l.repo, at))
}

// usualMoved makes the open pull requests of a base due whose verdict rests on other checks
// being usual there than there are since a merge: one that passed without a check which every
// merge has by now must not stay green until something else happens to it.
func (a *App) usualMoved(tx *store.Tx, l look, at time.Time) error {
	if !l.read.Governed || !l.read.Policy.Checks().All {
		return nil
	}
	return tx.Apply(at, subject.Result{Installation: l.c.Installation, Selectors: []subject.Selector{
		{Kind: subject.ByBase, Repo: l.repo.ID, Branch: l.row.Base, Usual: usualDigest(l.read.Change.Usual)},
	}})
}

// usualDigest tells one list of usual checks from another. It is never empty.
func usualDigest(names []string) string {
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintf(h, "%d:%s", len(n), n)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (a *App) exception(ctx context.Context, tx *store.Tx, l look, change MergedChange, at time.Time) error {
	body, err := json.Marshal(ExceptionRecord{Host: a.host, Repo: l.repo.ID, MergedChange: change, Deliveries: l.c.Deliveries})
	if err != nil {
		return fmt.Errorf("encode exception record: %w", err)
	}
	_, seq, err := tx.Append(l.repo.Account, KindException, at, body)
	if err != nil {
		return err
	}
	zerolog.Ctx(ctx).Warn().Str("repo", fullName(l.repo)).Int64("change", change.Number).Str("sha", change.Head).
		Str("outcome", change.Outcome).Int64("seq", seq).Msg("merged without a verdict that lets it pass")
	return nil
}

// mergedChange says under which verdict a pull request was merged.
func (a *App) mergedChange(tx *store.Tx, repo int64, m snapshot.MergedPull) (MergedChange, error) {
	out := MergedChange{Number: m.Number, Head: m.Head, Base: m.Base, Commit: m.Commit, MergedAt: m.MergedAt, Outcome: NotJudged}
	v, found, err := tx.VerdictBefore(repo, m.Number, m.Head, m.Base, m.MergedAt)
	if found {
		out.Outcome, out.Seq = v.Outcome, v.Seq
	}
	return out, err
}

// pushedMeanwhile returns who pushed to the default branch past any pull request, if there is
// a lapse to be recorded: else nobody asks, and it costs nothing.
func (a *App) pushedMeanwhile(ctx context.Context, c *ghclient.Client, repo store.Repository, branch string) ([]PushedDirect, error) {
	lapses, err := a.store.Lapses(ctx, repo.Account, repo.ID, repo.SweptAt)
	if err != nil || branch == "" || repo.SweptAt.IsZero() || len(lapses) == 0 && repo.AwayAt.IsZero() {
		return nil, err
	}
	pushes, err := a.reader.DirectPushes(ctx, c, repo.Owner, repo.Name, branch)
	if err != nil {
		return nil, err
	}
	var people []subject.Person
	for _, p := range pushes {
		people = append(people, p.By)
	}
	ids, err := a.store.Persons(ctx, people)
	if err != nil {
		return nil, err
	}
	var out []PushedDirect
	for _, p := range pushes {
		out = append(out, PushedDirect{Branch: branch, Before: p.Before, After: p.After, Forced: p.Forced, At: p.At, By: ids[p.By.User]})
	}
	return out, nil
}

// lapses records, for each lapse of a repository since it was last swept, what was merged in
// it meanwhile. A repository that was out of reach by itself is back: that is a lapse too.
func (a *App) lapses(tx *store.Tx, id int64, open snapshot.OpenPulls, pushed []PushedDirect, at time.Time) error {
	repo, _, err := tx.Repository(id) // another sweep may have been here since this one began
	if err != nil {
		return err
	}
	if !repo.AwayAt.IsZero() {
		l := store.Lapse{Account: repo.Account, Repo: repo.ID, Cause: LapseUncovered, From: repo.AwayAt, To: at}
		if err := a.lapse(tx, l); err != nil {
			return err
		}
		if err := tx.RepositoryBack(repo.ID); err != nil {
			return err
		}
	}
	if repo.SweptAt.IsZero() {
		return nil
	}
	lapses, err := tx.Lapses(repo.Account, repo.ID, repo.SweptAt)
	if err != nil {
		return err
	}
	for _, l := range lapses {
		meanwhile := slices.DeleteFunc(slices.Clone(open.Merged), func(m snapshot.MergedPull) bool {
			return m.MergedAt.Before(l.From.Truncate(time.Second)) || m.MergedAt.After(l.To)
		})
		r := LapseRecord{Host: a.host, Repo: repo.ID, Cause: l.Cause, From: l.From, To: l.To, Cut: open.Cut}
		for _, p := range pushed {
			if !p.At.Before(l.From.Truncate(time.Second)) && !p.At.After(l.To) {
				r.Pushed = append(r.Pushed, p)
			}
		}
		if len(meanwhile) == 0 && len(r.Pushed) == 0 && !open.Cut {
			continue
		}
		for _, m := range meanwhile {
			change, err := a.mergedChange(tx, repo.ID, m)
			if err != nil {
				return err
			}
			r.Merged = append(r.Merged, change)
		}
		if err := a.appendLapse(tx, repo.Account, r); err != nil {
			return err
		}
	}
	return nil
}
