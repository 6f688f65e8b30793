package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// staleLooks is how often a pull request is looked at again because GitHub's API is behind
// its own delivery. After that what the API shows is judged: the next delivery, or the
// sweep, looks again.
const staleLooks = 4

// olderLooks is how often a pull request is looked at again, ever later and for some four
// minutes in all, because the API shows it older than a delivery told it. A look after that
// is followed by another one olderWait later.
const (
	olderLooks = 8
	olderWait  = 10 * time.Minute
)

// secondLook is how long after a look that deliveries led to there is another one: GitHub
// sends an event before all of its API knows what it tells, and a review or a result that was
// not to be seen yet would not be looked for again. A burst of events has one second look, and
// none where the first one saw all that was told.
const secondLook = 10 * time.Second

// rebaseWait is how long a pull request with a new base waits for its head to show pending,
// where something else took the place of that publication.
const rebaseWait = 5 * time.Second

// judgePull reads a pull request as it is now, judges every change that its head carries
// and stores, in one transaction, what was read, the verdicts, their evidence and what the
// head should now show on GitHub. It writes nothing to GitHub itself.
func (a *App) judgePull(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	row, _, err := a.store.Pull(ctx, c.Subject.Repo, c.Subject.Number)
	if err != nil {
		return err
	}
	if waits, err := a.announceRebase(ctx, c, row); err != nil || waits {
		return err
	}
	client, err := a.client(ctx, repo.Installation)
	if err != nil {
		return err
	}
	waiting, err := a.waiting(ctx, repo, c.Subject.Number)
	if err != nil {
		return err
	}
	target := targetOf(repo, c.Subject.Number)
	target.Head, target.SeenAt, target.Speakers = row.Head, row.HeadSeen, speakers(waiting)
	reading, end := a.at(ctx, atSnapshot)
	read, err := a.reader.Pull(reading, client, target)
	end(err)
	switch {
	case errors.Is(err, snapshot.ErrNoPull) && row.Open && c.Attempt < staleLooks:
		return retryError{"GitHub's API does not show a pull request that was said to be open", time.Second << c.Attempt}
	case errors.Is(err, snapshot.ErrGone):
		return a.forgetPull(ctx, c, row)
	case errors.Is(err, snapshot.ErrMoved), err == nil && read.Stale && c.Attempt < staleLooks:
		return retryError{"GitHub's answers do not fit together yet", time.Second << min(c.Attempt, staleLooks)}
	case err == nil && read.UpdatedAt.Before(row.UpdatedAt) && c.Attempt < olderLooks:
		return retryError{"GitHub's API is behind its own delivery", time.Second << c.Attempt}
	case err != nil:
		return err
	}
	policy, err := a.putPolicies(ctx, read.Texts)
	if err != nil {
		return err
	}
	preview, err := a.preview(ctx, repo, c.Subject.Number, read)
	if err != nil {
		return err
	}
	l := look{c: c, repo: repo, was: row, row: pullRow(row, c.Subject, read), read: read, policy: policy, preview: preview, waiting: waiting}
	l.interest = interest(repo.Account, read)
	if l.shown, err = a.shown(ctx, c, l.interest.Seen, read.Suites, row.Facts); err != nil {
		return err
	}
	return a.stored(ctx, func(ctx context.Context, tx *store.Tx) error { return a.settle(ctx, tx, l) })
}

// look is one look at a pull request: what was known, what was read, and by which policy
// files it is judged.
type look struct {
	c      store.Claim
	repo   store.Repository
	was    store.Pull
	row    store.Pull
	read   snapshot.Pull
	policy []PolicyRef

	preview *publish.Preview // of the policy that it proposes; nil: it proposes none
	waiting []spoken         // commands that this look decides about

	interest store.Interest
	shown    bool // GitHub's API has what its deliveries told
}

// repository returns the repository of a subject. Where it is unknown, gone, archived or not
// an allowed account's, or its installation is suspended or removed, the subject is done and
// known is false: there is nobody to answer. What is back is swept.
func (a *App) repository(ctx context.Context, c store.Claim) (repo store.Repository, known bool, err error) {
	repo, known, err = a.store.Repository(ctx, c.Subject.Repo)
	if err == nil && (!known || repo.Gone || repo.Archived || repo.Suspended || repo.Installation == 0 || !a.o.allows(repo.Account, repo.Owner)) {
		return repo, false, a.done(ctx, c)
	}
	return repo, known, err
}

// client returns what speaks to GitHub in an installation. A token has the permissions that
// it was made with, and a delivery that changed them may have reached another process.
func (a *App) client(ctx context.Context, installation int64) (*ghclient.Client, error) {
	voided, found, err := a.store.Forgotten(ctx, subject.TokenCache, subject.TokenKey(installation))
	if err != nil {
		return nil, err
	}
	if found && a.news.fresh(installation, voided) {
		a.clients.Forget(installation)
	}
	return a.clients.Installation(installation), nil
}

