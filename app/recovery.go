package app

import (
	"context"
	"slices"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// tellRecovery logs what the last process left behind, and what becomes of it. Nothing of it
// needs a person, but for what was lost with a damaged disk.
func (a *App) tellRecovery(ctx context.Context) error {
	log := zerolog.Ctx(ctx)
	left := a.store.Recovered()
	if left.Unclean {
		log.Warn().Int("transactions", left.Transactions).Int64("cut_bytes", left.Cut).
			Msg("the last process did not close the database: its journal was recovered up to the last whole transaction")
	}
	if left.Lost > 0 {
		log.Error().Int("transactions", left.Lost).Int64("cut_bytes", left.Cut).
			Msg("the journal was damaged and finished transactions were lost with its end: check the disk; deliveries are asked for again and everything open is looked at anew")
	}
	if !left.Checked && a.o.sqliteFile() != "" {
		log.Info().Msg("the database is too large to look through at a start: damage shows when it is read")
	}
	leased, err := a.store.Leased(ctx)
	if err != nil || len(leased) == 0 {
		return err
	}
	writes := 0
	for _, sub := range leased {
		begun, err := a.writeBegan(ctx, sub)
		if err != nil {
			return err
		}
		if begun {
			writes++
		}
	}
	log.Warn().Int("looks", len(leased)).Int("writes", writes).
		Msg("looks were under way: they are taken up once no request of theirs can still arrive; where a write had begun, GitHub is looked at first")
	return nil
}

// writeBegan says whether a subject's last claim began to write to GitHub, and did not store
// what came of it.
func (a *App) writeBegan(ctx context.Context, sub subject.Subject) (bool, error) {
	switch sub.Kind { //nolint:exhaustive // the others write nothing, or look before each write
	case subject.Head:
		pub, _, err := a.store.Publication(ctx, sub.Repo, sub.SHA)
		return pub.WritingDigest != "", err
	case subject.Deployment:
		gates, err := a.store.Gates(ctx, sub)
		return slices.ContainsFunc(gates, func(g store.Gate) bool { return g.Writing != "" }), err
	case subject.PostMortem:
		rows, err := a.store.PostMortems(ctx, sub.Repo, sub.Number)
		if err != nil {
			return false, err
		}
		for _, p := range rows {
			notes, err := a.store.OwedPostMortemNotes(ctx, p)
			if err != nil || p.Writing || slices.ContainsFunc(notes, func(n store.PostMortemNote) bool { return n.Writing }) {
				return true, err
			}
		}
		return false, nil
	case subject.Comments:
		owed, err := a.store.CommandsOwed(ctx, sub.Repo, sub.Number)
		for _, c := range owed {
			if c.Writing {
				return true, err
			}
		}
		return false, err
	}
	return false, nil
}
