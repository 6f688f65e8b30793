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
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// The commit of a deployment says in a commit status what the gate answered last, for people who
// look at it. Nothing reads it: it is no fact, no permit, and whoever can write can post another
// one over it, which stays. It is written once for each change of the answer, after everything
// else that is to be written, and what GitHub does not take is given up.

// EnvironmentStatusRecord is the body of the record that GitHub took such a status.
type EnvironmentStatusRecord struct {
	Host        string `json:"host"`
	Repo        int64  `json:"repo"`
	Environment string `json:"environment"`
	Commit      string `json:"commit"`
	Answer      string `json:"answer"`
	Decision    int64  `json:"decision"` // its record, in the same log
	Status      int64  `json:"status"`   // GitHub's id
}

// informEnvironment owes the commit of a deployment the status about its environment, where the
// policy has rules for that and the answer is another than the last.
func (a *App) informEnvironment(tx *store.Tx, l *gateLook, at time.Time) error {
	if !slices.ContainsFunc(l.decision.Verdict.Findings, func(f rules.Finding) bool { return f.Rule != "" }) || l.gate.Seq == 0 {
		return nil
	}
	e := store.EnvironmentStatus{
		Repo: l.repo.ID, SHA: l.request.Shipment.Commit, Environment: l.gate.Environment, Name: l.gate.Name,
		Answer: string(l.decision.Answer), Log: l.gate.Log, Seq: l.gate.Seq,
	}
	changed, err := tx.WantEnvironmentStatus(e)
	if err != nil || !changed {
		return err
	}
	return tx.Raise(at, store.Due{Subject: e.Subject(), Installation: l.repo.Installation, At: at, Priority: subject.Strangers})
}

// publishEnvironment tells GitHub what was answered last.
func (a *App) publishEnvironment(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	e, found, err := a.store.EnvironmentStatus(ctx, c.Subject)
	if err != nil {
		return err
	}
	if !found || e.Said == e.Answer {
		return a.store.Tx(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.ChargeWrites(c.Installation, a.now(), -c.Slots), tx.Done(c, a.now(), time.Time{}))
		})
	}
	client, err := a.client(ctx, repo.Installation)
	if err != nil {
		return err
	}
	if c, err = a.store.Extend(ctx, c, a.now().Add(lease)); err != nil {
		return err
	}
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	id, failed := a.publisher.Environment(writes, client, publish.EnvironmentStatus{
		Owner: repo.Owner, Name: repo.Name, SHA: e.SHA, Environment: e.Name, Answer: deploy.Answer(e.Answer),
	})
	if failed != nil {
		switch ghclient.Diagnose(failed, a.now()).Kind { //nolint:exhaustive // the others are for good
		case ghclient.Transient, ghclient.Limited:
			return failed
		}
		if errors.Is(failed, publish.ErrLease) || ctx.Err() != nil {
			return failed
		}
		zerolog.Ctx(ctx).Warn().Err(failed).Str("environment", e.Name).Str("sha", e.SHA).Msg("status of an environment given up")
	}
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		at := a.now()
		if failed == nil {
			body, err := json.Marshal(EnvironmentStatusRecord{
				Host: a.host, Repo: repo.ID, Environment: e.Name, Commit: e.SHA, Answer: e.Answer, Decision: e.Seq, Status: id,
			})
			if err != nil {
				return fmt.Errorf("encode the record of an environment's status: %w", err)
			}
			if _, _, err := tx.Append(repo.Account, KindEnvironmentStatus, at, body); err != nil {
				return err
			}
		}
		return errors.Join(tx.SaidEnvironmentStatus(e), tx.Done(c, at, time.Time{}))
	})
}