// done ends a claim after which nothing is due.
func (a *App) done(ctx context.Context, c store.Claim) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error { return tx.Done(c, a.now(), time.Time{}) })
}

// forgetPull closes the row of a pull request that GitHub does not show any more, or not yet:
// where a delivery told of it, there is a second look.
func (a *App) forgetPull(ctx context.Context, c store.Claim, row store.Pull) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if row.Open {
			row.Open, row.Facts, row.JudgedBase = false, nil, ""
			if err := tx.PutPull(row); err != nil {
				return err
			}
		}
		if err := a.raiseGroupsWith(tx, c, c.Subject.Number, a.now()); err != nil {
			return err
		}
		var again time.Time
		if c.Delivered > 0 {
			again = a.now().Add(secondLook)
		}
		return tx.Done(c, a.now(), again)
	})
}

// announceRebase owes the head a pending publication when the pull request aims at another
// base than it was judged for. Judging then waits: publishHead makes the pull request due
// again once GitHub shows it, and it is due by itself after rebaseWait.
func (a *App) announceRebase(ctx context.Context, c store.Claim, row store.Pull) (waits bool, err error) {
	if row.JudgedBase == "" || row.JudgedBase == row.Base {
		return false, nil
	}
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		row.JudgedBase, row.Facts = "", nil // what was read for the old base does not speak for it
		if err := tx.PutPull(row); err != nil {
			return err
		}
		pub, found, err := tx.Publication(row.Repo, row.Head)
		if err != nil || !found {
			return err // nothing stands there that could mislead
		}
		if waits, err = a.owe(tx, c.Installation, pub, publish.Rebased()); err != nil || !waits {
			return err
		}
		return tx.Done(c, a.now(), a.now().Add(rebaseWait))
	})
	return waits, err
}

// settle stores what a look read, judges its head anew and ends the claim.
func (a *App) settle(ctx context.Context, tx *store.Tx, l look) error {
	at := a.now()
	if err := a.obey(ctx, tx, &l, at); err != nil {
		return err
	}
	if err := tx.PutPull(l.row); err != nil {
		return err
	}
	if err := tx.SetInterest(l.repo.ID, l.row.Number, l.interest); err != nil {
		return err
	}
	if l.read.Merged {
		if err := a.landed(ctx, tx, l, at); err != nil {
			return err
		}
		if err := a.usualMoved(tx, l, at); err != nil {
			return err
		}
	}
	recheck, err := a.judgeHead(ctx, tx, l, at)
	if err != nil {
		return err
	}
	if err := a.raiseGroupsWith(tx, l.c, l.row.Number, at); err != nil {
		return err
	}
	// Others may carry the former head, and without this one they may be judged otherwise.
	if left := l.was.Head; left != "" && left != l.row.Head {
		others, err := tx.PullsByHead(l.repo.ID, left)
		if err != nil {
			return err
		}
		if err := tx.Raise(at, dueAll(l.c.Installation, others, l.row.Number, at)...); err != nil {
			return err
		}
	}
	if l.read.UpdatedAt.Before(l.was.UpdatedAt) && (recheck.IsZero() || recheck.After(at.Add(olderWait))) {
		recheck = at.Add(olderWait) // what was read may have been dropped for what was told
	}
	c := l.c
	switch {
	case !l.read.Open && !l.was.Merged: // of one that was merged before, late results were told
		c.Second = time.Time{}
	case !l.shown:
		c.Second = at.Add(secondLook)
	case !c.Second.After(at):
		c.Second = time.Time{} // this was it
	}
	if !c.Second.IsZero() && (recheck.IsZero() || recheck.After(c.Second)) {
		recheck = c.Second
	}
	return tx.Done(c, at, recheck)
}

