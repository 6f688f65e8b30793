package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
)

const (
	// beatEvery is how often a server notes that it is there.
	beatEvery = 30 * time.Second
	// lapseAfter is from which length on a time without any server is a lapse: a restart is none.
	lapseAfter = 2 * time.Minute
)

// heartbeatMark is the store's mark of when any server was there last.
const heartbeatMark = "heartbeat"

// arrive notes that a server is there, records for how long none was, and makes everything
// due that may have been missed meanwhile.
func (a *App) arrive(ctx context.Context) error {
	if err := a.beat(ctx, true); err != nil {
		return err
	}
	if err := a.store.RaiseNow(ctx, a.now(), a.deliveries()); err != nil {
		return err
	}
	at := a.now()
	if err := a.store.Postpone(ctx, at.Add(roundEvery), rounds); err != nil { // the sweep is more than a round
		return err
	}
	return a.store.RaiseNow(ctx, at, everywhere)
}

// beatAlways beats until ctx ends. After a beat that failed nobody knows whether a server
// could store what came: the next that succeeds looks how long that was.
func (a *App) beatAlways(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for gone := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := a.beat(ctx, gone)
		if err != nil && ctx.Err() == nil {
			zerolog.Ctx(ctx).Error().Err(err).Msg("heartbeat not stored")
		}
		gone = err != nil
	}
}

// beat notes that a server is there. With gone the caller was not: if no other was either,
// for longer than lapseAfter, that is a lapse of every account that has the app. The ledger
// has it in the same transaction, and everything is swept for what happened meanwhile.
func (a *App) beat(ctx context.Context, gone bool) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		at := a.now()
		was, found, err := tx.Mark(heartbeatMark)
		if err != nil {
			return err
		}
		if found && gone && at.Sub(was.At) > lapseAfter {
			if err := a.away(ctx, tx, was.At, at); err != nil {
				return err
			}
		}
		if was.At.After(at) {
			return nil
		}
		return tx.PutMark(heartbeatMark, store.Mark{At: at})
	})
}

// away records that no server was there.
func (a *App) away(ctx context.Context, tx *store.Tx, from, to time.Time) error {
	accounts, err := tx.Accounts()
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if err := a.lapse(tx, store.Lapse{Account: account, Cause: LapseDown, From: from, To: to}); err != nil {
			return err
		}
	}
	zerolog.Ctx(ctx).Warn().Time("from", from).Time("to", to).Int("accounts", len(accounts)).Msg("no server was there")
	return tx.Raise(to, store.Due{Subject: everywhere, At: to}, store.Due{Subject: a.deliveries(), At: to})
}

// lapse records a lapse and notes it for the sweeps, which list what was merged meanwhile.
func (a *App) lapse(tx *store.Tx, l store.Lapse) error {
	body := LapseRecord{Host: a.host, Repo: l.Repo, Cause: l.Cause, From: l.From, To: l.To}
	if l.Cause == LapseDown && l.To.Sub(l.From) > deliveryLife {
		body.LostUntil = l.To.Add(-deliveryLife)
	}
	if err := a.appendLapse(tx, l.Account, body); err != nil {
		return err
	}
	return tx.PutLapse(l)
}

func (a *App) appendLapse(tx *store.Tx, account int64, r LapseRecord) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode lapse record: %w", err)
	}
	_, _, err = tx.Append(account, KindLapse, a.now(), body)
	return err
}
