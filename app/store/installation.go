package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Installation is the app in one account.
type Installation struct {
	ID           int64
	Account      int64  // GitHub's id; names the account's log
	AccountLogin string // as it was told last
	AccountType  string // "Organization" or "User"
	Suspended    bool
	Removed      bool // for good: GitHub does not use the id again
}

const selectInstallation = `select id, account, account_login, account_type, suspended, removed from installations `

func scanInstallation(s scan) (i Installation, err error) {
	return i, s(&i.ID, &i.Account, &i.AccountLogin, &i.AccountType, &i.Suspended, &i.Removed)
}

// Installation returns one installation.
func (s *Store) Installation(ctx context.Context, id int64) (Installation, bool, error) {
	i, found, err := one(s.reader(ctx), scanInstallation, selectInstallation+`where id = $1`, id)
	return i, found, wrap(err, "read installation %d", id)
}

// Installations returns all that are not removed, by id.
func (s *Store) Installations(ctx context.Context) ([]Installation, error) {
	all, err := list(s.reader(ctx), scanInstallation, selectInstallation+`where not removed order by id`)
	return all, wrap(err, "list installations")
}

// Accounts returns the accounts in which the app is at work, ascending.
func (tx *Tx) Accounts() ([]int64, error) {
	all, err := list(tx.reader(), column[int64], `
select distinct account from installations where not removed and not suspended and account <> 0 order by account`)
	return all, wrap(err, "list accounts")
}

// installationFact applies what a delivery says at that moment. One that was made before
// what is stored changes nothing, and a removed installation stays removed, whenever the
// news of its making arrives. With an installation all its repositories are gone.
func (tx *Tx) installationFact(f subject.InstallationFact, at time.Time) error {
	err := tx.exec(`
insert into installations (id, account, account_login, account_type, suspended, removed, updated_at, away_at)
values ($1, $2, $3, $4, $5, $6, $7, case when $5 or $6 then $7 else 0 end)
on conflict (id) do update set
	account       = case when excluded.account <> 0 then excluded.account else installations.account end,
	account_login = case when excluded.account_login <> '' then excluded.account_login else installations.account_login end,
	account_type  = case when excluded.account_type <> '' then excluded.account_type else installations.account_type end,
	suspended     = excluded.suspended,
	removed       = installations.removed or excluded.removed,
	away_at       = case
		when installations.away_at = 0 and not installations.removed and (excluded.suspended or excluded.removed) then excluded.updated_at
		else installations.away_at end,
	updated_at    = excluded.updated_at
where excluded.updated_at >= installations.updated_at or excluded.removed`,
		f.ID, f.Account, f.AccountLogin, f.AccountType, f.Suspended, f.Removed, micros(at))
	if err != nil || !f.Removed {
		return err
	}
	return tx.exec(`update repositories set gone = true where installation = $1`, f.ID)
}
