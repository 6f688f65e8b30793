package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// GitHub tries once to hand a delivery over. What it could not, it lists for some days and
// sends again when asked. The app reads that list when it starts and every listEvery, and
// asks for what is not in its own store: not for what GitHub calls failed, because an answer
// may have been lost after the delivery was stored, and what was stored may have been lost
// with a disk. The look at a subject reads what is true by then, so the order in which the
// deliveries come in the end decides nothing.
const (
	// listEvery is how often GitHub's list is read: one request where nothing happened.
	listEvery = 10 * time.Minute
	// listPages is how many pages of a hundred one run reads; the next goes on from there.
	listPages = 30
	// listOverlap is how far behind what was read the next reading goes: GitHub's clock is
	// another, and an attempt is listed when it has ended.
	listOverlap = 10 * time.Minute
	// redeliveries is how many attempts one run asks for. With a run a minute that leaves
	// GitHub's limits of 5,000 requests an hour and 80 writes a minute to spare.
	redeliveries = 50
	// runEvery is the time between runs while one leaves something to do.
	runEvery = time.Minute
	// redeliverable is for how long a GUID is kept at least: an Enterprise Server hands a
	// delivery over again for seven days.
	redeliverable = 8 * 24 * time.Hour
	// redeliverTries is how often a delivery is asked for: one that is refused every time,
	// by us or on the way here, is left to the sweeps.
	redeliverTries = 5
	// redeliverWait is how long an attempt may take to arrive; it doubles with each.
	redeliverWait = 2 * time.Minute
)

// deliveriesMark is the store's mark of how far GitHub's list was read: up to At, all of it.
const deliveriesMark = "deliveries"

// walk is a reading of GitHub's list from its newest entry back to the mark. It is the
// mark's body, so that a long one can go on in the next run, or in another process.
type walk struct {
	Next   time.Time `json:"next,omitzero"`    // when the list is to be read again
	Cursor string    `json:"cursor,omitempty"` // of the next page; empty: no reading is under way
	Began  time.Time `json:"began,omitzero"`   // when the reading under way began
}

// deliveries is the subject of what GitHub could not hand over.
func (a *App) deliveries() subject.Subject {
	return subject.Subject{Kind: subject.Deliveries, Number: a.o.AppID}
}

// fetchMissed finds the deliveries that GitHub made and that are not here, asks for them
// again, the oldest first, and lets go of old ones.
func (a *App) fetchMissed(ctx context.Context, c store.Claim) error {
	at := a.now().Truncate(time.Microsecond) // as what is stored: the next look is due no earlier than it may read
	mark, w, err := a.readMark(ctx, at)
	if err != nil {
		return err
	}
	var missed []store.Missed
	if w.Cursor != "" || !at.Before(w.Next) {
		if missed, err = a.readList(ctx, &mark, &w, at); err != nil {
			return err
		}
	}
	var due []store.Missed
	err = a.store.Tx(ctx, func(tx *store.Tx) error {
		for _, m := range missed {
			if err := tx.PutMissed(a.o.AppID, m); err != nil {
				return err
			}
		}
		if err := putWalk(tx, mark, w); err != nil {
			return err
		}
		if err := tx.ArrivedMissed(a.o.AppID); err != nil {
			return err
		}
		due, err = tx.DueMissed(a.o.AppID, at, redeliveries)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range due {
		if err := a.askAgain(ctx, m); err != nil {
			return err
		}
	}
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		keep := cmp.Or(a.o.Keep, defaultKeep)
		more, err := tx.DropDeliveries(at.Add(-keep), at.Add(-max(keep, redeliverable)), route.Lasting)
		if err != nil {
			return err
		}
		next, err := a.nextRun(tx, w, more || len(due) == redeliveries, at)
		if err != nil {
			return err
		}
		return tx.Done(c, at, next)
	})
}

// readMark returns how far the list was read. At the very first run that is as far as
// deliveries are stored: what was before the app's first start its first sweep sees.
func (a *App) readMark(ctx context.Context, at time.Time) (store.Mark, walk, error) {
	mark, found, err := a.store.Mark(ctx, deliveriesMark)
	if err != nil {
		return mark, walk{}, err
	}
	if !found {
		if mark.At, err = a.store.NewestDelivery(ctx); err != nil {
			return mark, walk{}, err
		}
		if mark.At.IsZero() {
			return store.Mark{At: at}, walk{Next: at.Add(listEvery)}, nil
		}
		return mark, walk{}, nil
	}
	var w walk
	err = decode([]byte(mark.Body), &w)
	if w.Next.Add(runEvery - listEvery).Before(a.started) {
		w.Next = time.Time{} // a start looks, unless somebody has just looked
	}
	return mark, w, err
}