// judgeHead judges every change that the head carries to a governed branch and owes GitHub
// what the head should show. The facts of the pull request at hand are fresh; those of
// others with the same head are as they were last read: each of their own events makes
// them due too. It returns when a verdict could next change by itself.
func (a *App) judgeHead(ctx context.Context, tx *store.Tx, l look, at time.Time) (recheck time.Time, err error) {
	pub, standing, err := tx.Publication(l.repo.ID, l.row.Head)
	if err != nil {
		return time.Time{}, err
	}
	if !standing {
		pub = store.Publication{Repo: l.repo.ID, SHA: l.row.Head}
	}
	changes, titles, err := carried(tx, l.repo.ID, l.row.Head)
	if err != nil {
		return time.Time{}, err
	}
	group, waits, err := a.groupWanted(tx, l.repo.ID, l.row.Head)
	if err != nil {
		return time.Time{}, err
	}
	if len(changes) == 0 && waits {
		_, err = a.owe(tx, l.c.Installation, pub, group)
		return time.Time{}, err
	}
	if len(changes) == 0 {
		// On such a head nothing is published; but what another pull request left there must
		// not be waiting for one that is still open when it turns to a governed branch.
		if standing && len(titles) > 0 {
			_, err = a.owe(tx, l.c.Installation, pub, publish.Rebased())
		}
		return time.Time{}, err
	}
	names, err := a.names(ctx, changes...)
	if err != nil {
		return time.Time{}, err
	}
	overdue, err := overdueIn(tx, l.repo.ID, at)
	if err != nil {
		return time.Time{}, err
	}
	var items []publish.Item
	for _, change := range rules.Unite(changes) {
		change, tickets, err := a.elsewhere(tx, l, change, at)
		if err != nil {
			return time.Time{}, err
		}
		_, judged := a.at(ctx, atRules)
		v := rules.Evaluate(l.read.Policy, change, at)
		judged(nil)
		if err := a.share(tx, l, change, v, tickets, at); err != nil {
			return time.Time{}, err
		}
		if err := a.record(ctx, tx, l, change, v); err != nil {
			return time.Time{}, err
		}
		steps := rules.Unblock(l.read.Policy, change, v)
		unasked, err := a.oweReviewers(ctx, tx, l, change, steps)
		if err != nil {
			return time.Time{}, err
		}
		buttons, err := a.buttons(tx, l, change, at)
		if err != nil {
			return time.Time{}, err
		}
		lead := change.Pulls[0].Number
		items = append(items, publish.Item{
			Change: change, Verdict: v, Unblock: steps, Unasked: unasked, Overdue: overdue, Names: names, Title: titles[lead],
			URL: a.pageURL(l.repo, lead), Policy: policyRefs(l.policy), Proposal: proposal(l.read.Proposal, l.preview), Buttons: buttons,
		})
		if !v.Recheck.IsZero() && (recheck.IsZero() || v.Recheck.Before(recheck)) {
			recheck = v.Recheck
		}
	}
	wanted := publish.Compose(items, publish.Options{GitHubURL: a.o.GitHubURL})
	if waits {
		wanted = beside(group, wanted, changes)
	}
	if _, err = a.owe(tx, l.c.Installation, pub, wanted); err != nil {
		return time.Time{}, err
	}
	bot, err := tx.OwnBot()
	if err == nil && contradicts(l.read.Shown, pub, bot) {
		err = tx.Doubt(pub, at)
	}
	return recheck, err
}

// contradicts reports whether a head shows something else than what we last said there,
// whose event may never have come. The facts show it at no cost. Where our bot is not known, 0,
// a status may be anybody's: then GitHub is looked at.
func contradicts(shown snapshot.Shown, pub store.Publication, bot int64) bool {
	if !shown.Known || pub.SaidDigest == "" || pub.WritingDigest != "" {
		return false // not known, nothing said, or just being said
	}
	return shown.Run != pub.CheckRun || shown.RunStatus != pub.RunStatus || shown.Conclusion != pub.RunConclusion ||
		shown.State != pub.StatusState || shown.By != bot
}

// carried returns the facts of every open pull request that carries a head to a governed
// branch, and the titles of all that have it as their head, by number.
func carried(tx *store.Tx, repo int64, head string) ([]rules.Change, map[int64]string, error) {
	rows, err := tx.PullsByHead(repo, head)
	if err != nil {
		return nil, nil, err
	}
	var changes []rules.Change
	titles := map[int64]string{}
	for _, row := range rows {
		titles[row.Number] = row.Title
		if !row.Governed || len(row.Facts) == 0 {
			continue
		}
		var change rules.Change
		if err := decode(row.Facts, &change); err != nil {
			return nil, nil, fmt.Errorf("pull request %d of repository %d: %w", row.Number, repo, err)
		}
		changes = append(changes, change)
	}
	return changes, titles, nil
}

// owe stores what a head should show and makes the head due, and reports whether that is
// anything new.
func (a *App) owe(tx *store.Tx, installation int64, pub store.Publication, wanted publish.Wanted) (bool, error) {
	if pub.FullStatus {
		wanted = publish.Full(wanted)
	}
	if wanted.Nothing() || pub.WantedDigest == wanted.Digest {
		if pub.Rerun() || !wanted.Nothing() && (pub.SaidDigest != wanted.Digest || a.aged(pub)) {
			// Somebody asked for a new run, or GitHub is about to let go of the one that
			// stands: there is a new one, although it says nothing new. Or it was owed while
			// there was nobody to answer.
			return false, tx.Raise(a.now(), store.Due{Subject: pub.Subject(), Installation: installation, At: a.now()})
		}
		return false, nil
	}
	body, err := json.Marshal(wanted)
	if err != nil {
		return false, fmt.Errorf("encode publication: %w", err)
	}
	at := a.now()
	pub.Generation++
	pub.Wanted, pub.WantedDigest, pub.WantedAt = body, wanted.Digest, at
	if err := tx.PutPublication(pub); err != nil {
		return false, err
	}
	return true, tx.Raise(at, store.Due{Subject: pub.Subject(), Installation: installation, At: at})
}

