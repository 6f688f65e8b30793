-- +goose Up

-- Which attempt of its run a job belongs to: a later one asks anew, and GitHub's answers go by run
-- and environment alone. 0: it was not looked at yet.
alter table gates add column attempt bigint not null default 0;

-- How often it is an emergency, among what is merged.
create index pulls_landed on pulls (landed_at) where landed_at <> 0;
