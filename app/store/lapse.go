package store

import (
	"context"
	"fmt"
	"time"
)

// Lapse is an interval in which the app could not see what happened, or could not hold it.
type Lapse struct {
	Account  int64
	Repo     int64  // 0: every repository of the account that the app covers
	Cause    string // a word of the caller's
	From, To time.Time
}

// PutLapse notes a lapse, once.
func (tx *Tx) PutLapse(l Lapse) error {
	return wrap(tx.exec(`insert into lapses (account, repo, cause, from_at, to_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		l.Account, l.Repo, l.Cause, micros(l.From), micros(l.To)), "note lapse of account %d", l.Account)
}

// Lapses returns those of a repository, its account's among them, that ended after a moment,
// by their end.
func (tx *Tx) Lapses(account, repo int64, after time.Time) ([]Lapse, error) {
	return tx.reader().lapses(account, repo, after)
}

// Lapses is Tx.Lapses, for a look beforehand.
func (s *Store) Lapses(ctx context.Context, account, repo int64, after time.Time) ([]Lapse, error) {
	return s.reader(ctx).lapses(account, repo, after)
}

func (r reader) lapses(account, repo int64, after time.Time) ([]Lapse, error) {
	all, err := list(r, func(s scan) (Lapse, error) {
		l := Lapse{Account: account}
		var from, to int64
		err := s(&l.Repo, &l.Cause, &from, &to)
		l.From, l.To = moment(from), moment(to)
		return l, err
	}, `
select repo, cause, from_at, to_at from lapses where account = $1 and (repo = 0 or repo = $2) and to_at > $3
order by to_at, from_at, repo, cause`, account, repo, micros(after))
	return all, wrap(err, "list lapses of repository %d", repo)
}

// Away returns since when the app has been out of an account that it is back in, and whether
// it was taken off it, and not only suspended; zero: it was not, or Back was told.
func (tx *Tx) Away(account int64) (since time.Time, removed bool, err error) {
	type away struct {
		at      int64
		removed bool
	}
	all, err := list(tx.reader(), func(s scan) (a away, err error) { return a, s(&a.at, &a.removed) },
		`select away_at, removed from installations where account = $1 and away_at > 0 order by away_at`, account)
	if err != nil || len(all) == 0 {
		return time.Time{}, false, wrap(err, "look up since when account %d was away", account)
	}
	return moment(all[0].at), all[0].removed, nil
}

// Back notes that the app is at work in an account.
func (tx *Tx) Back(account int64) error {
	return wrap(tx.exec(`update installations set away_at = 0 where account = $1`, account), "note that account %d is back", account)
}

// RepositoryBack notes that the app reaches a repository.
func (tx *Tx) RepositoryBack(repo int64) error {
	return wrap(tx.exec(`update repositories set away_at = 0 where id = $1`, repo), "note that repository %d is back", repo)
}

// Swept notes up to when the merges of a repository are accounted for.
func (tx *Tx) Swept(repo int64, at time.Time) error {
	return wrap(tx.exec(`update repositories set swept_at = $2 where id = $1 and swept_at < $2`, repo, micros(at)), "note sweep of repository %d", repo)
}

// Landed reports whether a pull request's merge is accounted for.
func (tx *Tx) Landed(repo, number int64) (bool, error) {
	at, found, err := one(tx.reader(), column[int64], `select landed_at from pulls where repo = $1 and number = $2`, repo, number)
	return found && at > 0, wrap(err, "look for the merge of %d#%d", repo, number)
}

// PutLanded notes that a pull request's merge is accounted for, and the commit that it became.
func (tx *Tx) PutLanded(repo, number int64, l Landing) error {
	n, err := tx.affect(`update pulls set landed_at = $3, landed_as = $4 where repo = $1 and number = $2`, repo, number, micros(l.At), l.Commit)
	if err == nil && n == 0 {
		err = fmt.Errorf("it is not stored")
	}
	return wrap(err, "note the merge of %d#%d", repo, number)
}

// VerdictBefore returns the newest verdict about a head, aimed at a base, that was there when
// GitHub's clock of whole seconds showed at.
func (tx *Tx) VerdictBefore(repo, number int64, head, base string, at time.Time) (Verdict, bool, error) {
	return tx.reader().verdictBefore(repo, number, head, base, at)
}

func (r reader) verdictBefore(repo, number int64, head, base string, at time.Time) (Verdict, bool, error) {
	v, found, err := one(r, scanVerdict, selectVerdict+`
where repo = $1 and number = $2 and head = $3 and base = $4 and at < $5 order by at desc, seq desc limit 1`,
		repo, number, head, base, micros(at.Truncate(time.Second).Add(time.Second)))
	return v, found, wrap(err, "read verdict on %d#%d", repo, number)
}
