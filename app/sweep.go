package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// spread is the time between two subjects that a sweep makes due, so that a large
// organisation does not spend its rate limit in the first minutes after a start: GitHub
// takes about 80 writes a minute, and the first verdict on a change is two.
const spread = time.Second

// everywhere is the subject whose sweep finds the app's installations: installation 0.
var everywhere = subject.Subject{Kind: subject.Installation}

// sweepInstallation makes every repository of an installation due: for a sweep, or on a round
// for the round of the repository, if it was known before.
//
// A sweep is for what no delivery told, so it takes nothing for known that a delivery would
// have made us forget.
func (a *App) sweepInstallation(ctx context.Context, c store.Claim) error {
	if c.Subject.Number == 0 {
		return a.sweepEverywhere(ctx, c)
	}
	inst, known, err := a.store.Installation(ctx, c.Subject.Number)
	if err != nil {
		return err
	}
	if !known || inst.Removed || !a.o.allows(inst.Account, inst.AccountLogin) {
		return a.done(ctx, c)
	}
	if inst.Suspended {
		// So a delivery said, and one may be old: GitHub is asked before anything rests on it.
		return a.readInstallation(ctx, c, inst)
	}
	before, err := a.store.Repositories(ctx, inst.ID)
	if err != nil {
		return err
	}
	at := a.now()
	client, err := a.client(ctx, inst.ID)
	if err != nil {
		return err
	}
	repos, err := a.reader.Repositories(ctx, client)
	if ghclient.Diagnose(err, at).Installation {
		return a.readInstallation(ctx, c, inst)
	}
	if err != nil {
		return err
	}
	listed := map[int64]bool{}
	for i := range repos {
		repos[i].Installation, repos[i].At = inst.ID, at
		listed[repos[i].ID] = true
	}
	stored := map[int64]bool{}
	for _, r := range before {
		stored[r.ID] = true
		if !listed[r.ID] {
			repos = append(repos, subject.RepositoryFact{ID: r.ID, Installation: inst.ID, Private: r.Private, Gone: true, At: at})
		}
	}
	round, apart := c.Subject.Kind == subject.Round, spread
	if round {
		apart = apartFor(len(repos))
	}
	var due []store.Due
	for i, r := range repos {
		sub := subject.Subject{Kind: subject.Repository, Repo: r.ID}
		if round && stored[r.ID] {
			sub = subject.Subject{Kind: subject.Round, Number: inst.ID, Repo: r.ID}
		}
		if !r.Gone {
			due = append(due, store.Due{Subject: sub, Installation: inst.ID, At: at.Add(time.Duration(i) * apart)})
		}
	}
	zerolog.Ctx(ctx).Info().Int64("installation", inst.ID).Int("repositories", len(due)).Bool("round", round).Msg("installation swept")
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if err := a.accountBack(tx, inst.Account, at); err != nil {
			return err
		}
		swept := subject.Result{Installation: inst.ID, Repositories: repos}
		if !round {
			swept.Forget = []subject.CacheKey{
				{Kind: subject.TeamCache, Prefix: subject.TeamKey(inst.Account, "")},
				{Kind: subject.OwnerCache, Prefix: fmt.Sprintf("%d/", inst.Account)},
			}
		}
		return a.applied(tx, c, swept, due, at, time.Time{})
	})
}

// readInstallation asks GitHub what became of an installation. One that works is swept next.
func (a *App) readInstallation(ctx context.Context, c store.Claim, inst store.Installation) error {
	at := a.now()
	fact, err := a.reader.Installation(ctx, a.clients.App(), inst.ID)
	if err != nil {
		return err
	}
	a.clients.Forget(inst.ID)
	var due []store.Due
	if !fact.Removed && !fact.Suspended {
		if !inst.Suspended {
			return retryError{"GitHub gives no token for an installation that it shows as at work", time.Minute}
		}
		due = append(due, store.Due{Subject: c.Subject, Installation: inst.ID, At: at})
	}
	zerolog.Ctx(ctx).Info().Int64("installation", inst.ID).Bool("suspended", fact.Suspended).Bool("removed", fact.Removed).Msg("installation read")
	return a.apply(ctx, c, subject.Result{Installations: []subject.InstallationFact{fact}}, due, at, time.Time{})
}

