package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// missedGates finds the jobs that wait at an environment of which our app is a rule, and of
// which no delivery told: without it such a job waits until GitHub gives it up.
//
// Where the store has never heard of a job or of a deployment to a repository, nothing is
// asked: most have no environments, and a list for each of them would be a request for each. A
// run of which a job is known to wait is not looked into: what else of it waits is found when
// that has its answer. What was known once, answered or not, is not asked about again.
//
// It is a net below the deliveries, so what GitHub does not show us is passed over, with a
// word in our own log: the pull requests of the repository are swept all the same.
func (a *App) missedGates(ctx context.Context, client *ghclient.Client, repo store.Repository) ([]subject.GateFact, error) {
	open, ever, err := a.store.GatedRuns(ctx, repo.ID)
	if err != nil || !ever {
		return nil, err
	}
	found, err := a.heldUnknown(ctx, client, repo, open)
	if t := ghclient.Diagnose(err, a.now()); !t.Installation && (t.Kind == ghclient.Denied || t.Kind == ghclient.Gone || t.Kind == ghclient.Invalid) {
		zerolog.Ctx(ctx).Warn().Err(err).Str("repo", fullName(repo)).Msg("what GitHub holds at environments cannot be seen")
		err = nil
	}
	return found, err
}

// heldUnknown returns the jobs that nothing in the store is about, but for those of the runs
// that are open there. After an error it is what was found before.
func (a *App) heldUnknown(ctx context.Context, client *ghclient.Client, repo store.Repository, open []int64) ([]subject.GateFact, error) {
	target := targetOf(repo, 0)
	runs, err := a.reader.HeldRuns(ctx, client, target)
	if err != nil {
		return nil, err
	}
	var out []subject.GateFact
	guards := map[string]bool{}
	for _, run := range runs {
		if _, known := slices.BinarySearch(open, run.ID); known {
			continue
		}
		jobs, err := a.reader.HeldJobs(ctx, client, target, run)
		if err != nil {
			return out, err
		}
		for _, j := range jobs {
			f := gateFactOf(repo, run, j, a.now())
			switch known, err := a.knowsGate(ctx, f); {
			case err != nil:
				return out, err
			case known:
				continue
			}
			key := f.Subject().Name
			ours, asked := guards[key]
			if !asked {
				if ours, err = a.reader.Guards(ctx, client, target, j.Environment); err != nil {
					return out, err
				}
				guards[key] = ours
			}
			if !ours {
				continue
			}
			out = append(out, f)
			zerolog.Ctx(ctx).Warn().Str("repo", fullName(repo)).Int64("run", f.Run).Str("environment", f.Environment).Str("sha", f.Commit).
				Time("since", f.At).Msg("a job waits that no delivery told of")
		}
	}
	return out, nil
}

// gateFactOf is a job that was found as a delivery would have told of it.
func gateFactOf(repo store.Repository, run snapshot.HeldRun, j snapshot.HeldJob, at time.Time) subject.GateFact {
	f := subject.GateFact{
		Repo: repo.ID, Run: run.ID, Deployment: j.Deployment, Environment: j.Environment, Commit: run.SHA, At: at, Swept: true,
	}
	if !j.Since.IsZero() && j.Since.Before(at) {
		f.At = j.Since
	}
	return f
}

// knowsGate says whether a job is in the store, open or not. One without a deployment's id, there
// or here, may be any of its run at the environment.
func (a *App) knowsGate(ctx context.Context, f subject.GateFact) (bool, error) {
	all, err := a.store.Gates(ctx, f.Subject())
	return slices.ContainsFunc(all, func(g store.Gate) bool {
		return f.Deployment == 0 || g.Deployment < 0 || g.Deployment == f.Deployment
	}), err
}

// refused says whether GitHub does not take an answer, whatever else is done: of a limit or a
// permission that is missing it is not said.
func refused(err error, now time.Time) bool {
	t := ghclient.Diagnose(err, now)
	return !t.Installation && (t.Kind == ghclient.Gone || t.Kind == ghclient.Invalid)
}

// refusedGate ends a job that a sweep found and for which GitHub does not take our answer: our
// rule is there since it began to wait, say, so that it never waited for us.
func (a *App) refusedGate(ctx context.Context, l *gateLook, why error) error {
	zerolog.Ctx(ctx).Warn().Err(why).Str("repo", fullName(l.repo)).Int64("run", l.gate.Run).Str("environment", l.gate.Name).
		Msg("GitHub takes no answer about a job that was found waiting: it is closed")
	l.gate.Writing = ""
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		at := a.now()
		return errors.Join(a.endGate(tx, l, at), tx.Done(l.c, at, time.Time{}))
	})
}
