package app

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// maxElsewhere is how many other pull requests are named beside a change.
const maxElsewhere = 10

// ticketKey names the key under which tickets are remembered: short as they are, a bare hash
// could be guessed back.
const ticketKey = "shared.tickets"

// elsewhere returns the change with what other pull requests of the repository have in common
// with it: the same diff that was objected to, and tickets. tickets are those of the change as
// they are remembered.
func (a *App) elsewhere(tx *store.Tx, l look, c rules.Change, at time.Time) (_ rules.Change, tickets []store.Trait, err error) {
	own := numbers(c)
	if c.Exact != "" {
		if c.Objected, err = tx.WithTrait(l.repo.ID, store.TraitObjection, c.Exact, own, maxElsewhere); err != nil {
			return c, nil, err
		}
	}
	named := rules.Tickets(l.read.Policy, c)
	if len(named) == 0 {
		return c, nil, nil
	}
	key, err := tx.Secret(ticketKey, at)
	if err != nil {
		return c, nil, err
	}
	for _, ticket := range named {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(ticket))
		value := hex.EncodeToString(h.Sum(nil))
		tickets = append(tickets, store.Trait{Value: value})
		pulls, err := tx.WithTrait(l.repo.ID, store.TraitTicket, value, own, maxElsewhere)
		if err != nil {
			return c, nil, err
		}
		if len(pulls) > 0 {
			c.Tickets = append(c.Tickets, rules.TicketUse{Ticket: ticket, Pulls: pulls})
		}
	}
	return c, tickets, nil
}

// share remembers what other pull requests may have in common with a change that was judged,
// and makes those due that have the diff of an objection which came or went. A request for
// changes stands against the diff that it was made of, and against each that the head had
// while it stood.
func (a *App) share(tx *store.Tx, l look, c rules.Change, v rules.Verdict, tickets []store.Trait, at time.Time) error {
	var diff []store.Trait
	if c.Exact != "" {
		diff = append(diff, store.Trait{Value: c.Exact})
	}
	standing := v.Objections()
	for _, number := range numbers(c) {
		if _, err := tx.SetTraits(l.repo.ID, number, store.TraitDiff, diff); err != nil {
			return err
		}
		if _, err := tx.SetTraits(l.repo.ID, number, store.TraitTicket, tickets); err != nil {
			return err
		}
		was, err := tx.Traits(l.repo.ID, number, store.TraitObjection)
		if err != nil {
			return err
		}
		moved, err := tx.SetTraits(l.repo.ID, number, store.TraitObjection, objections(c, number, standing, was))
		if err != nil {
			return err
		}
		for _, exact := range moved {
			others, err := tx.WithTrait(l.repo.ID, store.TraitDiff, exact, numbers(c), maxElsewhere)
			if err != nil {
				return err
			}
			if err := a.raiseOpen(tx, l, others, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// objections returns the diffs that requests for changes on a pull request stand against: of
// those that were, what stands still.
func objections(c rules.Change, number int64, standing []rules.Objection, was []store.Trait) []store.Trait {
	var out []store.Trait
	for _, r := range c.Reviews {
		if r.Pull != number || !slices.ContainsFunc(standing, func(o rules.Objection) bool { return o.Review == r.ID }) {
			continue
		}
		for _, exact := range []string{r.Exact, c.Exact} {
			if exact != "" {
				out = append(out, store.Trait{Value: exact, Source: r.ID})
			}
		}
		for _, s := range was {
			if s.Source == r.ID {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(x, y store.Trait) int {
		return cmp.Or(cmp.Compare(x.Value, y.Value), cmp.Compare(x.Source, y.Source))
	})
	return slices.Compact(out)
}

// raiseOpen makes the open ones of some pull requests due.
func (a *App) raiseOpen(tx *store.Tx, l look, pulls []int64, at time.Time) error {
	var due []store.Due
	for _, n := range pulls {
		p, found, err := tx.Pull(l.repo.ID, n)
		if err != nil {
			return err
		}
		if found && p.Open {
			due = append(due, store.Due{Subject: p.Subject(), Installation: l.c.Installation, At: at})
		}
	}
	return tx.Raise(at, due...)
}