// stillInstalled asks GitHub what became of an installation that refuses us, in case nobody
// told. Of one that is suspended or removed nothing is asked any more.
func (a *App) stillInstalled(ctx context.Context, id int64) {
	if id == 0 {
		return
	}
	at := a.now()
	fact, err := a.reader.Installation(ctx, a.clients.App(), id)
	if err == nil && (fact.Removed || fact.Suspended) {
		a.clients.Forget(id)
		err = a.store.Tx(ctx, func(tx *store.Tx) error {
			return tx.Apply(at, subject.Result{Installations: []subject.InstallationFact{fact}})
		})
	}
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Int64("installation", id).Msg("what became of the installation is not known")
	}
}

// accountBack records for how long the app was suspended in an account, or taken off it.
func (a *App) accountBack(tx *store.Tx, account int64, at time.Time) error {
	from, removed, err := tx.Away(account)
	if err != nil || from.IsZero() {
		return err
	}
	l := store.Lapse{Account: account, Cause: LapseSuspended, From: from, To: at}
	if removed {
		l.Cause = LapseRemoved
	}
	if err := a.lapse(tx, l); err != nil {
		return err
	}
	return tx.Back(account)
}

// sweepEverywhere makes every installation due, and says at start-up that GitHub accepts
// the app's key. What GitHub does not list any more is removed.
func (a *App) sweepEverywhere(ctx context.Context, c store.Claim) error {
	before, err := a.store.Installations(ctx)
	if err != nil {
		return err
	}
	at := a.now()
	self, err := a.reader.Self(ctx, a.clients.App())
	a.metrics.key(err == nil)
	if err != nil {
		return err
	}
	listed := map[int64]bool{}
	for _, inst := range self.Installations {
		listed[inst.ID] = true
	}
	found, stored := self.Installations, map[int64]bool{}
	for _, inst := range before {
		stored[inst.ID] = true
		if !listed[inst.ID] {
			a.clients.Forget(inst.ID)
			found = append(found, subject.InstallationFact{ID: inst.ID, Removed: true})
		}
	}
	round := c.Subject.Kind == subject.Round
	var due []store.Due
	self.Installations = slices.DeleteFunc(self.Installations, func(inst subject.InstallationFact) bool {
		return !a.o.allows(inst.Account, inst.AccountLogin)
	})
	for i, inst := range self.Installations {
		if !inst.Suspended && !a.knowsBot.Load() {
			a.learnBot(ctx, inst.ID, self.Slug)
		}
		sub := subject.Subject{Kind: subject.Installation, Number: inst.ID}
		if round && stored[inst.ID] {
			sub.Kind = subject.Round
		}
		due = append(due, store.Due{Subject: sub, Installation: inst.ID, At: at.Add(time.Duration(i) * spread)})
	}
	next := time.Time{}
	if round {
		next = at.Add(roundEvery)
	}
	zerolog.Ctx(ctx).Info().Str("app", self.Slug).Int("installations", len(due)).Bool("round", round).Msg("GitHub accepts the app's key")
	return a.apply(ctx, c, subject.Result{Installations: found}, due, at, next)
}

// learnBot finds out who posts in our app's name, so that a status of ours is told from
// another's without a look at GitHub. Not knowing costs such a look for each, no more.
func (a *App) learnBot(ctx context.Context, installation int64, slug string) {
	bot, err := a.reader.Bot(ctx, a.clients.Installation(installation), slug)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("our own bot is not known")
		return
	}
	if err := a.store.SetOwnBot(ctx, bot); err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("our own bot is not remembered")
		return
	}
	a.knowsBot.Store(true)
}

