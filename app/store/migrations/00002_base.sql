-- +goose Up

-- Whether the last verdict rests on where the base branch stands: then a push to it matters.
alter table interests add column base boolean not null default false;
