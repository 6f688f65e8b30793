package store

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// TraitKind says what it is that two pull requests of a repository may share.
type TraitKind string

// What pull requests may share. All of it is fingerprints: no text, and nobody's id.
const (
	TraitDiff      TraitKind = "diff"      // the exact fingerprint of the diff, as it was last judged
	TraitObjection TraitKind = "objection" // the exact fingerprint of a diff that a request for changes stands against
	TraitTicket    TraitKind = "ticket"    // a ticket that is named, as a keyed hash
)

// Trait is something that a pull request has and another one may have too. It is kept when
// the pull request is closed.
type Trait struct {
	Value  string
	Source int64 // of an objection: the review
}

// Traits returns what a pull request has of a kind, by value and source.
func (tx *Tx) Traits(repo, number int64, kind TraitKind) ([]Trait, error) {
	all, err := list(tx.reader(), func(s scan) (sh Trait, err error) { return sh, s(&sh.Value, &sh.Source) }, `
select value, source from pull_traits where repo = $1 and number = $2 and kind = $3 order by value, source`, repo, number, string(kind))
	return all, wrap(err, "list what pull request %d#%d shares", repo, number)
}

// SetTraits replaces what a pull request has of a kind, and returns the values of which
// anything came or went.
func (tx *Tx) SetTraits(repo, number int64, kind TraitKind, now []Trait) ([]string, error) {
	was, err := tx.Traits(repo, number, kind)
	if err != nil {
		return nil, err
	}
	var moved []string
	for _, s := range was {
		if slices.Contains(now, s) {
			continue
		}
		moved = append(moved, s.Value)
		err := tx.exec(`delete from pull_traits where repo = $1 and number = $2 and kind = $3 and value = $4 and source = $5`,
			repo, number, string(kind), s.Value, s.Source)
		if err != nil {
			return nil, wrap(err, "drop what pull request %d#%d shared", repo, number)
		}
	}
	for _, s := range now {
		if slices.Contains(was, s) {
			continue
		}
		moved = append(moved, s.Value)
		err := tx.exec(`insert into pull_traits (repo, number, kind, value, source) values ($1, $2, $3, $4, $5) on conflict do nothing`,
			repo, number, string(kind), s.Value, s.Source)
		if err != nil {
			return nil, wrap(err, "store what pull request %d#%d shares", repo, number)
		}
	}
	slices.Sort(moved)
	return slices.Compact(moved), nil
}

// WithTrait returns the numbers of the pull requests that have something, ascending, limit of
// them; but leaves some out.
func (tx *Tx) WithTrait(repo int64, kind TraitKind, value string, but []int64, limit int) ([]int64, error) {
	all, err := list(tx.reader(), column[int64], `
select distinct number from pull_traits where repo = $1 and kind = $2 and value = $3 order by number limit $4`,
		repo, string(kind), value, limit+len(but))
	all = slices.DeleteFunc(all, func(n int64) bool { return slices.Contains(but, n) })
	return all[:min(len(all), limit)], wrap(err, "list pull requests of repository %d that share a %s", repo, kind)
}

// Secret returns the random key of that name, which is made when it is first asked for.
func (tx *Tx) Secret(name string, at time.Time) ([]byte, error) {
	m, found, err := tx.Mark(name)
	if err == nil && !found {
		fresh := make([]byte, 32)
		_, _ = rand.Read(fresh) // never fails
		err = tx.exec(`insert into marks (name, at, body) values ($1, $2, $3) on conflict do nothing`, name, micros(at), hex.EncodeToString(fresh))
		if err == nil {
			m, _, err = tx.Mark(name) // another process may have been first
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	key, err := hex.DecodeString(m.Body)
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("read secret %s: it is none", name)
	}
	return key, nil
}