// sweepRepository makes the open pull requests of a repository due, and those whose merge is
// not accounted for, finds the jobs that GitHub holds and nobody told of, and sees to the
// announcement. A sweep takes all that are open: which of
// them are governed is for their own judgement to say, it has the policy at hand. A round
// takes those alone whose look is older than they are.
func (a *App) sweepRepository(ctx context.Context, c store.Claim) error {
	repo, known, err := a.reachable(ctx, c)
	if err != nil || !known {
		return err
	}
	at := a.now()
	since := time.Time{}
	if !repo.SweptAt.IsZero() {
		since = repo.SweptAt.Add(-sweepOverlap)
	}
	client := a.clients.Installation(repo.Installation)
	open, err := a.reader.OpenPulls(ctx, client, snapshot.Target{
		Installation: repo.Installation, Repo: repo.ID, Account: repo.Account, Owner: repo.Owner, Name: repo.Name,
	}, since)
	if err != nil {
		return err
	}
	branch, root := open.Repository.DefaultBranch, ""
	if repo.AnnouncedAt.IsZero() && branch != "" {
		if root, err = a.reader.RootCommit(ctx, client, repo.Owner, repo.Name, branch); err != nil {
			return err
		}
	}
	pushed, err := a.pushedMeanwhile(ctx, client, repo, branch)
	if err != nil {
		return err
	}
	missed, err := a.missedGates(ctx, client, repo)
	if err != nil {
		return err
	}
	round := c.Subject.Kind == subject.Round
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.HoldRepository(repo.ID); err != nil {
			return err
		}
		due, err := a.dueOf(tx, repo, open, round, at)
		if err != nil {
			return err
		}
		swept := subject.Result{Installation: repo.Installation, Pulls: open.Pulls, MergeGroups: open.MergeGroups, Gates: missed}
		if !round {
			swept.Forget = []subject.CacheKey{
				{Kind: subject.PermissionCache, Prefix: subject.PermissionKey(repo.ID, 0)},
				{Kind: subject.BaselineCache, Prefix: fmt.Sprintf("%d/", repo.ID)},
			}
		}
		if err := tx.Apply(at, swept); err != nil {
			return err
		}
		// Those that GitHub lists, and those that it lists no more: their look finds out.
		groups, err := tx.WaitingMergeGroups(repo.ID)
		if err != nil {
			return err
		}
		due = append(due, dueGroups(repo.Installation, groups, at)...)
		afterwards, err := duePostMortems(tx, repo, at)
		if err != nil {
			return err
		}
		due = append(due, afterwards...)
		for i, f := range missed {
			due = append(due, store.Due{Subject: f.Subject(), Installation: repo.Installation, At: at.Add(time.Duration(i) * spread)})
		}
		if !round { // a round a day would be polling: what is held comes by its timer
			gates, err := tx.OpenGates(repo.ID)
			if err != nil {
				return err
			}
			for i, d := range dueGates(repo, gates, at) {
				d.At = at.Add(time.Duration(i) * spread)
				due = append(due, d)
			}
		}
		if err := tx.Raise(at, due...); err != nil {
			return err
		}
		if err := a.lapses(tx, repo.ID, open, pushed, at); err != nil {
			return err
		}
		if err := tx.Swept(repo.ID, at); err != nil {
			return err
		}
		if root != "" {
			if err := a.announce(tx, c, repo, root); err != nil {
				return err
			}
		}
		zerolog.Ctx(ctx).Info().Str("repo", fullName(repo)).Int("open", len(open.Pulls)).Int("merged", len(open.Merged)).Int("merge_groups", len(open.MergeGroups)).
			Int("missed_gates", len(missed)).Int("due", len(due)).Bool("round", round).Msg("repository swept")
		return tx.Done(c, at, time.Time{})
	})
}

