package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/subject"
)

// Everywhere past the snapshot people are person ids: random numbers, one to one with
// GitHub's user ids in this table alone. What is stored and proven can thus be kept when a
// name has to be forgotten. The random source is Options.NewID.

// Persons returns the person id of each user, by GitHub's id. New ones are made, and what
// GitHub calls them now is noted. User 0 is nobody and is left out.
func (s *Store) Persons(ctx context.Context, people []subject.Person) (map[int64]int64, error) {
	ids := make(map[int64]int64, len(people))
	var write []subject.Person
	for _, p := range people {
		if p.User == 0 {
			continue
		}
		id, known, found, err := s.reader(ctx).person(p.User)
		if err != nil {
			return nil, err
		}
		ids[p.User] = id
		if !found || known.Bot != p.Bot || p.Login != "" && known.Login != p.Login {
			write = append(write, p)
		}
	}
	if len(write) == 0 {
		return ids, nil
	}
	slices.SortFunc(write, func(a, b subject.Person) int { return cmp.Compare(a.User, b.User) })
	err := s.Tx(ctx, func(tx *Tx) error {
		for _, p := range write {
			id, err := tx.putPerson(p)
			if err != nil {
				return fmt.Errorf("store user %d: %w", p.User, err)
			}
			ids[p.User] = id
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// putPerson makes or refreshes one row. Whoever else makes it at the same time, one row
// stays, and both read its id.
func (tx *Tx) putPerson(p subject.Person) (int64, error) {
	for range 3 { // a person id that is taken by somebody else is drawn again
		id, err := tx.s.o.NewID()
		if err != nil {
			return 0, err
		}
		err = tx.exec(`insert into persons (person, user_id, login, bot) values ($1, $2, $3, $4) on conflict do nothing`, id, p.User, p.Login, p.Bot)
		if err != nil {
			return 0, err
		}
		err = tx.exec(`update persons set login = case when $2 <> '' then $2 else login end, bot = $3 where user_id = $1`, p.User, p.Login, p.Bot)
		if err != nil {
			return 0, err
		}
		if id, _, found, err := tx.reader().person(p.User); err != nil || found {
			return id, err
		}
	}
	return 0, fmt.Errorf("no free person id")
}

func (r reader) person(user int64) (id int64, p subject.Person, found bool, err error) {
	p.User = user
	_, found, err = one(r, func(s scan) (struct{}, error) {
		return struct{}{}, s(&id, &p.Login, &p.Bot)
	}, `select person, coalesce(login, ''), bot from persons where user_id = $1`, user)
	return id, p, found, wrap(err, "read user %d", user)
}

// Names returns who the person ids are. One that is unknown, or whose names were forgotten,
// is left out.
func (s *Store) Names(ctx context.Context, persons []int64) (map[int64]subject.Person, error) {
	names := make(map[int64]subject.Person, len(persons))
	for _, id := range persons {
		p, found, err := one(s.reader(ctx), func(s scan) (p subject.Person, err error) {
			return p, s(&p.User, &p.Login, &p.Bot)
		}, `select user_id, coalesce(login, ''), bot from persons where person = $1 and user_id is not null`, id)
		if err != nil {
			return nil, fmt.Errorf("read person %d: %w", id, err)
		}
		if found {
			names[id] = p
		}
	}
	return names, nil
}
