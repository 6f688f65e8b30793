-- +goose Up

-- Tokens with which jobs said who they are, until they have lapsed: each counts once.
create table identity_tokens (
	id    text   not null primary key, -- SHA-256 of the issuer and the token's own id
	until bigint not null
);
create index identity_tokens_until on identity_tokens (until);

-- One job that asked through the API about the environment that it is in.
create table gate_asks (
	ticket       text   not null primary key, -- SHA-256 of what its asker holds
	repo         bigint not null,
	run          bigint not null,             -- of the workflow
	suite        bigint not null default 0,   -- check suite of the run; 0: not read yet
	environment  text   not null,             -- lower case
	name         text   not null,             -- as the token writes it
	sha          text   not null,             -- commit
	audience     text   not null,             -- for whom a permit is made
	asked_at     bigint not null,
	until        bigint not null,             -- of the ticket
	answer       text   not null default '',  -- of the last decision; '': none
	decided_at   bigint not null default 0,
	recheck_at   bigint not null default 0,   -- when that could next change by itself; 0: never
	told         bigint not null default 0,   -- how often something happened that it may wait for
	seen         bigint not null default 0,   -- told, when the last decision's facts were read
	digest       text   not null default '',
	log          bigint not null default 0,   -- with seq the record of the last decision
	seq          bigint not null default 0,
	permit       text   not null default '',  -- id of the permit that stands; '': none
	permit_at    bigint not null default 0,
	permit_until bigint not null default 0,
	spent_at     bigint not null default 0,   -- the permit was taken
	deployment   bigint not null default 0    -- GitHub's id of the one that came of it; 0: none yet
);
create index gate_asks_by_permit on gate_asks (permit);
create index gate_asks_by_commit on gate_asks (repo, environment, sha);
create index gate_asks_until on gate_asks (until);
