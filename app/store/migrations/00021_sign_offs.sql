-- +goose Up

-- What a sign-off is bound to beside its commit: the landed fingerprint of the change. Its
-- name stands where a waiver's rule does.
alter table commands add column landed text not null default '';
