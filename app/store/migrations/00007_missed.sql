-- +goose Up

-- What the server remembers of itself: when it was last there, how far it has read GitHub's
-- list of deliveries.
create table marks (
	name text   not null primary key,
	at   bigint not null,
	body text   not null
);

-- Deliveries that GitHub could not hand over, until they have arrived or are given up.
create table missed (
	app          bigint not null,
	guid         text   not null,
	attempt      bigint not null, -- GitHub's id of an attempt, by which another is asked for
	installation bigint not null,
	at           bigint not null, -- of the first attempt that is known
	tries        bigint not null, -- how often another was asked for
	due_at       bigint not null, -- when the next may be
	primary key (app, guid)
);

-- Intervals in which the app could not see, or could not hold. Repository 0: all of the account's.
create table lapses (
	account bigint not null,
	repo    bigint not null,
	cause   text   not null,
	from_at bigint not null,
	to_at   bigint not null,
	primary key (account, repo, from_at, to_at, cause)
);

-- Of the body: what was signed once and comes again under another id is known by it.
alter table deliveries add column digest text not null default '';
create index deliveries_by_digest on deliveries (digest);

-- Since when the app has been out of reach there; 0: it is not.
alter table installations add column away_at bigint not null default 0;
alter table repositories add column away_at bigint not null default 0;
-- Up to when merges are accounted for; 0: from now on.
alter table repositories add column swept_at bigint not null default 0;

-- When it was merged, once that is accounted for.
alter table pulls add column landed_at bigint not null default 0;

-- GitHub takes no more statuses of ours on this commit.
alter table publications add column full_status boolean not null default false;