// reachable is repository for one that may be back: what says that it is gone is a delivery,
// and one may be old.
func (a *App) reachable(ctx context.Context, c store.Claim) (store.Repository, bool, error) {
	repo, known, err := a.store.Repository(ctx, c.Subject.Repo)
	if err != nil || !known || !repo.Gone || repo.Suspended || repo.Installation == 0 {
		if err != nil {
			return repo, false, err
		}
		return a.repository(ctx, c)
	}
	at := a.now()
	covering, err := a.reader.Covering(ctx, a.clients.App(), repo.Owner, repo.Name)
	if err != nil {
		return repo, false, err
	}
	if covering != repo.Installation {
		return repo, false, a.done(ctx, c)
	}
	repo.Gone = false
	return repo, true, a.store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Apply(at, subject.Result{Repositories: []subject.RepositoryFact{
			{ID: repo.ID, Installation: repo.Installation, Private: repo.Private, At: at},
		}})
	})
}

// dueOf returns what a sweep of a repository makes due. It compares with what was stored
// before the sweep's own facts are.
func (a *App) dueOf(tx *store.Tx, repo store.Repository, open snapshot.OpenPulls, round bool, at time.Time) ([]store.Due, error) {
	rows, err := tx.OpenPulls(repo.ID)
	if err != nil {
		return nil, err
	}
	known, listed := map[int64]store.Pull{}, map[int64]bool{}
	for _, row := range rows {
		known[row.Number] = row
	}
	var due []store.Due
	add := func(number int64) {
		due = append(due, store.Due{
			Subject:      subject.Subject{Kind: subject.PullRequest, Repo: repo.ID, Number: number},
			Installation: repo.Installation, At: at.Add(time.Duration(len(due)) * spread),
		})
	}
	for _, p := range open.Pulls {
		listed[p.Number] = true
		look := !round
		if !look {
			if look, err = a.behind(tx, known[p.Number], p); err != nil {
				return nil, err
			}
		}
		if look {
			add(p.Number)
		}
	}
	// What was open here and is not listed was closed without our hearing of it.
	for _, row := range rows {
		if !listed[row.Number] {
			listed[row.Number] = true
			add(row.Number)
		}
	}
	for _, m := range open.Merged {
		done, err := tx.Landed(repo.ID, m.Number)
		if err != nil {
			return nil, err
		}
		if !done && !listed[m.Number] && !m.MergedAt.Before(repo.AnnouncedAt.Truncate(time.Second)) {
			add(m.Number)
		}
	}
	return due, nil
}

// behind reports whether what is known of an open pull request is older than the pull request
// itself: something was missed, it was never judged, or its run on GitHub grows too old.
func (a *App) behind(tx *store.Tx, row store.Pull, p subject.PullFact) (bool, error) {
	if !row.Open || row.Head != p.Head || row.Base != p.Base || row.UpdatedAt.Before(p.UpdatedAt) {
		return true, nil
	}
	if !row.Governed {
		return false, nil
	}
	pub, found, err := tx.SeePublication(row.Repo, row.Head)
	return row.JudgedBase == "" || !found || a.aged(pub), err
}

// announce owes the root commit of the default branch one green run and status, so that
// both can be chosen as required checks before any change was judged. Every branch
// contains that commit, so that no pull request can have it as its head.
func (a *App) announce(tx *store.Tx, c store.Claim, repo store.Repository, root string) error {
	if err := a.answer(tx, c, repo, KindAnnouncement, root, publish.Announcement()); err != nil {
		return err
	}
	return tx.Announced(repo.ID, a.now())
}

// apply stores what a sweep found, makes subjects due and ends its claim; it is due again at
// next, unless that is zero.
func (a *App) apply(ctx context.Context, c store.Claim, found subject.Result, due []store.Due, at, next time.Time) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error { return a.applied(tx, c, found, due, at, next) })
}

func (a *App) applied(tx *store.Tx, c store.Claim, found subject.Result, due []store.Due, at, next time.Time) error {
	if err := tx.Apply(at, found); err != nil {
		return err
	}
	if err := tx.Raise(at, due...); err != nil {
		return err
	}
	return tx.Done(c, at, next)
}
