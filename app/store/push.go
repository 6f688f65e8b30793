package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// Pushes returns who pushed, oldest first: what the pull request's own deliveries told and,
// if its head is a branch of the base repository (headRepo is repo), what pushes to that
// branch told. ref is the branch, with or without refs/heads/. Pushes to a branch that had
// the name before are among them: one pusher too many is one approver too few, never one
// too many.
func (s *Store) Pushes(ctx context.Context, repo, number, headRepo int64, ref string) ([]subject.PushFact, error) {
	all, err := list(s.reader(ctx), scanPush, `
select repo, ref, number, before, after, user_id, login, bot, at from pushes
where repo = $1 and ((number <> 0 and number = $2) or (number = 0 and $3 = $1 and $4 <> '' and (ref = $4 or ref = 'refs/heads/' || $4)))
order by at, after, before, user_id`, repo, number, headRepo, ref)
	return all, wrap(err, "list pushes of %d#%d", repo, number)
}

// PushesOf returns the pushes that left a branch of the repository at one of the commits, in
// the order of Pushes.
func (s *Store) PushesOf(ctx context.Context, repo int64, commits []string) ([]subject.PushFact, error) {
	var all []subject.PushFact
	for some := range slices.Chunk(commits, maxListed) {
		args := []any{repo}
		for _, sha := range some {
			args = append(args, sha)
		}
		found, err := list(s.reader(ctx), scanPush, `
select repo, ref, number, before, after, user_id, login, bot, at from pushes
where repo = $1 and number = 0 and after in (`+placeholders(len(some))+`)`, args...)
		if err != nil {
			return nil, wrap(err, "list pushes of %d commits in repository %d", len(commits), repo)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b subject.PushFact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.After, b.After), cmp.Compare(a.Before, b.Before), cmp.Compare(a.User, b.User), cmp.Compare(a.Ref, b.Ref))
	})
	return all, nil
}

// maxListed is how many values one statement takes: databases have limits.
const maxListed = 200

// placeholders returns $2, and those that follow: so many in all.
func placeholders(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", 2+i)
	}
	return b.String()
}

func scanPush(s scan) (p subject.PushFact, err error) {
	var at int64
	err = s(&p.Repo, &p.Ref, &p.Number, &p.Before, &p.After, &p.User, &p.Login, &p.Bot, &at)
	p.At = moment(at)
	return p, err
}

// AddPushes stores pushes that were learned by asking. One that is stored already is left as
// it is.
func (s *Store) AddPushes(ctx context.Context, pushes []subject.PushFact) error {
	if len(pushes) == 0 {
		return nil
	}
	return s.Tx(ctx, func(tx *Tx) error { return tx.pushes(pushes) })
}

func (tx *Tx) pushes(pushes []subject.PushFact) error {
	for _, p := range pushes {
		err := tx.exec(`
insert into pushes (repo, ref, number, before, after, user_id, login, bot, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing`, p.Repo, p.Ref, p.Number, p.Before, p.After, p.User, p.Login, p.Bot, micros(p.At))
		if err != nil {
			return wrap(err, "store push of %s in repository %d", p.After, p.Repo)
		}
	}
	return nil
}
