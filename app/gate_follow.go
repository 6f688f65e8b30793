package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
)

// stillWaiting returns the job that a look is about: the newest that waits for us, unless a
// newer one was answered, and the run with it. Where several wait, those are ended whose job
// GitHub has ended: of an attempt that was cancelled, say, which nobody heard of in time, and
// which may have asked us last.
func (a *App) stillWaiting(ctx context.Context, c store.Claim, repo store.Repository, all []store.Gate) (waits store.Gate, found bool, err error) {
	open := slices.DeleteFunc(slices.Clone(all), func(g store.Gate) bool { return !g.ClosedAt.IsZero() })
	if len(open) > 1 {
		client, err := a.client(ctx, repo.Installation)
		if err != nil {
			return store.Gate{}, false, err
		}
		for i, g := range all {
			target := targetOf(repo, 0)
			target.Head = g.SHA
			if !g.ClosedAt.IsZero() {
				continue
			}
			job, shown, err := a.reader.Job(ctx, client, target, g.Deployment)
			if err != nil {
				return store.Gate{}, false, err
			}
			if !shown || job.At.IsZero() || job.Succeeded {
				continue // it may have been let go together with a newer one
			}
			all[i].ClosedAt = a.now()
			if err := a.store.Tx(ctx, func(tx *store.Tx) error { return a.endGate(tx, &gateLook{c: c, repo: repo, gate: g}, all[i].ClosedAt) }); err != nil {
				return store.Gate{}, false, err
			}
		}
	}
	for _, g := range all {
		if g.ClosedAt.IsZero() {
			return g, true, nil
		}
		if g.Said != "" {
			break
		}
	}
	return store.Gate{}, false, nil
}

// followGates finds out about deployments that are said to have succeeded. One that was
// approved counts as good where GitHub itself reports its job as succeeded: a status alone is
// anybody's word. One that was not, into an environment before which the policy asks
// something, is recorded as ungated, once.
func (a *App) followGates(ctx context.Context, c store.Claim, repo store.Repository, all []store.Gate) error {
	for _, g := range all {
		if g.ClosedAt.IsZero() || g.ClaimedAt.IsZero() || !g.GoodAt.IsZero() || g.Ungated {
			continue
		}
		target := targetOf(repo, 0)
		target.Head = g.SHA
		client, err := a.client(ctx, repo.Installation)
		if err != nil {
			return err
		}
		if g.Run == 0 && g.Said == "" {
			if g, err = a.ofAsk(ctx, client, target, g); err != nil {
				return err
			}
		}
		var job snapshot.Job
		if g.Run != 0 || g.Said != "" {
			var found bool
			if job, found, err = a.reader.Job(ctx, client, target, g.Deployment); err != nil {
				return err
			}
			if !found || !job.Succeeded {
				continue // not yet, or a claim that nothing bears out
			}
		}
		if g.Said == publish.GateApproved {
			g.GoodAt = job.At
			under, err := a.deployedUnder(ctx, g)
			if err != nil {
				return err
			}
			if err := a.store.Tx(ctx, func(tx *store.Tx) error {
				return errors.Join(a.owePostMortems(ctx, tx, c, repo, under), a.goodGate(tx, repo, g))
			}); err != nil {
				return err
			}
			continue
		}
		guarded, texts, err := a.reader.Guarded(ctx, client, target, g.Name)
		if err != nil {
			return err
		}
		policy, err := a.putPolicies(ctx, texts)
		if err != nil {
			return err
		}
		g.Ungated = true
		err = a.store.Tx(ctx, func(tx *store.Tx) error {
			if guarded {
				if err := a.recordUngated(ctx, tx, c, repo, g, policy); err != nil {
					return err
				}
			}
			return tx.PutGate(g)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// askSkew is how far GitHub's clock and ours may be apart where an ask is set against its job.
const askSkew = time.Minute

// ofAsk returns a deployment that never asked by itself, approved if its job did through the
// API: in its own run, while it ran, each ask once. One that no job made is covered by a permit that was
// spent; that it is good nobody says whose word counts.
func (a *App) ofAsk(ctx context.Context, client *ghclient.Client, target snapshot.Target, g store.Gate) (store.Gate, error) {
	asks, err := a.store.OpenGateAsks(ctx, g.Repo, g.Environment, g.SHA)
	asks = slices.DeleteFunc(asks, func(k store.GateAsk) bool { return k.Answer != string(deploy.Approve) && k.Answer != rolledBack })
	if err != nil || len(asks) == 0 {
		return g, err
	}
	job, found, err := a.reader.Job(ctx, client, target, g.Deployment)
	if err != nil {
		return g, err
	}
	i := slices.IndexFunc(asks, func(k store.GateAsk) bool {
		if !found {
			return !k.SpentAt.IsZero()
		}
		return k.Suite == job.Suite && !k.AskedAt.Before(job.Began.Add(-askSkew)) && !k.AskedAt.After(job.At.Add(askSkew))
	})
	if i < 0 {
		return g, nil
	}
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		k, there, err := tx.GateAsk(asks[i].Ticket)
		if err != nil || !there || k.Deployment != 0 {
			return errors.Join(err, retryError{"another deployment came of the ask", time.Second})
		}
		k.Deployment = g.Deployment
		g.Answer, g.DecidedAt, g.Digest, g.Log, g.Seq, g.Said = k.Answer, k.DecidedAt, k.Digest, k.Log, k.Seq, publish.GateApproved
		return errors.Join(tx.PutGateAsk(k), tx.PutGate(g))
	})
	return g, err
}

// goodGate notes that an approved deployment is good. If it went back, what ran there until
// now was rolled back from. What waits is looked at anew: it brings less by now, or goes back.
func (a *App) goodGate(tx *store.Tx, repo store.Repository, g store.Gate) error {
	if g.Answer == rolledBack {
		good, err := tx.GoodGates(g.Repo, g.Environment, 1)
		if err != nil {
			return err
		}
		for _, was := range good {
			if was.SHA != g.SHA {
				was.BadAt = g.GoodAt
				if err := tx.PutGate(was); err != nil {
					return err
				}
			}
		}
	}
	return errors.Join(tx.PutGate(g), a.raiseGates(tx, repo, a.now()))
}

func (a *App) recordUngated(ctx context.Context, tx *store.Tx, c store.Claim, repo store.Repository, g store.Gate, policy []PolicyRef) error {
	body, err := json.Marshal(UngatedRecord{
		Host: a.host, Repo: repo.ID, Run: g.Run, Deployment: g.Deployment, Environment: g.Name, Commit: g.SHA, Claimed: g.ClaimedAt,
		Policy: policy, Deliveries: c.Deliveries,
	})
	if err != nil {
		return fmt.Errorf("encode ungated record: %w", err)
	}
	_, seq, err := tx.Append(repo.Account, KindUngated, a.now(), body)
	if err != nil {
		return err
	}
	zerolog.Ctx(ctx).Warn().Str("repo", fullName(repo)).Str("environment", g.Name).Str("sha", g.SHA).Int64("seq", seq).
		Strs("deliveries", c.Deliveries).Msg("deployed without an approval of the gate")
	return nil
}
