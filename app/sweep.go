package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

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

// sweepInstallation makes every repository of an installation due.
func (a *App) sweepInstallation(ctx context.Context, c store.Claim) error {
	if c.Subject == everywhere {
		return a.sweepEverywhere(ctx, c)
	}
	inst, known, err := a.store.Installation(ctx, c.Subject.Number)
	if err != nil {
		return err
	}
	if !known || inst.Removed || inst.Suspended {
		return a.done(ctx, c)
	}
	repos, err := a.reader.Repositories(ctx, a.clients.Installation(inst.ID))
	if err != nil {
		return err
	}
	at := a.now()
	var due []store.Due
	for i := range repos {
		repos[i].Installation, repos[i].At = inst.ID, at
		due = append(due, store.Due{
			Subject:      subject.Subject{Kind: subject.Repository, Repo: repos[i].ID},
			Installation: inst.ID, At: at.Add(time.Duration(i) * spread),
		})
	}
	zerolog.Ctx(ctx).Info().Int64("installation", inst.ID).Int("repositories", len(repos)).Msg("installation swept")
	return a.apply(ctx, c, subject.Result{Installation: inst.ID, Repositories: repos}, due, at)
}

// sweepEverywhere makes every installation due, and says at start-up that GitHub accepts
// the app's key.
func (a *App) sweepEverywhere(ctx context.Context, c store.Claim) error {
	self, err := a.reader.Self(ctx, a.clients.App())
	a.metrics.key(err == nil)
	if err != nil {
		return err
	}
	at := a.now()
	var due []store.Due
	for i, inst := range self.Installations {
		if !inst.Suspended && !a.knowsBot {
			a.learnBot(ctx, inst.ID, self.Slug)
		}
		due = append(due, store.Due{
			Subject:      subject.Subject{Kind: subject.Installation, Number: inst.ID},
			Installation: inst.ID, At: at.Add(time.Duration(i) * spread),
		})
	}
	zerolog.Ctx(ctx).Info().Str("app", self.Slug).Int("installations", len(due)).Msg("GitHub accepts the app's key")
	return a.apply(ctx, c, subject.Result{Installations: self.Installations}, due, at)
}

// learnBot finds out who posts in our app's name, so that a status of ours is told from
// another's without a look at GitHub. Not knowing costs such a look for each, no more.
func (a *App) learnBot(ctx context.Context, installation int64, slug string) {
	bot, err := a.reader.Bot(ctx, a.clients.Installation(installation), slug)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("our own bot is not known")
		return
	}
	a.store.SetOwnBot(bot)
	a.knowsBot = true
}

// sweepRepository makes every open pull request of a repository due, and sees to the
// announcement. Which of them are governed is for their own judgement to say: it has the
// policy at hand.
func (a *App) sweepRepository(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	client := a.clients.Installation(repo.Installation)
	open, err := a.reader.OpenPulls(ctx, client, snapshot.Target{
		Installation: repo.Installation, Repo: repo.ID, Account: repo.Account, Owner: repo.Owner, Name: repo.Name,
	})
	if err != nil {
		return err
	}
	branch, root := open.Repository.DefaultBranch, ""
	if repo.AnnouncedAt.IsZero() && branch != "" {
		if root, err = a.reader.RootCommit(ctx, client, repo.Owner, repo.Name, branch); err != nil {
			return err
		}
	}
	at := a.now()
	listed := map[int64]bool{}
	var due []store.Due
	for i, p := range open.Pulls {
		listed[p.Number] = true
		due = append(due, store.Due{
			Subject:      subject.Subject{Kind: subject.PullRequest, Repo: repo.ID, Number: p.Number},
			Installation: repo.Installation, At: at.Add(time.Duration(i) * spread),
		})
	}
	zerolog.Ctx(ctx).Info().Str("repo", fullName(repo)).Int("changes", len(due)).Int("merge_groups", len(open.MergeGroups)).Msg("repository swept")
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Apply(at, subject.Result{Installation: repo.Installation, Pulls: open.Pulls, MergeGroups: open.MergeGroups}); err != nil {
			return err
		}
		// Those that GitHub lists, and those that it lists no more: their look finds out.
		groups, err := tx.WaitingMergeGroups(repo.ID)
		if err != nil {
			return err
		}
		due = append(due, dueGroups(repo.Installation, groups, at)...)
		// What was open here and is not listed was closed without our hearing of it.
		rows, err := tx.OpenPulls(repo.ID)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !listed[row.Number] {
				due = append(due, store.Due{Subject: row.Subject(), Installation: repo.Installation, At: at})
			}
		}
		if err := tx.Raise(at, due...); err != nil {
			return err
		}
		if root != "" {
			if err := a.announce(tx, c, repo, root); err != nil {
				return err
			}
		}
		return tx.Done(c, at, time.Time{})
	})
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

// apply stores what a sweep found, makes subjects due and ends its claim.
func (a *App) apply(ctx context.Context, c store.Claim, found subject.Result, due []store.Due, at time.Time) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.Apply(at, found); err != nil {
			return err
		}
		if err := tx.Raise(at, due...); err != nil {
			return err
		}
		return tx.Done(c, at, time.Time{})
	})
}
