package store

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// Recall returns what was remembered under kind and key, and as of when; not found once its
// time has passed.
func (s *Store) Recall(ctx context.Context, kind, key string, at time.Time) (body []byte, asOf time.Time, found bool, err error) {
	var us int64
	_, found, err = one(s.reader(ctx), func(s scan) (struct{}, error) { return struct{}{}, s(&body, &us) },
		`select body, as_of from cache where kind = $1 and key = $2 and (until = 0 or until > $3)`, kind, key, micros(at))
	return body, moment(us), found, wrap(err, "recall %s %s", kind, key)
}

// Remember keeps a read of GitHub that began at asOf until then; for ever if until is zero.
// It is not kept if something newer is, or if a delivery made it void at asOf or later: the
// read may have seen what was before. asOf and the deliveries' times must be of one clock.
func (s *Store) Remember(ctx context.Context, kind, key string, body []byte, asOf, until time.Time) error {
	err := s.Tx(ctx, func(tx *Tx) error {
		// substr is exact on every engine; LIKE folds case on one and orders differ on another.
		void, err := list(tx.reader(), column[int64],
			`select at from forgets where kind = $1 and at >= $2 and substr(cast($3 as text), 1, length(prefix)) = prefix limit 1`, kind, micros(asOf), key)
		if err != nil || len(void) > 0 {
			return err
		}
		return tx.remember(kind, key, body, asOf, until)
	})
	return wrap(err, "remember %s %s", kind, key)
}

// Forgotten returns when a delivery last made void what is remembered under a prefix; not
// found after forgetLife, which is the life of GitHub's tokens too.
func (s *Store) Forgotten(ctx context.Context, kind, prefix string) (at time.Time, found bool, err error) {
	us, found, err := one(s.reader(ctx), column[int64], `select at from forgets where kind = $1 and prefix = $2`, kind, prefix)
	return moment(us), found, wrap(err, "look for what was forgotten of %s %s", kind, prefix)
}

// remember keeps what is not older than what is kept.
func (tx *Tx) remember(kind, key string, body []byte, asOf, until time.Time) error {
	return tx.exec(`
insert into cache (kind, key, body, as_of, until) values ($1, $2, $3, $4, $5)
on conflict (kind, key) do update set body = excluded.body, as_of = excluded.as_of, until = excluded.until
where excluded.as_of >= cache.as_of`, kind, key, bytesOf(body), micros(asOf), micros(until))
}

// forgetLife is how long it is known that something was forgotten: longer than any read takes.
const forgetLife = time.Hour

// forget drops what is remembered under key, and all whose time has passed.
func (tx *Tx) forget(key subject.CacheKey, at time.Time) error {
	err := tx.exec(`
delete from cache where kind = $1 and key in (
	select key from cache where kind = $1 and substr(key, 1, length(cast($2 as text))) = $2 order by key`+tx.s.d.forUpdate+`)`, key.Kind, key.Prefix)
	if err != nil {
		return wrap(err, "forget %s %s", key.Kind, key.Prefix)
	}
	if err := tx.exec(`
delete from cache where (kind, key) in (select kind, key from cache where until <> 0 and until <= $1`+tx.s.d.skipLocked+`)`, micros(at)); err != nil {
		return wrap(err, "forget what has lapsed")
	}
	if err := tx.exec(`
delete from forgets where (kind, prefix) in (select kind, prefix from forgets where at < $1`+tx.s.d.skipLocked+`)`, micros(at.Add(-forgetLife))); err != nil {
		return wrap(err, "forget what was forgotten")
	}
	err = tx.exec(`
insert into forgets (kind, prefix, at) values ($1, $2, $3)
on conflict (kind, prefix) do update set at = case when excluded.at > forgets.at then excluded.at else forgets.at end`,
		key.Kind, key.Prefix, micros(at))
	return wrap(err, "forget %s %s", key.Kind, key.Prefix)
}
