package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Repository is what is known of a repository. Its id stays through rename and transfer.
type Repository struct {
	ID            int64
	Installation  int64  // 0: unknown
	Account       int64  // GitHub's id of the owner
	AccountLogin  string // of the installation's account; empty: unknown
	AccountType   string // "Organization" or "User"; empty: unknown
	Owner         string
	Name          string
	DefaultBranch string // empty: unknown
	Private       bool
	Archived      bool
	Gone          bool      // deleted, or out of the app's reach
	AnnouncedAt   time.Time // when the contexts were announced; zero: not yet
	SweptAt       time.Time // up to when its merges are accounted for; zero: from the next sweep on
	AwayAt        time.Time // since when the app could not reach it; zero: it can, or could all along
	Suspended     bool      // its installation is, or was removed: there is nobody to answer
}

const selectRepository = `
select r.id, r.installation, r.account, coalesce(i.account_login, ''), coalesce(i.account_type, ''),
	r.owner, r.name, r.default_branch, r.private, r.archived, r.gone, r.announced_at,
	r.swept_at, r.away_at, coalesce(i.suspended or i.removed, false)
from repositories r left join installations i on i.id = r.installation `

func scanRepository(s scan) (r Repository, err error) {
	var announced, swept, away int64
	err = s(&r.ID, &r.Installation, &r.Account, &r.AccountLogin, &r.AccountType,
		&r.Owner, &r.Name, &r.DefaultBranch, &r.Private, &r.Archived, &r.Gone, &announced,
		&swept, &away, &r.Suspended)
	r.AnnouncedAt, r.SweptAt, r.AwayAt = moment(announced), moment(swept), moment(away)
	return r, err
}

// Repository returns one repository, gone or not.
func (s *Store) Repository(ctx context.Context, id int64) (Repository, bool, error) {
	r, found, err := one(s.reader(ctx), scanRepository, selectRepository+`where r.id = $1`, id)
	return r, found, wrap(err, "read repository %d", id)
}

// Repository is Store.Repository as the transaction sees it.
func (tx *Tx) Repository(id int64) (Repository, bool, error) {
	all, err := list(tx.reader(), scanRepository, selectRepository+`where r.id = $1`, id)
	if err != nil || len(all) == 0 {
		return Repository{}, false, wrap(err, "read repository %d", id)
	}
	return all[0], true, nil
}

// RepositoryByName returns the repository that was told last to have this name, in whatever
// case. Gone ones are not found: their names are free.
func (s *Store) RepositoryByName(ctx context.Context, owner, name string) (Repository, bool, error) {
	all, err := list(s.reader(ctx), scanRepository, selectRepository+
		`where lower(r.owner) = lower($1) and lower(r.name) = lower($2) and not r.gone order by r.updated_at desc, r.id desc limit 1`, owner, name)
	if err != nil || len(all) == 0 {
		return Repository{}, false, wrap(err, "read repository %s/%s", owner, name)
	}
	return all[0], true, nil
}

// Repositories returns those of an installation that are not gone, by id.
func (s *Store) Repositories(ctx context.Context, installation int64) ([]Repository, error) {
	all, err := list(s.reader(ctx), scanRepository, selectRepository+`where r.installation = $1 and not r.gone order by r.id`, installation)
	return all, wrap(err, "list repositories of installation %d", installation)
}

// Announced notes that the contexts were announced in a repository.
func (tx *Tx) Announced(repo int64, at time.Time) error {
	return wrap(tx.exec(`update repositories set announced_at = $2 where id = $1`, repo, micros(at)), "note announcement in repository %d", repo)
}

// repositoryFact applies what a delivery says. One that is older than what is stored changes
// nothing. An installation that does not hold the repository any more cannot take it away:
// after a transfer the news of the two installations come in any order. A fact without a
// default branch comes from a list that does not tell what is archived either. What a
// removed installation holds is gone, also if the news of its making arrive last.
func (tx *Tx) repositoryFact(f subject.RepositoryFact) error {
	err := tx.exec(`
insert into repositories (id, installation, account, owner, name, default_branch, private, archived, gone, updated_at, away_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $9 then $10 else 0 end)
on conflict (id) do update set
	installation   = case when excluded.installation <> 0 then excluded.installation else repositories.installation end,
	account        = case when excluded.account <> 0 then excluded.account else repositories.account end,
	owner          = case when excluded.owner <> '' then excluded.owner else repositories.owner end,
	name           = case when excluded.name <> '' then excluded.name else repositories.name end,
	default_branch = case when excluded.default_branch <> '' then excluded.default_branch else repositories.default_branch end,
	private        = excluded.private,
	archived       = case when excluded.default_branch <> '' then excluded.archived else repositories.archived end,
	gone           = excluded.gone,
	away_at        = case
		when excluded.gone and not repositories.gone then excluded.updated_at
		when not excluded.gone and excluded.installation <> 0 and excluded.installation <> repositories.installation then 0
		else repositories.away_at end,
	updated_at     = excluded.updated_at
where excluded.updated_at >= repositories.updated_at
	and not (excluded.gone and excluded.installation <> 0 and repositories.installation <> 0 and excluded.installation <> repositories.installation)`,
		f.ID, f.Installation, f.Account, f.Owner, f.Name, f.DefaultBranch, f.Private, f.Archived, f.Gone, micros(f.At))
	if err != nil {
		return err
	}
	return tx.exec(`update repositories set gone = true where id = $1 and not gone and installation in (select id from installations where removed)`, f.ID)
}
