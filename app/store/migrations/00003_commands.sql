-- +goose Up

-- Comments on pull requests that may be commands: one row a comment, however often and under
-- whichever delivery it is told.
create table commands (
	comment      bigint  not null primary key, -- GitHub's id
	repo         bigint  not null,
	number       bigint  not null,
	person       bigint  not null,             -- who the delivery says wrote it
	guid         text    not null,             -- the delivery that told of it first
	told_at      bigint  not null,
	state        text    not null,
	text         text    not null default '',  -- address of what it said when it was read
	said_at      bigint  not null default 0,   -- GitHub's time of the comment
	verb         text    not null default '',
	rule         text    not null default '',  -- as the policy names it
	head         text    not null default '',  -- that it was decided for, with base and exact fingerprint
	base         text    not null default '',
	exact        text    not null default '',
	why          text    not null default '',  -- it was refused, or is no command
	decided_at   bigint  not null default 0,
	withdrawn_at bigint  not null default 0,   -- 0: it stands
	reaction     text    not null default '',  -- what is owed to its writer; empty: nothing
	reply        text    not null default '',  -- and beside it; empty: nothing
	writing      boolean not null default false, -- a write began whose answer is not known
	answered_at  bigint  not null default 0
);
create index commands_by_pull on commands (repo, number, state);
