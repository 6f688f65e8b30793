-- One text for SQLite and PostgreSQL. Times are bigint microseconds since 1970, UTC; 0 is no
-- time. Bytes are bytea, which SQLite stores as the blobs they are. There is no way down:
-- a ledger is not rolled back.

-- +goose Up

-- One webhook delivery, as it was received.
create table deliveries (
	app          bigint not null,
	guid         text   not null,
	event        text   not null,
	action       text   not null,
	installation bigint not null,
	repo         bigint not null,
	at           bigint not null,
	body         bytea  not null,
	primary key (app, guid)
);
create index deliveries_by_time on deliveries (at);

-- The worklist. 9223372036854775807 in due_at, first_due_at or ready_at is never.
create table subjects (
	key          text   not null primary key, -- subject.Subject.Key
	installation bigint not null,             -- 0: unknown
	generation   bigint not null,             -- raised by each event, never set back
	done         bigint not null default 0,   -- the generation that was looked at last, and when: for those who look at the list
	done_at      bigint not null default 0,
	due_at       bigint not null,             -- raised since the last claim; a claim takes it
	first_due_at bigint not null,             -- since when it has been waiting to be done
	floor_at     bigint not null default 0,   -- a retry is not pulled before this
	attempt      bigint not null default 0,   -- retries and lapsed leases since it was last done
	why          text   not null default '',  -- of the last retry
	lease        bigint not null default 0,   -- counts the claims: whose lease it is
	lease_owner  text   not null default '',
	lease_until  bigint not null default 0,   -- 0: nobody holds it
	ready_at     bigint not null              -- when it may be claimed: due_at, or when its lease may be taken over
);
create index subjects_by_ready on subjects (ready_at, key);

-- The deliveries that raised a subject since it was last done.
create table subject_deliveries (
	subject    text   not null,
	generation bigint not null,
	guid       text   not null,
	primary key (subject, generation)
);

create table installations (
	id            bigint  not null primary key,
	account       bigint  not null,
	account_login text    not null,
	account_type  text    not null,
	suspended     boolean not null,
	removed       boolean not null,
	updated_at    bigint  not null
);

create table repositories (
	id             bigint  not null primary key,
	installation   bigint  not null,
	account        bigint  not null,
	owner          text    not null,
	name           text    not null,
	default_branch text    not null,
	private        boolean not null,
	archived       boolean not null,
	gone           boolean not null,
	updated_at     bigint  not null,
	announced_at   bigint  not null default 0
);
create index repositories_by_installation on repositories (installation);
create index repositories_by_account on repositories (account);
create index repositories_by_name on repositories (lower(owner), lower(name));

create table pulls (
	repo         bigint  not null,
	number       bigint  not null,
	title        text    not null,
	head         text    not null,
	head_repo    bigint  not null,
	head_ref     text    not null,
	base         text    not null,
	author       bigint  not null,
	open         boolean not null,
	merged       boolean not null,
	draft        boolean not null,
	updated_at   bigint  not null,
	head_seen_at bigint  not null,
	governed     boolean not null,
	judged_base  text    not null default '',
	facts        bytea,
	primary key (repo, number)
);
create index pulls_by_head on pulls (repo, head);
create index pulls_by_base on pulls (repo, base);

-- What the last verdict about a pull request looked at.
create table interests (
	repo   bigint not null,
	number bigint not null,
	checks bytea  not null, -- JSON CheckInterest
	seen   bytea  not null, -- JSON []subject.Check
	primary key (repo, number)
);
create table interest_users (
	repo    bigint not null,
	number  bigint not null,
	user_id bigint not null,
	primary key (repo, number, user_id)
);
create index interest_users_by_user on interest_users (user_id);
create table interest_teams (
	repo    bigint not null,
	number  bigint not null,
	account bigint not null,
	slug    text   not null,
	primary key (repo, number, account, slug)
);
create index interest_teams_by_team on interest_teams (account, slug);

-- Commits on which a check was reported while no open pull request was known to have them.
create table strays (
	repo bigint not null,
	sha  text   not null,
	at   bigint not null,
	primary key (repo, sha)
);
create index strays_by_time on strays (at);

create table publications (
	repo           bigint not null,
	sha            text   not null,
	generation     bigint not null,
	wanted         bytea  not null,
	wanted_digest  text   not null,
	wanted_at      bigint not null,
	said           bytea  not null,
	said_digest    text   not null,
	check_run      bigint not null,
	run_status     text   not null,
	run_conclusion text   not null,
	status_state   text   not null,
	annotated_key  text   not null,
	writing_digest text   not null,
	doubts         bigint not null default 0,
	answered       bigint not null,
	reruns         bigint not null default 0,
	reran          bigint not null,
	primary key (repo, sha)
);

create table verdicts (
	id         bigint  not null primary key,
	repo       bigint  not null,
	number     bigint  not null,
	head       text    not null,
	base       text    not null,
	generation bigint  not null,
	at         bigint  not null,
	outcome    text    not null,
	body       bytea   not null,
	snapshot   text    not null,
	log        bigint  not null,
	seq        bigint  not null,
	recheck    bigint  not null
);
create index verdicts_by_pull on verdicts (repo, number, at);

create table pushes (
	repo    bigint  not null,
	ref     text    not null,
	number  bigint  not null,
	before  text    not null,
	after   text    not null,
	user_id bigint  not null,
	login   text    not null,
	bot     boolean not null,
	at      bigint  not null,
	primary key (repo, ref, number, after, before, user_id)
);
create index pushes_by_number on pushes (repo, number);
create index pushes_by_after on pushes (repo, after);

-- Who a person id is. Both names can be forgotten; the id then names nobody.
create table persons (
	person  bigint  not null primary key,
	user_id bigint  unique,
	login   text,
	bot     boolean not null
);

-- Remembered reads of GitHub, and what was forgotten of late.
create table cache (
	kind  text   not null,
	key   text   not null,
	body  bytea  not null,
	as_of bigint not null,
	until bigint not null, -- 0: for ever
	primary key (kind, key)
);
create index cache_by_until on cache (until);
create table forgets (
	kind   text   not null,
	prefix text   not null,
	at     bigint not null,
	primary key (kind, prefix)
);

-- Contents that the ledger names by address: an erased one is a missing row.
create table blobs (
	address text  not null primary key,
	salt    bytea not null,
	content bytea not null
);

create table ledger (
	log  bigint not null,
	seq  bigint not null,
	kind text   not null,
	at   bigint not null,
	salt bytea  not null,
	body bytea  not null,
	primary key (log, seq)
);
create table ledger_hashes (
	log  bigint not null,
	idx  bigint not null, -- tlog.StoredHashIndex
	hash bytea  not null,
	primary key (log, idx)
);
create table ledger_heads (
	log        bigint not null primary key,
	size       bigint not null,
	root       bytea  not null,
	checkpoint bytea  not null
);