// readList reads GitHub's list from where w stands towards the mark, and returns what is not
// stored. At the mark, or where GitHub remembers no more, the reading ends and the mark moves.
func (a *App) readList(ctx context.Context, mark *store.Mark, w *walk, at time.Time) ([]store.Missed, error) {
	if w.Cursor == "" {
		w.Began = at
	}
	back := mark.At.Add(-listOverlap)
	var missed []store.Missed
	listed := 0
	for range listPages {
		page, next, err := a.clients.Attempts(ctx, w.Cursor)
		if kind := ghclient.Diagnose(err, at).Kind; w.Cursor != "" && (kind == ghclient.Invalid || kind == ghclient.Gone) {
			w.Cursor, w.Began = "", at // GitHub has forgotten the place: from the beginning again
			continue
		}
		if err != nil {
			return nil, err
		}
		listed += len(page)
		some, err := a.notHere(ctx, page, back)
		if err != nil {
			return nil, err
		}
		missed = append(missed, some...)
		if w.Cursor = next; next == "" || len(page) > 0 && page[len(page)-1].At.Before(back) {
			mark.At = w.Began
			*w = walk{Next: w.Began.Add(listEvery)}
			break
		}
	}
	zerolog.Ctx(ctx).Info().Int("attempts", listed).Int("missed", len(missed)).Bool("to_the_end", w.Cursor == "").
		Msg("GitHub's list of deliveries read")
	return missed, nil
}

// notHere returns the deliveries of a page that are not stored.
func (a *App) notHere(ctx context.Context, page []ghclient.Attempt, back time.Time) ([]store.Missed, error) {
	var guids []string
	of := map[string]store.Missed{}
	for _, p := range page { // the newest attempt of a delivery comes first
		if p.GUID == "" || p.At.Before(back) {
			continue
		}
		m, known := of[p.GUID]
		if !known {
			guids = append(guids, p.GUID)
			m = store.Missed{GUID: p.GUID, Attempt: p.ID, Installation: p.Installation}
		}
		m.At = p.At
		of[p.GUID] = m
	}
	guids, err := a.store.Unknown(ctx, a.o.AppID, guids)
	if err != nil {
		return nil, err
	}
	missed := make([]store.Missed, 0, len(guids))
	for _, guid := range guids {
		missed = append(missed, of[guid])
	}
	return missed, nil
}

// askAgain asks for one delivery, or gives it up: what it would have told the sweep of its
// installation finds, as far as GitHub still shows it.
func (a *App) askAgain(ctx context.Context, m store.Missed) error {
	at := a.now()
	gone := m.Tries >= redeliverTries
	if !gone {
		err := a.clients.Redeliver(ctx, m.Attempt)
		kind := ghclient.Diagnose(err, at).Kind
		gone = kind == ghclient.Gone || kind == ghclient.Invalid // GitHub does not remember it any more
		if err != nil && !gone {
			return err
		}
	}
	log := zerolog.Ctx(ctx).Info().Str("delivery", m.GUID).Int("tries", m.Tries)
	if !gone {
		a.metrics.redelivered.Inc()
		log.Msg("missed delivery asked for again")
		return a.store.Tx(ctx, func(tx *store.Tx) error {
			return tx.TriedMissed(a.o.AppID, m.GUID, at.Add(redeliverWait<<m.Tries))
		})
	}
	log.Msg("missed delivery given up, its installation is swept")
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.DropMissed(a.o.AppID, m.GUID); err != nil {
			return err
		}
		sub := subject.Subject{Kind: subject.Installation, Number: m.Installation} // 0: everywhere
		return tx.Raise(at, store.Due{Subject: sub, Installation: m.Installation, At: at})
	})
}

// nextRun is when there is something to do again.
func (a *App) nextRun(tx *store.Tx, w walk, more bool, at time.Time) (time.Time, error) {
	next := w.Next
	if w.Cursor != "" || more {
		next = at.Add(runEvery)
	}
	due, found, err := tx.NextMissed(a.o.AppID)
	if err != nil {
		return time.Time{}, err
	}
	if soon := at.Add(runEvery); found && due.Before(next) {
		next = due
		if due.Before(soon) {
			next = soon
		}
	}
	return next, nil
}

func putWalk(tx *store.Tx, mark store.Mark, w walk) error {
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode how far the deliveries were read: %w", err)
	}
	mark.Body = string(body)
	return tx.PutMark(deliveriesMark, mark)
}
