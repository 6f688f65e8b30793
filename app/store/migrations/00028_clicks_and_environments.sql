-- +goose Up

-- A click on a button of a check run is a command too. GitHub gives it no id: its key is one
-- below zero, made from what was delivered.
alter table commands add column check_run bigint not null default 0;  -- that has the button; 0: it is a comment
alter table commands add column button    text   not null default ''; -- its identifier
alter table commands add column aimed     text   not null default ''; -- commit of that check run, as GitHub says

-- What the gate answered last about a commit and an environment, and what GitHub was told of it
-- by a commit status, for information.
create table environment_statuses (
	repo        bigint not null,
	sha         text   not null,
	environment text   not null,             -- lower case
	name        text   not null,             -- as GitHub or the token writes it
	answer      text   not null,             -- of the last decision
	log         bigint not null,             -- with seq the record of that decision
	seq         bigint not null,
	said        text   not null default '',  -- the answer that GitHub was told last, or did not take; empty: none
	primary key (repo, sha, environment)
);