// record stores one verdict and its evidence, unless the last one said the same about the
// same facts in the same account's log.
func (a *App) record(ctx context.Context, tx *store.Tx, l look, change rules.Change, v rules.Verdict) error {
	lead := change.Pulls[0].Number
	digest, err := digestOf(change, v, l.read.Texts)
	if err != nil {
		return err
	}
	last, found, err := tx.LatestVerdict(l.repo.ID, lead)
	if err != nil {
		return err
	}
	var said StoredVerdict
	if err := decode(last.Body, &said); err != nil {
		return err
	}
	if found && said.Digest == digest && last.Head == change.Head && last.Log == l.repo.Account {
		return nil
	}
	facts, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	address, err := tx.PutBlob(facts)
	if err != nil {
		return err
	}
	verdict, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode verdict: %w", err)
	}
	body, err := json.Marshal(VerdictRecord{
		Host: a.host, Repo: l.repo.ID, Pulls: numbers(change), Head: change.Head, Base: change.Base,
		Snapshot: address, Policy: l.policy, Evaluator: v.Evaluator, Stage: v.Stage, At: v.At, GitHubAt: a.theirs(v.At),
		Verdict: verdict, Deliveries: l.c.Deliveries, Delivered: l.c.Delivered,
	})
	if err != nil {
		return fmt.Errorf("encode verdict record: %w", err)
	}
	top, seq, err := tx.Append(l.repo.Account, KindVerdict, v.At, body)
	if err != nil {
		return err
	}
	stored, err := json.Marshal(StoredVerdict{Digest: digest, Policy: l.policy, Size: top.Size, Root: top.Root.String(), Verdict: verdict})
	if err != nil {
		return fmt.Errorf("encode verdict: %w", err)
	}
	for _, number := range numbers(change) {
		if _, err := tx.PutVerdict(store.Verdict{
			Repo: l.repo.ID, Number: number, Head: change.Head, Base: change.Base, Generation: l.c.Generation, At: v.At,
			Outcome: string(v.Outcome), Body: stored, Snapshot: address, Log: l.repo.Account, Seq: seq, Recheck: v.Recheck,
		}); err != nil {
			return err
		}
	}
	a.metrics.verdict(v.Outcome)
	zerolog.Ctx(ctx).Info().Str("repo", fullName(l.repo)).Int64("change", lead).Str("sha", change.Head).
		Str("outcome", string(v.Outcome)).Int64("seq", seq).Strs("deliveries", l.c.Deliveries).Msg("verdict recorded")
	return nil
}

// pullRow is the row of a pull request after a read of it.
func pullRow(was store.Pull, s subject.Subject, read snapshot.Pull) store.Pull {
	row := was
	row.Repo, row.Number, row.Title = s.Repo, s.Number, read.Title
	row.Head, row.HeadRepo, row.HeadRef = read.Change.Head, read.HeadRepo, read.HeadRef
	row.Base, row.Author, row.Draft = read.BaseRef, read.Author, read.Draft
	row.Open, row.Merged, row.Governed, row.UpdatedAt = read.Open, read.Merged, read.Governed, read.UpdatedAt
	row.HeadSeen = read.Change.SeenAt
	row.JudgedBase, row.Facts = "", nil
	if read.Open && read.Governed {
		row.JudgedBase = read.BaseRef
		row.Facts, _ = json.Marshal(read.Change) // numbers, texts and times: it encodes
	}
	return row
}

// numbers returns the pull requests that carry a change, ascending.
func numbers(c rules.Change) []int64 {
	out := make([]int64, 0, len(c.Pulls))
	for _, p := range c.Pulls {
		out = append(out, p.Number)
	}
	return out
}

// dueAll makes pull requests due, but for number.
func dueAll(installation int64, pulls []store.Pull, number int64, at time.Time) []store.Due {
	var due []store.Due
	for _, p := range pulls {
		if p.Number != number {
			due = append(due, store.Due{Subject: p.Subject(), Installation: installation, At: at})
		}
	}
	return due
}

func fullName(r store.Repository) string { return r.Owner + "/" + r.Name }
